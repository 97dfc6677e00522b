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

// written borrows planes of the caller's to write to.
func (h *host) written(name string, from *C.ztp_planes, to *core.Planes) error {
	of, err := planes(name, from, to)
	if err != nil {
		return err
	}
	if (to.N > 1 && to.PlaneStride == 0) || (to.H > 1 && to.RowStride == 0) || (to.W > 1 && to.ColStride == 0) {
		return fmt.Errorf("%w: %s has a stride of 0 and shares memory with itself", core.ErrOverlap, name)
	}
	h.outputs = append(h.outputs, of)
	return nil
}

// tilePlanes borrows the planes of a tile of a job of planes.
func (f *fetcher) tilePlanes(name string, from *C.ztp_tile, to *core.Tile) error {
	if uintptr(f.job.tile_size) <= unsafe.Offsetof(from.planes) {
		return fmt.Errorf("%w: tile_size = %d, want %d in a job of planes", errStruct, f.job.tile_size, C.sizeof_ztp_tile)
	}
	of, err := planes(name+".planes", &from.planes, &to.Planes)
	if err != nil {
		return err
	}
	f.inputs = append(f.inputs, of)
	if from.weight_planes.data != nil {
		of, err = planes(name+".weight_planes", &from.weight_planes, &to.WeightPlanes)
		f.inputs = append(f.inputs, of)
	}
	return err
}

// outputPlanes borrows the outputs of a job of planes.
func (f *fetcher) outputPlanes(j *core.Job) error {
	if err := f.written("mosaic_planes", &f.job.mosaic_planes, &j.MosaicPlanes); err != nil {
		return err
	}
	return f.written("coverage_planes", &f.job.coverage_planes, &j.CoveragePlanes)
}
