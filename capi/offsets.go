package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"zetwopass/core"
)

// cancelEvery is how often a solution lets signals in and looks at the flag.
const cancelEvery = 20 * time.Millisecond

// solving is a call of ztp_offsets_from_pairs.
type solving struct {
	host
	pairs                          *C.ztp_pair
	pairCount, tileCount, channels int64
	offsets                        *C.double
	groups                         *C.int32_t
}

func (s *solving) check() error {
	for _, n := range []struct {
		name              string
		value, least, end int64
	}{
		{"tile_count", s.tileCount, 1, core.MaxTiles},
		{"channels", s.channels, 1, core.MaxChannels},
		{"pair_count", s.pairCount, 0, core.MaxTiles * core.MaxTiles},
	} {
		if n.value < n.least || n.value > n.end {
			return fmt.Errorf("%w: %s = %d, want %d to %d", core.ErrArgument, n.name, n.value, n.least, n.end)
		}
	}
	for _, p := range []struct {
		name   string
		absent bool
	}{{"pairs", s.pairs == nil && s.pairCount > 0}, {"offsets", s.offsets == nil}, {"groups", s.groups == nil}} {
		if p.absent {
			return fmt.Errorf("%w: %s is NULL", core.ErrArgument, p.name)
		}
	}
	return nil
}

// solve computes on another goroutine, while this one serves signals and the flag.
func (s *solving) solve() (err error) {
	defer recovered(&err)
	useThreads()
	if err := s.check(); err != nil {
		return err
	}
	given, err := slice[C.ztp_pair]("pairs", unsafe.Pointer(s.pairs), s.pairCount)
	if err != nil {
		return err
	}
	offsets, err := slice[float64]("offsets", unsafe.Pointer(s.offsets), s.tileCount*s.channels)
	if err != nil {
		return err
	}
	groups, err := slice[int32]("groups", unsafe.Pointer(s.groups), s.tileCount)
	if err != nil {
		return err
	}
	s.outputs = []extent{sliceExtent("offsets", offsets), sliceExtent("groups", groups)}
	inputs := []extent{sliceExtent("pairs", given), extentOfOne("cancel", s.cancel)}
	if err := disjoint(s.outputs, inputs); err != nil {
		return err
	}
	if err := s.room(core.OffsetBytes(int(s.tileCount), int(s.pairCount))); err != nil {
		return err
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer recovered(&err)
		err = core.OffsetsFromPairs(steps(given), int(s.channels), offsets, groups, closed(stop))
	}()
	return s.attend(done, stop)
}

// attend waits for the end of the work, which stop brings about.
func (s *solving) attend(done <-chan error, stop chan struct{}) error {
	look := time.NewTicker(cancelEvery)
	defer look.Stop()
	for open := true; ; {
		if s.cancelled() && open {
			close(stop)
			open = false
		}
		select {
		case err := <-done:
			if err == nil && !open { // it had ended before it was told
				err = core.ErrCancelled
			}
			return err
		case <-look.C:
		}
	}
}

func closed(c <-chan struct{}) func() bool {
	return func() bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
}

func steps(pairs []C.ztp_pair) []core.PairStep {
	found := make([]core.PairStep, len(pairs))
	for k := range pairs {
		p := &pairs[k]
		found[k] = core.PairStep{I: int(p.i), J: int(p.j), Pixels: int(p.pixels)}
		for c := range found[k].Step {
			found[k].Step[c] = float64(p.step[c])
		}
	}
	return found
}
