package core

import (
	"os"
	"syscall"
	"unsafe"
)

// hugePage is the size of a large page of x86-64, and of arm64 with pages of 4 KB.
const hugePage = 2 << 20

// onHugePages asks the system for large pages for numbers that are fresh: it clears one in a fraction
// of the time that hundreds of small ones take. Where it has none, nothing changes.
func onHugePages(x []float64) {
	if 8*len(x) < hugePage {
		return
	}
	whole := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 8*len(x))
	page := os.Getpagesize()
	first := int(-uintptr(unsafe.Pointer(&x[0])) % uintptr(page))
	_ = syscall.Madvise(whole[first:first+(len(whole)-first)/page*page], syscall.MADV_HUGEPAGE)
}
