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

// stencil returns the offset of the first sample of the 2x2 stencil of a position
// and the fractions to its next column and row.
func (m *Image) stencil(u, v float64) (at int, fu, fv float64) {
	u, v = clamp(u, float64(m.W-1)), clamp(v, float64(m.H-1))
	ku, kv := min(int(u), max(m.W-2, 0)), min(int(v), max(m.H-2, 0))
	return kv*m.RowStride + ku*m.ColStride, u - float64(ku), v - float64(kv)
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
// [len(u), 1 or Lanes4], bilinearly by the rules of reproject_interp: NaN outside,
// and within half a pixel of the border as on it. All four products are summed, also
// at weight 0, so that one NaN in the stencil gives NaN.
func Sample(value, u, v []float64, m *Image, gain float32) { sample(value, u, v, m, gain) }

func sampleLoop(value, u, v []float64, m *Image, gain float32) {
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
		p, fx, fy := m.stencil(fu, v[i])
		gx, gy := 1-fx, 1-fy
		for c := range to {
			to[c] = gy*gx*float64(m.Pix[p]*gain) + gy*fx*float64(m.Pix[p+dx]*gain) +
				fy*gx*float64(m.Pix[p+dy]*gain) + fy*fx*float64(m.Pix[p+dx+dy]*gain)
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
func SampleMap(weight, u, v []float64, m *Image, clean Cleaning, scale float64) {
	sampleMap(weight, u, v, m, clean, scale)
}

func sampleMapLoop(weight, u, v []float64, m *Image, clean Cleaning, scale float64) {
	dx, dy := m.steps()
	for i, fu := range u {
		if !Inside(fu, v[i], m.H, m.W) {
			weight[i] = math.NaN()
			continue
		}
		p, fx, fy := m.stencil(fu, v[i])
		gx, gy := 1-fx, 1-fy
		weight[i] = scale * (gy*gx*clean.of(m.Pix[p]) + gy*fx*clean.of(m.Pix[p+dx]) +
			fy*gx*clean.of(m.Pix[p+dy]) + fy*fx*clean.of(m.Pix[p+dx+dy]))
	}
}
