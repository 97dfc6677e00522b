//go:build cuda

package driver

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// What is held is counted, and what is released is free again.
func TestMemoryIsCounted(t *testing.T) {
	given(t, "MEMORY=10000")
	d := opened(t)
	expect := func(held int64) {
		t.Helper()
		free, err := d.Free()
		if err != nil || d.Held() != held || free != 10000-held {
			t.Fatalf("held %d, free %d, %v, want %d held", d.Held(), free, err, held)
		}
	}
	expect(0)
	a, err := d.Alloc(6000)
	check(t, err)
	_, err = d.Alloc(3000)
	check(t, err)
	expect(9000)
	check(t, d.Release(a))
	expect(3000)
}

// The host halves its chunks when memory runs out: it must be able to tell.
func TestMemoryRunsOut(t *testing.T) {
	given(t, "MEMORY=10000")
	d := opened(t)
	_, err := d.Alloc(4000)
	check(t, err)
	_, err = d.Alloc(6001)
	want := "out of GPU memory: allocating 6001 bytes beside 4000: CUDA_ERROR_OUT_OF_MEMORY (out of memory)"
	if !errors.Is(err, ErrMemory) || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if _, err := d.Alloc(6000); err != nil {
		t.Errorf("after the failure: %v", err)
	}
	if _, err := d.Pin(1 << 62); !errors.Is(err, ErrMemory) {
		t.Errorf("pinning 4 EiB: %v", err)
	}
}

// Freeing twice, or what was never allocated, must not reach the driver, where
// the address may be somebody else's by then.
func TestUnknownMemoryIsRefused(t *testing.T) {
	d := opened(t)
	p, err := d.Alloc(10)
	check(t, err)
	check(t, d.Release(p))
	if err := d.Release(p); err == nil || !strings.HasSuffix(err.Error(), ": not allocated") {
		t.Errorf("second release: %v", err)
	}
	b, err := d.Pin(10)
	check(t, err)
	if err := d.Unpin(b[1:]); err == nil || !strings.HasSuffix(err.Error(), ": not pinned") {
		t.Errorf("part of pinned memory: %v", err)
	}
	check(t, d.Unpin(b))
	if err := d.Unpin(b); err == nil {
		t.Error("second unpin: no error")
	}
}

// Close frees what was forgotten: the fake's context would say what is left.
func TestCloseFreesAll(t *testing.T) {
	d, err := Open(trial)
	check(t, err)
	_, err = d.Alloc(10)
	check(t, err)
	_, err = d.Pin(10)
	check(t, err)
	s, err := d.NewStream()
	check(t, err)
	_, err = s.Record()
	check(t, err)
	check(t, d.Close())
	if d.Held() != 0 {
		t.Errorf("held %d bytes", d.Held())
	}
	check(t, d.Close())
}

// Two devices in one process, or one beside CuPy, share the context.
func TestDevicesNest(t *testing.T) {
	outer := opened(t)
	inner, err := Open(trial)
	check(t, err)
	check(t, inner.Close())
	if _, err := outer.Alloc(10); err != nil {
		t.Error(err)
	}
}

// Contexts belong to threads, between which the scheduler moves goroutines.
func TestDeviceStaysOnItsThread(t *testing.T) {
	d := opened(t)
	stop := make(chan struct{})
	defer close(stop)
	for range 2 * runtime.GOMAXPROCS(0) {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		}()
	}
	for range 1000 {
		runtime.Gosched()
		if _, err := d.Free(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is wrong with the kernels is said when they are loaded.
func TestBadKernels(t *testing.T) {
	given(t)
	_, err := Open("no PTX")
	want := "loading the kernels for a fake of the host's processors (sm_61, CUDA 11080): " +
		"CUDA_ERROR_INVALID_PTX (a PTX JIT compilation failed)"
	if err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
