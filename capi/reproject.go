package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"math"
	"unsafe"

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

// planes borrows C planes, without a copy.
func planes(name string, from *C.ztp_planes, to *core.Planes) (extent, error) {
	none := extent{}
	size := int64(4)
	switch from._type {
	case C.ZTP_FLOAT32:
	case C.ZTP_FLOAT64:
		size = 8
	default:
		return none, fmt.Errorf("%w: %s.type = %d, want 0 (float32) or 1 (float64)", core.ErrArgument, name, from._type)
	}
	if from.data == nil {
		return none, fmt.Errorf("%w: %s.data is NULL", core.ErrArgument, name)
	}
	if uintptr(from.data)%uintptr(size) != 0 {
		return none, fmt.Errorf("%w: %s.data = %p, want %d-byte alignment", core.ErrStride, name, from.data, size)
	}
	last := int64(0)
	for _, d := range []struct {
		n, stride  C.int64_t
		size, step *int
	}{
		{from.planes, from.stride_n, &to.N, &to.PlaneStride},
		{from.height, from.stride_y, &to.H, &to.RowStride},
		{from.width, from.stride_x, &to.W, &to.ColStride},
	} {
		n, stride := int64(d.n), int64(d.stride)
		if n < 1 || n > most {
			return none, fmt.Errorf("%w: %s has shape [%d,%d,%d], want 1 to %d in each direction",
				core.ErrShape, name, from.planes, from.height, from.width, int64(most))
		}
		if stride < 0 || stride%size != 0 || (n > 1 && stride > (math.MaxInt64/4-last*size)/(n-1)) {
			return none, fmt.Errorf("%w: %s has byte strides (%d,%d,%d), want multiples of %d, none negative",
				core.ErrStride, name, from.stride_n, from.stride_y, from.stride_x, size)
		}
		*d.size, *d.step = int(n), int(stride/size)
		last += (n - 1) * (stride / size)
	}
	if last >= 1<<46 {
		return none, fmt.Errorf("%w: %s reaches beyond any memory", core.ErrStride, name)
	}
	if size == 4 {
		to.F32 = unsafe.Slice((*float32)(from.data), last+1)
		return sliceExtent(name, to.F32), nil
	}
	to.F64 = unsafe.Slice((*float64)(from.data), last+1)
	return sliceExtent(name, to.F64), nil
}
