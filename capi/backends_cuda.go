//go:build cuda

package main

import (
	"zetwopass/core"
	"zetwopass/cuda"
)

// device returns the GPU of this build.
func device() core.Device { return cuda.Device() }
