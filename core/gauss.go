package core

import "math"

// MaxSigma is the largest blur, in output pixels.
const MaxSigma = 1000

// The Gaussian cut at 4 sigma is, to a relative 1e-7 at every tap, a sum of nine
// cosines (a minimax fit made for this library):
//
//	exp(-m²/2σ²) ~ sum_k cosineAmplitude[k] cos(ω_k m),  ω_k = π (k+1/2) / (cosinePeriod σ)
//
// A cosine window slides in constant time; see gauss.filter. The method is the
// sliding discrete cosine transform of Sugimoto & Kamata (2015), "Efficient
// constant-time Gaussian filtering with sliding DCT/DST-5 and dual-domain error
// minimization", with a free period, which gains five digits here.
const (
	cosines      = 9
	cosinePeriod = 5.02
)

var cosineAmplitude = [cosines]float64{
	0.4754721467516767, 0.3213926311679777, 0.1468444919322288,
	0.0453513322343786, 0.0094674746712512, 0.0013359234688738,
	0.0001274191869014, 0.0000081893698622, 0.0000003462424272,
}

// gauss filters lines with the Gaussian of an integer sigma, normalised to sum 1.
type gauss struct {
	radius int
	exact  bool      // sum every tap: slow, right for NaN and infinities too
	weight []float64 // of the taps 0..radius
	step   []float64 // [2r], what a step from 0 to 1 gives from r before it on

	// Of each cosine: its taps 0..radius, their sum over the window, and the
	// factors of the recursion.
	tap                  [][cosines]float64
	total                [cosines]float64
	spring, outer, inner [cosines]float64
}

// kernelRadius is the number of taps on each side of the centre, as scipy cuts
// it: int(4 sigma + 0.5).
func kernelRadius(sigma int) int { return 4 * sigma }

func newGauss(sigma int) *gauss {
	r := kernelRadius(sigma)
	g := &gauss{radius: r, weight: make([]float64, r+1)}
	if sigma == 0 {
		g.weight[0] = 1
		g.exact = true
		return g
	}
	s := float64(sigma)
	sum := -1.0 // the centre counts once
	for m := range g.weight {
		g.weight[m] = math.Exp(-float64(m*m) / (2 * s * s))
		sum += 2 * g.weight[m]
	}
	for m := range g.weight {
		g.weight[m] /= sum
	}
	g.step = make([]float64, 2*r)
	rise := 0.0
	for m := range g.step {
		rise += g.weight[max(r-m, m-r)]
		g.step[m] = rise
	}
	g.tap = make([][cosines]float64, r+1)
	fit := 0.0
	for k := range cosines {
		omega := math.Pi * (float64(k) + 0.5) / (cosinePeriod * s)
		for m := range g.tap {
			a := cosineAmplitude[k] * math.Cos(omega*float64(m))
			g.tap[m][k] = a
			g.total[k] += a
			if m > 0 {
				g.total[k] += a
			}
		}
		fit += g.total[k]
		half := math.Sin(omega / 2)
		g.spring[k] = 4 * half * half
		g.outer[k] = g.tap[r][k]
		g.inner[k] = cosineAmplitude[k] * math.Cos(omega*float64(r+1))
	}
	for k := range cosines {
		g.total[k] /= fit
		g.outer[k] /= fit
		g.inner[k] /= fit
		for m := range g.tap {
			g.tap[m][k] /= fit
		}
	}
	return g
}

// direct returns the kernel's sum over src[0..2r], in the order of scipy.
func (g *gauss) direct(src []float32) float32 {
	r := g.radius
	sum := float64(src[r]) * g.weight[0]
	for m := r; m > 0; m-- {
		sum += (float64(src[r-m]) + float64(src[r+m])) * g.weight[m]
	}
	return float32(sum)
}

// filter writes the filtered line to dst; src is the line from r+2 samples before
// dst[0] to r samples after its end. It equals, to 2e-7 of the local value,
//
//	for n := range dst { dst[n] = g.direct(src[n+2:]) }
//
// sum is scratch of len(dst). A line of few steps, as those of a map of counts, can
// be filtered by adding up what its steps give. Lines whose ratio is wanted must go
// the same way: then it is exact where they are proportional.
func (g *gauss) filter(dst, src []float32, few bool, sum []float64) {
	switch {
	case g.exact:
		for n := range dst {
			dst[n] = g.direct(src[n+2:])
		}
	case few:
		g.addSteps(dst, src, sum)
	default:
		g.slide(dst, src)
	}
}

