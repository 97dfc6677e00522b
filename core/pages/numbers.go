// Package pages takes memory as the system has it: in pages that may be large, and for numbers of any kind.
package pages

import "unsafe"

// Numbers returns the memory of float32 as float64, from the first address on that is a multiple of 8.
func Numbers(x []float32) []float64 {
	if len(x) > 0 && uintptr(unsafe.Pointer(&x[0]))%8 != 0 {
		x = x[1:]
	}
	if len(x) < 2 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(&x[0])), len(x)/2)
}
