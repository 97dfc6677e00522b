package vec

import (
	"math"

	"zetwopass/core/portable"
)

// A strip is eight lines side by side: row i holds sample i of each, [Lanes]float32.
const (
	Lanes = 8
	Terms = 9 // cosines of the blur
	Slow  = 4 // of them so slow that two sums would tell their difference badly
)

// Cosines is the state of the Terms recursions of each line of a strip, [Terms][2][Lanes]:
// the sum and, of the slow ones, its difference to the one before, else the one before.
type Cosines [Terms * 2 * Lanes]float64

// Factors are of each recursion of frequency ω, four times each, [Terms][3][4]: 4 sin²(ω/2)
// of the slow ones, else 2 cos ω; ratio and weight.
type Factors [Terms * 3 * 4]float64

// Set sets the factors of recursion k.
func (f *Factors) Set(k int, omega, ratio, weight float64) {
	half := portable.Sin(omega / 2)
	spring := float64(4 * half * half)
	if k >= Slow {
		spring = 2 - spring
	}
	for i := range 4 {
		f[12*k+i], f[12*k+4+i], f[12*k+8+i] = spring, ratio, weight
	}
}

// Weight returns the weight of recursion k.
func (f *Factors) Weight(k int) float64 { return f[12*k+8] }

// Steps writes to at the rows of src that differ from the row before, in any line, until
// at is full, and returns how many it wrote:
//
//	for i := range len(src)/Lanes - 1: if src[i+1] != src[i], append i+1 to at
func Steps(at []int64, src []float32) int { return steps(at, src) }

func stepsLoop(at []int64, src []float32) int {
	n := 0
	for i := range len(src)/Lanes - 1 {
		if *(*[Lanes]float32)(src[i*Lanes:]) == *(*[Lanes]float32)(src[(i+1)*Lanes:]) {
			continue
		}
		if n == len(at) {
			break
		}
		at[n] = int64(i + 1)
		n++
	}
	return n
}

// Ramps adds to rows what steps that each rise along curve have brought so far, in
// float64: for each row i and lane
//
//	dst[i] = float32(oldest[i] + sum over j of delta[j] * curve[phase[j]+first+i])
//
// with delta [len(phase)][Lanes]. Here and in Advance and Window a product and its sum are
// rounded once.
func Ramps(dst, oldest []float32, curve []float64, first int, phase []int64, delta []float64) {
	ramps(dst, oldest, curve, first, phase, delta)
}

func rampsLoop(dst, oldest []float32, curve []float64, first int, phase []int64, delta []float64) {
	for i := range len(dst) / Lanes {
		for l := range Lanes {
			sum := float64(oldest[i*Lanes+l])
			for j, at := range phase {
				sum = math.FMA(delta[j*Lanes+l], curve[int(at)+first+i], sum)
			}
			dst[i*Lanes+l] = float32(sum)
		}
	}
}

// Most raises most to the largest magnitude of each line, NaN counting as the largest:
//
//	for i, s := range x: most[i%Lanes] = max(most[i%Lanes], |s|)
func Most(most *[Lanes]float32, x []float32) { mostOf(most, x) }

func mostLoop(most *[Lanes]float32, x []float32) {
	for i, s := range x {
		magnitude := math.Float32bits(s) &^ (1 << 31)
		most[i%Lanes] = math.Float32frombits(max(magnitude, math.Float32bits(most[i%Lanes])))
	}
}

// Below reports whether some |x[i]| < level[i%Lanes].
func Below(x []float32, level *[Lanes]float32) bool { return below(x, level) }

func belowLoop(x []float32, level *[Lanes]float32) bool {
	for i, s := range x {
		if l := level[i%Lanes]; -l < s && s < l {
			return true
		}
	}
	return false
}

// Direct filters a strip tap by tap, in float64 and in the order of scipy: for each row i,
// r = len(weight)-1 and x[m] the sample of a lane m rows from row i+r of src
//
//	dst[i] = float32(x[0]*weight[0] + (x[-r]+x[r])*weight[r] + ... + (x[-1]+x[1])*weight[1])
//
// rounding every product and sum.
func Direct(dst, src []float32, weight []float64) { direct(dst, src, weight) }

func directLoop(dst, src []float32, weight []float64) {
	r := len(weight) - 1
	for i := range dst {
		sum := float64(float64(src[i+r*Lanes]) * weight[0])
		for m := r; m > 0; m-- {
			sum += float64((float64(src[i+(r-m)*Lanes]) + float64(src[i+(r+m)*Lanes])) * weight[m])
		}
		dst[i] = float32(sum)
	}
}

// Runs tells of each step of a sliding window of 2 radius + 1 rows, and of each line,
// whether all of its samples in it are equal:
//
//	for i := range len(flat)/Lanes, each lane:
//		run = run+1 if src[i+1] == src[i], else 1      (equal samples up to the newest)
//		flat[i] = all ones if run > 2*radius, else 0
//
// indices counting rows; src[1] is the newest of the first step.
func Runs(flat []uint32, run *[Lanes]int32, src []float32, radius int) {
	runs(flat, run, src, radius)
}

func runsLoop(flat []uint32, run *[Lanes]int32, src []float32, radius int) {
	for i, newest := range src[Lanes:][:len(flat)] {
		l := i % Lanes
		if newest != src[i] {
			run[l] = 0
		}
		run[l]++
		flat[i] = 0
		if int(run[l]) > 2*radius {
			flat[i] = ^uint32(0)
		}
	}
}

