package core

import (
	"math"

	"zetwopass/core/vec"
)

// reach is what a tile shows of a row of pixels: nothing outside [a,b), all of [p,q),
// which lies in it.
type reach struct{ a, b, p, q int }

// outline finds what a tile shows of the pixels [x0,x1), which its box holds, row by
// row.
type outline struct {
	tile   *Tile
	x0, x1 int
	known  int   // the row of cells of a grid whose reach is held, counted from 1
	cells  reach // of it
}

func newOutline(t *Tile, width int) outline {
	return outline{tile: t, x0: max(t.Map.X0, 0), x1: min(t.Map.X1, width)}
}

// row returns the reach of row y.
func (o *outline) row(y int) reach {
	m, h, w := &o.tile.Map, o.tile.Image.H, o.tile.Image.W
	switch {
	case y < m.Y0 || y >= m.Y1 || o.x0 >= o.x1:
		return reach{}
	case m.Kind == MapPlane: // a tile seen in perspective is convex
		a, b := m.planeSpan(y, o.x0, o.x1, h, w)
		return reach{a, b, a, b}
	case m.Kind == MapGrid && m.amongNodes(y, o.x0, o.x1):
		c := cell((float64(y+m.Row0)-m.OriginY)/m.StepY, m.NY)
		if o.known != c+1 {
			o.known, o.cells = c+1, m.cellReach(c, o.x0, o.x1, h, w)
		}
		return o.cells
	}
	return reach{o.x0, o.x1, o.x0, o.x0}
}

// amongNodes reports whether the pixels [x0,x1) of row y lie between nodes.
func (m *PixelMap) amongNodes(y, x0, x1 int) bool {
	const slack = 1e-9 // steps
	among := func(x int, origin, step float64, n int) bool {
		t := (float64(x) - origin) / step
		return t >= -slack && t <= float64(n-1)+slack
	}
	return among(x0+m.Col0, m.OriginX, m.StepX, m.NX) && among(x1-1+m.Col0, m.OriginX, m.StepX, m.NX) &&
		among(y+m.Row0, m.OriginY, m.StepY, m.NY)
}

// cellReach is the reach of every row of the c-th row of cells.
func (m *PixelMap) cellReach(c, x0, x1, h, w int) reach {
	n := 2 * m.NX
	low, high := m.Nodes[c*n:][:n], m.Nodes[(c+1)*n:][:n]
	bend := m.bend(c)
	// outside and inside hold at the four nodes of cell i, and by a bend on, along one axis.
	sides := func(i, size int, bend float64) (outside, inside bool) {
		least := min(low[i], low[i+2], high[i], high[i+2]) - bend
		most := max(low[i], low[i+2], high[i], high[i+2]) + bend
		end := float64(size) - 0.5
		return most < -0.5-vec.EdgeSlack || least > end+vec.EdgeSlack, least >= -0.5 && most <= end
	}
	r := reach{x1, x0, x0, x0}
	run := x0 // where the cells that are inside begin
	for i, from := 0, x0; i < m.NX-1; i++ {
		to := min(max(m.firstPixel(i+1)-m.Col0, x0), x1)
		if i == m.NX-2 {
			to = x1
		}
		outU, inU := sides(2*i, w, bend[0])
		outV, inV := sides(2*i+1, h, bend[1])
		if from < to && !outU && !outV {
			r.a, r.b = min(r.a, from), to
		}
		if !(inU && inV) {
			run = to
		} else if to-run > r.q-r.p {
			r.p, r.q = run, to
		}
		from = to
	}
	r.a = min(r.a, r.b)
	return r
}

// bend bounds how far u and v, in the c-th row of cells, stray from what lies between
// the four nodes around them. The cubic through four values strays from the line through
// two neighbours by at most 0.26 of its larger second difference, and is, there, at
// most 1.63 of the largest value: half of the second differences along either axis will
// do, with some for rounding.
func (m *PixelMap) bend(c int) (bend [2]float64) {
	n := 2 * m.NX
	s := min(max(c-1, 0), m.NY-4)
	r0, r1 := m.Nodes[s*n:][:n], m.Nodes[(s+1)*n:][:n]
	r2, r3 := m.Nodes[(s+2)*n:][:n], m.Nodes[(s+3)*n:][:n]
	second := func(f, g, h float64) float64 { return math.Abs(f - 2*g + h) }
	var across, along [2]float64
	for i := range r0 {
		k := i % 2
		across[k] = max(across[k], second(r0[i], r1[i], r2[i]), second(r1[i], r2[i], r3[i]))
		if i >= 4 {
			along[k] = max(along[k], second(r0[i-4], r0[i-2], r0[i]), second(r1[i-4], r1[i-2], r1[i]),
				second(r2[i-4], r2[i-2], r2[i]), second(r3[i-4], r3[i-2], r3[i]))
		}
	}
	for k := range bend {
		bend[k] = float64((across[k]+along[k])/2) + 1e-6
	}
	return bend
}

// planeSpan returns the pixels [a,b) of row y, among [x0,x1) of the box, whose positions
// lie in a tile of h x w pixels.
func (m *PixelMap) planeSpan(y, x0, x1, h, w int) (a, b int) {
	a, b = m.planeAbout(y, x0, x1, h, w)
	for a < b && !m.planeInside(a, y, h, w) {
		a++
	}
	for a < b && !m.planeInside(b-1, y, h, w) {
		b--
	}
	return a, b
}

func (m *PixelMap) planeInside(x, y, h, w int) bool {
	var u, v [1]float64
	m.planeRow(y, x, u[:], v[:])
	return vec.Inside(u[0], v[0], h, w)
}

// planeAbout is planeSpan but for a pixel or two on either side.
func (m *PixelMap) planeAbout(y, x0, x1, h, w int) (a, b int) {
	// Each side of the tile is a half-plane of the output, W > 0 another:
	// p x + q >= 0. A pixel of margin is for rounding.
	p, fy := &m.Plane, float64(y+m.Row0)
	lo, hi := float64(x0+m.Col0), float64(x1-1+m.Col0)
	side := func(k int, at, sign, slack float64) { // of sign (P - at W), P the row from p[k] on
		of := func(i int) float64 { return float64(sign * (p[k+i] - float64(at*p[6+i]))) }
		px, q := of(0), float64(of(1)*fy)+of(2)
		switch {
		case px > 0:
			lo = max(lo, -q/px-1)
		case px < 0:
			hi = min(hi, -q/px+1)
		case q < -slack*1e-6:
			hi = lo - 1
		}
	}
	maxU, maxV := float64(w)-0.5, float64(h)-0.5
	scale := math.Abs(p[6]*lo) + math.Abs(p[7]*fy) + math.Abs(p[8])
	side(6, 0, 1, 0)
	side(0, -0.5, 1, scale)
	side(3, -0.5, 1, scale)
	side(0, maxU, -1, scale)
	side(3, maxV, -1, scale)
	if !(lo <= hi) {
		return x0, x0
	}
	return max(x0, int(math.Ceil(lo))-m.Col0), min(x1, int(math.Floor(hi))+1-m.Col0)
}
