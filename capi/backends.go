//go:build !cuda

package main

import "zetwopass/core"

// device returns the GPU of this build: none.
func device() core.Device { return nil }
