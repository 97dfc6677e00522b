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

// most bounds every size and stride, so that no product of them overflows.
const most = 1 << 31

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
	h, w, c := int64(im.height), int64(im.width), int64(im.channels)
	if h < 1 || w < 1 || c < 1 || h > most || w > most || c > most {
		return v, fmt.Errorf("%w: %s has shape [%d,%d,%d], want 1 to %d in each direction",
			core.ErrShape, name, h, w, c, int64(most))
	}
	for _, s := range []C.int64_t{im.stride_y, im.stride_x, im.stride_c} {
		if s < 0 || s%4 != 0 || s > math.MaxInt64/4/most {
			return v, fmt.Errorf("%w: %s has byte strides (%d,%d,%d), want multiples of 4, none negative",
				core.ErrStride, name, im.stride_y, im.stride_x, im.stride_c)
		}
	}
	if uintptr(unsafe.Pointer(im.data))%4 != 0 {
		return v, fmt.Errorf("%w: %s.data = %p, want 4-byte alignment", core.ErrStride, name, im.data)
	}
	v.H, v.W, v.C = int(h), int(w), int(c)
	v.RowStride, v.ColStride, v.ChanStride = int(im.stride_y/4), int(im.stride_x/4), int(im.stride_c/4)
	last, ok := lastSample(v)
	if !ok {
		return v, fmt.Errorf("%w: %s reaches beyond any memory with strides (%d,%d,%d)",
			core.ErrStride, name, im.stride_y, im.stride_x, im.stride_c)
	}
	if im.data != nil {
		v.Pix = unsafe.Slice((*float32)(unsafe.Pointer(im.data)), last+1)
	}
	return v, nil
}

// lastSample is the offset of the last sample, if an address space has room for it.
func lastSample(v core.View) (int, bool) {
	const room = 1 << 46 // samples
	last := 0
	for _, d := range [][2]int{{v.H, v.RowStride}, {v.W, v.ColStride}, {v.C, v.ChanStride}} {
		if d[1] != 0 && d[0]-1 > (room-last)/d[1] {
			return 0, false
		}
		last += (d[0] - 1) * d[1]
	}
	return last, true
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
	values := 0
	switch out.Kind {
	case core.MapPlane:
		out.NX, out.NY = 0, 0
		return out, nil
	case core.MapGrid:
		if out.NX < 0 || out.NX > most || out.NY < 0 || out.NY > most {
			return out, fmt.Errorf("%w: %s has %d x %d nodes", core.ErrShape, name, out.NX, out.NY)
		}
		values = 2 * out.NX * out.NY
	case core.MapPositions:
		out.NX, out.NY = 0, 0
		values = 2 * (out.X1 - out.X0) * (out.Y1 - out.Y0)
	}
	if m.nodes == nil && values > 0 {
		return out, fmt.Errorf("%w: %s.nodes is NULL", core.ErrArgument, name)
	}
	if values > 0 {
		out.Nodes = unsafe.Slice((*float64)(unsafe.Pointer(m.nodes)), values)
	}
	return out, nil
}

// extent is the memory of an array.
type extent struct {
	name       string
	start, end uintptr
}

func extentOf(name string, v core.View) extent {
	if v.Absent() {
		return extent{name: name}
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(v.Pix)))
	return extent{name, start, start + uintptr(len(v.Pix))*4}
}

func sliceExtent[T any](name string, s []T) extent {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	var one T
	return extent{name, start, start + uintptr(len(s))*unsafe.Sizeof(one)}
}

// untouched is the memory of an output that the system has yet to find, in bytes.
func (e extent) untouched() int64 {
	return int64(C.guard_untouched(C.uintptr_t(e.start), C.size_t(e.end-e.start)))
}

// disjoint reports the first output that shares memory with another array.
func disjoint(outputs, inputs []extent) error {
	for i, o := range outputs {
		for _, others := range [][]extent{inputs, outputs[:i]} {
			for _, other := range others {
				if o.start < other.end && other.start < o.end {
					return fmt.Errorf("%w: %s shares memory with %s", core.ErrOverlap, o.name, other.name)
				}
			}
		}
	}
	return nil
}
