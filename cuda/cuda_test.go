//go:build cuda

package cuda

import (
	"errors"
	"testing"
	"time"

	"zetwopass/core"
	"zetwopass/core/coretest"
)

// Without it the GPU's numbers could be others than the CPU's. Without a driver it is
// skipped; build.sh has one that runs the kernels on the CPU.
func TestTheGPUSatisfiesCoretest(t *testing.T) {
	c := &card{keep: time.Hour}
	if _, err := c.Info(); err != nil {
		t.Skip(err)
	}
	coretest.Check(t, c)
	if held := c.gpu.Held(); held != 0 {
		t.Errorf("%d bytes of the GPU are still held", held)
	}
	if err := c.shut(); err != nil {
		t.Error(err)
	}
}

// Without it two calls at once would share one thread's context, and each other's buffers.
func TestTheGPUHasOneUserAtATime(t *testing.T) {
	c := &card{keep: time.Hour}
	if _, err := c.Info(); err != nil {
		t.Skip(err)
	}
	j := coretest.Scene(1, 1)
	first, err := c.Open(t.Context(), j, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(t.Context(), j, 0); !errors.Is(err, core.ErrDevice) || !errors.Is(err, errBusy) {
		t.Errorf("the second got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	again, err := c.Open(t.Context(), j, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.Close(), c.shut()); err != nil {
		t.Error(err)
	}
}

// Without it the card's memory would be lost to other programs for good.
func TestAnIdleGPUIsClosed(t *testing.T) {
	c := &card{keep: time.Millisecond}
	if _, err := c.Info(); err != nil {
		t.Skip(err)
	}
	s, err := c.Open(t.Context(), coretest.Scene(1, 1), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for open := true; open; time.Sleep(time.Millisecond) {
		if err := c.do(func() error { open = c.gpu != nil; return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
