package core

import "math"

// choose returns the place of the damping that tells the left-out overlaps best, if it
// explains at least half of what constants leave of them, in squares (Allen 1974,
// Technometrics 16, 125: prediction sum of squares): else 0, the constants. Of equal ones
// it is the larger. Told are the root mean squares of the errors of the constants and of
// what is chosen; NaN where no overlap could be told.
func (s *arch) choose() (best int, told [2]float64) {
	var sum [len(dampings)]float64
	n := 0
	for f := range s.folds() {
		n += s.told[f]
		for d := range sum {
			sum[d] += s.errors[f][d]
		}
	}
	for d, e := range sum {
		if e < sum[best] {
			best = d
		}
	}
	const nothing = 1e-20 // of the square of the largest median: what rounding leaves
	if 2*sum[best] > sum[0] || sum[0] <= nothing*float64(n) {
		best = 0
	}
	for k, d := range []int{0, best} {
		told[k] = math.Ldexp(math.Sqrt(sum[d]/float64(n)), s.size0)
	}
	return best, told
}

// settle finds the planes of a part, with the damping that is chosen.
func (s *arch) settle(stop func() bool) error {
	best, told := s.choose()
	for _, i := range s.tiles {
		s.damping[i] = [3]float64{dampings[best], told[0], told[1]}
	}
	if best == 0 {
		return nil
	}
	in := make([]bool, len(s.struts))
	for k := range in {
		in[k] = true
	}
	_, held := s.pieces(in)
	w := s.plates()
	w.assemble(dampings[best], in, held)
	if err := w.solve(exactly, stop); err != nil {
		return err
	}
	for k, i := range s.tiles {
		slope := w.slope(int32(k))
		s.change[i] = [3]float64{math.Ldexp(w.x[k][0], s.size0) - s.level[i],
			math.Ldexp(slope[0], s.size0), math.Ldexp(slope[1], s.size0)}
	}
	s.upright()
	return nil
}

// upright takes the plane out of what planes differ by from the constants, by least squares
// over the tiles' boxes: no overlap tells a plane that all tiles have in common. So the
// large scale of the mosaic stays that of the constants.
func (s *arch) upright() {
	var area, x0, y0, level float64
	for _, i := range s.tiles {
		a := s.area(i)
		area += a
		x0 += float64(a * s.place[i][0])
		y0 += float64(a * s.place[i][1])
		level += float64(a * s.change[i][0])
	}
	x0, y0, level = x0/area, y0/area, level/area
	var xx, xy, yy, rx, ry float64
	for _, i := range s.tiles {
		a, d := s.area(i), &s.change[i]
		x, y := s.place[i][0]-x0, s.place[i][1]-y0
		vx, vy := float64(s.tilt.size[i][0]*s.tilt.size[i][0]), float64(s.tilt.size[i][1]*s.tilt.size[i][1])
		xx += float64(a * (float64(x*x) + vx))
		yy += float64(a * (float64(y*y) + vy))
		xy += float64(a * float64(x*y))
		rx += float64(a * (float64(x*d[0]) + float64(vx*d[1])))
		ry += float64(a * (float64(y*d[0]) + float64(vy*d[2])))
	}
	det := float64(xx*yy) - float64(xy*xy)
	sx := (float64(rx*yy) - float64(ry*xy)) / det
	sy := (float64(ry*xx) - float64(rx*xy)) / det
	for _, i := range s.tiles {
		d := &s.change[i]
		d[0] -= level + float64(sx*(s.place[i][0]-x0)) + float64(sy*(s.place[i][1]-y0))
		d[1] -= sx
		d[2] -= sy
	}
}

// area is that of a tile's box, but for a factor.
func (t *tilt) area(i int32) float64 { return float64(t.size[i][0] * t.size[i][1]) }

// at is what a tile's plane differs by from its constant at (x,y).
func (t *tilt) at(i int, x, y float64) float64 {
	d := &t.change[i]
	return d[0] + float64(d[1]*(x-t.place[i][0])) + float64(d[2]*(y-t.place[i][1]))
}

// bridge shifts the parts so that the planes level the bridges as the constants do, and
// the change of a group has mean 0 over its tiles' boxes.
func (t *tilt) bridge() {
	parts := 0
	for _, p := range t.part {
		parts = max(parts, int(p)+1)
	}
	ends := make([][]int32, parts) // of each part, its bridges
	for k, e := range t.bridges {
		for _, i := range []int{e.i, e.j} {
			ends[t.part[i]] = append(ends[t.part[i]], int32(k))
		}
	}
	tiles := make([][]int32, parts)
	for i, p := range t.part {
		tiles[p] = append(tiles[p], int32(i))
	}
	shift, seen := make([]float64, parts), make([]bool, parts)
	for root := range parts {
		if seen[root] {
			continue
		}
		seen[root] = true
		group := []int{root}
		for n := 0; n < len(group); n++ {
			a := group[n]
			for _, k := range ends[a] {
				e, at := t.bridges[k], t.bridgeAt[k]
				i, j := e.i, e.j
				if int(t.part[i]) != a {
					i, j = j, i
				}
				b := int(t.part[j])
				if seen[b] {
					continue
				}
				seen[b] = true
				shift[b] = shift[a] + t.at(i, at[0], at[1]) - t.at(j, at[0], at[1])
				group = append(group, b)
			}
		}
		t.center(group, tiles, shift)
	}
}

// center shifts the parts of a group, each by its shift and all by what makes the mean of
// the change 0.
func (t *tilt) center(group []int, tiles [][]int32, shift []float64) {
	area, sum := 0.0, 0.0
	for _, p := range group {
		for _, i := range tiles[p] {
			a := t.area(i)
			area += a
			sum += float64(a * (t.change[i][0] + shift[p]))
		}
	}
	for _, p := range group {
		for _, i := range tiles[p] {
			t.change[i][0] += shift[p] - sum/area
		}
	}
}

// write writes the planes, and what is known of them, as the pass and the job have them.
func (t *tilt) write(p *pass, channel int) {
	c := p.job.Mosaic.C
	for i, d := range t.change {
		k := i*c + channel
		p.offsets[k] += d[0] - float64(d[1]*t.place[i][0]) - float64(d[2]*t.place[i][1])
		p.slopes[2*k], p.slopes[2*k+1] = d[1], d[2]
		if p.job.Damping != nil {
			copy(p.job.Damping[3*k:], t.damping[i][:])
		}
	}
}
