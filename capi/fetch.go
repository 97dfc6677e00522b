package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"slices"
	"sync/atomic"
	"unsafe"

	"zetwopass/core"
)

// recovered turns a panic of the calling goroutine into an error; those of the work
// are caught in core, each in its own goroutine. Call it deferred, directly.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", core.ErrInternal, p)
	}
}

// run fetches a job and computes the stages of it.
func run(job *C.ztp_job, stages core.Stages, call *C.guard_call) (err error) {
	defer recovered(&err)
	useThreads()
	f := fetcher{host: host{call: call}, job: job, stages: stages, borrow: image}
	j, err := f.fetch()
	if err != nil {
		return err
	}
	err = core.Run(j, stages)
	if knowsDevice(job) {
		report(job.device_error, j.DeviceError)
	}
	return err
}

// planJob fetches a job and writes its plan.
func planJob(job *C.ztp_job, out *C.ztp_plan_info, call *C.guard_call) (err error) {
	defer recovered(&err)
	if out == nil {
		return fmt.Errorf("%w: plan is NULL", core.ErrArgument)
	}
	const first = unsafe.Offsetof(out.gpu_rows_per_chunk) // the size without what came later
	if err := sized("plan.struct_size", out.struct_size, C.sizeof_ztp_plan_info, first); err != nil {
		return err
	}
	f := fetcher{host: host{call: call}, job: job, stages: core.RunAll, borrow: shaped}
	j, err := f.fetch()
	if err != nil {
		return err
	}
	if err := j.Validate(core.RunAll); err != nil {
		return err
	}
	plan, err := core.NewPlan(j, core.RunAll)
	if err != nil {
		return err
	}
	out.workers = C.int32_t(plan.Workers)
	out.rows_per_chunk = C.int64_t(plan.RowsPerChunk)
	out.chunk_total = C.int64_t(plan.ChunkTotal)
	out.chunk_bytes = C.int64_t(plan.ChunkBytes)
	out.bytes = C.int64_t(plan.Bytes)
	if uintptr(out.struct_size) > first {
		out.gpu_rows_per_chunk = C.int64_t(plan.DeviceRows)
	}
	return nil
}

// host is who called: what he gave beside the work, and what the work writes to.
type host struct {
	call    *C.guard_call
	cancel  *C.int32_t
	outputs []extent
}

// cancelled lets waiting signals in, whose handlers may set the flag, and reads it.
func (h *host) cancelled() bool {
	C.guard_window(h.call)
	return h.cancel != nil && atomic.LoadInt32((*int32)(unsafe.Pointer(h.cancel))) != 0
}

// fetcher makes a core job of a C one.
type fetcher struct {
	host
	job    *C.ztp_job
	stages core.Stages
	borrow func(string, *C.ztp_image) (core.View, error) // outputs and coverage
	inputs []extent
	planes bool // it is a job of planes
}

func (f *fetcher) fetch() (*core.Job, error) {
	job := f.job
	if job == nil {
		return nil, fmt.Errorf("%w: job is NULL", core.ErrArgument)
	}
	err := sized("job.struct_size", job.struct_size, C.sizeof_ztp_job, unsafe.Offsetof(job.device),
		unsafe.Offsetof(job.mosaic_planes))
	if err != nil {
		return nil, err
	}
	f.cancel = job.cancel
	j := &core.Job{
		Profile: core.Profile(job.profile), Sigma: int(job.sigma),
		GainMin: float64(job.gain_min), GainMax: float64(job.gain_max),
		Threshold:      float64(job.threshold),
		Combine:        core.Combine(job.combine),
		KeepBackground: job.keep_background != 0 && f.stages == core.RunCoadd,
		BinaryWeights:  job.binary_weights != 0, BlankNaN: job.blank_nan != 0,
		Workers: int(job.workers), RowsPerChunk: int(job.rows_per_chunk),
		MaxChunkBytes: int64(job.max_chunk_bytes),
		OnStats:       statsCaller(job.on_stats, job.user, f.call),
		Device:        device(),
		Cancelled:     f.cancelled,
		Room:          f.room,
	}
	f.planes = uintptr(job.struct_size) == C.sizeof_ztp_job && job.mosaic_planes.data != nil
	j.SignedWeights = f.planes && job.signed_weights != 0
	if knowsDevice(job) {
		j.Mode, j.DeviceRows = core.Mode(job.device), int(job.gpu_rows_per_chunk)
		j.DeviceBytes = int64(job.gpu_max_chunk_bytes)
	}
	switch {
	case j.Threshold == 0:
		j.Threshold = 2
	case j.Threshold < 0:
		j.Threshold = 0
	}
	steps := []struct {
		when core.Stages
		do   func(*core.Job) error
	}{
		{core.RunGains | core.RunCoadd, f.tiles},
		{core.RunBlur | core.RunGains, f.blurImages},
		{core.RunCoadd, f.coaddImages},
		{core.RunGains | core.RunCoadd, f.arrays},
	}
	for _, s := range steps {
		if f.stages&s.when != 0 {
			if err := s.do(j); err != nil {
				return nil, err
			}
		}
	}
	if err := disjoint(f.outputs, f.inputs); err != nil {
		return nil, err
	}
	return j, nil
}

// sized refuses the size of a struct that no header has had.
func sized(name string, size C.uint32_t, known ...uintptr) error {
	if slices.Contains(known, uintptr(size)) {
		return nil
	}
	return fmt.Errorf("%w: %s = %d, want %d", errStruct, name, size, known[0])
}

