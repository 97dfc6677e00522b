package core

import "math"

// warper samples tiles along rows of the output, bilinearly, by the rules of
// reproject_interp (reproject >= 0.11). It belongs to one worker.
type warper struct {
	u, v   []float64 // positions, then the fractions to the next column and row
	ix, iy []int32   // first column and row of the 2x2 stencil; ix < 0 = nothing here
	line   []float64
	weight []float64
	value  [MaxChannels][]float64
}

// warpBytes is the size of a warper for rows of w pixels and maps of nx nodes.
func warpBytes(w, nx, channels int) int64 {
	return int64(w)*(2*8+2*4+8+8*int64(channels)) + 2*8*int64(nx)
}

func newWarper(w, nx, channels int) *warper {
	r := &warper{
		u: make([]float64, w), v: make([]float64, w),
		ix: make([]int32, w), iy: make([]int32, w),
		line: make([]float64, 2*nx), weight: make([]float64, w),
	}
	for c := range channels {
		r.value[c] = make([]float64, w)
	}
	return r
}

// locate finds the stencils of tile t for the pixels [x0,x1) of row y and returns
// the part [a,b) in which it may show anything. Stencil i is of pixel a+i.
func (r *warper) locate(t *Tile, y, x0, x1 int) (a, b int) {
	a, b, whole := t.span(y, x0, x1)
	if a >= b {
		return a, b
	}
	h, w := t.Image.H, t.Image.W
	n := b - a
	u, v, ix, iy := r.u[:n], r.v[:n], r.ix[:n], r.iy[:n]
	t.Map.row(y, a, u, v, r.line)
	endU, endV := float64(w-1), float64(h-1)
	lastX, lastY := max(w-2, 0), max(h-2, 0)
	for i := range u {
		fu, fv := u[i], v[i]
		if !whole && !inTile(fu, fv, h, w) {
			ix[i] = -1
			continue
		}
		fu, fv = clamp(fu, endU), clamp(fv, endV)
		ku, kv := min(int(fu), lastX), min(int(fv), lastY)
		u[i], v[i] = fu-float64(ku), fv-float64(kv)
		ix[i], iy[i] = int32(ku), int32(kv)
	}
	if whole {
		return a, b
	}
	return r.trim(a, n)
}

// span returns the pixels [a,b) of row y, among [x0,x1), that the tile may show;
// whole says that all of them lie in it.
func (t *Tile) span(y, x0, x1 int) (a, b int, whole bool) {
	m := &t.Map
	x0, x1 = max(x0, m.X0), min(x1, m.X1)
	if y < m.Y0 || y >= m.Y1 || x0 >= x1 {
		return x0, x0, false
	}
	return m.span(y, x0, x1, t.Image.H, t.Image.W)
}

// trim cuts the stencils that show nothing off both ends of the n from pixel a.
func (r *warper) trim(a, n int) (first, end int) {
	from, to := 0, n
	for from < to && r.ix[from] < 0 {
		from++
	}
	for from < to && r.ix[to-1] < 0 {
		to--
	}
	copy(r.u, r.u[from:to])
	copy(r.v, r.v[from:to])
	copy(r.ix, r.ix[from:to])
	copy(r.iy, r.iy[from:to])
	return a + from, a + to
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

// sample writes the first channels of the image, times gain in float32, at the
// stencils of the last locate to value, NaN where nothing is. All four products
// are summed, also at weight 0, so that one NaN in the stencil gives NaN.
func (r *warper) sample(image View, gain float32, n, channels int) {
	u, v, ix, iy := r.u[:n], r.v[:n], r.ix[:n], r.iy[:n]
	dx, dy := image.stencil()
	for c := range channels {
		pix := image.Pix[c*image.ChanStride:]
		value := r.value[c][:n]
		for i := range value {
			if ix[i] < 0 {
				value[i] = math.NaN()
				continue
			}
			p := int(iy[i])*image.RowStride + int(ix[i])*image.ColStride
			fx, fy := u[i], v[i]
			gx, gy := 1-fx, 1-fy
			value[i] = gy*gx*float64(pix[p]*gain) + gy*fx*float64(pix[p+dx]*gain) +
				fy*gx*float64(pix[p+dy]*gain) + fy*fx*float64(pix[p+dx+dy]*gain)
		}
	}
}

// cleaning says what becomes of a sample of a mask or weight map before it is
// interpolated.
type cleaning int

const (
	finiteOnly cleaning = iota // NaN and infinities -> 0
	numberOnly                 // NaN -> 0
	zeroOrOne                  // 1 where > 0, else 0
)

func (c cleaning) of(s float32) float64 {
	switch c {
	case zeroOrOne:
		if s > 0 {
			return 1
		}
		return 0
	case numberOnly:
		if s != s {
			return 0
		}
	case finiteOnly:
		if s-s != 0 {
			return 0
		}
	}
	return float64(s)
}

// sampleMap writes a mask or weight map at the stencils of the last locate to
// weight, times scale, NaN where nothing is. Most stencils of such maps hold one
// value four times, which then is the result.
func (r *warper) sampleMap(m View, clean cleaning, scale float64, n int) {
	dx, dy := m.stencil()
	for i := range n {
		if r.ix[i] < 0 {
			r.weight[i] = math.NaN()
			continue
		}
		p := int(r.iy[i])*m.RowStride + int(r.ix[i])*m.ColStride
		a, b, c, d := m.Pix[p], m.Pix[p+dx], m.Pix[p+dy], m.Pix[p+dx+dy]
		if a == b && c == d && a == c {
			r.weight[i] = scale * clean.of(a)
			continue
		}
		fx, fy := r.u[i], r.v[i]
		gx, gy := 1-fx, 1-fy
		r.weight[i] = scale * (gy*gx*clean.of(a) + gy*fx*clean.of(b) + fy*gx*clean.of(c) + fy*fx*clean.of(d))
	}
}

// warpRow warps tile t of the job onto the pixels [x0,x1) of row y. It returns
// the part [a,b) that may show something; value[c][i] and weight[i] are of pixel
// a+i. Where the weight is not above 0 the values are NaN.
func (r *warper) warpRow(j *Job, t *Tile, gain float32, y, x0, x1 int) (a, b int) {
	a, b = r.locate(t, y, x0, x1)
	n := b - a
	if n == 0 {
		return a, b
	}
	r.sample(t.Image, gain, n, j.Mosaic.C)
	if t.Weight.Absent() {
		for i := range n {
			r.weight[i] = t.WeightScale
		}
		return a, b
	}
	clean := numberOnly
	if j.BinaryWeights {
		clean = zeroOrOne
	}
	r.sampleMap(t.Weight, clean, t.WeightScale, n)
	for i, f := range r.weight[:n] {
		if !(f > 0) {
			for c := range j.Mosaic.C {
				r.value[c][i] = math.NaN()
			}
		}
	}
	return a, b
}
