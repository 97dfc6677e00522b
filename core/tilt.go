package core

import (
	"math"
	"slices"
)

// The dampings that are tried, beside the infinite one, which is the constants: from one
// that hardly lets a tile slope to one that holds back what no overlap tells. folds is how
// many times overlaps are left out, one after the other where there are no more.
var dampings = [...]float64{math.Inf(1), 4, 1, 0x1p-2, 0x1p-4, 0x1p-6, 0x1p-8, 0x1p-10, 0x1p-12}

const folds = 16

// Of the right side: what is left of it in the planes that tell the left-out overlaps, and
// in those that are taken.
const roughly, exactly = 1e-6, 1e-12

// planes finds, after the constants, the slopes and the dampings of the job; see tilt.
func (p *pass) planes(pairs []*pair) error {
	j := p.job
	c := j.Mosaic.C
	var all []*tilt
	for n := range c {
		t := newTilt(j, pairs, n, p.offsets)
		all = append(all, t)
	}
	type task struct {
		*arch
		fold int
	}
	var tasks []task
	var arches []*arch
	for _, t := range all {
		for _, s := range t.arches {
			arches = append(arches, s)
			for f := range s.folds() {
				tasks = append(tasks, task{s, f})
			}
		}
	}
	stop := func() bool { return p.ctx.Err() != nil }
	bytes := platesBytes(len(j.Tiles), len(pairs))
	none := func(int) struct{} { return struct{}{} }
	err := parallel(p, len(tasks), bytes, none, func(_ struct{}, k int) error { return tasks[k].leaveOut(tasks[k].fold, stop) })
	if err != nil {
		return err
	}
	err = parallel(p, len(arches), bytes, none, func(_ struct{}, k int) error { return arches[k].settle(stop) })
	if err != nil {
		return err
	}
	for n, t := range all {
		t.bridge()
		t.write(p, n)
	}
	return nil
}

// tilt is the planes of one channel. Slopes are looked for in every part of the tiles that
// loops of overlaps tie, by itself: only there an overlap that is left out can be told from
// others, and what they tell decides how much slopes are damped. Across the bridges between
// parts a constant levels.
type tilt struct {
	level       []float64    // constants, [T]
	place, size [][2]float64 // of the tiles' boxes: see plates
	part        []int32
	arches      []*arch // parts of more than one tile
	bridges     []edge
	bridgeAt    [][2]float64
	change      [][3]float64 // what is added to a constant: level in the middle of the box, slopes
	damping     [][3]float64 // see Job.Damping
}

// arch is a part of more than one tile.
type arch struct {
	*tilt
	tiles  []int32
	struts []strut
	size0  int // the medians are taken times 2^-size0
	errors [folds][len(dampings)]float64
	told   [folds]int
}

func newTilt(j *Job, pairs []*pair, channel int, offsets []float64) *tilt {
	n := len(j.Tiles)
	t := &tilt{level: make([]float64, n), place: make([][2]float64, n), size: make([][2]float64, n),
		change: make([][3]float64, n), damping: make([][3]float64, n)}
	for i := range n {
		x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W)
		t.level[i] = offsets[i*j.Mosaic.C+channel]
		t.place[i] = [2]float64{float64(x0+x1-1) / 2, float64(y0+y1-1) / 2}
		t.size[i] = [2]float64{float64(max(x1-x0, 1)) / math.Sqrt(12), float64(max(y1-y0, 1)) / math.Sqrt(12)}
		t.damping[i] = [3]float64{math.Inf(1), math.NaN(), math.NaN()}
	}
	var edges []edge
	var ties []tie
	for _, q := range pairs {
		if k := &q.channel[channel]; k.found {
			edges = append(edges, edge{q.i, q.j, k.median})
			ties = append(ties, q.seams[channel].tie)
		}
	}
	part, parts := loops(n, edges)
	t.part = part
	arches, row := make([]arch, parts), make([]int32, n)
	for _, i := range searched(n, edges) {
		s := &arches[part[i]]
		row[i] = int32(len(s.tiles))
		s.tiles = append(s.tiles, i)
	}
	for k, e := range edges {
		if part[e.i] != part[e.j] {
			t.bridges = append(t.bridges, e)
			t.bridgeAt = append(t.bridgeAt, [2]float64{ties[k].x, ties[k].y})
			continue
		}
		s := &arches[part[e.i]]
		s.struts = append(s.struts, strut{row[e.i], row[e.j], e.median, ties[k]})
	}
	for k := range arches {
		if s := &arches[k]; len(s.tiles) > 1 {
			s.tilt = t
			s.scaleDown()
			t.arches = append(t.arches, s)
		}
	}
	return t
}

