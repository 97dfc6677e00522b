package vec

import "math"

// Lanes4 is the number of values of a pixel of more than one channel.
const Lanes4 = 4

// Values returns the number of values of a pixel of so many channels: 1, or Lanes4, of
// which the rest mean nothing.
func Values(channels int) int {
	if channels == 1 {
		return 1
	}
	return Lanes4
}

// EdgeSlack is how far outside an image's border, in pixels, a position still counts
// as inside: there the original is decided by its own rounding.
const EdgeSlack = 1e-7

// Inside reports whether a position lies in an image of h x w pixels; NaN does not.
func Inside(u, v float64, h, w int) bool {
	return u >= -0.5-EdgeSlack && u <= float64(w)-0.5+EdgeSlack &&
		v >= -0.5-EdgeSlack && v <= float64(h)-0.5+EdgeSlack
}

// Footprint writes to weight 1 where a position lies in an image of h x w pixels, else 0.
func Footprint(weight, u, v []float64, h, w int) { footprint(weight, u, v, h, w) }

func footprintLoop(weight, u, v []float64, h, w int) {
	for i := range weight {
		weight[i] = 0
		if Inside(u[i], v[i], h, w) {
			weight[i] = 1
		}
	}
}

// Plane writes the positions of the pixels x0, x0+1, ... of a row seen through a
// homography:
//
//	x, w = x0 + i, p[4]*x + p[5]
//	u[i], v[i] = (p[0]*x + p[1]) / w, (p[2]*x + p[3]) / w     NaN unless w > 0
//
// dividing by way of 1/w.
func Plane(u, v []float64, x0 int, p *[6]float64) { plane(u, v, x0, p) }

func planeLoop(u, v []float64, x0 int, p *[6]float64) {
	v = v[:len(u)]
	for i := range u {
		x := float64(x0 + i)
		w := p[4]*x + p[5]
		r := 1 / w
		if !(w > 0) {
			r = math.NaN()
		}
		u[i] = (p[0]*x + p[1]) * r
		v[i] = (p[2]*x + p[3]) * r
	}
}

// Cubic writes the positions of the pixels x0, x0+1, ... of a row by two cubics:
//
//	t = p[0]*(x0+i) - p[1]
//	u[i] = p[2] + t*(p[3] + t*(p[4] + t*p[5])), v[i] likewise by p[6] to p[9]
func Cubic(u, v []float64, x0 int, p *[10]float64) { cubic(u, v, x0, p) }

func cubicLoop(u, v []float64, x0 int, p *[10]float64) {
	v = v[:len(u)]
	for i := range u {
		t := p[0]*float64(x0+i) - p[1]
		u[i] = p[2] + t*(p[3]+t*(p[4]+t*p[5]))
		v[i] = p[6] + t*(p[7]+t*(p[8]+t*p[9]))
	}
}

// Image is a strided image of H x W pixels and Channels channels, 1 to 4.
type Image struct {
	Pix                              []float32
	H, W, Channels                   int
	RowStride, ColStride, ChanStride int
}

// steps returns the steps to the next column and row of a 2x2 stencil; an image of
// one column, or row, is its own neighbour.
func (m *Image) steps() (dx, dy int) {
	if m.W > 1 {
		dx = m.ColStride
	}
	if m.H > 1 {
		dy = m.RowStride
	}
	return dx, dy
}

// stencil is the 2x2 samples around a position: the offset of the first and the weights
// of the upper and the lower ones, left to right.
type stencil struct {
	at     int
	weight [4]float64
}

// stencil returns that of a position inside the image which is known to slack pixels.
func (m *Image) stencil(u, v, slack float64) stencil {
	u, v = clamp(u, float64(m.W-1)), clamp(v, float64(m.H-1))
	ku, kv := min(int(u), max(m.W-2, 0)), min(int(v), max(m.H-2, 0))
	fx, fy := onto(u-float64(ku), slack), onto(v-float64(kv), slack)
	gx, gy := 1-fx, 1-fy
	return stencil{kv*m.RowStride + ku*m.ColStride, [4]float64{gy * gx, gy * fx, fy * gx, fy * fx}}
}

