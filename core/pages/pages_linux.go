package pages

import (
	"os"
	"syscall"
	"unsafe"
)

// large is the size of a large page of x86-64, and of arm64 with pages of 4 KB.
const large = 2 << 20

// Large asks for large pages for numbers that are fresh: the system clears one in a fraction of the
// time that the many small ones take. Where it has none, nothing changes.
func Large(x []float64) {
	if 8*len(x) < large {
		return
	}
	whole, page := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 8*len(x)), os.Getpagesize()
	first := int(-uintptr(unsafe.Pointer(&x[0])) % uintptr(page))
	_ = syscall.Madvise(whole[first:first+(len(whole)-first)/page*page], syscall.MADV_HUGEPAGE)
}
