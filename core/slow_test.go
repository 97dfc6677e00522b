package core

import (
	"math"
	"slices"
)

// The slow twin: MATHS.md pixel by pixel, with nothing shared but the types.

func slowPosition(m *PixelMap, x, y int) (u, v float64) {
	nan := math.NaN()
	if x < m.X0 || x >= m.X1 || y < m.Y0 || y >= m.Y1 {
		return nan, nan
	}
	fx, fy := float64(x), float64(y)
	switch m.Kind {
	case MapPlane:
		p := m.Plane
		w := p[6]*fx + p[7]*fy + p[8]
		if !(w > 0) {
			return nan, nan
		}
		return (p[0]*fx + p[1]*fy + p[2]) / w, (p[3]*fx + p[4]*fy + p[5]) / w
	case MapPositions:
		k := 2 * ((y-m.Y0)*(m.X1-m.X0) + x - m.X0)
		return m.Nodes[k], m.Nodes[k+1]
	}
	tx, ty := (fx-m.OriginX)/m.StepX, (fy-m.OriginY)/m.StepY
	start := func(t float64, n int) int {
		cell := min(max(int(math.Floor(t)), 0), n-2)
		return min(max(cell-1, 0), n-4)
	}
	sx, sy := start(tx, m.NX), start(ty, m.NY)
	for j := range 4 {
		for i := range 4 {
			weight := basis(tx-float64(sx), i) * basis(ty-float64(sy), j)
			k := 2 * ((sy+j)*m.NX + sx + i)
			u += weight * m.Nodes[k]
			v += weight * m.Nodes[k+1]
		}
	}
	return u, v
}

// basis is the Lagrange polynomial of node i of 0 to 3.
func basis(t float64, i int) float64 {
	b := 1.0
	for k := range 4 {
		if k != i {
			b *= (t - float64(k)) / float64(i-k)
		}
	}
	return b
}

func inside(u, v float64, h, w int) bool {
	const e = 1e-7
	return u >= -0.5-e && u <= float64(w)-0.5+e && v >= -0.5-e && v <= float64(h)-0.5+e
}

// slowSample samples f(y,x) of an h x w image where the map has output pixel (x,y); NaN
// outside. A position within its error of a line of pixel centres is on it, and the pixels
// on its other side have no say.
func slowSample(m *PixelMap, x, y, h, w int, f func(y, x int) float64) float64 {
	u, v := slowPosition(m, x, y)
	if !inside(u, v, h, w) {
		return math.NaN()
	}
	slack := 1e-5
	if m.Kind == MapPlane {
		slack = 1e-9
	}
	onLine := [2]bool{math.Abs(v-math.Round(v)) <= slack, math.Abs(u-math.Round(u)) <= slack}
	for axis, p := range []*float64{&v, &u} {
		if onLine[axis] {
			*p = math.Round(*p)
		}
	}
	u, v = min(max(u, 0), float64(w-1)), min(max(v, 0), float64(h-1))
	x, y = min(int(u), max(w-2, 0)), min(int(v), max(h-2, 0))
	fx, fy := u-float64(x), v-float64(y)
	sum := 0.0
	for _, n := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
		weight, said := 1.0, true
		for axis, frac := range []float64{fy, fx} {
			part := frac
			if n[axis] == 0 {
				part = 1 - frac
			}
			weight *= part
			said = said && (part > 0 || !onLine[axis])
		}
		if said {
			sum += weight * f(min(y+n[0], h-1), min(x+n[1], w-1))
		}
	}
	return sum
}

// covered returns c where it is finite and above 0, else 0.
func covered(c float32) float32 {
	if c > 0 && c <= math.MaxFloat32 {
		return c
	}
	return 0
}

func slowBlur(j *Job) View {
	blurOf := func(value func(c float32) float32) View {
		g := newGauss(j.Sigma)
		image, lines := NewView(j.Coverage.H, j.Coverage.W, 1), NewView(j.Coverage.H, j.Coverage.W, 1)
		tap := make([]float32, 2*g.radius+1)
		sum := func() float32 {
			s := 0.0
			for m, t := range tap {
				s += float64(t) * g.weight[max(m-g.radius, g.radius-m)]
			}
			return float32(s)
		}
		for y := range image.H {
			for x := range image.W {
				for m := range tap {
					tap[m] = value(j.Coverage.At(fold(y+m-g.radius, image.H), x, 0))
				}
				lines.Set(y, x, 0, sum())
			}
		}
		for y := range image.H {
			for x := range image.W {
				for m := range tap {
					tap[m] = lines.At(y, fold(x+m-g.radius, image.W), 0)
				}
				image.Set(y, x, 0, sum())
			}
		}
		return image
	}
	if j.Profile == V42 {
		return blurOf(func(c float32) float32 { return c })
	}
	num := blurOf(covered)
	den := blurOf(func(c float32) float32 {
		if covered(c) > 0 {
			return 1
		}
		return 0
	})
	for i, d := range den.Pix {
		if d > 0 {
			num.Pix[i] /= d
		} else {
			num.Pix[i] = 0
		}
	}
	return num
}