// fewSteps reports whether adding up steps is quicker than sliding the cosines: of
// these one sample costs about as much as eight of a step's.
func (g *gauss) fewSteps(src []float32) bool {
	most := 8 * (len(src) - 2*g.radius) / (2*g.radius + 1)
	for i := 1; i < len(src); i++ {
		if src[i] != src[i-1] {
			if most--; most < 0 {
				return false
			}
		}
	}
	return true
}

// addSteps filters exactly: each sample is the leftmost one of its window, plus
// each step within the window times the share of the kernel behind it.
func (g *gauss) addSteps(dst, src []float32, sum []float64) {
	r := g.radius
	for n := range dst {
		sum[n] = float64(src[n+2])
	}
	for t := 3; t < len(src); t++ {
		if src[t] == src[t-1] {
			continue
		}
		height := float64(src[t]) - float64(src[t-1])
		first := t - 2 - 2*r // the output that has sample t at its window's end
		from, to := max(first, 0), min(first+2*r, len(dst))
		if from >= to {
			continue
		}
		out, rise := sum[from:to], g.step[from-first:to-first]
		for i, a := range rise {
			out[i] += height * a
		}
	}
	for n, s := range sum[:len(dst)] {
		dst[n] = float32(s)
	}
}

// slide filters by the cosines. With x[n] the line, s[n] = sum_m a cos(ωm) x[n+m]
// and d[n] = s[n] - s[n-1],
//
//	d[n+1] = d[n] - 4 sin²(ω/2) s[n] + a cos(ωr) (x[n+r+1] + x[n-r-1])
//	                                 - a cos(ω(r+1)) (x[n+r] + x[n-r])
//	s[n+1] = s[n] + d[n+1]
//
// for each cosine, in float64. Where a whole window holds one value the result is
// that value exactly and the state starts afresh behind it.
func (g *gauss) slide(dst, src []float32) {
	window := 2*g.radius + 1
	newest := src[window+1:] // of the window of each dst
	run := 1                 // equal samples up to the newest
	for run <= window && src[window+1-run] == newest[0] {
		run++
	}
	var st state
	if run <= window {
		g.start(&st, src)
	}
	dst[0] = float32(st.sum())
	if run >= window {
		dst[0] = newest[0]
	}
	for n := 1; n < len(dst); n++ {
		x, last := newest[n], newest[n-1]
		if x == last {
			if run++; run > window {
				dst[n] = x
				continue
			}
		} else {
			if run > window {
				g.flat(&st, float64(last))
			}
			run = 1
		}
		g.advance(&st, float64(x)+float64(src[n]), float64(last)+float64(src[n+1]))
		dst[n] = float32(st.sum())
		if run == window {
			dst[n] = x
		}
	}
}

// state is s[n] and d[n] of every cosine.
type state struct{ s, d [cosines]float64 }

// start sums the first window directly.
func (g *gauss) start(st *state, src []float32) {
	x := src[g.radius+2:]
	before := src[:g.radius+2] // x[-1] is its last
	last := len(before) - 1
	now, was := float64(x[0]), float64(before[last])
	for k := range cosines {
		st.s[k], st.d[k] = g.tap[0][k]*now, g.tap[0][k]*(now-was)
	}
	for m := 1; m <= g.radius; m++ {
		up, upWas := float64(x[m]), float64(x[m-1])
		down, downWas := float64(before[last+1-m]), float64(before[last-m])
		both, change := up+down, (up-upWas)+(down-downWas)
		if both == 0 && change == 0 {
			continue
		}
		tap := &g.tap[m]
		for k := range cosines {
			st.s[k] += tap[k] * both
			st.d[k] += tap[k] * change
		}
	}
}

// flat sets the state of a window, and of the one before it, that holds x alone.
func (g *gauss) flat(st *state, x float64) {
	for k := range cosines {
		st.s[k], st.d[k] = x*g.total[k], 0
	}
}

// advance goes on by one sample; outer is x[n+r+1] + x[n-r-1] and inner is
// x[n+r] + x[n-r].
func (g *gauss) advance(st *state, outer, inner float64) {
	for k := range cosines {
		d := st.d[k] - g.spring[k]*st.s[k] + (g.outer[k]*outer - g.inner[k]*inner)
		st.d[k] = d
		st.s[k] += d
	}
}

func (st *state) sum() float64 {
	s := &st.s
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + (s[7] + s[8])))
}
