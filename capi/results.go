package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"zetwopass/core"
)

// mosaicShape borrows the shape of the mosaic, of which a match wants no more.
func (f *fetcher) mosaicShape(j *core.Job) (err error) {
	if f.stages&core.RunCoadd != 0 {
		return nil
	}
	im := f.job.mosaic
	im.data = nil
	j.Mosaic, err = shaped("mosaic", &im)
	return err
}

// mosaic borrows the mosaic, and in a job of planes its coverage too.
func (f *fetcher) mosaic(j *core.Job) (err error) {
	if f.planes {
		return f.outputPlanes(j)
	}
	j.Mosaic, j.MosaicTarget, err = f.output("mosaic", &f.job.mosaic, &f.job.mosaic_file)
	return err
}

func (f *fetcher) coverageOut(j *core.Job) (err error) {
	if f.planes {
		return nil
	}
	j.CoverageOut, j.CoverageTarget, err = f.output("coverage_out", &f.job.coverage_out, &f.job.coverage_file)
	return err
}

// output borrows an image to write to, or takes its shape and its place in a file.
func (f *fetcher) output(name string, im *C.ztp_image, file *C.ztp_target) (core.View, core.Target, error) {
	if !f.has(file) {
		v, err := f.writable(name, im)
		return v, nil, err
	}
	if im.data != nil {
		return core.View{}, nil, fmt.Errorf("%w: %s has data and a file, want one of them", core.ErrArgument, name)
	}
	v, err := shaped(name, im)
	if err != nil {
		return v, nil, err
	}
	to, err := f.target(name, file, v)
	return v, to, err
}

// writable borrows an output in memory.
func (f *fetcher) writable(name string, im *C.ztp_image) (core.View, error) {
	v, err := f.borrow(name, im)
	f.outputs = append(f.outputs, extentOf(name, v))
	return v, err
}

// arrays borrows the gains.
func (f *fetcher) arrays(j *core.Job) (err error) {
	n := int(f.job.tile_count)
	computed := f.stages&core.RunGains != 0
	switch {
	case f.job.gains != nil:
		j.Gains, err = touched[float64](f, "gains", unsafe.Pointer(f.job.gains), int64(n), computed)
	case f.stages == core.RunAll:
		j.Gains = make([]float64, n)
	case computed:
		return fmt.Errorf("%w: gains is NULL", core.ErrArgument)
	}
	return err
}

// findings borrows offsets, groups and pairs.
func (f *fetcher) findings(j *core.Job) (err error) {
	n := int64(f.job.tile_count)
	j.OffsetsKnown = knowsFiles(f.job) && f.job.offsets_known != 0
	j.Offsets, err = touched[float64](f, "offsets", unsafe.Pointer(f.job.offsets), n*int64(max(j.Mosaic.C, 1)), !j.OffsetsKnown)
	if err != nil {
		return err
	}
	if err := f.planesFound(j); err != nil {
		return err
	}
	if j.Groups, err = touched[int32](f, "groups", unsafe.Pointer(f.job.groups), n, true); err != nil {
		return err
	}
	if !knowsFiles(f.job) || (f.job.pairs == nil && f.job.pair_count == nil) {
		return nil
	}
	return f.pairs(j)
}

// planesFound borrows slopes and damping.
func (f *fetcher) planesFound(j *core.Job) (err error) {
	if !knowsBackground(f.job) {
		return nil
	}
	j.Background = core.Background(f.job.background)
	n := int64(f.job.tile_count) * int64(max(j.Mosaic.C, 1))
	if j.Slopes, err = touched[float64](f, "slopes", unsafe.Pointer(f.job.slopes), 2*n, !j.OffsetsKnown); err != nil {
		return err
	}
	j.Damping, err = touched[float64](f, "damping", unsafe.Pointer(f.job.damping), 3*n, true)
	return err
}

// pairs has the pairs written as far as there is room, and counted.
func (f *fetcher) pairs(j *core.Job) error {
	count, room := (*int64)(unsafe.Pointer(f.job.pair_count)), int64(f.job.pair_room)
	if count == nil {
		return fmt.Errorf("%w: pair_count is NULL, and pairs is not", core.ErrArgument)
	}
	if f.job.pairs == nil {
		room = 0
	}
	if room < 0 || room > core.MaxTiles*core.MaxTiles {
		return fmt.Errorf("%w: pair_room = %d, want 0 or more", core.ErrArgument, room)
	}
	to, err := touched[C.ztp_pair](f, "pairs", unsafe.Pointer(f.job.pairs), room, true)
	if err != nil {
		return err
	}
	if _, err := touched[int64](f, "pair_count", unsafe.Pointer(count), 1, true); err != nil {
		return err
	}
	if !f.plan {
		*count = 0
	}
	last := [2]int{-1, -1}
	j.Pairs = func(p core.PairStep) {
		if p.I < last[0] || p.I == last[0] && p.J <= last[1] {
			*count = 0 // after a GPU that has failed the match is done again
		}
		last = [2]int{p.I, p.J}
		if *count < room {
			pair := C.ztp_pair{i: C.int64_t(p.I), j: C.int64_t(p.J), pixels: C.int64_t(p.Pixels)}
			for c, step := range p.Step {
				pair.step[c] = C.double(step)
			}
			to[*count] = pair
		}
		*count++
	}
	return nil
}

// pairsWanted borrows which pairs to match.
func (f *fetcher) pairsWanted(j *core.Job) error {
	if !knowsFiles(f.job) || f.job.pairs_wanted == nil {
		return nil
	}
	n := int64(f.job.pairs_wanted_count)
	if n < 0 || n > core.MaxTiles*core.MaxTiles {
		return fmt.Errorf("%w: pairs_wanted_count = %d, want 0 or more", core.ErrArgument, n)
	}
	wanted, err := touched[[2]int64](f, "pairs_wanted", unsafe.Pointer(f.job.pairs_wanted), n, false)
	if err != nil {
		return err
	}
	if err := f.room(n * int64(unsafe.Sizeof([2]int{}))); err != nil {
		return err
	}
	j.PairsWanted = make([][2]int, n)
	for k, w := range wanted {
		j.PairsWanted[k] = [2]int{int(w[0]), int(w[1])}
	}
	return nil
}

// progress borrows what tells how far a coadd has come.
func (f *fetcher) progress(j *core.Job) (err error) {
	if f.stages != core.RunCoadd || !knowsFiles(f.job) {
		return nil
	}
	if f.job.chunks_done != nil {
		n := int64(f.job.chunk_count)
		if n < 1 {
			return fmt.Errorf("%w: chunk_count = %d, want the plan's chunk_total", core.ErrArgument, n)
		}
		if j.ChunksDone, err = touched[uint8](f, "chunks_done", unsafe.Pointer(f.job.chunks_done), n, true); err != nil {
			return err
		}
	}
	j.Shown, err = touched[uint8](f, "shown", unsafe.Pointer(f.job.shown), int64(len(j.Tiles)), true)
	return err
}

// touched borrows an array of the caller's, nil if there is none.
func touched[T any](f *fetcher, name string, p unsafe.Pointer, count int64, writes bool) ([]T, error) {
	s, err := slice[T](name, p, count)
	f.touches(sliceExtent(name, s), writes)
	return s, err
}

// touches notes the memory of an array, and whether the call writes to it.
func (f *fetcher) touches(of extent, writes bool) {
	if writes {
		f.outputs = append(f.outputs, of)
	} else {
		f.inputs = append(f.inputs, of)
	}
}
