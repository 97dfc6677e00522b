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
	plan   bool // outputs and coverage may be absent in data
	planes bool // it is a job of planes
	inputs []extent
	reused extent // blurred, where it is the memory of coverage_out

	read    []place // files of tiles
	targets []*target
}

// borrow borrows an output, or the coverage.
func (f *fetcher) borrow(name string, im *C.ztp_image) (core.View, error) {
	if f.plan {
		return shaped(name, im)
	}
	return image(name, im)
}

func (f *fetcher) fetch() (*core.Job, error) {
	job := f.job
	if job == nil {
		return nil, fmt.Errorf("%w: job is NULL", core.ErrArgument)
	}
	err := sized("job.struct_size", job.struct_size, C.sizeof_ztp_job, unsafe.Offsetof(job.device),
		unsafe.Offsetof(job.mosaic_planes), unsafe.Offsetof(job.mosaic_file), unsafe.Offsetof(job.background))
	if err != nil {
		return nil, err
	}
	f.cancel = job.cancel
	f.inputs = []extent{extentOfOne("job", job), extentOfOne("cancel", job.cancel)}
	if knowsDevice(job) && job.device_error != nil {
		f.outputs = []extent{extentOfOne("device_error", job.device_error)}
	}
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
		Memory:        machine(),
	}
	f.planes = uintptr(job.struct_size) > unsafe.Offsetof(job.mosaic_planes) && job.mosaic_planes.data != nil
	j.SignedWeights = f.planes && job.signed_weights != 0
	if knowsDevice(job) {
		j.Mode, j.DeviceRows = core.Mode(job.device), int(job.gpu_rows_per_chunk)
		j.DeviceBytes = int64(job.gpu_max_chunk_bytes)
	}
	if knowsBackground(job) && f.stages&core.RunCoadd != 0 {
		j.Feather = int(job.feather)
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
		{^core.RunBlur, f.tiles},
		{core.RunMatch | core.RunCoadd, f.pairsWanted},
		{core.RunBlur | core.RunGains, f.blurImages},
		{core.RunMatch, f.mosaicShape},
		{core.RunCoadd, f.mosaic},
		{core.RunCoadd | core.RunFirst, f.coverageOut},
		{core.RunGains | core.RunMatch | core.RunCoadd, f.arrays},
		{core.RunMatch | core.RunCoadd, f.findings},
		{core.RunCoadd, f.progress},
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
	beside := slices.DeleteFunc(slices.Clone(f.outputs), func(o extent) bool { return o.name == "coverage_out" })
	if err := disjoint([]extent{f.reused}, append(beside, f.inputs...)); err != nil {
		return nil, err
	}
	f.inputs = nil // of many tiles as much as the tiles themselves
	return j, f.apart()
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

// knowsFiles reports the same of those from mosaic_file on.
func knowsFiles(job *C.ztp_job) bool {
	return uintptr(job.struct_size) > unsafe.Offsetof(job.mosaic_file)
}

// knowsBackground reports the same of those from background on.
func knowsBackground(job *C.ztp_job) bool {
	return uintptr(job.struct_size) > unsafe.Offsetof(job.background)
}

func (f *fetcher) blurImages(j *core.Job) (err error) {
	if j.Coverage, err = f.borrow("coverage", &f.job.coverage); err != nil {
		return err
	}
	f.inputs = append(f.inputs, extentOf("coverage", j.Coverage))
	blurred := &f.job.blurred
	if blurred.data == nil && f.stages&core.RunCoadd != 0 {
		if f.has(&f.job.coverage_file) {
			return fmt.Errorf("%w: blurred is absent, and coverage_out is in a file", core.ErrArgument)
		}
		blurred = &f.job.coverage_out
		if blurred.height != f.job.coverage.height || blurred.width != f.job.coverage.width {
			return fmt.Errorf("%w: blurred is absent, and coverage_out has shape [%d,%d], not [%d,%d] as coverage",
				core.ErrShape, blurred.height, blurred.width, f.job.coverage.height, f.job.coverage.width)
		}
	}
	if j.Blurred, err = f.borrow("blurred", blurred); err != nil {
		return err
	}
	if j.BlurredKnown = knowsFiles(f.job) && f.job.blurred_known != 0; j.BlurredKnown {
		f.inputs = append(f.inputs, extentOf("blurred", j.Blurred))
		return nil
	}
	of := extentOf("blurred", j.Blurred)
	if f.stages&core.RunCoadd != 0 && !f.has(&f.job.coverage_file) && blurred.data == f.job.coverage_out.data {
		f.reused = of
	} else {
		f.outputs = append(f.outputs, of)
	}
	return nil
}