// only returns the offset of the one sample that has a say, if there is but one.
func (s *stencil) only(dx, dy int) (at int, is bool) {
	switch w := &s.weight; {
	case w[0] == 1:
		return s.at, true
	case w[1] == 1:
		return s.at + dx, true
	case w[2] == 1:
		return s.at + dy, true
	case w[3] == 1:
		return s.at + dx + dy, true
	}
	return 0, false
}

// onto returns the fraction f of a pixel, 0 or 1 where it lies within slack of that.
func onto(f, slack float64) float64 {
	if f <= slack {
		return 0
	}
	if f >= 1-slack {
		return 1
	}
	return f
}

// part is weight * sample, 0 where the weight is, whatever the sample.
func part(weight, sample float64) float64 {
	if weight == 0 {
		return 0
	}
	return weight * sample
}

// clamp brings x, which is a number, into [0,end]; the builtins, which look for
// NaN and the sign of 0, take three times as long.
func clamp(x, end float64) float64 {
	if x < 0 {
		return 0
	}
	if x > end {
		return end
	}
	return x
}

// Sample writes the image, times gain in float32, at the positions (u,v) to value
// [len(u), 1 or Lanes4], bilinearly by the rules of reproject_interp: NaN outside, and
// within half a pixel of the border as on it. One NaN in the stencil gives NaN. Positions
// are known to slack pixels: within that of a line of pixel centres they lie on it, and the
// neighbours beyond have no say.
func Sample(value, u, v []float64, m *Image, slack float64, gain float32) {
	sample(value, u, v, m, slack, gain)
}

func sampleLoop(value, u, v []float64, m *Image, slack float64, gain float32) {
	dx, dy := m.steps()
	lanes := Values(m.Channels)
	for i, fu := range u {
		to := value[i*lanes:][:m.Channels]
		if !Inside(fu, v[i], m.H, m.W) {
			for c := range to {
				to[c] = math.NaN()
			}
			continue
		}
		s := m.stencil(fu, v[i], slack)
		p, w := s.at, &s.weight
		if only, is := s.only(dx, dy); is {
			for c := range to {
				to[c] = float64(m.Pix[only] * gain)
				only += m.ChanStride
			}
			continue
		}
		for c := range to {
			to[c] = part(w[0], float64(m.Pix[p]*gain)) + part(w[1], float64(m.Pix[p+dx]*gain)) +
				part(w[2], float64(m.Pix[p+dy]*gain)) + part(w[3], float64(m.Pix[p+dx+dy]*gain))
			p += m.ChanStride
		}
	}
}

// Cleaning says what becomes of a sample of a mask or weight map before it is
// interpolated.
type Cleaning int

const (
	FiniteOnly Cleaning = iota // NaN and infinities -> 0
	NumberOnly                 // NaN -> 0
	ZeroOrOne                  // 1 where > 0, else 0
)

func (c Cleaning) of(s float32) float64 {
	switch c {
	case ZeroOrOne:
		if s > 0 {
			return 1
		}
		return 0
	case NumberOnly:
		if s != s {
			return 0
		}
	case FiniteOnly:
		if s-s != 0 {
			return 0
		}
	}
	return float64(s)
}

// SampleMap writes a map of one channel, cleaned, at the positions (u,v) to weight,
// times scale: like Sample.
func SampleMap(weight, u, v []float64, m *Image, slack float64, clean Cleaning, scale float64) {
	sampleMap(weight, u, v, m, slack, clean, scale)
}

func sampleMapLoop(weight, u, v []float64, m *Image, slack float64, clean Cleaning, scale float64) {
	dx, dy := m.steps()
	for i, fu := range u {
		if !Inside(fu, v[i], m.H, m.W) {
			weight[i] = math.NaN()
			continue
		}
		s := m.stencil(fu, v[i], slack)
		p, w := s.at, &s.weight
		weight[i] = scale * (part(w[0], clean.of(m.Pix[p])) + part(w[1], clean.of(m.Pix[p+dx])) +
			part(w[2], clean.of(m.Pix[p+dy])) + part(w[3], clean.of(m.Pix[p+dx+dy])))
	}
}
