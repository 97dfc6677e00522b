package core

import "zetwopass/core/vec"

// matchBytes is the scratch of one matcher of that many slots.
func matchBytes(j *Job, slots int) int64 {
	n := int64(blockPixels * vec.Values(j.Mosaic.C))
	return warpBytes(maxNodes(j.Tiles)) + n*int64(4+(8+4)*slots) + int64((104+8*blockRows)*len(j.Tiles))
}

// matcher warps tiles, a block of a row at a time; it belongs to one worker.
type matcher struct {
	job    *Job
	full   []bool // see findings
	warp   *warper
	shown  []shown  // of each tile
	slots  []values // [blockPixels, lanes], of one tile each
	spans  spans    // of the tiles of here
	here   []*pair  // that meet the current chunk
	block  []*pair  // of them, the current block of rows
	met    []*pair  // of them, one of its rows
	tiles  []int    // of here, then of the current row of the block
	within []int32
	plane  int // of a job of planes, the current one
}

// shown is what a tile shows of the current row of a block.
type shown struct {
	index int // of its spans, plus 1; 0 = none
	a, b  int // pixels that others may show, too
	values
}

// values are those of some pixels, [n, lanes], of a warped tile: as they are; in float32;
// and the largest of these in each lane, whatever its sign.
type values struct {
	exact []float64
	near  []float32
	most  [vec.Lanes4]float32
}

// cut returns the values of the pixels [a,b), n values each.
func (v *values) cut(a, b, n int) values {
	return values{v.exact[n*a : n*b], v.near[n*a : n*b], v.most}
}

func newMatcher(p *pass) *matcher {
	j := p.job
	return &matcher{
		job:    j,
		full:   p.full,
		warp:   newWarper(maxNodes(j.Tiles)),
		shown:  make([]shown, len(j.Tiles)),
		within: make([]int32, blockPixels*vec.Values(j.Mosaic.C)),
	}
}

// meeting returns the pairs of a group that have one of the rows [y0,y1), in the room of
// here.
func meeting(here, group []*pair, y0, y1 int) []*pair {
	here = here[:0]
	for _, q := range group {
		if q.y0 < y1 && y0 < q.y1 {
			here = append(here, q)
		}
	}
	return here
}

// rows warps what the pairs have in common on the rows [y0,y1), at most blockRows, and
// adds their differences.
func (m *matcher) rows(pairs []*pair, y0, y1 int, sampling bool) {
	m.tiles = m.tiles[:0]
	for _, q := range pairs {
		for _, i := range [2]int{q.i, q.j} {
			if s := &m.shown[i]; s.index == 0 {
				m.tiles = append(m.tiles, i)
				s.index = len(m.tiles)
			}
		}
	}
	m.spans.set(m.job.Tiles, m.job.Mosaic.W, m.tiles, y0, y1)
	for x0 := 0; x0 < m.job.Mosaic.W; x0 += blockPixels {
		x1 := min(x0+blockPixels, m.job.Mosaic.W)
		m.block = m.block[:0]
		for _, q := range pairs {
			if m.spans.meet(m.shown[q.i].index-1, m.shown[q.j].index-1, x0, x1) {
				m.block = append(m.block, q)
			}
		}
		for y := y0; y < y1; y++ {
			m.row(y, x0, x1, sampling)
		}
	}
	for _, q := range pairs {
		m.shown[q.i].index, m.shown[q.j].index = 0, 0
	}
}

// row adds the differences of the block's pairs on the pixels [x0,x1) of row y.
func (m *matcher) row(y, x0, x1 int, sampling bool) {
	m.tiles, m.met = m.tiles[:0], m.met[:0]
	for _, q := range m.block {
		if !q.wants(y, sampling) {
			continue
		}
		a, b := m.spans.cut(m.shown[q.i].index-1, y, x0, x1)
		if a, b = m.spans.cut(m.shown[q.j].index-1, y, a, b); a < b {
			m.need(q.i, a, b)
			m.need(q.j, a, b)
			m.met = append(m.met, q)
		}
	}
	for slot, i := range m.tiles {
		m.fill(slot, i, y, sampling)
	}
	lanes := vec.Values(m.job.Mosaic.C)
	for _, q := range m.met {
		s, t := &m.shown[q.i], &m.shown[q.j]
		x0, x1 := max(s.a, t.a), min(s.b, t.b)
		if x0 >= x1 {
			continue
		}
		a, b := s.cut(x0-s.a, x1-s.a, lanes), t.cut(x0-t.a, x1-t.a, lanes)
		if sampling {
			q.addSample(x0, a.exact, b.exact)
		} else {
			q.add(&a, &b, m.within)
		}
	}
	for _, i := range m.tiles {
		m.shown[i].a, m.shown[i].b = 0, 0
	}
}

// wants reports whether the pair has row y, and its sample, too.
func (p *pair) wants(y int, sampling bool) bool {
	return y >= p.y0 && y < p.y1 && (!sampling || y%p.stepY == 0)
}

// need adds [a,b) to the pixels of tile i that are wanted of the current block.
func (m *matcher) need(i, a, b int) {
	s := &m.shown[i]
	if s.a == s.b {
		s.a, s.b = a, b
		m.tiles = append(m.tiles, i)
		return
	}
	s.a, s.b = min(s.a, a), max(s.b, b)
}

// fill warps the needed pixels of tile i into a slot.
func (m *matcher) fill(slot, i, y int, sampling bool) {
	s, lanes := &m.shown[i], vec.Values(m.job.Mosaic.C)
	if slot == len(m.slots) {
		n := blockPixels * lanes
		m.slots = append(m.slots, values{exact: make([]float64, n), near: make([]float32, n)})
	}
	s.values = m.slots[slot]
	s.a, s.b = m.warp.warpRow(m.job, i, m.plane, y, s.a, s.b, s.exact, m.full[i])
	if !sampling {
		vec.Narrow(s.near, &s.most, s.exact[:lanes*(s.b-s.a)])
	}
}
