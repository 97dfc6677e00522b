package core

import (
	"math"

	"zetwopass/core/portable"
	"zetwopass/core/vec"
)

// The recursions never forget a rounding error. After a sample that dwarfs those behind
// it their noise would show: what may be noise is summed directly, and the recursions
// begin anew where that helps.
const (
	noiseShare = 1e-7 // of a result that may be noise
	noiseOdds  = 6    // standard deviations that the noise is taken for

	// What a sample of 1 leaves in the result for good when it has left the window, as the
	// factors are rounded: up to 0.98 * 2^-53 at sigma 2, 0.82 elsewhere. Resonance adds it up.
	drift = 0x1p-53

	lasting  = 32 // rows
	anewRows = 6  // to begin anew costs about as much as to sum so many directly
	mendTaps = 12 // a row, on each side of its centre, cost about as much as half of its sliding
)

// heard is what the recursions of a strip have met since they began.
type heard struct {
	most  [vec.Lanes]float32 // the largest magnitude in each line
	steps int                // roundings of each of the states
}

func (h *heard) take(rows []float32) {
	vec.Most(&h.most, rows)
	h.steps += len(rows) / vec.Lanes
}

// anew returns what recursions have heard that begin with the 2r+2 rows of src.
func (g *gauss) anew(src []float32) heard {
	var h heard
	h.take(src[:(2*g.radius+2)*vec.Lanes])
	h.steps = g.anewSteps()
	return h
}

// anewSteps is a rounding for each pair of taps.
func (g *gauss) anewSteps() int { return g.radius + 1 }

// noiseOfStep returns, for samples up to 1, the standard deviation of the noise that the
// roundings of a step add to the result.
//
// A rounding of a number up to a is off by a 2^-53 / sqrt(3). A cosine's step rounds its
// sum s, and four numbers on the way to its difference d, or to s if it is fast; see
// vec.Advance. An error of s goes on as a cosine of up to 1/cos(ω/2) its size, one of d as
// a sine of up to 1/sin ω.
func (g *gauss) noiseOfStep(sigma int) float64 {
	total := 0.0
	for k := range vec.Terms {
		sum, turns := math.Abs(g.tap[k]), 2.0 // the most of |s| and |d|
		for m := 1; m <= g.radius; m++ {
			tap, before := g.tap[m*vec.Terms+k], g.tap[(m-1)*vec.Terms+k]
			sum += 2 * math.Abs(tap)
			turns += 2 * math.Abs(tap-before)
		}
		omega := cosineFrequency(k, sigma)
		push := 2 + 2*math.Abs(portable.Cos(omega*float64(g.radius+1))/portable.Cos(omega*float64(g.radius)))
		ofSum, ofDifference := sum/portable.Cos(omega/2), 2*(turns+push)/portable.Sin(omega)
		if k >= vec.Slow {
			ofSum, ofDifference = 0, 2*(sum+push)/portable.Sin(omega)
		}
		weight := g.factor.Weight(k)
		total += float64(weight * weight * (float64(ofSum*ofSum) + float64(ofDifference*ofDifference)))
	}
	return 0x1p-53 * math.Sqrt(total/3)
}

// levels returns below which magnitude the result in each line may be noise for more
// than noiseShare of it.
func (g *gauss) levels(h *heard) (level [vec.Lanes]float32) {
	left := h.steps - g.anewSteps() // samples that have left the window
	noise := float64(noiseOdds*g.noise*math.Sqrt(float64(h.steps))) + float64(drift*float64(left))
	for l, most := range h.most {
		level[l] = float32(noise/noiseShare) * most
	}
	return level
}

// doubtful reports whether some of the newest results may be noise.
func (g *gauss) doubtful(dst []float32, s *slider) bool {
	level := g.levels(&s.heard)
	for l, run := range s.run {
		if int(run) > 2*g.radius+len(dst)/vec.Lanes { // flat windows alone
			level[l] = 0
		}
	}
	return vec.Below(dst, &level)
}

// mend sums directly what may be noise in the first rows of dst, as many as flat has; h
// is what the recursions had heard before. Where beginning anew would help it sums two
// rows, after which the window before the next holds nothing of what has left, and ends
// the recursions. It takes from taps what it costs and, when there are none left, ends where it is.
// It returns how many samples of dst stand.
func (g *gauss) mend(dst, src []float32, s *slider, h heard, flat []uint32, taps *int) int {
	const row = vec.Lanes
	newest, quiet := src[(2*g.radius+2)*row:], src[2*row:]
	for at := 0; at < len(flat); at += row {
		h.take(newest[at:][:row])
		weak := g.weak(dst[at:][:row], flat[at:], &h)
		if weak == 0 {
			continue
		}
		vec.Direct(dst[at:][:row], quiet[at:], g.fitted)
		if *taps -= g.radius; *taps < 0 {
			return at + row
		}
		if at+row == len(dst) {
			break
		}
		fresh := g.anew(quiet[at:])
		fresh.steps += lasting
		if weak&^g.weak(dst[at:][:row], flat[at:], &fresh) != 0 {
			vec.Direct(dst[at+row:][:row], quiet[at+row:], g.fitted)
			*taps -= anewRows * g.radius
			s.begun = false
			return at + 2*row
		}
	}
	return len(flat)
}

// weak returns the set of the lines of a row whose result may be noise.
func (g *gauss) weak(row []float32, flat []uint32, h *heard) (lines uint8) {
	for l, level := range g.levels(h) {
		if flat[l] == 0 && -level < row[l] && row[l] < level {
			lines |= 1 << l
		}
	}
	return lines
}
