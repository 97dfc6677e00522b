//go:build cuda

package driver

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// bench has what a launch takes.
type bench struct {
	*Device
	*Stream
	host []byte // pinned
	data Ptr    // as long as host
	args Ptr
	arg  []byte // pinned
}

func newBench(t *testing.T, bytes int64) *bench {
	t.Helper()
	b := &bench{Device: opened(t)}
	var err error
	b.Stream, err = b.NewStream()
	check(t, err)
	b.host, err = b.Pin(bytes)
	check(t, err)
	b.data, err = b.Alloc(bytes)
	check(t, err)
	b.args, err = b.Alloc(64)
	check(t, err)
	b.arg, err = b.Pin(64)
	check(t, err)
	return b
}

// scale queues data[i] *= factor for the float32s of data.
func (b *bench) scale(t *testing.T, s *Stream, factor float32) {
	t.Helper()
	binary.NativeEndian.PutUint64(b.arg, uint64(b.data))
	binary.NativeEndian.PutUint64(b.arg[8:], uint64(len(b.host)/4))
	binary.NativeEndian.PutUint32(b.arg[16:], math.Float32bits(factor))
	check(t, s.Upload(b.args, b.arg))
	check(t, s.Launch("trial_scale", [3]int{len(b.host)/4/64 + 1, 1, 1}, [3]int{64, 1, 1}, b.args))
}

func (b *bench) put(i int, x float32) {
	binary.NativeEndian.PutUint32(b.host[4*i:], math.Float32bits(x))
}

func (b *bench) get(i int) float32 {
	return math.Float32frombits(binary.NativeEndian.Uint32(b.host[4*i:]))
}

// A stream does its work in order.
func TestUploadLaunchDownload(t *testing.T) {
	const n = 1000
	b := newBench(t, 4*n)
	for i := range n {
		b.put(i, float32(i))
	}
	check(t, b.Upload(b.data, b.host))
	b.scale(t, b.Stream, 3)
	check(t, b.Zero(b.data+4*10, 4*5))
	check(t, b.Download(b.host, b.data))
	check(t, b.Wait())
	for i := range n {
		want := float32(3 * i)
		if i >= 10 && i < 15 {
			want = 0
		}
		if b.get(i) != want {
			t.Fatalf("[%d] = %g, want %g", i, b.get(i), want)
		}
	}
}

// Every thread runs once, in blocks that cross all three axes, and atomics add up.
func TestLaunchInThreeDimensions(t *testing.T) {
	grid, block := [3]int{3, 2, 2}, [3]int{4, 3, 2}
	const threads = 12 * 24
	b := newBench(t, 8+4*threads)
	check(t, b.Zero(b.data, int64(len(b.host))))
	binary.NativeEndian.PutUint64(b.arg, uint64(b.data+8))
	binary.NativeEndian.PutUint64(b.arg[8:], uint64(b.data))
	check(t, b.Upload(b.args, b.arg))
	check(t, b.Launch("trial_visit", grid, block, b.args))
	check(t, b.Download(b.host, b.data))
	check(t, b.Wait())
	if total := binary.NativeEndian.Uint64(b.host); total != threads {
		t.Errorf("%d visits, want %d", total, threads)
	}
	for i := range threads {
		if visits := binary.NativeEndian.Uint32(b.host[8+4*i:]); visits != 1 {
			t.Fatalf("[%d] was visited %d times", i, visits)
		}
	}
}

// One stream waits for another: without After the fake would download first.
func TestAfterOrdersStreams(t *testing.T) {
	b := newBench(t, 4)
	other, err := b.NewStream()
	check(t, err)
	b.put(0, 5)
	check(t, b.Upload(b.data, b.host))
	b.scale(t, b.Stream, 2)
	e, err := b.Record()
	check(t, err)
	check(t, other.After(e))
	e.Release()
	check(t, other.Download(b.host, b.data))
	check(t, other.Wait())
	if b.get(0) != 10 {
		t.Errorf("got %g, want 10", b.get(0))
	}
}

