//go:build cuda

package driver

import (
	"errors"
	"testing"
)

// everything makes every call of the driver that this package makes.
func everything() (err error) {
	if _, err := Probe(); err != nil {
		return err
	}
	d, err := Open(trial)
	if err != nil {
		return err
	}
	defer func() {
		if closed := d.Close(); err == nil {
			err = closed
		}
	}()
	if _, err := Probe(); err != nil { // now with a context
		return err
	}
	s, err := d.NewStream()
	if err != nil {
		return err
	}
	p, err := d.Alloc(64)
	if err != nil {
		return err
	}
	b, err := d.Pin(64)
	if err != nil {
		return err
	}
	start, err := s.Record()
	if err != nil {
		return err
	}
	one := [3]int{1, 1, 1}
	for _, step := range []func() error{
		func() error { clear(b); return s.Upload(p, b) }, // no elements
		func() error { return s.Launch("trial_scale", one, one, p) },
		func() error { return s.Zero(p, 64) },
		func() error { return s.Download(b, p) },
		func() error { return s.After(start) },
		func() error { _, err := start.Done(); return err },
		func() error { return s.Wait() },
		func() error { _, err := start.Since(start); return err },
		func() error { return d.Release(p) },
		func() error { return d.Unpin(b) },
		func() error { return s.Close() },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Whichever call fails, the error says which, Close ends well, and the next
// attempt finds the driver as if nothing had been.
func TestEveryFailureIsNamedAndSurvived(t *testing.T) {
	given(t)
	check(t, everything())
	for _, row := range []struct{ call, tried string }{
		{"cuDeviceGetCount:1", "no CUDA device: counting the devices"},
		{"cuDeviceGet:1", "asking for device 0"},
		{"cuDeviceGetName:1", "asking for the name of device 0"},
		{"cuDeviceGetName:2", "asking for the name of device 0"},
		{"cuDeviceGetAttribute:1", "asking a fake of the host's processors for its compute capability"},
		{"cuDeviceGetAttribute:2", "asking a fake of the host's processors for its compute capability"},
		{"cuDeviceTotalMem:1", "asking a fake of the host's processors for its memory"},
		{"cuDevicePrimaryCtxGetState:1", "asking for the primary context's state"},
		{"cuDevicePrimaryCtxRetain:1", "retaining the primary context"},
		{"cuDevicePrimaryCtxRetain:2", "retaining the primary context"},
		{"cuCtxPushCurrent:1", "making the primary context current"},
		{"cuMemGetInfo:1", "asking for the free memory"},
		{"cuMemGetInfo:2", "asking for the free memory"},
		{"cuModuleLoadData:1", "loading the kernels for a fake of the host's processors (sm_61, CUDA 11080)"},
		{"cuStreamCreate:1", "making a stream"},
		{"cuMemAlloc:1", "allocating 64 bytes beside 0"},
		{"cuMemHostAlloc:1", "pinning 64 bytes"},
		{"cuEventCreate:1", "making an event"},
		{"cuEventRecord:1", "recording an event"},
		{"cuMemcpyHtoDAsync:1", "uploading 64 bytes"},
		{"cuModuleGetFunction:1", "looking for the kernel trial_scale"},
		{"cuLaunchKernel:1", "launching trial_scale, [1 1 1] blocks of [1 1 1]"},
		{"cuMemsetD8Async:1", "clearing 64 bytes"},
		{"cuMemcpyDtoHAsync:1", "downloading 64 bytes"},
		{"cuStreamWaitEvent:1", "waiting on the device for an event"},
		{"cuEventQuery:1", "asking for an event"},
		{"cuEventSynchronize:1", "waiting for the device"},
		{"cuEventElapsedTime:1", "asking for the time between events"},
		{"cuMemFree:1", "releasing 64 bytes"},
		{"cuMemFreeHost:1", "unpinning memory"},
		{"cuStreamDestroy:1", "closing a stream"},
		{"cuEventDestroy:1", "destroying an event"},
		{"cuModuleUnload:1", "unloading the kernels"},
		{"cuCtxPopCurrent:1", "leaving the primary context"},
		{"cuCtxPopCurrent:2", "leaving the primary context"},
		{"cuDevicePrimaryCtxRelease:1", "releasing the primary context"},
		{"cuDevicePrimaryCtxRelease:2", "releasing the primary context"},
	} {
		t.Run(row.call, func(t *testing.T) {
			given(t, "FAIL="+row.call+":400")
			err := everything()
			want := row.tried + ": CUDA_ERROR_INVALID_HANDLE (invalid resource handle)"
			if err == nil || err.Error() != want {
				t.Errorf("got %q, want %q", err, want)
			}
			check(t, everything())
		})
	}
}

// Out of memory is told from all else by whichever call it comes.
func TestAnyCallMayRunOutOfMemory(t *testing.T) {
	for _, call := range []string{"cuDevicePrimaryCtxRetain", "cuModuleLoadData", "cuStreamCreate", "cuLaunchKernel"} {
		given(t, "FAIL="+call+":1:2")
		if err := everything(); !errors.Is(err, ErrMemory) {
			t.Errorf("%s: %v", call, err)
		}
	}
}
