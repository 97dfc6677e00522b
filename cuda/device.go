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
package cuda

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

//go:embed kernels.ptx
var ptx string

// Device returns the machine's GPU; its methods say whether there is one.
func Device() core.Device { return device{} }

type device struct{}

func (device) Info() (core.DeviceInfo, error) {
	info, err := driver.Probe()
	return core.DeviceInfo{Name: info.Name, Major: info.Major, Minor: info.Minor,
		Total: info.Total, Free: info.Free, Driver: info.DriverVersion}, wrapped(err)
}

func (device) Open(ctx context.Context, j *core.Job, bytes int64) (core.Session, error) {
	s := &session{ctx: ctx, job: j, calls: make(chan func())}
	go s.serve()
	if err := s.do(func() error { return s.open(bytes) }); err != nil {
		_ = s.Close() // the first error counts
		return nil, err
	}
	return s, nil
}

// wrapped gives an error of the driver core's sentinel.
func wrapped(err error) error {
	switch {
	case err == nil || errors.Is(err, core.ErrCancelled):
		return err
	case errors.Is(err, driver.ErrMemory), errors.Is(err, errRoom):
		return fmt.Errorf("%w: %w", core.ErrDeviceMemory, err)
	}
	return fmt.Errorf("%w: %w", core.ErrDevice, err)
}
