package core

import (
	"math"

	"zetwopass/core/vec"
)

// gridRow interpolates the nodes in y where the row needs them, then in x by the cubic
// of each stencil in its power form.
func (m *PixelMap) gridRow(y, x0 int, u, v, line []float64) {
	s, t := stencil((float64(y+m.Row0)-m.OriginY)/m.StepY, m.NY)
	x0 += m.Col0
	wy := lagrange(t)
	n := 2 * m.NX
	r0, r1 := m.Nodes[s*n:][:n], m.Nodes[(s+1)*n:][:n]
	r2, r3 := m.Nodes[(s+2)*n:][:n], m.Nodes[(s+3)*n:][:n]
	inv := 1 / m.StepX
	s = m.start(x0)
	done := 2 * s // of line
	for line = line[:n]; len(u) > 0; s++ {
		for ; done < 2*s+8; done++ {
			line[done] = float64(wy[0]*r0[done]) + float64(wy[1]*r1[done]) +
				float64(wy[2]*r2[done]) + float64(wy[3]*r3[done])
		}
		k, end := line[2*s:2*s+8], len(u)
		if s < m.NX-4 {
			end = min(end, m.firstPixel(s+2)-x0)
		}
		cu, cv := powers(k[0], k[2], k[4], k[6]), powers(k[1], k[3], k[5], k[7])
		vec.Cubic(u[:end], v[:end], x0, &[10]float64{inv, float64(m.OriginX*inv) + float64(s),
			cu[0], cu[1], cu[2], cu[3], cv[0], cv[1], cv[2], cv[3]})
		u, v, x0 = u[end:], v[end:], x0+end
	}
}

// firstPixel is the first pixel of a row of the canvas that does not lie before node k.
func (m *PixelMap) firstPixel(k int) int {
	const far = 1 << 53 // what no integer holds becomes one or another, as the processor likes
	return int(min(max(math.Ceil(m.OriginX+float64(float64(k)*m.StepX)), -far), far))
}

// start returns the first of the four nodes of pixel x of a row of the canvas.
func (m *PixelMap) start(x int) int {
	s, _ := stencil((float64(x)-m.OriginX)/m.StepX, m.NX)
	for s > 0 && x < m.firstPixel(s+1) { // what rounding makes of a pixel on a node
		s--
	}
	for s < m.NX-4 && x >= m.firstPixel(s+2) {
		s++
	}
	return s
}

// stencil returns the first of the four nodes for coordinate t, in units of the
// step from node 0 of n, and the coordinate counted from that node.
func stencil(t float64, n int) (start int, local float64) {
	s := min(max(cell(t, n)-1, 0), n-4)
	return s, t - float64(s)
}

// cell returns the node before coordinate t, of n nodes the last one but for the end.
func cell(t float64, n int) int { return int(min(max(t, 0), float64(n-2))) }

// lagrange returns the weights of values at 0, 1, 2, 3 for their cubic at t.
func lagrange(t float64) [4]float64 {
	a, b, c := t-1, t-2, t-3
	return [4]float64{-a * b * c / 6, t * b * c / 2, -t * a * c / 2, t * a * b / 6}
}

// powers returns the coefficients c[k] of t^k of the cubic through f0 to f3 at
// t = 0 to 3.
func powers(f0, f1, f2, f3 float64) [4]float64 {
	d1, d2 := f1-f0, f2-2*f1+f0 // forward differences
	d3 := f3 - float64(3*f2) + float64(3*f1) - f0
	return [4]float64{f0, d1 - float64(d2/2) + d3/3, float64(d2/2) - float64(d3/2), d3 / 6}
}
