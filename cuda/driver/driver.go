//go:build cuda

// Package driver is the part of the CUDA driver API that the CUDA backend needs:
// one device, its memory, its kernels, and streams of work, over gorgonia.org/cu.
//
// [Probe] tells whether there is a device; [Open] makes it ready. No driver need be
// installed (see package shim): without one both return [ErrAbsent].
//
// Errors say what was tried and what the driver answered, as in
//
//	launching blur, [8 1 1] blocks of [128 1 1]: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)
//
// Work on a stream is asynchronous: what fails there is reported by a later call,
// at the latest by [Stream.Wait]. After such an error the device's context is
// lost; all that can be done is [Device.Close].
package driver

import (
	"fmt"
	"runtime"

	"gorgonia.org/cu"

	"zetwopass/cuda/driver/shim"
)

// Info describes a device.
type Info struct {
	Name          string // as the driver spells it
	Major, Minor  int    // compute capability: 8, 6 is sm_86
	Total, Free   int64  // bytes of memory; Free as it was when asked, see [Probe]
	DriverVersion int    // the newest CUDA that the driver speaks: 12040 is 12.4
}

// Probe describes the device that [Open] would open: the first one, which the
// rest of the process uses too. The error wraps [ErrAbsent] and says why there is
// none. Probe may be called at any time from any goroutine.
//
// Probe makes no context, which would cost tenths of a second and hundreds of
// megabytes of the device: where this process has none, Free is 0.
func Probe() (Info, error) {
	dev, err := first()
	if err != nil {
		return Info{}, err
	}
	info, err := describe(dev)
	if err != nil {
		return Info{}, err
	}
	_, active, err := dev.PrimaryCtxState()
	if err != nil || active == 0 {
		return info, failed(code(err), "asking for the primary context's state")
	}
	leave, err := enter(dev)
	if err != nil {
		return Info{}, err
	}
	info.Free, err = free()
	if left := leave(); err == nil {
		err = left
	}
	return info, err
}

// first is the first device. The rest of the process (CuPy, say) uses that one
// unless told otherwise, and the driver puts the fastest first.
func first() (cu.Device, error) {
	start, err := shim.Open()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if err := failed(start, "initialising the driver"); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	count, err := cu.NumDevices()
	if err := failed(code(err), "counting the devices"); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if count == 0 {
		return 0, fmt.Errorf("%w: the driver knows of none", ErrAbsent)
	}
	dev, err := cu.GetDevice(0)
	return dev, failed(code(err), "asking for device 0")
}

// describe fills in all but Free, which takes a context.
func describe(dev cu.Device) (Info, error) {
	name, err := dev.Name()
	if err != nil {
		return Info{}, failed(code(err), "asking for the name of device 0")
	}
	major, err := dev.Attribute(cu.ComputeCapabilityMajor)
	if err != nil {
		return Info{}, failed(code(err), "asking %s for its compute capability", name)
	}
	minor, err := dev.Attribute(cu.ComputeCapabilityMinor)
	if err != nil {
		return Info{}, failed(code(err), "asking %s for its compute capability", name)
	}
	total, err := dev.TotalMem()
	if err != nil {
		return Info{}, failed(code(err), "asking %s for its memory", name)
	}
	return Info{Name: name, Major: major, Minor: minor, Total: total, DriverVersion: cu.Version()}, nil
}

// enter makes the device's primary context, which all of the process shares,
// current on this thread, and ties the goroutine to the thread until leave.
//
// The thread may be the host program's own, with a context of its own: hence
// pushed and popped, not set.
func enter(dev cu.Device) (leave func() error, err error) {
	ctx, err := dev.RetainPrimaryCtx()
	if err != nil {
		return nil, failed(code(err), "retaining the primary context")
	}
	runtime.LockOSThread()
	if err := cu.PushCurrentCtx(ctx); err != nil {
		runtime.UnlockOSThread()
		dev.ReleasePrimaryCtx()
		return nil, failed(code(err), "making the primary context current")
	}
	return func() error {
		_, popped := cu.PopCurrentCtx()
		runtime.UnlockOSThread()
		released := dev.ReleasePrimaryCtx()
		if popped != nil {
			return failed(code(popped), "leaving the primary context")
		}
		return failed(code(released), "releasing the primary context")
	}, nil
}

// free is the device's free memory, in bytes, within its context.
func free() (int64, error) {
	bytes, _, err := cu.MemInfo()
	return bytes, failed(code(err), "asking for the free memory")
}