// searched returns the tiles in the order in which a search by breadth from the first of
// each group finds them, backwards: that of elimination.
func searched(tiles int, edges []edge) []int32 {
	s := newLaplacian(tiles, edges)
	var order []int32
	for _, g := range s.groups(components(tiles, edges)) {
		order = append(order, g...)
	}
	slices.Reverse(order)
	return order
}

// scaleDown makes the largest of the medians about 1: squares of large or small numbers are
// none.
func (s *arch) scaleDown() {
	most := 0.0
	for _, t := range s.struts {
		most = max(most, math.Abs(t.median))
	}
	_, s.size0 = math.Frexp(most)
	for k := range s.struts {
		t := &s.struts[k]
		for _, x := range []*float64{&t.median, &t.mx, &t.my, &t.mm} {
			*x = math.Ldexp(*x, -s.size0)
		}
		t.mm = math.Ldexp(t.mm, -s.size0)
	}
}

func (s *arch) folds() int { return min(folds, len(s.struts)) }

// plates returns those of the part.
func (s *arch) plates() *plates {
	place, size := make([][2]float64, len(s.tiles)), make([][2]float64, len(s.tiles))
	for k, i := range s.tiles {
		place[k], size[k] = s.place[i], s.tilt.size[i]
	}
	return newPlates(s.struts, place, size)
}

// leaveOut tells the overlaps of a fold from all others, with every damping, and notes the
// sum of the squares of its errors.
func (s *arch) leaveOut(fold int, stop func() bool) error {
	in := make([]bool, len(s.struts))
	for k := range in {
		in[k] = k%s.folds() != fold
	}
	piece, held := s.pieces(in)
	w := s.plates()
	for d, damping := range dampings {
		w.assemble(damping, in, held)
		if err := w.solve(roughly, stop); err != nil {
			return err
		}
		for k := range s.struts {
			if t := &s.struts[k]; !in[k] && piece[t.i] == piece[t.j] {
				s.errors[fold][d] += w.errorOf(t)
				if d == 0 {
					s.told[fold]++
				}
			}
		}
	}
	return nil
}

// pieces returns which tiles hang together by the struts that are in, and of every piece
// one tile to hold.
func (s *arch) pieces(in []bool) (piece []int, held []bool) {
	var edges []edge
	for k, t := range s.struts {
		if in[k] {
			edges = append(edges, edge{i: int(t.i), j: int(t.j)})
		}
	}
	piece, held = components(len(s.tiles), edges), make([]bool, len(s.tiles))
	next := 0
	for i, n := range piece {
		if held[i] = n == next; held[i] {
			next++
		}
	}
	return piece, held
}

// errorOf is the square of what planes err by on a strut: in the middle, and along it.
func (s *plates) errorOf(t *strut) float64 {
	a, b := s.arm(t.i, t.x, t.y), s.arm(t.j, t.x, t.y)
	at := t.median
	for c := range 3 {
		at -= float64(a[c]*s.x[t.i][c]) - float64(b[c]*s.x[t.j][c])
	}
	i, j := s.slope(t.i), s.slope(t.j)
	x, y := i[0]-j[0], i[1]-j[1]
	along := t.mm - 2*(float64(x*t.mx)+float64(y*t.my)) +
		float64(x*(float64(x*t.xx)+float64(2*y*t.xy))) + float64(float64(y*y)*t.yy)
	return float64(at*at) + max(along, 0)
}

// slope is what a tile's plane rises by from a column to the next, and from a row.
func (s *plates) slope(i int32) [2]float64 {
	return [2]float64{float64(s.scale[i][1] * s.x[i][1]), float64(s.scale[i][2] * s.x[i][2])}
}

// solveBytes is the scratch for the offsets of a job, and what its workers share for planes.
func solveBytes(j *Job, pairs int) int64 {
	bytes := offsetBytes(len(j.Tiles), pairs)
	if j.Background == PlaneBackground {
		n, parts := int64(len(j.Tiles)), int64(len(j.Tiles)/3+1) // of three tiles at least
		bytes += int64(j.Mosaic.C) * (n*240 + parts*sizeOf[arch]() + int64(pairs)*(2*sizeOf[strut]()+40))
	}
	return bytes
}
