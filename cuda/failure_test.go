//go:build cuda

package cuda

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"zetwopass/core"
	"zetwopass/core/coretest"
)

// given makes the driver of cuda/fake what the settings say; on a GPU the test is skipped.
func given(t *testing.T, settings ...string) {
	t.Helper()
	for _, name := range []string{"INIT", "DEVICES", "MEMORY", "FAIL"} {
		t.Setenv("ZTP_FAKE_"+name, "")
	}
	if info, err := Device().Info(); err != nil || !strings.Contains(info.Name, "fake") {
		t.Skip("not the fake driver: ", info.Name, err)
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv("ZTP_FAKE_"+name, value)
	}
}

// compute runs a scene on the CPU alone, or with the GPU.
func compute(t *testing.T, stages core.Stages, mode core.Mode) *core.Job {
	t.Helper()
	j := coretest.Scene(9, 3)
	j.Profile, j.Workers, j.RowsPerChunk = core.V45, 2, 20
	c := &card{keep: time.Hour} // the fake reads its settings when it is opened
	j.Mode, j.Device = mode, c
	if err := core.Run(j, stages); err != nil {
		t.Fatal(err)
	}
	_ = c.shut() // what fails there fails by the settings
	return j
}

func sameBits(t *testing.T, got, want core.View) {
	t.Helper()
	for i, s := range got.Pix {
		if w := want.Pix[i]; math.Float32bits(s) != math.Float32bits(w) && (s == s || w == w) {
			t.Fatalf("sample %d is %v, want %v", i, s, w)
		}
	}
}

const (
	outOfMemory  = 2
	launchFailed = 719 // the context is lost with it
)

// Without it a card that fails late would cost the result, or spoil it unseen.
func TestWhateverFailsTheAnswerIsTheCPUs(t *testing.T) {
	given(t)
	wantAll, wantCoadd := compute(t, core.RunAll, core.CPU), compute(t, core.RunCoadd, core.CPU)
	for _, function := range []string{
		"cuDevicePrimaryCtxRetain", "cuModuleLoadData", "cuModuleGetFunction", "cuStreamCreate", "cuMemGetInfo",
		"cuMemAlloc", "cuMemHostAlloc", "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync", "cuMemsetD8Async", "cuLaunchKernel",
		"cuEventCreate", "cuEventRecord", "cuEventSynchronize", "cuStreamWaitEvent", "cuMemFree",
	} {
		for _, n := range []int{1, 7} {
			for _, code := range []int{outOfMemory, launchFailed} {
				t.Run(fmt.Sprint(function, " ", n, " ", code), func(t *testing.T) {
					given(t, fmt.Sprintf("FAIL=%s:%d:%d", function, n, code))
					got := compute(t, core.RunAll, core.GPU)
					if got.DeviceError != nil {
						sameBits(t, got.Mosaic, wantAll.Mosaic)
						sameBits(t, got.Blurred, wantAll.Blurred)
					}
					if n == 1 && code == launchFailed && function != "cuMemFree" && got.DeviceError == nil {
						t.Error("nothing was said of it")
					}
					given(t, fmt.Sprintf("FAIL=%s:%d:%d ", function, n, code)) // from the start
					got = compute(t, core.RunCoadd, core.Hybrid)
					sameBits(t, got.Mosaic, wantCoadd.Mosaic)
				})
			}
		}
	}
}

// Without it a machine without a GPU would be told nothing, or the wrong thing.
func TestWhyThereIsNoGPU(t *testing.T) {
	for setting, want := range map[string]string{"DEVICES=0": "none", "INIT=999": "initialising the driver"} {
		given(t, setting)
		_, err := Device().Info()
		if !errors.Is(err, core.ErrDevice) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", setting, err, want)
		}
		if j := compute(t, core.RunCoadd, core.GPU); !errors.Is(j.DeviceError, core.ErrDevice) {
			t.Errorf("%s: DeviceError is %v", setting, j.DeviceError)
		}
	}
}

// Without it a small card would be refused, or its memory overrun: the driver answers
// more with an error.
func TestASmallCardDoesItsPart(t *testing.T) {
	given(t)
	want := compute(t, core.RunCoadd, core.CPU)
	for _, bytes := range []int{1 << 20, 400 << 10, 100 << 10} {
		given(t, fmt.Sprint("MEMORY=", bytes))
		got := compute(t, core.RunCoadd, core.GPU)
		if got.DeviceError != nil && !errors.Is(got.DeviceError, core.ErrDeviceMemory) {
			t.Errorf("%d bytes: %v", bytes, got.DeviceError)
		}
		sameBits(t, got.Mosaic, want.Mosaic)
	}
}