// An event comes in the end, without waiting for it, and tells the time.
func TestEventIsPolled(t *testing.T) {
	b := newBench(t, 4096)
	start, err := b.Record()
	check(t, err)
	check(t, b.Zero(b.data, 4096))
	end, err := b.Record()
	check(t, err)
	polls := 0
	for done := false; !done; polls++ {
		done, err = end.Done()
		check(t, err)
	}
	took, err := end.Since(start)
	if err != nil || took < 0 {
		t.Errorf("after %d polls: %v, %v", polls, took, err)
	}
	start.Release()
	end.Release()
}

// Waiting a thousand times makes one event, not a thousand; what is in use is
// not handed out a second time.
func TestEventsAreUsedAgain(t *testing.T) {
	b := newBench(t, 4)
	for range 1000 {
		check(t, b.Wait())
	}
	if len(b.events) != 1 {
		t.Errorf("%d events", len(b.events))
	}
	one, err := b.Record()
	check(t, err)
	two, err := b.Record()
	check(t, err)
	if one == two {
		t.Error("two points in the work are one event")
	}
}

// Closing a stream is waiting for it.
func TestStreamClosesWhenItsWorkIsDone(t *testing.T) {
	b := newBench(t, 4)
	s, err := b.NewStream()
	check(t, err)
	b.put(0, 5)
	check(t, s.Upload(b.data, b.host))
	b.scale(t, s, 2)
	check(t, s.Download(b.host, b.data))
	check(t, s.Close())
	if b.get(0) != 10 {
		t.Errorf("got %g, want 10", b.get(0))
	}
}

// What the driver refuses, or the fake because a GPU might crash of it.
func TestMisuseIsRefused(t *testing.T) {
	given(t)
	b := newBench(t, 64)
	one := [3]int{1, 1, 1}
	invalid := "CUDA_ERROR_INVALID_VALUE (invalid argument)"
	for _, row := range []struct {
		err  error
		want string
	}{
		{b.Upload(b.data+1, b.host), "uploading 64 bytes: " + invalid},
		{b.Upload(b.data, make([]byte, 8)), "uploading 8 bytes: " + invalid}, // not pinned
		{b.Download(b.host, b.data+60), "downloading 64 bytes: " + invalid},
		{b.Zero(b.data, 65), "clearing 65 bytes: " + invalid},
		{b.Launch("trial_scale", one, one, 0), "launching trial_scale, [1 1 1] blocks of [1 1 1]: " + invalid},
		{b.Launch("trial_scale", one, [3]int{32, 33, 1}, b.args), "launching trial_scale, [1 1 1] blocks of [32 33 1]: " + invalid},
		{b.Launch("trial_scale", [3]int{0, 1, 1}, one, b.args), "launching trial_scale, [0 1 1] blocks of [1 1 1]: " + invalid},
		{b.Launch("trial", one, one, b.args), "looking for the kernel trial: CUDA_ERROR_NOT_FOUND (named symbol not found)"},
	} {
		if row.err == nil || row.err.Error() != row.want {
			t.Errorf("got %q, want %q", row.err, row.want)
		}
	}
	check(t, b.Wait())
}

// A kernel that fails is known only later. The context is lost then, for this
// device and whatever it still holds, but not for the next one.
func TestContextIsLostAndMadeAgain(t *testing.T) {
	given(t, "FAIL=cuEventSynchronize:1:700")
	d, err := Open(trial)
	check(t, err)
	s, err := d.NewStream()
	check(t, err)
	_, err = d.Alloc(10)
	check(t, err)
	const lost = "CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)"
	waited := s.Wait()
	_, free := d.Free()
	for _, err := range []error{waited, free, d.Close()} {
		if err == nil || !strings.HasSuffix(err.Error(), ": "+lost) {
			t.Errorf("got %v, want %s", err, lost)
		}
	}
	if _, err := opened(t).Alloc(10); err != nil {
		t.Error(err)
	}
}
