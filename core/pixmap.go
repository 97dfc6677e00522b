package core

import (
	"fmt"
	"math"

	"zetwopass/core/vec"
)

// MapKind says how a PixelMap gives its positions.
type MapKind int

const (
	MapPlane     MapKind = iota // a homography between tangent planes
	MapGrid                     // positions at nodes, cubic between them
	MapPositions                // a position for every pixel of the box
)

// PixelMap tells where output pixel (x,y) lies in a tile: (u,v) in tile pixels.
// Outside the box [X0,X1) x [Y0,Y1) of output pixels the tile shows nothing.
//
//   - MapPlane: (X,Y,W) = Plane (x,y,1), u = X/W, v = Y/W, nothing where W <= 0,
//     which is behind the tile's tangent plane.
//   - MapGrid: Nodes [NY,NX,2] holds u,v at x = OriginX + i StepX,
//     y = OriginY + j StepY; between them 4-point cubic Lagrange interpolation
//     in y, then in x. A border cell uses the four outermost nodes.
//   - MapPositions: Nodes [Y1-Y0,X1-X0,2] holds u,v; NaN shows nothing.
type PixelMap struct {
	X0, Y0, X1, Y1   int
	Kind             MapKind
	Plane            [9]float64
	Nodes            []float64
	NX, NY           int
	OriginX, OriginY float64
	StepX, StepY     float64
}

// Empty reports whether the box holds no pixel.
func (m *PixelMap) Empty() bool { return m.X0 >= m.X1 || m.Y0 >= m.Y1 }

func (m *PixelMap) check(name string) error {
	if m.Empty() {
		return nil
	}
	finite := func(v ...float64) bool {
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return false
			}
		}
		return true
	}
	want := 0
	switch m.Kind {
	case MapPlane:
		if !finite(m.Plane[:]...) {
			return fmt.Errorf("%w: %s.plane is not finite: %v", ErrArgument, name, m.Plane)
		}
	case MapGrid:
		if m.NX < 4 || m.NY < 4 {
			return fmt.Errorf("%w: %s has %d x %d nodes, want at least 4 x 4", ErrShape, name, m.NX, m.NY)
		}
		if !(m.StepX > 0 && m.StepY > 0) || !finite(m.OriginX, m.OriginY, m.StepX, m.StepY) {
			return fmt.Errorf("%w: %s has steps (%g,%g) from (%g,%g), want them > 0 and finite",
				ErrArgument, name, m.StepX, m.StepY, m.OriginX, m.OriginY)
		}
		want = 2 * m.NX * m.NY
	case MapPositions:
		want = 2 * (m.X1 - m.X0) * (m.Y1 - m.Y0)
	default:
		return fmt.Errorf("%w: %s.kind = %d, want a map kind", ErrArgument, name, m.Kind)
	}
	if len(m.Nodes) < want {
		return fmt.Errorf("%w: %s has %d node values, want %d", ErrShape, name, len(m.Nodes), want)
	}
	return nil
}

// clip returns the map's box cut to an output of h x w pixels.
func (m *PixelMap) clip(h, w int) (x0, y0, x1, y1 int) {
	return max(m.X0, 0), max(m.Y0, 0), min(m.X1, w), min(m.Y1, h)
}

// area is the number of pixels of the box cut to an output of h x w pixels.
func (m *PixelMap) area(h, w int) int {
	x0, y0, x1, y1 := m.clip(h, w)
	return max(x1-x0, 0) * max(y1-y0, 0)
}

// span returns the pixels [a,b) of row y, among [x0,x1) of the box, outside of
// which no position lies in a tile of h x w pixels; whole says that in it all do.
func (m *PixelMap) span(y, x0, x1, h, w int) (a, b int, whole bool) {
	if m.Kind != MapPlane {
		return x0, x1, false
	}
	a, b = m.planeSpan(y, x0, x1, h, w)
	for a < b && !m.planeInside(a, y, h, w) {
		a++
	}
	for a < b && !m.planeInside(b-1, y, h, w) {
		b--
	}
	return a, b, true // a tile seen in perspective is convex
}

func (m *PixelMap) planeInside(x, y, h, w int) bool {
	var u, v [1]float64
	m.planeRow(y, x, u[:], v[:])
	return vec.Inside(u[0], v[0], h, w)
}

