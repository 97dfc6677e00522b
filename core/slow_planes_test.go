package core

import (
	"math"
	"slices"
)

// slowPair is what the slow twin knows of two tiles: their constants' median and the
// blocks of their overlap, as x, y, median and share.
type slowPair struct {
	i, j   int
	median float64
	blocks [][4]float64
	x, y   float64
}

// slowPairs finds the pairs of a channel pixel by pixel: blocks and rows of the sample are
// those of seamShape and seamGrid.
func slowPairs(j *Job, c int) (pairs []slowPair) {
	for a := range j.Tiles {
		for b := a + 1; b < len(j.Tiles); b++ {
			median := slowMedian(j, a, b, c)
			if median != median {
				continue
			}
			x0, y0, x1, y1 := slowBoth(j, a, b)
			down, across := seamShape(x1-x0, y1-y0)
			step := seamGrid(x1-x0, y1-y0, 1).y
			p := slowPair{i: a, j: b, median: median, x: float64(x0+x1-1) / 2, y: float64(y0+y1-1) / 2}
			total := 0.0
			for r := range down {
				for k := range across {
					var d []float64
					var sx, sy float64
					for y := y0 + r*(y1-y0)/down; y < y0+(r+1)*(y1-y0)/down; y++ {
						for x := x0 + k*(x1-x0)/across; x < x0+(k+1)*(x1-x0)/across; x++ {
							va, _ := slowWarp(j, a, x, y, c)
							vb, _ := slowWarp(j, b, x, y, c)
							if v := va - vb; v == v && y%step == 0 {
								d, sx, sy = append(d, v), sx+float64(x), sy+float64(y)
							}
						}
					}
					if n := float64(len(d)); n > 0 {
						slices.Sort(d)
						p.blocks = append(p.blocks, [4]float64{sx / n, sy / n, (d[(len(d)-1)/2] + d[len(d)/2]) / 2, n})
						total += n
					}
				}
			}
			if total > 0 {
				p.x, p.y = 0, 0
			}
			for k := range p.blocks {
				q := &p.blocks[k]
				q[3] /= total
				p.x, p.y = p.x+q[3]*q[0], p.y+q[3]*q[1]
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

func slowBoth(j *Job, a, b int) (x0, y0, x1, y1 int) {
	ax0, ay0, ax1, ay1 := j.Tiles[a].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	bx0, by0, bx1, by1 := j.Tiles[b].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	return max(ax0, bx0), max(ay0, by0), min(ax1, bx1), min(ay1, by1)
}

// slowBox is the middle of a tile's box, and its sides.
func slowBox(j *Job, i int) (x, y, w, h float64) {
	x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	return float64(x0+x1-1) / 2, float64(y0+y1-1) / 2, float64(max(x1-x0, 1)), float64(max(y1-y0, 1))
}

// slowRow is an equation: what the unknowns [3*tiles], levels in the middle of the boxes
// and rises over sqrt(1/12) of them, come to, times the root of a weight.
type slowRow struct {
	of    []float64
	value float64
}

// rows are the equations of a pair.
func (p *slowPair) rows(j *Job) (rows []slowRow) {
	row := func(x, y, level, weight, value float64) {
		r := slowRow{make([]float64, 3*len(j.Tiles)), value * math.Sqrt(weight)}
		for _, e := range []struct {
			tile int
			sign float64
		}{{p.i, 1}, {p.j, -1}} {
			cx, cy, w, h := slowBox(j, e.tile)
			if level == 0 {
				cx, cy = p.x, p.y
			}
			r.of[3*e.tile] = e.sign * level * math.Sqrt(weight)
			r.of[3*e.tile+1] = e.sign * (x - cx) / (w / math.Sqrt(12)) * math.Sqrt(weight)
			r.of[3*e.tile+2] = e.sign * (y - cy) / (h / math.Sqrt(12)) * math.Sqrt(weight)
		}
		rows = append(rows, r)
	}
	row(p.x, p.y, 1, 1, p.median)
	mean := 0.0
	for _, b := range p.blocks {
		mean += b[3] * b[2]
	}
	for _, b := range p.blocks {
		row(b[0], b[1], 0, b[3], b[2]-mean)
	}
	return rows
}

// slowFit returns the unknowns that minimise the squares of the rows of some pairs and
// damping times those of the slopes; what nothing tells is 0 nearly.
func slowFit(j *Job, pairs []slowPair, damping float64) []float64 {
	n := 3 * len(j.Tiles)
	a, b := make([]float64, n*n), make([]float64, n)
	for i := range n {
		a[i*n+i] = 1e-9
		if i%3 != 0 {
			a[i*n+i] = min(damping, 1e12)
		}
	}
	for _, p := range pairs {
		for _, r := range p.rows(j) {
			for i := range n {
				for k := range n {
					a[i*n+k] += r.of[i] * r.of[k]
				}
				b[i] += r.of[i] * r.value
			}
		}
	}
	solvePositive(a, b)
	return b
}

// slowTied tells which tiles some pairs tie to tile i.
func slowTied(tiles int, pairs []slowPair, i int) []bool {
	tied := make([]bool, tiles)
	tied[i] = true
	for range tiles {
		for _, p := range pairs {
			if tied[p.i] || tied[p.j] {
				tied[p.i], tied[p.j] = true, true
			}
		}
	}
	return tied
}

// slowPlanes returns what planes add to the constants in the middle of each tile's box and
// their slopes, [tiles][3], and damping and errors, where all tiles are one part.
func slowPlanes(j *Job, c int, constants []float64) (change [][3]float64, damping float64, told [2]float64) {
	pairs := slowPairs(j, c)
	try := []float64{math.Inf(1), 4, 1, 1. / 4, 1. / 16, 1. / 64, 1. / 256, 1. / 1024, 1. / 4096}
	sums, n := make([]float64, len(try)), 0.0
	for fold := range min(16, len(pairs)) {
		var in, out []slowPair
		for k, p := range pairs {
			if k%min(16, len(pairs)) == fold {
				out = append(out, p)
			} else {
				in = append(in, p)
			}
		}
		for d, damp := range try {
			fit := slowFit(j, in, damp)
			for _, p := range out {
				if !slowTied(len(j.Tiles), in, p.i)[p.j] {
					continue
				}
				if d == 0 {
					n++
				}
				for _, r := range p.rows(j) {
					e := r.value
					for i, x := range fit {
						e -= r.of[i] * x
					}
					sums[d] += e * e
				}
			}
		}
	}
	best := 0
	for d := range try {
		if sums[d] < sums[best] && sums[d] <= sums[0]/2 {
			best = d
		}
	}
	change = make([][3]float64, len(j.Tiles))
	told = [2]float64{math.Sqrt(sums[0] / n), math.Sqrt(sums[best] / n)}
	if best == 0 {
		return change, try[0], told
	}
	fit := slowFit(j, pairs, try[best])
	for i := range change {
		_, _, w, h := slowBox(j, i)
		change[i] = [3]float64{fit[3*i] - constants[i], fit[3*i+1] / (w / math.Sqrt(12)), fit[3*i+2] / (h / math.Sqrt(12))}
	}
	slowUpright(j, change)
	return change, try[best], told
}

// slowUpright subtracts the plane that fits the changes best over the boxes, by points.
func slowUpright(j *Job, change [][3]float64) {
	a, b := make([]float64, 9), make([]float64, 3)
	for i, d := range change {
		x, y, w, h := slowBox(j, i)
		for _, s := range []float64{-1, 1} { // two points have the moments of a line
			for _, t := range []float64{-1, 1} {
				u, v := s*w/math.Sqrt(12), t*h/math.Sqrt(12)
				at := []float64{1, x + u, y + v}
				for r := range 3 {
					for k := range 3 {
						a[3*r+k] += w * h * at[r] * at[k]
					}
					b[r] += w * h * at[r] * (d[0] + d[1]*u + d[2]*v)
				}
			}
		}
	}
	solvePositive(a, b)
	for i := range change {
		x, y, _, _ := slowBox(j, i)
		change[i][0] -= b[0] + b[1]*x + b[2]*y
		change[i][1] -= b[1]
		change[i][2] -= b[2]
	}
}

// slowBackground is what is subtracted from a tile's channel at a pixel.
func slowBackground(j *Job, i, x, y, c int) float64 {
	k := i*j.Mosaic.C + c
	if j.Slopes == nil {
		return j.Offsets[k]
	}
	return j.Offsets[k] + j.Slopes[2*k]*float64(x) + j.Slopes[2*k+1]*float64(y)
}
