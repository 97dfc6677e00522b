//go:build cuda

package driver

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

//go:embed testdata/trial.ptx
var trial string

// With this in its environment the test program prints what Probe answers.
const probeAlone = "ZTP_TEST_PROBE_ALONE"

func TestMain(m *testing.M) {
	if os.Getenv(probeAlone) == "" {
		os.Exit(m.Run())
	}
	_, err := Probe()
	fmt.Print(err, ", absent: ", errors.Is(err, ErrAbsent))
}

// probeIn is what Probe answers in a process that looks for its driver in folder.
func probeIn(t *testing.T, folder string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), probeAlone+"=1", "LD_LIBRARY_PATH="+folder)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// given makes the fake driver what the settings say, "NAME=value" each, and
// nothing else. A test that needs it is skipped on a GPU.
func given(t *testing.T, settings ...string) {
	t.Helper()
	for _, name := range []string{"INIT", "DEVICES", "MEMORY", "FAIL"} {
		t.Setenv("ZTP_FAKE_"+name, "")
	}
	if info, err := Probe(); err != nil || !strings.Contains(info.Name, "fake") {
		t.Skip("not the fake driver: ", info.Name, err)
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv("ZTP_FAKE_"+name, value)
	}
}

// opened is a device that is closed at the end, where nothing is to be left.
func opened(t *testing.T) *Device {
	t.Helper()
	d, err := Open(trial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, d.Close()) })
	return d
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Without a driver there is an error, not the end of the process.
func TestNoDriver(t *testing.T) {
	out := probeIn(t, t.TempDir())
	if strings.HasPrefix(out, "<nil>") {
		t.Skip("this machine has a driver")
	}
	want := "no CUDA device: libcuda.so.1: cannot open shared object file: No such file or directory, absent: true"
	if out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

// A driver that lacks what we call answers for each function that it does not have.
func TestHollowDriver(t *testing.T) {
	for source, want := range map[string]string{
		"int nothing;": "no CUDA device: the driver has no cuInit, absent: true",
		"int cuInit(unsigned flags) { return flags; }": "no CUDA device: counting the devices: CUDA error 500, absent: true",
	} {
		folder := t.TempDir()
		cc := exec.Command("cc", "-shared", "-o", filepath.Join(folder, "libcuda.so.1"), "-xc", "-")
		cc.Stdin = strings.NewReader(source)
		if out, err := cc.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if out := probeIn(t, folder); out != want {
			t.Errorf("%s\ngot  %q\nwant %q", source, out, want)
		}
	}
}

// A driver without a device, or one that can't begin, is no device, and says why.
func TestNoDevice(t *testing.T) {
	for setting, want := range map[string]string{
		"DEVICES=0": "no CUDA device: the driver knows of none",
		"INIT=100":  "no CUDA device: initialising the driver: CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)",
		"INIT=999":  "no CUDA device: initialising the driver: CUDA error 999",
	} {
		t.Run(setting, func(t *testing.T) {
			given(t, setting)
			_, probed := Probe()
			_, opened := Open(trial)
			for _, err := range []error{probed, opened} {
				if !errors.Is(err, ErrAbsent) || err.Error() != want {
					t.Errorf("got %q, want %q", err, want)
				}
			}
		})
	}
}

// Probe makes no context, which would take memory from whoever needs it: so it
// knows the free memory only where somebody else made one.
func TestProbeMakesNoContext(t *testing.T) {
	given(t, "MEMORY=5000")
	want := Info{"a fake of the host's processors", 6, 1, 5000, 0, 11080}
	if info, err := Probe(); err != nil || info != want {
		t.Fatalf("got %+v, %v, want %+v", info, err, want)
	}
	d := opened(t)
	if _, err := d.Alloc(1000); err != nil {
		t.Fatal(err)
	}
	want.Free = 4000
	if info, err := Probe(); err != nil || info != want {
		t.Fatalf("got %+v, %v, want %+v", info, err, want)
	}
	want.Free = 5000
	if d.Info() != want {
		t.Errorf("got %+v, want %+v", d.Info(), want)
	}
}

// Anybody may ask while a device is at work.
func TestProbeOnAnyGoroutine(t *testing.T) {
	given(t)
	opened(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if info, err := Probe(); err != nil || info.Free == 0 {
					t.Errorf("%+v, %v", info, err)
				}
			}
		})
	}
	all.Wait()
}
