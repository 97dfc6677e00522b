package pages

import (
	"testing"
	"unsafe"
)

// Without it numbers lie across what the processor reads at once, or beyond the memory.
func TestNumbersLieWithinTheMemoryAtTheirAddresses(t *testing.T) {
	all := make([]float32, 10)
	for from := range all {
		for to := from; to <= len(all); to++ {
			x := all[from:to]
			numbers := Numbers(x)
			if rest := len(x) - 2*len(numbers); rest < 0 || rest > 2 {
				t.Fatalf("%d numbers of %d", len(numbers), len(x))
			}
			if len(numbers) == 0 {
				continue
			}
			at, first, end := address(numbers), address(x), address(x)+uintptr(4*len(x))
			if at%8 != 0 || at < first || at+uintptr(8*len(numbers)) > end {
				t.Errorf("%d numbers at %x, want them in [%x,%x)", len(numbers), at, first, end)
			}
		}
	}
}

func address[T any](x []T) uintptr { return uintptr(unsafe.Pointer(&x[0])) }
