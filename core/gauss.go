package core

import (
	"math"

	"zetwopass/core/portable"
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

// cosineFrequency returns ω of cosine k, of a fast one that which its rounded factor has.
func cosineFrequency(k, sigma int) float64 {
	omega := math.Pi * (float64(k) + 0.5) / (cosinePeriod * float64(sigma))
	if k < vec.Slow {
		return omega
	}
	half := portable.Sin(omega / 2)
	rounded := 2 - float64(4*half*half)
	off := float64(math.Sqrt(2-rounded)/2) - half // of sin(ω/2), and by Newton's step of ω
	return omega + 2*off/portable.Cos(omega/2)
}

// gauss filters lines with the Gaussian of an integer sigma, normalised to sum 1.
type gauss struct {
	sigma  int
	radius int
	exact  bool      // sum every tap
	weight []float64 // of the taps 0..radius

	// Of each cosine, scaled to 1 at the window's ends: its taps 0..radius,
	// [radius+1][Terms], and the factors of its recursion.
	tap    []float64
	factor *vec.Factors
	noise  float64 // see levels

	fitted []float64 // weight as the cosines make it
	curve  []float64 // [2 radius], sums of fitted from one end of the kernel: of one, of two, ...
	fold   foldTable
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
		weight[m] = portable.Exp(-float64(m*m) / (2 * s * s))
		sum += 2 * weight[m]
	}
	for m := range weight {
		weight[m] /= sum
	}
	return weight
}

func newGauss(sigma int) *gauss {
	r := KernelRadius(sigma)
	g := &gauss{sigma: sigma, radius: r, weight: KernelWeights(sigma), exact: sigma == 0}
	if g.exact {
		return g
	}
	g.tap, g.factor = make([]float64, (r+1)*vec.Terms), new(vec.Factors)
	fit := 0.0
	for k, a := range cosineAmplitude {
		omega := cosineFrequency(k, sigma)
		edge := portable.Cos(omega * float64(r))
		total := -1 / edge // the centre counts once
		for m := range r + 1 {
			tap := portable.Cos(omega*float64(m)) / edge
			g.tap[m*vec.Terms+k] = tap
			total += 2 * tap
		}
		fit += float64(a * edge * total)
	}
	for k, a := range cosineAmplitude {
		omega := cosineFrequency(k, sigma)
		edge := portable.Cos(omega * float64(r))
		g.factor.Set(k, omega, portable.Cos(omega*float64(r+1))/edge, a*edge/fit)
	}
	g.noise = g.noiseOfStep(sigma)
	g.addTaps()
	return g
}

// addTaps sums the cosines' taps.
func (g *gauss) addTaps() {
	g.fitted, g.curve = make([]float64, g.radius+1), make([]float64, 2*g.radius)
	for i, tap := range g.tap {
		g.fitted[i/vec.Terms] += float64(g.factor.Weight(i%vec.Terms) * tap)
	}
	sum := 0.0
	for i := range g.curve {
		sum += g.fitted[max(g.radius-i, i-g.radius)]
		g.curve[i] = sum
	}
}

// slider is the recursion's state in the lines of a strip.
type slider struct {
	begun bool // the state is that of the row before the next
	state vec.Cosines
	heard
	run [vec.Lanes]int32 // equal samples up to the newest in the window
}

const (
	slideSteps = 128 // rows that a slider takes at a time
	mostRamps  = 24  // steps in a window, from where on sliding is faster
	rampRoom   = leastSegment + mostRamps
)

// gaussScratch is what filter needs.
type gaussScratch struct {
	ramps ramps
	sum   [slideSteps * vec.Lanes / 2]float64
	flat  [slideSteps * vec.Lanes]uint32
	sums  []float64 // see foldAll
	taps  int       // that the rest of a stretch may be mended with
}

// ramps are the steps of a strip.
type ramps struct {
	count int
	phase [rampRoom]int64 // of the curve, at the first row of the result
	delta [rampRoom * vec.Lanes]float64
}

// filter writes the next rows of the filtered strip to dst; src is the strip from r+2
// rows before dst to r rows after its end. It equals, to 3e-7 of the local value,
//
//	vec.Direct(dst, src[2*vec.Lanes:], g.weight)
//
// and where a whole window holds one value the result is that value exactly. Every way of
// filtering but the exact one is that of the same taps, so that a numerator of twice the
// denominator stays that.
func (g *gauss) filter(dst, src []float32, s *slider, b *gaussScratch) {
	if g.exact {
		vec.Direct(dst, src[2*vec.Lanes:], g.weight)
		return
	}
	margin := (2*g.radius + 2) * vec.Lanes
	for len(dst) > 0 {
		n := min(len(dst), segmentRows(g.radius)*vec.Lanes)
		if g.find(&b.ramps, src[:n+margin]) {
			g.climb(dst[:n], src, &b.ramps)
			s.begun = false
		} else {
			g.slide(dst[:n], src, s, b)
		}
		dst, src = dst[n:], src[n:]
	}
}