func slowGain(j *Job, t *Tile, blurred View) float64 {
	shown := 0
	var scales []float32
	for y := range j.Coverage.H {
		for x := range j.Coverage.W {
			m := slowSample(&t.Map, x, y, t.Image.H, t.Image.W, func(y, x int) float64 {
				if t.Mask.Absent() {
					return 1
				}
				if s := t.Mask.At(y, x, 0); s-s == 0 {
					return float64(s)
				}
				return 0
			})
			if !(m > 1e-3) {
				continue
			}
			shown++
			c, b := j.Coverage.At(y, x, 0), blurred.At(y, x, 0)
			if j.Profile == V45 {
				c = covered(c)
			}
			if c > 0 && (j.Profile == V42 || float64(b) >= j.Threshold) {
				s := b / max(c, 0x1p-23)
				scales = append(scales, min(max(s, 0.5), 2))
			}
		}
	}
	need := 1
	if j.Profile == V45 {
		need = max(64, int(math.Ceil(0.001*float64(shown))))
	}
	if len(scales) < need {
		return 1
	}
	slices.Sort(scales)
	n := len(scales)
	if math.IsNaN(float64(scales[0])) {
		return math.NaN()
	}
	median := (scales[(n-1)/2] + scales[n/2]) / 2
	return min(max(float64(median), j.GainMin), j.GainMax)
}

// slowWarp returns the value of channel c of tile i at output pixel (x,y) and its
// weight; NaN, 0 where it shows nothing.
func slowWarp(j *Job, i, x, y, c int) (value, weight float64) {
	t := &j.Tiles[i]
	value = slowSample(&t.Map, x, y, t.Image.H, t.Image.W, func(y, x int) float64 {
		return float64(t.Image.At(y, x, c) * float32(j.Gains[i]))
	})
	weight = t.WeightScale
	if !t.Weight.Absent() {
		where := &t.Map
		if !t.WeightMap.Empty() {
			where = &t.WeightMap
		}
		weight *= slowSample(where, x, y, t.Weight.H, t.Weight.W, func(y, x int) float64 {
			s := float64(t.Weight.At(y, x, 0))
			if j.BinaryWeights && s > 0 {
				return 1
			}
			if j.BinaryWeights || math.IsNaN(s) {
				return 0
			}
			return s
		})
	}
	if math.IsNaN(value) || !(weight > 0) {
		return math.NaN(), 0
	}
	return value, weight * slowFeather(j, i, 0, x, y)
}

// slowMedian returns the median of tile a - tile b, NaN where there is none.
func slowMedian(j *Job, a, b, c int) float64 {
	var d []float64
	for y := range j.Mosaic.H {
		for x := range j.Mosaic.W {
			va, _ := slowWarp(j, a, x, y, c)
			vb, _ := slowWarp(j, b, x, y, c)
			if va == va && vb == vb {
				d = append(d, va-vb)
			}
		}
	}
	if len(d) == 0 {
		return math.NaN()
	}
	slices.Sort(d)
	return (d[(len(d)-1)/2] + d[len(d)/2]) / 2
}

// slowCoadd returns mosaic and coverage with the job's gains and offsets.
func slowCoadd(j *Job) (mosaic, coverage View) {
	mosaic, coverage = NewView(j.Mosaic.H, j.Mosaic.W, j.Mosaic.C), NewView(j.Mosaic.H, j.Mosaic.W, 1)
	for y := range mosaic.H {
		for x := range mosaic.W {
			for c := mosaic.C - 1; c >= 0; c-- {
				sum, norm := 0.0, 0.0
				for i := range j.Tiles {
					if v, f := slowWarp(j, i, x, y, c); f > 0 {
						sum += (v - slowBackground(j, i, x, y, c)) * f
						norm += f
					}
				}
				value := math.NaN()
				if j.Profile == V42 && !j.BlankNaN {
					value = 0
				}
				if norm > 0 {
					value = sum / norm
				}
				if norm > 0 && j.Combine == Sum {
					value = sum
				}
				mosaic.Set(y, x, c, float32(value))
				coverage.Set(y, x, 0, float32(norm))
			}
			if cover := coverage.At(y, x, 0); j.Profile == V45 && cover-cover != 0 {
				coverage.Set(y, x, 0, 0)
			}
			for c := range mosaic.C {
				if v := mosaic.At(y, x, c); j.Profile == V45 && (v-v != 0 || !(coverage.At(y, x, 0) > 0)) {
					mosaic.Set(y, x, c, float32(math.NaN()))
				}
			}
		}
	}
	return mosaic, coverage
}

// fold reflects index i into [0,n): d c b a | a b c d | d c b a.
func fold(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		i = 2*n - 1 - i
	}
	return i
}
