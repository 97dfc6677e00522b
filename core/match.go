package core

import "zetwopass/core/vec"

// match finds, for every pair of tiles that show common pixels, the exact median
// D[i,j] of (tile i - tile j) over these, channel by channel, and writes the
// offsets that level them: see solveOffsets.
//
// The tiles are warped row by row, each at most once a row, and only where it
// meets another; the medians come from bracket.
func (p *pass) match() error {
	if p.job.KeepBackground {
		return nil
	}
	pairs := p.plan.pairs
	return p.stage(StageBackground, len(pairs), p.plan.matchWork, func() error {
		if err := p.medians(pairs); err != nil {
			return err
		}
		return p.solve(pairs)
	})
}

// medians settles all pairs: a sweep over the lattices of their samples, then
// sweeps over all pixels, as many pairs at a time as the budget can keep.
func (p *pass) medians(pairs []*pair) error {
	err := p.inGroups(pairs, (*pair).sampleBytes, func(group []*pair) error {
		if err := p.sweep(group, true); err != nil {
			return err
		}
		return p.each(group, (*pair).setBounds)
	})
	for err == nil && len(pairs) > 0 {
		var missed []*pair
		err = p.inGroups(pairs, (*pair).keptBytes, func(group []*pair) error {
			if err := p.each(group, (*pair).begin); err != nil {
				return err
			}
			if err := p.sweep(group, false); err != nil {
				return err
			}
			if err := p.each(group, (*pair).settle); err != nil {
				return err
			}
			before := len(missed)
			for _, q := range group {
				if !q.settled() {
					missed = append(missed, q)
				}
			}
			p.chunksDone(len(group) - (len(missed) - before))
			return nil
		})
		pairs = missed
	}
	return err
}

// inGroups calls f with as many of the pairs at a time as the plan has room for,
// at least one.
func (p *pass) inGroups(pairs []*pair, bytes func(*pair) int64, f func([]*pair) error) error {
	room := p.plan.medianRoom
	for len(pairs) > 0 {
		n, total := 0, int64(0)
		for n < len(pairs) {
			next := bytes(pairs[n])
			if n > 0 && total+next > room {
				break
			}
			total += next
			n++
		}
		total = min(total, room) // one pair that missed its brackets keeps all it has
		if err := p.acquire(total); err != nil {
			return err
		}
		err := f(pairs[:n])
		p.release(total)
		if err != nil {
			return err
		}
		pairs = pairs[n:]
	}
	return nil
}

// each calls f for every pair, on all workers.
func (p *pass) each(pairs []*pair, f func(*pair)) error {
	return parallel(p, len(pairs), 0, func(int) struct{} { return struct{}{} },
		func(_ struct{}, i int) error {
			f(pairs[i])
			return nil
		})
}

// sweep warps the overlaps of the pairs, row by row, and hands the values on.
func (p *pass) sweep(group []*pair, sampling bool) error {
	j := p.job
	rows := p.plan.RowsPerChunk
	return parallel(p, p.plan.ChunkTotal, matchBytes(j, p.plan.slots),
		func(int) *matcher { return newMatcher(j) },
		func(m *matcher, chunk int) error {
			y0, y1 := chunk*rows, min((chunk+1)*rows, j.Mosaic.H)
			here := m.meeting(group, y0, y1)
			for y := y0; y < y1; y += blockRows {
				if p.ctx.Err() != nil {
					return ErrCancelled
				}
				m.rows(here, y, min(y+blockRows, y1), sampling)
			}
			if !sampling {
				p.advance(float64(len(group)) / float64(p.plan.ChunkTotal))
			}
			return nil
		})
}

// matchBytes is the scratch of one matcher of that many slots.
func matchBytes(j *Job, slots int) int64 {
	n := int64(blockPixels * vec.Values(j.Mosaic.C))
	return warpBytes(maxNodes(j.Tiles)) + n*int64(4+(8+4)*slots) + int64((104+8*blockRows)*len(j.Tiles))
}

// matcher warps tiles, a block of a row at a time; it belongs to one worker.
type matcher struct {
	job    *Job
	warp   *warper
	shown  []shown  // of each tile
	slots  []values // [blockPixels, lanes], of one tile each
	spans  spans    // of the tiles of here
	here   []*pair  // that meet the current chunk
	block  []*pair  // of them, the current block of rows
	met    []*pair  // of them, one of its rows
	tiles  []int    // of here, then of the current row of the block
	within []int32
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

func newMatcher(j *Job) *matcher {
	return &matcher{
		job:    j,
		warp:   newWarper(maxNodes(j.Tiles)),
		shown:  make([]shown, len(j.Tiles)),
		within: make([]int32, blockPixels*vec.Values(j.Mosaic.C)),
	}
}

// meeting returns the pairs that have one of the rows [y0,y1).
func (m *matcher) meeting(group []*pair, y0, y1 int) []*pair {
	m.here = m.here[:0]
	for _, q := range group {
		if q.y0 < y1 && y0 < q.y1 {
			m.here = append(m.here, q)
		}
	}
	return m.here
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
	m.spans.set(m.job, m.tiles, y0, y1)
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
	for i := range m.shown {
		m.shown[i].index = 0
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
	s.a, s.b = m.warp.warpRow(m.job, &m.job.Tiles[i], m.job.gain(i), y, s.a, s.b, s.exact)
	if !sampling {
		vec.Narrow(s.near, &s.most, s.exact[:lanes*(s.b-s.a)])
	}
}
