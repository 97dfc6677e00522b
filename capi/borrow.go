package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"zetwopass/core"
	"zetwopass/core/span"
)

// most bounds every size.
const most = math.MaxInt32

// image borrows a C image as a view, without a copy.
func image(name string, im *C.ztp_image) (core.View, error) {
	if im.data == nil {
		return core.View{}, fmt.Errorf("%w: %s.data is NULL", core.ErrArgument, name)
	}
	return shaped(name, im)
}

// shaped is image for an array that may be absent in data: a plan needs shapes
// alone. The view of an absent array is absent, with a shape.
func shaped(name string, im *C.ztp_image) (core.View, error) {
	v := core.View{}
	steps, samples, err := strided(name, 4, [3]axis{
		{im.height, im.stride_y}, {im.width, im.stride_x}, {im.channels, im.stride_c}})
	if err != nil {
		return v, err
	}
	v.H, v.W, v.C = int(im.height), int(im.width), int(im.channels)
	v.RowStride, v.ColStride, v.ChanStride = steps[0], steps[1], steps[2]
	v.Pix, err = slice[float32](name, unsafe.Pointer(im.data), samples)
	return v, err
}

// axis is a direction of a C array: its size, and its stride in bytes.
type axis struct{ n, stride C.int64_t }

// strided checks shape and strides of an array of samples of a size, in bytes, and returns its
// strides in samples, and how many of them it reaches over.
func strided(name string, size int64, axes [3]axis) (steps [3]int, samples int64, err error) {
	var shape, strides [3]int64
	in, wrong := []span.Axis{}, false
	for i, a := range axes {
		shape[i], strides[i] = int64(a.n), int64(a.stride)
		in = append(in, span.Axis{N: shape[i], Stride: strides[i] / size})
		steps[i] = int(in[i].Stride)
		wrong = wrong || strides[i] < 0 || strides[i]%size != 0
	}
	if slices.Min(shape[:]) < 1 || slices.Max(shape[:]) > most {
		return steps, 0, fmt.Errorf("%w: %s has shape [%d,%d,%d], want 1 to %d in each direction",
			core.ErrShape, name, shape[0], shape[1], shape[2], int64(most))
	}
	if wrong {
		return steps, 0, fmt.Errorf("%w: %s has byte strides (%d,%d,%d), want multiples of %d, none negative",
			core.ErrStride, name, strides[0], strides[1], strides[2], size)
	}
	last, ok := span.Last(in, span.Room/size)
	if !ok {
		return steps, 0, fmt.Errorf("%w: %s reaches beyond any memory with shape [%d,%d,%d] and byte strides (%d,%d,%d)",
			core.ErrStride, name, shape[0], shape[1], shape[2], strides[0], strides[1], strides[2])
	}
	return steps, last + 1, nil
}

// slice borrows so many values; nil is none of them.
func slice[T any](name string, p unsafe.Pointer, count int64) ([]T, error) {
	if p == nil {
		return nil, nil
	}
	var one T
	if align := unsafe.Alignof(one); uintptr(p)%align != 0 {
		return nil, fmt.Errorf("%w: %s.data = %p, want %d-byte alignment", core.ErrStride, name, p, align)
	}
	if count > span.Room/int64(unsafe.Sizeof(one)) || !span.Fits(uintptr(p), count*int64(unsafe.Sizeof(one))) {
		return nil, fmt.Errorf("%w: %s of %d values reaches beyond any memory from %p", core.ErrStride, name, count, p)
	}
	return unsafe.Slice((*T)(p), count), nil
}

// optional is image, or the absent view where there is no data.
func optional(name string, im *C.ztp_image) (core.View, error) {
	if im.data == nil {
		return core.View{}, nil
	}
	return image(name, im)
}

// pixelMap borrows a C map.
func pixelMap(name string, m *C.ztp_map) (core.PixelMap, error) {
	out := core.PixelMap{
		X0: int(m.x0), Y0: int(m.y0), X1: int(m.x1), Y1: int(m.y1),
		Kind: core.MapKind(m.kind), NX: int(m.nx), NY: int(m.ny),
		OriginX: float64(m.origin_x), OriginY: float64(m.origin_y),
		StepX: float64(m.step_x), StepY: float64(m.step_y),
	}
	if out.Empty() {
		return core.PixelMap{}, nil
	}
	for _, n := range []int{out.X0, out.Y0, out.X1, out.Y1} {
		if n < -most || n > most {
			return out, fmt.Errorf("%w: %s has box (%d,%d,%d,%d), want numbers up to %d",
				core.ErrArgument, name, out.X0, out.Y0, out.X1, out.Y1, int64(most))
		}
	}
	for i := range out.Plane {
		out.Plane[i] = float64(m.plane[i])
	}
	rows, cols := 0, 0
	switch out.Kind {
	case core.MapGrid:
		rows, cols = out.NY, out.NX
	case core.MapPositions:
		rows, cols = out.Y1-out.Y0, out.X1-out.X0
	}
	if out.Kind != core.MapGrid {
		out.NX, out.NY = 0, 0
	}
	if rows < 1 || cols < 1 { // which core refuses where there have to be some
		return out, nil
	}
	values, ok := span.Last([]span.Axis{{N: int64(rows), Stride: int64(2 * cols)}, {N: int64(cols), Stride: 2}}, span.Room/8)
	if !ok || rows > most || cols > most {
		return out, fmt.Errorf("%w: %s has %d x %d nodes, more than any memory has", core.ErrShape, name, cols, rows)
	}
	if m.nodes == nil {
		return out, fmt.Errorf("%w: %s.nodes is NULL", core.ErrArgument, name)
	}
	var err error
	out.Nodes, err = slice[float64](name+".nodes", unsafe.Pointer(m.nodes), values+2)
	return out, err
}
