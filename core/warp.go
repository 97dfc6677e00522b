package core

import (
	"context"
	"math"

	"zetwopass/core/vec"
)

// blockPixels and blockRows are the width and height of what is worked on at a time:
// what belongs to it, of a rotated tile too, stays in the caches from row to row.
const (
	blockPixels = 512
	blockRows   = 32
)

// eachBlock calls f for every row of blocks of the pixels [x0,x1) of the rows [y0,y1),
// block by block, until ctx ends.
func eachBlock(ctx context.Context, y0, y1, x0, x1 int, f func(y, a, b int)) {
	for a := x0; a < x1 && ctx.Err() == nil; a += blockPixels {
		for y := y0; y < y1; y++ {
			f(y, a, min(a+blockPixels, x1))
		}
	}
}

// spans holds which pixels tiles may show on the rows of a block, and on any of them.
type spans struct {
	y    int // of the first row
	rows [][blockRows][2]int32
	any  [][2]int32
}

// spanBytes is what spans take of a tile.
const spanBytes = 8*blockRows + 8

// begin has no tiles, and rows from y on.
func (s *spans) begin(y int) { s.y, s.rows, s.any = y, s.rows[:0], s.any[:0] }

// add finds the spans of one more tile for the rows [y0,y1) of an output of that width; the
// first is that of begin.
func (s *spans) add(t *Tile, width, y0, y1 int) {
	var row [blockRows][2]int32
	any := [2]int32{math.MaxInt32, 0}
	outline := newOutline(t, width)
	for y := max(y0, t.Map.Y0); y < min(y1, t.Map.Y1); y++ {
		r := outline.row(y)
		if r.a < r.b {
			row[y-y0] = [2]int32{int32(r.a), int32(r.b)}
			any = [2]int32{min(any[0], int32(r.a)), max(any[1], int32(r.b))}
		}
	}
	s.rows, s.any = append(s.rows, row), append(s.any, any)
}

// both returns which pixels the k-th and the l-th of the tiles may both show on some row.
func (s *spans) both(k, l int) (a, b int) {
	return int(max(s.any[k][0], s.any[l][0])), int(min(s.any[k][1], s.any[l][1]))
}

// cut returns what the k-th of the tiles may show of the pixels [x0,x1) of row y.
func (s *spans) cut(k, y, x0, x1 int) (a, b int) {
	row := s.rows[k][y-s.y]
	return max(int(row[0]), x0), min(int(row[1]), x1)
}

// warper samples tiles along rows of the output, bilinearly, by the rules of
// reproject_interp (reproject >= 0.11). It belongs to one worker.
type warper struct {
	u, v   []float64 // positions
	line   []float64
	weight []float64
	even   float64 // what all weights are, or 0
}

// warpBytes is the size of a warper for maps of nx nodes a row, of so many pixels at a time.
func warpBytes(nx, pixels int) int64 { return 8 * int64(3*pixels+2*nx) }

func newWarper(nx, pixels int) *warper {
	return &warper{
		u: make([]float64, pixels), v: make([]float64, pixels),
		line: make([]float64, 2*nx), weight: make([]float64, pixels),
	}
}

// locate finds the positions in tile t of the pixels [x0,x1) of row y, at most
// blockPixels of its span, and returns the part [a,b) that it may show.
func (r *warper) locate(t *Tile, y, x0, x1 int) (a, b int, u, v []float64) {
	u, v = r.u[:x1-x0], r.v[:x1-x0]
	a, b = r.locateIn(u, v, t, y, x0)
	return x0 + a, x0 + b, u[a:b], v[a:b]
}

// locateIn finds the positions of the pixels from x0 on of row y, and returns which [a,b) of them
// the tile may show.
func (r *warper) locateIn(u, v []float64, t *Tile, y, x0 int) (a, b int) {
	t.Map.row(y, x0, u, v, r.line)
	h, w := t.Image.H, t.Image.W
	a, b = 0, len(u)
	for a < b && !vec.Inside(u[a], v[a], h, w) {
		a++
	}
	for a < b && !vec.Inside(u[b-1], v[b-1], h, w) {
		b--
	}
	return a, b
}

