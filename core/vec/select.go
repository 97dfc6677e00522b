package vec

import (
	"math"
	"unsafe"
)

// Sift compares differences with brackets, four lanes in turn, and lists the indices of
// those within:
//
//	for i, l := range a, its lane i%4:
//		d := a[i] - b[i]
//		below[l]++ if d < lo[l], above[l]++ if d > hi[l]
//		i goes to within if neither is so, and a[i] and b[i] are numbers
//
// It returns how many it listed; within has room for all. exactA and exactB, as long or nil, are what
// a and b were rounded from: it has those of the listed indices fetched from memory.
func Sift(within []int32, a, b []float32, exactA, exactB []float64, lo, hi *[Lanes4]float32, below, above *[Lanes4]int) (n int) {
	return sift(within, a, b, exactA, exactB, lo, hi, below, above)
}

// siftLoop is Sift from index first on, a multiple of four.
func siftLoop(within []int32, a, b []float32, first int, lo, hi *[Lanes4]float32, below, above *[Lanes4]int) (n int) {
	for i := first; i < len(a); i++ {
		x, y, l := a[i], b[i], i%Lanes4
		d := x - y
		if d < lo[l] {
			below[l]++
		}
		if d > hi[l] {
			above[l]++
		}
		if !(d < lo[l] || d > hi[l]) && x == x && y == y {
			within[n] = int32(i)
			n++
		}
	}
	return n
}

// Fetch has the n values from p on fetched into the cache, where the processor can be told so: they
// are wanted soon.
func Fetch[T any](p *T, n int) {
	fetch((*byte)(unsafe.Pointer(p)), n*int(unsafe.Sizeof(*p)))
}

// Narrow rounds values, four lanes in turn, and raises most to the largest size that
// comes of a number in each lane:
//
//	near[i] = float32(value[i])
func Narrow(near []float32, most *[Lanes4]float32, value []float64) { narrow(near, most, value) }

func narrowLoop(near []float32, most *[Lanes4]float32, value []float64) {
	for i, v := range value {
		s := float32(v)
		near[i] = s
		if s < 0 {
			s = -s
		}
		if s > most[i%Lanes4] {
			most[i%Lanes4] = s
		}
	}
}

// Among reports whether least <= x[i] <= most for all i, which NaN is not.
func Among(x []float32, least, most float32) bool { return among(x, least, most) }

func amongLoop(x []float32, least, most float32) bool {
	for _, s := range x {
		if !(s >= least && s <= most) {
			return false
		}
	}
	return true
}

// Epsilon is the least coverage that Scales divides by, that of float32.
const Epsilon = 0x1p-23

// Scales writes the factors that bring coverages to their blurred values,
//
//	scale[i] = clip(blurred[i] / max(coverage[i], Epsilon), 0.5, 2)
//
// where 0 < coverage[i] <= most and not blurred[i] < threshold, else NaN. nan says
// that the scale of such a pixel is NaN, too.
func Scales(scale []float32, blurred, coverage []float32, threshold, most float32) (nan bool) {
	return scales(scale, blurred, coverage, threshold, most)
}

func scalesLoop(scale []float32, blurred, coverage []float32, threshold, most float32) (nan bool) {
	none := float32(math.NaN())
	for i, c := range coverage {
		b := blurred[i]
		if !(c > 0 && c <= most) || b < threshold {
			scale[i] = none
			continue
		}
		s := b / max(c, Epsilon)
		if s < 0.5 {
			s = 0.5
		}
		if s > 2 {
			s = 2
		}
		nan = nan || s != s
		scale[i] = s
	}
	return nan
}

// Mask keeps the scales whose weight is above least, and returns how many these are;
// the others become NaN, their weights 0.
func Mask(scale []float32, weight []float64, least float64) (kept int) {
	return mask(scale, weight, least)
}

func maskLoop(scale []float32, weight []float64, least float64) (kept int) {
	for i, f := range weight {
		if f > least {
			kept++
		} else {
			scale[i], weight[i] = float32(math.NaN()), 0
		}
	}
	return kept
}