// Advance moves the cosines on by a step for each row of dst and writes their weighted
// sum, or the newest sample where the window is flat: for each step i and lane
//
//	outer, inner := newest[i+1]+oldest[i], newest[i]+oldest[i+1]
//	for k := range Terms:
//		d[k] = d[k] + (outer - ratio[k]*inner) - 4 sin²(ω[k]/2)*s[k]
//		s[k] += d[k]
//	dst[i] = newest[i+1] if flat[i] != 0, else float32(sum of weight[k]*s[k])
//
// where of the cosines that are not slow s[k] - d[k] takes the place of d[k], which saves
// an operation. sum is scratch, of half dst's length.
func Advance(dst []float32, flat []uint32, oldest, newest []float32, sum []float64,
	state *Cosines, factor *Factors) {
	advance(dst, flat, oldest, newest, sum[:len(dst)/2], state, factor)
}

func advanceLoop(dst []float32, flat []uint32, oldest, newest []float32, state *Cosines, factor *Factors) {
	for i := range len(dst) / Lanes {
		var sum [Lanes]float64
		old, new := oldest[i*Lanes:][:2*Lanes], newest[i*Lanes:][:2*Lanes]
		for k := range Terms {
			s, other := state[2*Lanes*k:][:Lanes], state[2*Lanes*k+Lanes:][:Lanes]
			spring, ratio, weight := factor[12*k], factor[12*k+4], factor[12*k+8]
			for l := range s {
				outer := float64(new[Lanes+l]) + float64(old[l])
				inner := float64(new[l]) + float64(old[Lanes+l])
				if k < Slow {
					other[l] = math.FMA(-spring, s[l], other[l]+math.FMA(-ratio, inner, outer))
					s[l] += other[l]
				} else {
					s[l], other[l] = math.FMA(spring, s[l], math.FMA(-ratio, inner, outer-other[l])), s[l]
				}
				sum[l] = math.FMA(weight, s[l], sum[l])
			}
		}
		for l := range Lanes {
			dst[i*Lanes+l] = float32(sum[l])
			if flat[i*Lanes+l] != 0 {
				dst[i*Lanes+l] = new[Lanes+l]
			}
		}
	}
}

// Window sets the state to that of the window whose centre is row radius+1 of src: for
// each lane, x[m] being the sample m rows from there,
//
//	s[k] = tap[0][k]*x[0] + sum over 0 < m <= radius of tap[m][k]*(x[m] + x[-m])
//	d[k] = tap[0][k]*(x[0]-x[-1]) + sum of tap[m][k]*(x[m]-x[m-1] + x[-m]-x[-m-1])
//
// d[k] is the difference to the window one row before. To subtract their sums would leave
// of it what the recursion makes 1e-12 of the result, and more.
func Window(state *Cosines, src []float32, radius int, tap []float64) {
	window(state, src, radius, tap)
	for at := 2 * Lanes * Slow; at < len(state); at += 2 * Lanes {
		for l := at; l < at+Lanes; l++ {
			state[l+Lanes] = state[l] - state[l+Lanes]
		}
	}
}

func windowLoop(state *Cosines, src []float32, radius int, tap []float64) {
	clear(state[:])
	for m := range radius + 1 {
		up, down := src[(radius+m)*Lanes:][:2*Lanes], src[(radius-m)*Lanes:][:2*Lanes]
		for l := range Lanes {
			sum, step := float64(up[Lanes+l]), float64(up[Lanes+l])-float64(up[l])
			if m > 0 {
				sum += float64(down[Lanes+l])
				step += float64(down[Lanes+l]) - float64(down[l])
			}
			for k, a := range tap[m*Terms:][:Terms] {
				state[2*Lanes*k+l] = math.FMA(a, sum, state[2*Lanes*k+l])
				state[2*Lanes*k+Lanes+l] = math.FMA(a, step, state[2*Lanes*k+Lanes+l])
			}
		}
	}
}

// Transpose turns squares of a strip, eight rows each, and writes them next samples apart,
// their rows pitch apart: for each square k
//
//	dst[k*next+i*pitch+j] = src[k*Lanes*Lanes+j*Lanes+i]
func Transpose(dst []float32, pitch, next int, src []float32) { transpose(dst, pitch, next, src) }

func transposeLoop(dst []float32, pitch, next int, src []float32) {
	for i, s := range src {
		dst[i/(Lanes*Lanes)*next+i%Lanes*pitch+i/Lanes%Lanes] = s
	}
}

// Columns copies eight columns of an image from sample first on, whose rows are pitch
// samples apart, upwards if that is negative, and the eight columns after them:
//
//	dst[i], next[i] = src[first+i*pitch:][:Lanes], src[first+i*pitch+Lanes:][:Lanes]
//
// the latter if next is not empty.
func Columns(dst, next, src []float32, first, pitch int) { columns(dst, next, src, first, pitch) }

func columnsLoop(dst, next, src []float32, first, pitch int) {
	for i := range len(dst) / Lanes {
		copy(dst[i*Lanes:][:Lanes], src[first+i*pitch:])
		if len(next) > 0 {
			copy(next[i*Lanes:][:Lanes], src[first+i*pitch+Lanes:])
		}
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

// Ratio divides num by den, 0 where den is not above 0, and reports whether elsewhere
// some num is below tiny.
func Ratio(num, den []float32, tiny float32) bool { return ratio(num, den, tiny) }

func ratioLoop(num, den []float32, tiny float32) (some bool) {
	for i, d := range den {
		if d > 0 {
			some = some || num[i] < tiny
			num[i] /= d
		} else {
			num[i] = 0
		}
	}
	return some
}
