package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"

	"zetwopass/core"
)

// reproject fetches a reprojection and computes it.
func reproject(job *C.ztp_reprojection, call *C.guard_call) (err error) {
	defer recovered(&err)
	useThreads()
	if job == nil {
		return fmt.Errorf("%w: job is NULL", core.ErrArgument)
	}
	if err := sized("job.struct_size", job.struct_size, C.sizeof_ztp_reprojection); err != nil {
		return err
	}
	h := host{call: call, cancel: job.cancel}
	r := core.Reprojection{
		Order: core.Order(job.order), Zeroed: job.zeroed != 0,
		Workers: int(job.workers), RowsPerChunk: int(job.rows_per_chunk),
		OnStats: statsCaller(job.on_stats, job.user, call), Cancelled: h.cancelled, Room: h.room,
		Mode: core.Mode(job.device), Device: device(), DeviceBytes: int64(job.gpu_max_chunk_bytes),
	}
	if r.Map, err = pixelMap("map", &job._map); err != nil {
		return err
	}
	inputs := []extent{sliceExtent("map.nodes", r.Map.Nodes)}
	for _, p := range []struct {
		name   string
		from   *C.ztp_planes
		to     *core.Planes
		extent *[]extent
	}{
		{"image", &job.image, &r.Image, &inputs},
		{"out", &job.out, &r.Out, &h.outputs},
		{"footprint", &job.footprint, &r.Footprint, &h.outputs},
	} {
		if p.from.data == nil && p.name == "footprint" {
			continue
		}
		e, err := planes(p.name, p.from, p.to)
		if err != nil {
			return err
		}
		if p.extent == &h.outputs && liesOnItself(p.to) {
			return fmt.Errorf("%w: %s has a stride of 0 and shares memory with itself", core.ErrOverlap, p.name)
		}
		*p.extent = append(*p.extent, e)
	}
	if err := disjoint(h.outputs, inputs); err != nil {
		return err
	}
	err = core.Reproject(&r)
	report(job.device_error, r.DeviceError)
	return err
}

// liesOnItself reports whether samples share memory by a stride of 0.
func liesOnItself(p *core.Planes) bool {
	return (p.N > 1 && p.PlaneStride == 0) || (p.H > 1 && p.RowStride == 0) || (p.W > 1 && p.ColStride == 0)
}
