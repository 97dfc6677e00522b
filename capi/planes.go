package main

/*
#include "zetwopass.h"
*/
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"zetwopass/core"
)

// planes borrows C planes, without a copy.
func planes(name string, p *C.ztp_planes) (core.Planes, error) {
	out := core.Planes{}
	if p.data == nil {
		return out, fmt.Errorf("%w: %s.data is NULL", core.ErrArgument, name)
	}
	size := C.int64_t(4)
	switch p._type {
	case C.ZTP_FLOAT32:
	case C.ZTP_FLOAT64:
		size = 8
	default:
		return out, fmt.Errorf("%w: %s.type = %d, want 0 (float32) or 1 (float64)", core.ErrArgument, name, p._type)
	}
	for _, n := range []C.int64_t{p.planes, p.height, p.width} {
		if n < 1 || n > most {
			return out, fmt.Errorf("%w: %s has shape [%d,%d,%d], want 1 to %d in each direction",
				core.ErrShape, name, p.planes, p.height, p.width, int64(most))
		}
	}
	for _, s := range []C.int64_t{p.stride_n, p.stride_y, p.stride_x} {
		if s < 0 || s%size != 0 || s > math.MaxInt64/8/most {
			return out, fmt.Errorf("%w: %s has byte strides (%d,%d,%d), want multiples of %d, none negative",
				core.ErrStride, name, p.stride_n, p.stride_y, p.stride_x, size)
		}
	}
	if uintptr(p.data)%uintptr(size) != 0 {
		return out, fmt.Errorf("%w: %s.data = %p, want %d-byte alignment", core.ErrStride, name, p.data, size)
	}
	out.N, out.H, out.W = int(p.planes), int(p.height), int(p.width)
	out.PlaneStride, out.RowStride, out.ColStride = int(p.stride_n/size), int(p.stride_y/size), int(p.stride_x/size)
	last, ok := lastSample(core.View{H: out.N, W: out.H, C: out.W,
		RowStride: out.PlaneStride, ColStride: out.RowStride, ChanStride: out.ColStride})
	if !ok {
		return out, fmt.Errorf("%w: %s reaches beyond any memory with strides (%d,%d,%d)",
			core.ErrStride, name, p.stride_n, p.stride_y, p.stride_x)
	}
	if size == 8 {
		out.F64 = unsafe.Slice((*float64)(p.data), last+1)
	} else {
		out.F32 = unsafe.Slice((*float32)(p.data), last+1)
	}
	return out, nil
}

func planesExtent(name string, p *core.Planes) extent {
	if p.F64 != nil {
		return sliceExtent(name, p.F64)
	}
	return sliceExtent(name, p.F32)
}

// tilePlanes borrows the planes of a tile of a job of planes.
func (f *fetcher) tilePlanes(name string, from *C.ztp_tile, to *core.Tile) (err error) {
	if uintptr(f.job.tile_size) != C.sizeof_ztp_tile {
		return fmt.Errorf("%w: tile_size = %d, want %d in a job of planes", errStruct, f.job.tile_size, C.sizeof_ztp_tile)
	}
	if to.Planes, err = planes(name+".planes", &from.planes); err != nil {
		return err
	}
	if from.weight_planes.data != nil {
		if to.WeightPlanes, err = planes(name+".weight_planes", &from.weight_planes); err != nil {
			return err
		}
	}
	f.inputs = append(f.inputs, planesExtent(name+".planes", &to.Planes),
		planesExtent(name+".weight_planes", &to.WeightPlanes))
	return nil
}

// outputPlanes borrows the outputs of a job of planes.
func (f *fetcher) outputPlanes(j *core.Job) (err error) {
	if j.MosaicPlanes, err = planes("mosaic_planes", &f.job.mosaic_planes); err != nil {
		return err
	}
	if j.CoveragePlanes, err = planes("coverage_planes", &f.job.coverage_planes); err != nil {
		return err
	}
	f.outputs = append(f.outputs, planesExtent("mosaic_planes", &j.MosaicPlanes),
		planesExtent("coverage_planes", &j.CoveragePlanes))
	return nil
}
