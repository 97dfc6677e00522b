package core

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
	channels := p.job.Mosaic.C
	err := p.inGroups(pairs, (*pair).sampleBytes, func(group []*pair) error {
		if err := p.sweep(group, true); err != nil {
			return err
		}
		return p.each(group, func(q *pair) { q.setBrackets(channels) })
	})
	for err == nil && len(pairs) > 0 {
		var missed []*pair
		err = p.inGroups(pairs, (*pair).keptBytes, func(group []*pair) error {
			for _, q := range group {
				q.begin(channels)
			}
			if err := p.sweep(group, false); err != nil {
				return err
			}
			if err := p.each(group, func(q *pair) { q.settle(channels) }); err != nil {
				return err
			}
			before := len(missed)
			for _, q := range group {
				if !q.settled {
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
func (p *pass) inGroups(pairs []*pair, bytes func(*pair, int) int64, f func([]*pair) error) error {
	room := p.plan.medianRoom
	for len(pairs) > 0 {
		n, total := 0, int64(0)
		for n < len(pairs) {
			next := bytes(pairs[n], p.job.Mosaic.C)
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
			for y := y0; y < y1; y++ {
				if p.ctx.Err() != nil {
					return ErrCancelled
				}
				m.row(here, y, sampling)
			}
			if !sampling {
				p.advance(float64(len(group)) / float64(p.plan.ChunkTotal))
			}
			return nil
		})
}

// matchBytes is the scratch of one matcher of that many slots.
func matchBytes(j *Job, slots int) int64 {
	w, c := j.Mosaic.W, j.Mosaic.C
	wide := 0
	for i := range j.Tiles {
		x0, _, x1, _ := j.Tiles[i].Map.clip(j.Mosaic.H, w)
		wide = max(wide, x1-x0)
	}
	return warpBytes(w, maxNodes(j.Tiles), 0) + int64(8*wide*(1+c*slots)) + int64(72*len(j.Tiles))
}

// matcher warps the tiles of a row; it belongs to one worker.
type matcher struct {
	job   *Job
	warp  *warper
	shown []shownRow // of each tile
	slots [][MaxChannels][]float64
	here  []*pair
	pairs []*pair // of the current row
	tiles []int   // of the current row
	kept  []float64
}

// shownRow is what a tile shows on the current row.
type shownRow struct {
	row          int // for which the rest holds, plus 1
	a, b         int // pixels that it may show
	needA, needB int // of these, the pixels that others may show too
	value        [MaxChannels][]float64
}

func newMatcher(j *Job) *matcher {
	return &matcher{
		job:   j,
		warp:  newWarper(j.Mosaic.W, maxNodes(j.Tiles), 0),
		shown: make([]shownRow, len(j.Tiles)),
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

// row warps what the pairs have in common on row y and adds its differences.
func (m *matcher) row(pairs []*pair, y int, sampling bool) {
	m.pairs, m.tiles = m.pairs[:0], m.tiles[:0]
	for _, q := range pairs {
		if y < q.y0 || y >= q.y1 || (sampling && (y-q.y0)%q.stepY != q.stepY/2) {
			continue
		}
		s, t := m.span(q.i, y), m.span(q.j, y)
		a, b := max(s.a, t.a), min(s.b, t.b)
		if a >= b {
			continue
		}
		s.needA, s.needB = min(s.needA, a), max(s.needB, b)
		t.needA, t.needB = min(t.needA, a), max(t.needB, b)
		m.pairs = append(m.pairs, q)
	}
	for slot, i := range m.tiles {
		m.fill(slot, i, y)
	}
	for _, q := range m.pairs {
		s, t := &m.shown[q.i], &m.shown[q.j]
		a, b := max(s.a, t.a), min(s.b, t.b)
		if a >= b {
			continue
		}
		for c := range m.job.Mosaic.C {
			d, e := s.value[c][a-s.a:b-s.a], t.value[c][a-t.a:b-t.a]
			if sampling {
				q.addSample(c, a, d, e)
			} else {
				m.kept = q.add(c, d, e, m.kept)
			}
		}
	}
}

// span returns the entry of tile i for row y, making it where it is not yet.
func (m *matcher) span(i, y int) *shownRow {
	s := &m.shown[i]
	if s.row == y+1 {
		return s
	}
	s.row = y + 1
	s.a, s.b, _ = m.job.Tiles[i].span(y, 0, m.job.Mosaic.W)
	s.needA, s.needB = s.b, s.a
	m.tiles = append(m.tiles, i)
	return s
}

// fill warps the needed pixels of tile i into a slot.
func (m *matcher) fill(slot, i, y int) {
	s := &m.shown[i]
	if slot == len(m.slots) {
		m.slots = append(m.slots, [MaxChannels][]float64{})
	}
	buf := &m.slots[slot]
	for c := range m.job.Mosaic.C {
		if n := s.needB - s.needA; len(buf[c]) < n {
			buf[c] = make([]float64, n)
		}
	}
	m.warp.value = *buf
	s.a, s.b = m.warp.warpRow(m.job, &m.job.Tiles[i], m.job.gain(i), y, s.needA, s.needB)
	s.value = *buf
}