// planeSpan is the span of a plane but for a pixel or two on either side.
func (m *PixelMap) planeSpan(y, x0, x1, h, w int) (a, b int) {
	// Each side of the tile is a half-plane of the output, W > 0 another:
	// p x + q >= 0. A pixel of margin is for rounding.
	p, fy := &m.Plane, float64(y)
	lo, hi := float64(x0), float64(x1-1)
	side := func(px, py, p1, slack float64) {
		q := py*fy + p1
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
	side(p[6], p[7], p[8], 0)
	side(p[0]+0.5*p[6], p[1]+0.5*p[7], p[2]+0.5*p[8], scale)
	side(p[3]+0.5*p[6], p[4]+0.5*p[7], p[5]+0.5*p[8], scale)
	side(maxU*p[6]-p[0], maxU*p[7]-p[1], maxU*p[8]-p[2], scale)
	side(maxV*p[6]-p[3], maxV*p[7]-p[4], maxV*p[8]-p[5], scale)
	if !(lo <= hi) {
		return x0, x0
	}
	return max(x0, int(math.Ceil(lo))), min(x1, int(math.Floor(hi))+1)
}

// row writes the positions of the pixels x0 <= x < x0+len(u) of row y, which lie
// in the box. NaN, or a position outside the tile, shows nothing. line is
// scratch of at least 2 NX.
func (m *PixelMap) row(y, x0 int, u, v, line []float64) {
	switch m.Kind {
	case MapPlane:
		m.planeRow(y, x0, u, v)
	case MapGrid:
		m.gridRow(y, x0, u, v, line)
	case MapPositions:
		nodes := m.Nodes[2*((y-m.Y0)*(m.X1-m.X0)+x0-m.X0):]
		for i := range u {
			u[i], v[i] = nodes[2*i], nodes[2*i+1]
		}
	}
}

func (m *PixelMap) planeRow(y, x0 int, u, v []float64) {
	p, fy := &m.Plane, float64(y)
	vec.Plane(u, v, x0, &[6]float64{p[0], p[1]*fy + p[2], p[3], p[4]*fy + p[5], p[6], p[7]*fy + p[8]})
}

// gridRow interpolates the nodes in y once a row, then in x by the cubic of each
// cell in its power form.
func (m *PixelMap) gridRow(y, x0 int, u, v, line []float64) {
	s, t := stencil((float64(y)-m.OriginY)/m.StepY, m.NY)
	wy := lagrange(t)
	n := 2 * m.NX
	line = line[:n]
	r0, r1 := m.Nodes[s*n:][:n], m.Nodes[(s+1)*n:][:n]
	r2, r3 := m.Nodes[(s+2)*n:][:n], m.Nodes[(s+3)*n:][:n]
	for i := range line {
		line[i] = wy[0]*r0[i] + wy[1]*r1[i] + wy[2]*r2[i] + wy[3]*r3[i]
	}
	start := -1
	var cu, cv [4]float64
	inv := 1 / m.StepX
	for i := range u {
		t := (float64(x0+i) - m.OriginX) * inv
		s, t := stencil(t, m.NX)
		if s != start {
			start = s
			k := line[2*s : 2*s+8]
			cu = powers(k[0], k[2], k[4], k[6])
			cv = powers(k[1], k[3], k[5], k[7])
		}
		u[i] = cu[0] + t*(cu[1]+t*(cu[2]+t*cu[3]))
		v[i] = cv[0] + t*(cv[1]+t*(cv[2]+t*cv[3]))
	}
}

// stencil returns the first of the four nodes for coordinate t, in units of the
// step from node 0 of n, and the coordinate counted from that node.
func stencil(t float64, n int) (start int, local float64) {
	c := min(max(int(t), 0), n-2)
	s := min(max(c-1, 0), n-4)
	return s, t - float64(s)
}

// lagrange returns the weights of values at 0, 1, 2, 3 for their cubic at t.
func lagrange(t float64) [4]float64 {
	a, b, c := t-1, t-2, t-3
	return [4]float64{-a * b * c / 6, t * b * c / 2, -t * a * c / 2, t * a * b / 6}
}

// powers returns the coefficients c[k] of t^k of the cubic through f0 to f3 at
// t = 0 to 3.
func powers(f0, f1, f2, f3 float64) [4]float64 {
	d1, d2, d3 := f1-f0, f2-2*f1+f0, f3-3*f2+3*f1-f0 // forward differences
	return [4]float64{f0, d1 - d2/2 + d3/3, d2/2 - d3/2, d3 / 6}
}