// knowsDevice reports whether the header of the job's caller has the fields from device on.
func knowsDevice(job *C.ztp_job) bool { return uintptr(job.struct_size) > unsafe.Offsetof(job.device) }

// tileBytes is what fetching a tile leaves behind, at most.
const tileBytes = 2 << 10

func (f *fetcher) tiles(j *core.Job) error {
	n := int64(f.job.tile_count)
	if n < 1 || n > core.MaxTiles {
		return fmt.Errorf("%w: tile_count = %d, want 1 to %d", core.ErrArgument, n, core.MaxTiles)
	}
	if f.job.tiles == nil {
		return fmt.Errorf("%w: tiles is NULL", core.ErrArgument)
	}
	var known C.ztp_tile
	first, second := unsafe.Offsetof(known.weight_map), unsafe.Offsetof(known.planes) // what came later
	if err := sized("tile_size", f.job.tile_size, C.sizeof_ztp_tile, first, second); err != nil {
		return err
	}
	if err := f.room(n * tileBytes); err != nil {
		return err
	}
	j.Tiles = make([]core.Tile, n)
	for i := range j.Tiles {
		at := unsafe.Add(unsafe.Pointer(f.job.tiles), i*int(f.job.tile_size))
		if err := f.tile(fmt.Sprintf("tiles[%d]", i), (*C.ztp_tile)(at), &j.Tiles[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetcher) tile(name string, from *C.ztp_tile, to *core.Tile) (err error) {
	if err := f.pixels(name, from, to); err != nil {
		return err
	}
	if to.Map, err = pixelMap(name+".map", &from._map); err != nil {
		return err
	}
	if uintptr(f.job.tile_size) > unsafe.Offsetof(from.weight_map) {
		if to.WeightMap, err = pixelMap(name+".weight_map", &from.weight_map); err != nil {
			return err
		}
	}
	to.WeightScale = float64(from.weight_scale)
	if to.WeightScale == 0 {
		to.WeightScale = 1
	}
	f.inputs = append(f.inputs, sliceExtent(name+".map.nodes", to.Map.Nodes),
		sliceExtent(name+".weight_map.nodes", to.WeightMap.Nodes))
	return nil
}

// pixels borrows the images of a tile, or its planes.
func (f *fetcher) pixels(name string, from *C.ztp_tile, to *core.Tile) (err error) {
	if f.planes {
		return f.tilePlanes(name, from, to)
	}
	if to.Image, err = image(name+".image", &from.image); err != nil {
		return err
	}
	if to.Mask, err = optional(name+".mask", &from.mask); err != nil {
		return err
	}
	if to.Weight, err = optional(name+".weight", &from.weight); err != nil {
		return err
	}
	f.inputs = append(f.inputs, extentOf(name+".image", to.Image), extentOf(name+".mask", to.Mask),
		extentOf(name+".weight", to.Weight))
	return nil
}

func (f *fetcher) blurImages(j *core.Job) (err error) {
	if j.Coverage, err = f.borrow("coverage", &f.job.coverage); err != nil {
		return err
	}
	f.inputs = append(f.inputs, extentOf("coverage", j.Coverage))
	blurred := &f.job.blurred
	if blurred.data == nil && f.stages&core.RunCoadd != 0 {
		blurred = &f.job.coverage_out
		if blurred.height != f.job.coverage.height || blurred.width != f.job.coverage.width {
			return fmt.Errorf("%w: blurred is absent, and coverage_out has shape [%d,%d], not [%d,%d] as coverage",
				core.ErrShape, blurred.height, blurred.width, f.job.coverage.height, f.job.coverage.width)
		}
	}
	if j.Blurred, err = f.borrow("blurred", blurred); err != nil {
		return err
	}
	if f.stages&core.RunCoadd == 0 || blurred.data != f.job.coverage_out.data {
		f.outputs = append(f.outputs, extentOf("blurred", j.Blurred))
	}
	return nil
}

func (f *fetcher) coaddImages(j *core.Job) (err error) {
	if f.planes {
		return f.outputPlanes(j)
	}
	if j.Mosaic, err = f.borrow("mosaic", &f.job.mosaic); err != nil {
		return err
	}
	if j.CoverageOut, err = f.borrow("coverage_out", &f.job.coverage_out); err != nil {
		return err
	}
	f.outputs = append(f.outputs, extentOf("mosaic", j.Mosaic), extentOf("coverage_out", j.CoverageOut))
	return nil
}

// arrays borrows gains, offsets and groups.
func (f *fetcher) arrays(j *core.Job) error {
	n := int(f.job.tile_count)
	computed := f.stages&core.RunGains != 0
	switch {
	case f.job.gains != nil:
		j.Gains = unsafe.Slice((*float64)(unsafe.Pointer(f.job.gains)), n)
		to := &f.inputs
		if computed {
			to = &f.outputs
		}
		*to = append(*to, sliceExtent("gains", j.Gains))
	case f.stages == core.RunAll:
		j.Gains = make([]float64, n)
	case computed:
		return fmt.Errorf("%w: gains is NULL", core.ErrArgument)
	}
	if f.stages&core.RunCoadd == 0 {
		return nil
	}
	if f.job.offsets != nil {
		j.Offsets = unsafe.Slice((*float64)(unsafe.Pointer(f.job.offsets)), n*max(j.Mosaic.C, 1))
		f.outputs = append(f.outputs, sliceExtent("offsets", j.Offsets))
	}
	if f.job.groups != nil {
		j.Groups = unsafe.Slice((*int32)(unsafe.Pointer(f.job.groups)), n)
		f.outputs = append(f.outputs, sliceExtent("groups", j.Groups))
	}
	return nil
}
