package core

import (
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

// Without it a plan beyond what the process may have ends the process.
func TestACallWithoutRoomForItsPlanWritesNothing(t *testing.T) {
	j := scene(1, 2, 2, 30, 30, 1)
	plan, err := NewPlan(j, RunAll)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(j.Mosaic.Pix)
	var asked int64
	j.Room = func(bytes int64) error {
		asked = bytes
		return ErrLimit
	}
	if err := Run(j, RunAll); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want %v", err, ErrLimit)
	}
	if asked != plan.Bytes || !slices.Equal(before, j.Mosaic.Pix) {
		t.Errorf("asked for %d bytes, want %d; written: %t", asked, plan.Bytes, !slices.Equal(before, j.Mosaic.Pix))
	}
	j.Room = func(bytes int64) error { return nil }
	if err := Run(j, RunAll); err != nil {
		t.Errorf("with room: %v", err)
	}
}

// Without it the list of the pairs of many tiles alone ends the process.
func TestRoomIsAskedForBeforeThereAreManyPairs(t *testing.T) {
	const tiles = 400 // all on the same pixel
	j := &Job{Mosaic: NewView(1, 1, 3), Tiles: make([]Tile, tiles)}
	for i := range j.Tiles {
		j.Tiles[i].Map = PixelMap{X1: 1, Y1: 1}
	}
	var asked []int64
	j.Room = func(bytes int64) error {
		asked = append(asked, bytes)
		return nil
	}
	pairs, err := j.overlaps(nil)
	if err != nil || len(pairs) != tiles*(tiles-1)/2 {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	each := pairBytes(3)
	if want := []int64{16384 * each, 32768 * each, 65536 * each}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	j.Room = func(bytes int64) error { return ErrLimit }
	if _, err := j.overlaps(nil); !errors.Is(err, ErrLimit) {
		t.Errorf("without room: %v", err)
	}
}

// Without it pairs take more than was asked for.
func TestPairBytesAreWhatAPairTakes(t *testing.T) {
	const pairs, places = 1000, 16 // bytes in lists
	for channels := 1; channels <= MaxChannels; channels++ {
		kept := make([]*pair, pairs)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range kept {
			kept[i] = &pair{channel: make([]bracket, channels)}
		}
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(kept)
		if each := int64(after.TotalAlloc-before.TotalAlloc)/pairs + places; each > pairBytes(channels) {
			t.Errorf("%d channels: %d bytes a pair, want at most %d", channels, each, pairBytes(channels))
		}
	}
}

// Without it the collector runs hundreds of times a second, or lets garbage double the memory.
func TestGarbageIsAFewMegabytesOrAFewPercent(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	for _, c := range []struct{ held, garbage int64 }{
		{1 << 10, someGarbage},
		{32 << 20, someGarbage},
		{600 << 20, 600 << 20 / 100 * leastGarbage},
	} {
		done := frugal(c.held)
		all := c.held + int64(len(held.ballast))
		if got := all * int64(held.percent) / 100; math.Abs(float64(got-c.garbage)) > float64(all)/100+float64(len(held.ballast))/10 {
			t.Errorf("%d bytes held: %d of garbage, want about %d", c.held, got, c.garbage)
		}
		done()
	}
	if held.bytes != 0 {
		t.Errorf("%d bytes are held after all calls", held.bytes)
	}
}
