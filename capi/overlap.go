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

// extent is the memory of an array.
type extent struct {
	name       string
	start, end uintptr
}

func extentOf(name string, v core.View) extent { return sliceExtent(name, v.Pix) }

func sliceExtent[T any](name string, s []T) extent {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	var one T
	return extent{name, start, start + uintptr(len(s))*unsafe.Sizeof(one)}
}

// extentOfOne is the memory of a struct or a number, of none if it is NULL.
func extentOfOne[T any](name string, p *T) extent {
	if p == nil {
		return extent{name: name}
	}
	return sliceExtent(name, unsafe.Slice(p, 1))
}

// untouched is the memory of an output that the system has yet to find, in bytes.
func (e extent) untouched() int64 {
	return int64(C.guard_untouched(C.uintptr_t(e.start), C.size_t(e.end-e.start)))
}

func (e extent) meets(other extent) bool {
	return e.start < e.end && other.start < other.end && e.start < other.end && other.start < e.end
}

// disjoint reports the first output that shares memory with another array.
func disjoint(outputs, inputs []extent) error {
	for i, o := range outputs {
		for _, others := range [][]extent{inputs, outputs[:i]} {
			for _, other := range others {
				if o.meets(other) {
					return fmt.Errorf("%w: %s shares memory with %s", core.ErrOverlap, o.name, other.name)
				}
			}
		}
	}
	return nil
}
