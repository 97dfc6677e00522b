package main

/*
#include "zetwopass.h"
*/
import "C"

import (
	"fmt"
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
	steps, samples, err := strided(name, size, [3]axis{
		{from.planes, from.stride_n}, {from.height, from.stride_y}, {from.width, from.stride_x}})
	if err != nil {
		return none, err
	}
	to.N, to.H, to.W = int(from.planes), int(from.height), int(from.width)
	to.PlaneStride, to.RowStride, to.ColStride = steps[0], steps[1], steps[2]
	if size == 4 {
		to.F32, err = slice[float32](name, from.data, samples)
		return sliceExtent(name, to.F32), err
	}
	to.F64, err = slice[float64](name, from.data, samples)
	return sliceExtent(name, to.F64), err
}

// written borrows planes of the caller's to write to.
func (h *host) written(name string, from *C.ztp_planes, to *core.Planes) error {
	of, err := planes(name, from, to)
	if err != nil {
		return err
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
