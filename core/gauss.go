package core

import (
	"math"

	"zetwopass/core/vec"
)

// MaxSigma is the largest blur, in output pixels.
const MaxSigma = 1000

// The Gaussian cut at 4 sigma is, to a relative 1e-7 at every tap, a sum of nine
// cosines (a minimax fit made for this library):
//
//	exp(-m²/2σ²) ~ sum_k cosineAmplitude[k] cos(ω_k m),  ω_k = π (k+1/2) / (cosinePeriod σ)
//
// A cosine window slides in constant time; see gauss.slide. The method is the
// sliding discrete cosine transform of Sugimoto & Kamata (2015), "Efficient
// constant-time Gaussian filtering with sliding DCT/DST-5 and dual-domain error
// minimization", with a free period, which gains five digits here.
const cosinePeriod = 5.02

var cosineAmplitude = [vec.Terms]float64{
	0.4754721467516767, 0.3213926311679777, 0.1468444919322288,
	0.0453513322343786, 0.0094674746712512, 0.0013359234688738,
	0.0001274191869014, 0.0000081893698622, 0.0000003462424272,
}

// gauss filters lines with the Gaussian of an integer sigma, normalised to sum 1.
type gauss struct {
	radius int
	exact  bool      // sum every tap: slow, right for NaN and infinities too
	weight []float64 // of the taps 0..radius

	// Of each cosine: its taps 0..radius, [radius+1][Terms], their sum over the
	// window, and the factors of the recursion.
	tap    []float64
	total  [vec.Terms]float64
	factor [3 * vec.Terms]float64
}

// KernelRadius is the number of taps on each side of the centre, as scipy cuts
// it: int(4 sigma + 0.5).
func KernelRadius(sigma int) int { return 4 * sigma }

// KernelWeights returns the Gaussian's taps 0 to KernelRadius, which with their mirror
// images sum to 1.
func KernelWeights(sigma int) []float64 {
	weight := make([]float64, KernelRadius(sigma)+1)
	if sigma == 0 {
		weight[0] = 1
		return weight
	}
	s, sum := float64(sigma), -1.0 // the centre counts once
	for m := range weight {
		weight[m] = math.Exp(-float64(m*m) / (2 * s * s))
		sum += 2 * weight[m]
	}
	for m := range weight {
		weight[m] /= sum
	}
	return weight
}

func newGauss(sigma int) *gauss {
	r := KernelRadius(sigma)
	g := &gauss{radius: r, weight: KernelWeights(sigma), exact: sigma == 0}
	if g.exact {
		return g
	}
	s := float64(sigma)
	g.tap = make([]float64, (r+1)*vec.Terms)
	fit := 0.0
	for k, a := range cosineAmplitude {
		omega := math.Pi * (float64(k) + 0.5) / (cosinePeriod * s)
		for m := range r + 1 {
			w := a * math.Cos(omega*float64(m))
			g.tap[m*vec.Terms+k] = w
			g.total[k] += w
			if m > 0 {
				g.total[k] += w
			}
		}
		fit += g.total[k]
		half := math.Sin(omega / 2)
		g.factor[3*k] = 4 * half * half
		g.factor[3*k+1] = a * math.Cos(omega*float64(r))
		g.factor[3*k+2] = a * math.Cos(omega*float64(r+1))
	}
	for i := range g.tap {
		g.tap[i] /= fit
	}
	for k := range g.total {
		g.total[k] /= fit
		g.factor[3*k+1] /= fit
		g.factor[3*k+2] /= fit
	}
	return g
}

// direct returns the kernel's sum over the 2r+1 samples of one line of a strip, in
// the order of scipy.
func (g *gauss) direct(src []float32) float32 {
	r := g.radius
	sum := float64(src[r*vec.Lanes]) * g.weight[0]
	for m := r; m > 0; m-- {
		sum += (float64(src[(r-m)*vec.Lanes]) + float64(src[(r+m)*vec.Lanes])) * g.weight[m]
	}
	return float32(sum)
}

