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
		w := float64(p[4]*x) + p[5]
		r := 1 / w
		if !(w > 0) {
			r = math.NaN()
		}
		u[i] = (float64(p[0]*x) + p[1]) * r
		v[i] = (float64(p[2]*x) + p[3]) * r
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
		t := float64(p[0]*float64(x0+i)) - p[1]
		u[i] = p[2] + float64(t*(p[3]+float64(t*(p[4]+float64(t*p[5])))))
		v[i] = p[6] + float64(t*(p[7]+float64(t*(p[8]+float64(t*p[9])))))
	}
}

// Float is what an image is made of.
type Float interface{ float32 | float64 }

// ImageOf is a strided image of H x W pixels and Channels channels, 1 to 4.
type ImageOf[T Float] struct {
	Pix                              []T
	H, W, Channels                   int
	RowStride, ColStride, ChanStride int
}

// Image is an image as tiles are.
type Image = ImageOf[float32]

// steps returns the steps to the next column and row of a 2x2 stencil; an image of
// one column, or row, is its own neighbour.
func (m *ImageOf[T]) steps() (dx, dy int) {
	if m.W > 1 {
		dx = m.ColStride
	}
	if m.H > 1 {
		dy = m.RowStride
	}
	return dx, dy
}

// Which of the two pixels of a stencil along an axis has no say.
const (
	muteFirst  = 1
	muteSecond = 2
)

// along returns the stencil along an axis of n pixels of a position inside the image which
// is known to slack pixels: its first pixel, the fraction of the way to the second, and who
// has no say.
func along(u float64, n int, slack float64) (first int, part float64, mute int) {
	p := clamp(u, float64(n-1))
	first = min(int(p), max(n-2, 0))
	part = p - float64(first)
	if part <= slack && u >= -slack {
		return first, 0, muteSecond
	}
	if part >= 1-slack && u <= float64(n-1)+slack {
		return first, 1, muteFirst
	}
	return first, part, 0
}

// stencil is the 2x2 samples around a position: the offset of the first, the weights of the
// upper and the lower ones, left to right, and along each axis who has no say.
type stencil struct {
	at           int
	weight       [4]float64
	muteX, muteY int
}

func (m *ImageOf[T]) stencil(u, v, slack float64) (s stencil) {
	x, fx, muteX := along(u, m.W, slack)
	y, fy, muteY := along(v, m.H, slack)
	gx, gy := 1-fx, 1-fy
	s.at = y*m.RowStride + x*m.ColStride
	s.weight = [4]float64{gy * gx, gy * fx, fy * gx, fy * fx}
	s.muteX, s.muteY = muteX, muteY
	return s
}

// part is what sample k of the stencil brings.
func (s *stencil) part(k int, sample float64) float64 {
	if s.mute(k) {
		return 0
	}
	return float64(s.weight[k] * sample)
}

// mute reports whether sample k of the stencil has no say.
func (s *stencil) mute(k int) bool {
	return s.muteX&(muteFirst<<(k%2)) != 0 || s.muteY&(muteFirst<<(k/2)) != 0
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
// within half a pixel of the border as on it. All four products are summed, also at
// weight 0, so that one NaN in the stencil gives NaN; but positions are known to slack
// pixels: within that of a line of pixel centres they lie on it, and the pixels on its
// other side have no say.
func Sample(value, u, v []float64, m *Image, slack float64, gain float32) {
	sample(value, u, v, m, slack, gain)
}

func sampleLoop[T Float](value, u, v []float64, m *ImageOf[T], slack float64, gain T) {
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
		if s.muteX|s.muteY == 0 {
			for c := range to {
				to[c] = float64(w[0]*float64(m.Pix[p]*gain)) + float64(w[1]*float64(m.Pix[p+dx]*gain)) +
					float64(w[2]*float64(m.Pix[p+dy]*gain)) + float64(w[3]*float64(m.Pix[p+dx+dy]*gain))
				p += m.ChanStride
			}
			continue
		}
		for c := range to {
			to[c] = s.part(0, float64(m.Pix[p]*gain)) + s.part(1, float64(m.Pix[p+dx]*gain)) +
				s.part(2, float64(m.Pix[p+dy]*gain)) + s.part(3, float64(m.Pix[p+dx+dy]*gain))
			p += m.ChanStride
		}
	}
}

// Sample64 is Sample of float64, without a gain.
func Sample64(value, u, v []float64, m *ImageOf[float64], slack float64) {
	sample64(value, u, v, m, slack)
}

// Nearest writes the first channel of the image at the positions (u,v) to value: that of the
// pixel whose centre is nearest, the later one of two; NaN outside.
func Nearest[T Float](value, u, v []float64, m *ImageOf[T]) {
	for i, x := range u {
		if !Inside(x, v[i], m.H, m.W) {
			value[i] = math.NaN()
			continue
		}
		col, row := int(clamp(x+0.5, float64(m.W-1))), int(clamp(v[i]+0.5, float64(m.H-1)))
		value[i] = float64(m.Pix[row*m.RowStride+col*m.ColStride])
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

func cleaned[T Float](c Cleaning, s T) float64 {
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
// times scale: like Sample. Between ones, of ZeroOrOne, it is 1 to the last bit.
func SampleMap(weight, u, v []float64, m *Image, slack float64, clean Cleaning, scale float64) {
	sampleMap(weight, u, v, m, slack, clean, scale)
}

// SampleMap64 is SampleMap of float64.
func SampleMap64(weight, u, v []float64, m *ImageOf[float64], slack float64, clean Cleaning, scale float64) {
	sampleMap64(weight, u, v, m, slack, clean, scale)
}

func sampleMapLoop[T Float](weight, u, v []float64, m *ImageOf[T], slack float64, clean Cleaning, scale float64) {
	dx, dy := m.steps()
	for i, fu := range u {
		if !Inside(fu, v[i], m.H, m.W) {
			weight[i] = math.NaN()
			continue
		}
		s := m.stencil(fu, v[i], slack)
		sum, ones := 0.0, clean == ZeroOrOne
		for k, at := range [...]int{s.at, s.at + dx, s.at + dy, s.at + dx + dy} {
			sample := cleaned(clean, m.Pix[at])
			sum += s.part(k, sample)
			ones = ones && (sample == 1 || s.mute(k))
		}
		if ones {
			sum = 1
		}
		weight[i] = scale * sum
	}
}
