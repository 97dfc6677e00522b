package vec

import "math"

// A strip is eight lines side by side: row i holds sample i of each, [Lanes]float32.
const (
	Lanes = 8
	Terms = 9 // cosines of the blur
)

// Cosines is the state of the Terms recursions of each line of a strip, sum and
// difference: [Terms][2][Lanes].
type Cosines [Terms * 2 * Lanes]float64

// Ends gathers what each step of a sliding window of 2 radius + 1 rows reads, until a
// step whose window and the one before hold one value in every line, and returns the
// number of steps before that:
//
//	for i := range len(x)/Lanes, each lane:
//		newest, last, first, oldest := src[i+2*radius+2], src[i+2*radius+1], src[i+1], src[i]
//		run = run+1 if newest == last, else 1      (equal samples up to newest)
//		flat[i] = all ones if run > 2*radius, else 0
//		x[i], y[i] = newest + oldest, last + first
//
// indices counting rows. A step that is not taken leaves run alone.
func Ends(x, y []float64, flat []uint32, run *[Lanes]int32, src []float32, radius int) int {
	return ends(x, y, flat, run, src, radius)
}

func endsLoop(x, y []float64, flat []uint32, run *[Lanes]int32, src []float32, radius int) int {
	n := len(x) / Lanes
	for i := range n {
		oldest := src[i*Lanes:]
		newest := src[(i+2*radius+1)*Lanes:] // and last before it
		count := *run
		still := 0
		for l := range Lanes {
			if newest[Lanes+l] != newest[l] {
				count[l] = 0
			}
			count[l]++
			flat[i*Lanes+l] = 0
			if int(count[l]) > 2*radius {
				flat[i*Lanes+l] = ^uint32(0)
			}
			if int(count[l]) > 2*radius+1 {
				still++
			}
			x[i*Lanes+l] = float64(newest[Lanes+l]) + float64(oldest[l])
			y[i*Lanes+l] = float64(newest[l]) + float64(oldest[Lanes+l])
		}
		if still == Lanes {
			return i
		}
		*run = count
	}
	return n
}

// Still copies the first row of src to the rows of dst, as long as those of src equal it,
// and returns how many it wrote.
func Still(dst, src []float32) int { return still(dst, src) }

func stillLoop(dst, src []float32) int {
	for i := range len(dst) / Lanes {
		for l := range Lanes {
			if src[i*Lanes+l] != src[l] {
				return i
			}
		}
		copy(dst[i*Lanes:][:Lanes], src)
	}
	return len(dst) / Lanes
}

// Advance moves the cosines on by a step for each row of dst and writes the sum of
// their sums, or the newest sample where the window is flat: for each step i and lane
//
//	for k := range Terms, with spring, outer, inner = factor[3*k:]:
//		d[k] += outer*x[i] - inner*y[i] - spring*s[k]
//		s[k] += d[k]
//	dst[i] = newest[i] if flat[i] != 0, else float32(sum of s)
//
// sum is scratch of the length of dst.
func Advance(dst []float32, flat []uint32, newest []float32, sum, x, y []float64,
	state *Cosines, factor *[3 * Terms]float64) {
	advance(dst, flat, newest, sum[:len(dst)], x, y, state, factor)
}

func advanceLoop(dst []float32, flat []uint32, newest []float32, sum, x, y []float64,
	state *Cosines, factor *[3 * Terms]float64) {
	clear(sum)
	for k := range Terms {
		s, d := state[2*Lanes*k:][:Lanes], state[2*Lanes*k+Lanes:][:Lanes]
		spring, outer, inner := factor[3*k], factor[3*k+1], factor[3*k+2]
		for i := 0; i < len(sum); i += Lanes {
			x, y, sum := x[i:][:Lanes], y[i:][:Lanes], sum[i:][:Lanes]
			for l := range s {
				d[l] += (outer*x[l] - inner*y[l]) - spring*s[l]
				s[l] += d[l]
				sum[l] += s[l]
			}
		}
	}
	for i := range dst {
		dst[i] = float32(sum[i])
		if flat[i] != 0 {
			dst[i] = newest[i]
		}
	}
}

// Window sets the sums of the window whose centre is row radius of src, for each lane
//
//	s[k] = tap[0][k]*src[radius] + sum over 0 < m <= radius of tap[m][k]*(src[radius+m] + src[radius-m])
//
// and the differences 0, which is right at the mirror of a line's end.
func Window(state *Cosines, src []float32, radius int, tap []float64) {
	clear(state[:])
	window(state, src, radius, tap)
}

func windowLoop(state *Cosines, src []float32, radius int, tap []float64) {
	for m := range radius + 1 {
		up, down := src[(radius+m)*Lanes:][:Lanes], src[(radius-m)*Lanes:][:Lanes]
		factor := tap[m*Terms:][:Terms]
		for l := range Lanes {
			both := float64(up[l]) + float64(down[l])
			if m == 0 {
				both = float64(up[l])
			}
			for k, a := range factor {
				state[2*Lanes*k+l] += a * both
			}
		}
	}
}

// Transpose turns the rows of eight strips' rows into columns:
//
//	dst[8*i+j] = src[8*j+i]
func Transpose(dst, src *[Lanes * Lanes]float32) { transpose(dst, src) }

func transposeLoop(dst, src *[Lanes * Lanes]float32) {
	for i := range Lanes {
		for j := range Lanes {
			dst[Lanes*i+j] = src[Lanes*j+i]
		}
	}
}

// Columns copies eight columns of an image whose rows are pitch samples apart:
//
//	dst[i] = src[i*pitch:][:Lanes]
func Columns(dst, src []float32, pitch int) { columns(dst, src, pitch) }

func columnsLoop(dst, src []float32, pitch int) {
	for i := range len(dst) / Lanes {
		copy(dst[i*Lanes:][:Lanes], src[i*pitch:])
	}
}

// Covered leaves of c what is finite and above 0, else 0, and writes to mask 1 where
// that is above 0, else 0.
func Covered(c, mask []float32) { covered(c, mask) }

func coveredLoop(c, mask []float32) {
	for i, s := range c {
		m := float32(1)
		if !(s > 0 && s <= math.MaxFloat32) {
			s, m = 0, 0
		}
		c[i], mask[i] = s, m
	}
}

// Ratio divides num by den, 0 where den is not above 0, and reports whether a den
// below faint is not 0.
func Ratio(num, den []float32, faint float32) bool { return ratio(num, den, faint) }

func ratioLoop(num, den []float32, faint float32) (some bool) {
	for i, d := range den {
		some = some || (d < faint && d != 0)
		if d > 0 {
			num[i] /= d
		} else {
			num[i] = 0
		}
	}
	return some
}