// slider filters the lines of a strip, from their beginning, in as many calls as one
// likes.
type slider struct {
	begun bool
	lost  bool // a sample was not finite, before the state started afresh
	state vec.Cosines
	run   [vec.Lanes]int32 // equal samples up to the newest in the window
}

// slideSteps is the number of rows that a slider takes at a time.
const slideSteps = 64

// slideBlock is scratch of a slider.
type slideBlock struct {
	x, y, sum [slideSteps * vec.Lanes]float64
	flat      [slideSteps * vec.Lanes]uint32
}

// filter writes the next rows of the filtered strip to dst; src is the strip from r+2
// rows before dst to r rows after its end, where what is beyond a line's first sample
// mirrors it. It equals, to 2e-7 of the local value,
//
//	for i := range dst { dst[i] = g.direct(src[i+2*vec.Lanes:]) }
func (g *gauss) filter(dst, src []float32, s *slider, b *slideBlock) {
	if g.exact {
		for i := range dst {
			dst[i] = g.direct(src[i+2*vec.Lanes:])
		}
		return
	}
	if !s.begun {
		g.begin(s, src)
	}
	g.slide(dst, src, s, b)
}

// slide filters by the cosines. With x[n] a line, s[n] = sum_m a cos(ωm) x[n+m] and
// d[n] = s[n] - s[n-1],
//
//	d[n] = d[n-1] - 4 sin²(ω/2) s[n-1] + a cos(ωr) (x[n+r] + x[n-r-2])
//	                                   - a cos(ω(r+1)) (x[n+r-1] + x[n-r-1])
//	s[n] = s[n-1] + d[n]
//
// for each cosine, in float64. Where a whole window holds one value the result is
// that value exactly; where that is so in all lines, the state starts afresh behind.
func (g *gauss) slide(dst, src []float32, s *slider, b *slideBlock) {
	newest := (2*g.radius + 2) * vec.Lanes // of the window of a step, in src
	for len(dst) > 0 {
		most := min(len(dst), len(b.sum))
		n := vec.Lanes * vec.Ends(b.x[:most], b.y[:most], b.flat[:], &s.run, src, g.radius)
		vec.Advance(dst[:n], b.flat[:n], src[newest:], b.sum[:], b.x[:], b.y[:], &s.state, &g.factor)
		dst, src = dst[n:], src[n:]
		if n == most {
			continue
		}
		same := [vec.Lanes]float32(src[newest:])
		n = vec.Lanes * vec.Still(dst, src[newest:])
		dst, src = dst[n:], src[n:]
		g.flat(s, &same)
	}
}

// begin sets a slider to the step before the first.
func (g *gauss) begin(s *slider, src []float32) {
	r := g.radius
	window := src[vec.Lanes:]
	vec.Window(&s.state, window, r, g.tap)
	last := window[2*r*vec.Lanes:]
	for l := range vec.Lanes {
		x := float64(last[vec.Lanes+l]) + float64(src[l])
		y := float64(last[l]) + float64(window[l])
		for k := range vec.Terms { // mirrored, the first two windows are one: no difference
			at := 2*vec.Lanes*k + l
			s.state[at+vec.Lanes] = g.factor[3*k]*s.state[at] - (g.factor[3*k+1]*x - g.factor[3*k+2]*y)
		}
		s.run[l] = 1
		for i := 2*r - 1; i >= 0 && window[i*vec.Lanes+l] == last[l]; i-- {
			s.run[l]++
		}
	}
	s.begun = true
}

// flat sets the state of a window, and of the one before it, that hold one value in
// each line.
func (g *gauss) flat(s *slider, value *[vec.Lanes]float32) {
	s.lost = s.lost || !s.finite()
	for l, v := range value {
		for k, total := range g.total {
			s.state[2*vec.Lanes*k+l] = total * float64(v)
			s.state[2*vec.Lanes*k+vec.Lanes+l] = 0
		}
		s.run[l] = int32(2*g.radius + 2)
	}
}

// finite reports whether the state is; once a sample is not, it stays so.
func (s *slider) finite() bool {
	for _, x := range s.state {
		if x-x != 0 {
			return false
		}
	}
	return true
}
