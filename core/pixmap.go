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
// Outside the box [X0,X1) x [Y0,Y1) of output pixels the tile shows nothing. The output may
// be a window of a canvas, of which Col0,Row0 is its first pixel: Plane, Origin and Step tell
// of the canvas, so that a pixel has the same position, bit for bit, in every window.
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
	Col0, Row0       int
}

// Shift makes the map one of the window of its output that begins at the pixel (x,y).
func (m *PixelMap) Shift(x, y int) {
	m.X0, m.Y0, m.X1, m.Y1 = m.X0-x, m.Y0-y, m.X1-x, m.Y1-y
	m.Col0, m.Row0 = m.Col0+x, m.Row0+y
}

// Slack is how well positions are known, in tile pixels: to rounding between tangent
// planes, else to the bound that a grid keeps.
func (m *PixelMap) Slack() float64 {
	if m.Kind == MapPlane {
		return 1e-9
	}
	return 1e-5
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

// Clip returns the map's box cut to an output of h x w pixels.
func (m *PixelMap) Clip(h, w int) (x0, y0, x1, y1 int) {
	return max(m.X0, 0), max(m.Y0, 0), min(m.X1, w), min(m.Y1, h)
}

// area is the number of pixels of the box cut to an output of h x w pixels.
func (m *PixelMap) area(h, w int) int {
	x0, y0, x1, y1 := m.Clip(h, w)
	return max(x1-x0, 0) * max(y1-y0, 0)
}

// share is about which part of its box on h x w pixels a tile of th x tw shows, from the map's
// scale amid the box.
func (m *PixelMap) share(h, w, th, tw int) float64 {
	x0, y0, x1, y1 := m.Clip(h, w)
	if x0+1 >= x1 || y0+1 >= y1 {
		return 1
	}
	var u, v [2][2]float64 // of two pixels of two rows
	line := make([]float64, 2*m.NX)
	for n := range u {
		m.row((y0+y1)/2-1+n, (x0+x1)/2-1, u[n][:], v[n][:], line)
	}
	scale := math.Abs(float64((u[0][1]-u[0][0])*(v[1][0]-v[0][0])) - float64((u[1][0]-u[0][0])*(v[0][1]-v[0][0])))
	share := float64(th) * float64(tw) / (scale * float64(x1-x0) * float64(y1-y0))
	if !(share < 1) {
		return 1
	}
	return share
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
	p, fy := &m.Plane, float64(y+m.Row0)
	vec.Plane(u, v, x0+m.Col0, &[6]float64{p[0], float64(p[1]*fy) + p[2],
		p[3], float64(p[4]*fy) + p[5], p[6], float64(p[7]*fy) + p[8]})
}