// locateStrip finds the positions of pieces of rows from y0 on, one after the other, and returns how
// many they are. It takes from the pieces' ends what is outside the tile, and of the rest only the
// pixels whose x is a multiple of columns, by which it divides x.
func (r *warper) locateStrip(t *Tile, y0, columns int, row *[stripRows]piece) (n int) {
	for k := range row {
		p := &row[k]
		if p.a == p.b {
			continue
		}
		u, v := r.u[n:][:p.b-p.a], r.v[n:][:p.b-p.a]
		a, b := r.locateIn(u, v, t, y0+k, p.a)
		first, end := (p.a+a+columns-1)/columns, (p.a+b+columns-1)/columns
		switch from := first*columns - p.a; {
		case columns > 1:
			for i := range end - first {
				u[i], v[i] = u[from+i*columns], v[from+i*columns]
			}
		case from > 0:
			copy(u, u[a:b])
			copy(v, v[a:b])
		}
		*p = piece{first, end, n}
		n += end - first
	}
	return n
}

// warpRow warps tile i of the job, of planes the n-th, onto the pixels [x0,x1) of row y,
// at most blockPixels of its span, into value [x1-x0, lanes]. It returns the part [a,b)
// that may show something: the first value and the first weight are of pixel a. What the
// tile does not show is NaN.
func (r *warper) warpRow(j *Job, i, n, y, x0, x1 int, value []float64) (a, b int) {
	t := &j.Tiles[i]
	a, b, u, v := r.locate(t, y, x0, x1)
	if a == b {
		return a, b
	}
	t.sample(value, u, v, n, j.Mosaic.C, j.Gain(i))
	if r.weigh(j, t, n, y, a, u, v) {
		hide(value[:(b-a)*vec.Values(j.Mosaic.C)], r.weight[:b-a])
	}
	return a, b
}

// sample writes the n-th plane of the tile, or its image times gain, at the positions
// (u,v) to value.
func (t *Tile) sample(value, u, v []float64, n, channels int, gain float32) {
	switch p := &t.Planes; {
	case p.F64 != nil:
		m := plane(p, p.F64, n)
		vec.Sample64(value, u, v, &m, t.Map.Slack())
	case p.F32 != nil:
		m := plane(p, p.F32, n)
		vec.Sample(value, u, v, &m, t.Map.Slack(), gain)
	default:
		m := t.Image.image(channels)
		vec.Sample(value, u, v, &m, t.Map.Slack(), gain)
	}
}

// evenlyWeighted reports whether the tile has neither a weight map nor planes of weights.
func (t *Tile) evenlyWeighted() bool { return t.Weight.Absent() && t.WeightPlanes.Absent() }

// weigh writes the weights of the n-th plane of tile t, for the pixels from x0 on of row
// y at the positions (u,v), which may be lost; false = they are all the same.
func (r *warper) weigh(j *Job, t *Tile, n, y, x0 int, u, v []float64) bool {
	p, weight := &t.WeightPlanes, r.weight[:len(u)]
	if t.evenlyWeighted() || t.full && j.BinaryWeights {
		if r.even != t.WeightScale {
			r.even = t.WeightScale
			for i := range r.weight {
				r.weight[i] = r.even
			}
		}
		return false
	}
	r.even = 0
	slack := t.Map.Slack()
	if own := &t.WeightMap; !own.Empty() {
		slack = own.Slack()
		r.place(own, y, x0, u, v)
	}
	switch n = min(n, p.N-1); {
	case p.F64 != nil:
		m := plane(p, p.F64, n)
		vec.SampleMap64(weight, u, v, &m, slack, j.Cleaning(), t.WeightScale)
	case p.F32 != nil:
		m := plane(p, p.F32, n)
		vec.SampleMap(weight, u, v, &m, slack, j.Cleaning(), t.WeightScale)
	default:
		m := t.Weight.image(1)
		vec.SampleMap(weight, u, v, &m, slack, j.Cleaning(), t.WeightScale)
	}
	return true
}

// place finds the positions by a map of the pixels from x0 on of row y, NaN outside its box.
func (r *warper) place(m *PixelMap, y, x0 int, u, v []float64) {
	for i := range u {
		u[i], v[i] = math.NaN(), math.NaN()
	}
	a, b := max(x0, m.X0), min(x0+len(u), m.X1)
	if y >= m.Y0 && y < m.Y1 && a < b {
		m.row(y, a, u[a-x0:b-x0], v[a-x0:b-x0], r.line)
	}
}

// Cleaning is what becomes of the samples of weights.
func (j *Job) Cleaning() vec.Cleaning {
	if j.BinaryWeights {
		return vec.ZeroOrOne
	}
	return vec.NumberOnly
}

// hide makes the values NaN whose weight is not above 0.
func hide(value, weight []float64) {
	lanes := len(value) / len(weight)
	for i, f := range weight {
		if f > 0 {
			continue
		}
		for c := range lanes {
			value[i*lanes+c] = math.NaN()
		}
	}
}
