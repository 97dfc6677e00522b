//go:build cuda

// Package cuda is core's GPU: kernels.cu on any NVIDIA card since Pascal, through the
// driver alone. It needs no CUDA installation, and where there is no driver or no card it
// says so and nothing else.
//
// # Memory
//
// Tiles, masks, weights and nodes are sent when first wanted and stay as long as there is
// room; who was wanted longest ago goes first. What is sent passes through pinned memory
// in pieces, so that sending, computing and fetching overlap.
//
// # Numbers
//
// The kernels do in float64 what core's loops do, in their order and without contraction:
// warp, match, gains and coadd give the CPU's bits. The blur sums the kernel's taps
// instead of its cosines, within the same bounds.
//
// # Building
//
// The build tag cuda, and not a module of its own, keeps this out of a build for the CPU
// alone: the go command fetches modules only for packages that it builds, and one go.mod
// says which versions belong together. kernels.ptx is committed and embedded; NVRTC
// compiles it without a card or CUDA's headers, byte for byte the same everywhere, and
// that of CUDA 11.8 because the PTX of a newer one asks for newer drivers (12.4: 550). It
// is for compute_60, which drivers compile for every card since.
package cuda

import (
	_ "embed"
	"time"

	"zetwopass/core"
)

//go:embed kernels.ptx
var ptx string

// Device returns the machine's GPU; its methods say whether there is one. It has one
// user at a time: another call meanwhile gets an error, and does without.
func Device() core.Device { return &card{keep: 10 * time.Second} }
