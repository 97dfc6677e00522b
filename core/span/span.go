// Package span tells where the samples of strided arrays lie: how far they reach, and whether
// two of them are one.
package span

import (
	"math/bits"
	"slices"
)

// Room is how many bytes of addresses a program has at most; no array is larger.
const Room = 1 << 48

// Axis is a direction of an array.
type Axis struct {
	N      int64 // samples, >= 1
	Stride int64 // from one to the next, >= 0
}

// Last returns the offset of the last sample of an array. It reports false where an array of such
// a shape, whatever its strides, or one that reaches so far, is larger than room.
func Last(axes []Axis, room int64) (last int64, ok bool) {
	samples := int64(1)
	for _, a := range axes {
		if a.N > room/samples || (a.N > 1 && a.Stride > (room-1-last)/(a.N-1)) {
			return 0, false
		}
		samples *= a.N
		last += (a.N - 1) * a.Stride
	}
	return last, true
}

// Fits reports whether so many bytes from an address on end where addresses do.
func Fits(start uintptr, bytes int64) bool {
	return bytes >= 0 && bytes <= Room && start <= ^uintptr(0)-uintptr(bytes)
}

// Folds reports whether two samples of an array of up to three axes lie at one address, of an
// array that Last has found room for.
func Folds(axes []Axis) bool {
	axes = slices.DeleteFunc(slices.Clone(axes), func(a Axis) bool { return a.N == 1 })
	slices.SortFunc(axes, func(a, b Axis) int { return int(min(max(a.Stride-b.Stride, -1), 1)) })
	reach, nested, samples := int64(0), true, int64(1)
	for _, a := range axes {
		if a.Stride == 0 {
			return true
		}
		nested = nested && a.Stride > reach
		reach += (a.N - 1) * a.Stride
		samples *= a.N
	}
	switch {
	case nested || len(axes) < 2: // as all usual arrays are
		return false
	case samples > reach+1: // more of them than places
		return true
	}
	slices.SortFunc(axes, func(a, b Axis) int { return int(min(max(b.N-a.N, -1), 1)) })
	if meets(axes[0], axes[1], 0) {
		return true
	}
	if len(axes) == 3 { // the fewest samples, of which there are no more than the cube root of Room
		for n := int64(1); n < axes[2].N; n++ {
			if meets(axes[0], axes[1], n*axes[2].Stride) {
				return true
			}
		}
	}
	return false
}

// meets reports whether some steps along a and b, not all of them 0, come to a distance.
func meets(a, b Axis, distance int64) bool {
	divisor, inverse := bezout(a.Stride, b.Stride)
	if distance%divisor != 0 {
		return false
	}
	s, t, d := a.Stride/divisor, b.Stride/divisor, distance/divisor
	// n s + m t = d, |m| < b.N, |n| < a.N: n = d / s modulo t.
	first := int64(0)
	if t > 1 {
		high, low := bits.Mul64(uint64(d%t), uint64(((inverse%t)+t)%t))
		_, rest := bits.Div64(high, low, uint64(t))
		first = int64(rest)
	}
	least := max(-(a.N - 1), ceil(d-(b.N-1)*t, s))
	most := min(a.N-1, floor(d+(b.N-1)*t, s))
	if distance == 0 { // n = 0 is no step; the others come in pairs of both signs
		least, first = max(least, 1), t
	}
	n := first + ceil(least-first, t)*t
	return n <= most
}

// bezout returns the greatest common divisor of a and b, and an x with a x = divisor modulo b.
func bezout(a, b int64) (divisor, x int64) {
	x, next := int64(1), int64(0)
	for b != 0 {
		q := a / b
		a, b = b, a-q*b
		x, next = next, x-q*next
	}
	return a, x
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceil(a, b int64) int64 { return -floor(-a, b) }