// find collects the steps of a strip and reports whether they are few, finite and between
// values none of which is negative, so that nothing in a sum of them cancels.
func (g *gauss) find(to *ramps, src []float32) bool {
	src = src[2*vec.Lanes:]
	for _, first := range src[:vec.Lanes] {
		if first-first != 0 || first < 0 {
			return false
		}
	}
	most := min(rampRoom, mostRamps*len(src)/(2*g.radius*vec.Lanes))
	to.count = vec.Steps(to.phase[:most], src)
	if to.count == most {
		return false
	}
	for j, row := range to.phase[:to.count] {
		to.phase[j] = int64(2*g.radius) - row
		after, before := src[row*vec.Lanes:][:vec.Lanes], src[(row-1)*vec.Lanes:][:vec.Lanes]
		for l := range vec.Lanes {
			step := float64(after[l]) - float64(before[l])
			if step-step != 0 || after[l] < 0 {
				return false
			}
			to.delta[j*vec.Lanes+l] = step
		}
	}
	return true
}

// climb filters what is constant between a few steps: a window's oldest sample, and
// what each step in the window adds to it, its height times the sum of the taps behind.
func (g *gauss) climb(dst, src []float32, steps *ramps) {
	rows, full := len(dst)/vec.Lanes, 2*g.radius
	first, end := 0, 0 // of the steps in the window
	for at := 0; at < rows; {
		phase := steps.phase[:steps.count]
		for end < len(phase) && int(phase[end])+at >= 0 {
			end++
		}
		for first < end && int(phase[first])+at >= full {
			first++
		}
		next := rows
		if end < len(phase) {
			next = min(next, -int(phase[end]))
		}
		if first < end {
			next = min(next, full-int(phase[first]))
		}
		out, oldest := dst[at*vec.Lanes:next*vec.Lanes], src[(at+2)*vec.Lanes:]
		if first == end {
			copy(out, oldest)
		} else {
			vec.Ramps(out, oldest, g.curve, at, phase[first:end], steps.delta[first*vec.Lanes:end*vec.Lanes])
		}
		at = next
	}
}

// slide filters by the cosines. With x[n] a line, ω one of them,
// s[n] = sum_m x[n+m] cos(ωm) / cos(ωr) and d[n] = s[n] - s[n-1],
//
//	d[n] = d[n-1] + x[n+r] + x[n-r-2] - (x[n+r-1] + x[n-r-1]) cos(ω(r+1)) / cos(ωr)
//	              - 4 sin²(ω/2) s[n-1]
//	s[n] = s[n-1] + d[n]
//
// in float64.
func (g *gauss) slide(dst, src []float32, s *slider, b *gaussScratch) {
	b.taps = mendTaps * len(dst) / vec.Lanes
	for len(dst) > 0 {
		if !s.begun {
			g.begin(s, src, b)
		}
		n := min(len(dst), len(b.flat))
		newest, before := src[(2*g.radius+1)*vec.Lanes:], s.heard // newest of the window before
		vec.Runs(b.flat[:n], &s.run, newest, g.radius)
		vec.Advance(dst[:n], b.flat[:n], src, newest, b.sum[:], &s.state, g.factor)
		s.take(newest[vec.Lanes:][:n])
		if g.doubtful(dst[:n], s) {
			if n = g.mend(dst, src, s, before, b.flat[:n], &b.taps); b.taps < 0 {
				s.begun = false
				g.foldAll(dst[n:], src[n:], b)
				return
			}
		}
		dst, src = dst[n:], src[n:]
	}
}

// begin sets a slider to the step before the first.
func (g *gauss) begin(s *slider, src []float32, b *gaussScratch) {
	s.begun, s.heard = true, g.anew(src)
	vec.Window(&s.state, src, g.radius, g.tap)
	for l := range s.run {
		s.run[l] = 1
	}
	window := src[vec.Lanes:][:(2*g.radius+1)*vec.Lanes]
	for len(window) > vec.Lanes {
		n := min(len(window)-vec.Lanes, len(b.flat))
		vec.Runs(b.flat[:n], &s.run, window, g.radius)
		window = window[n:]
	}
}
