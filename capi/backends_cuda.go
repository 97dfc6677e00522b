//go:build cuda

package main

import (
	"zetwopass/core"
	"zetwopass/cuda"
)

// gpu is that of this build, one for all calls.
var gpu = cuda.Device()

func device() core.Device { return gpu }
