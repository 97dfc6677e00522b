package core

import (
	"cmp"
	"slices"
)

// match finds, for every pair of tiles that show common pixels, the exact median
// D[i,j] of (tile i - tile j) over these, channel by channel, and writes the
// offsets that level them: see solveOffsets.
//
// The tiles are warped row by row, each at most once a row, and only where it
// meets another; the medians come from bracket.
func (p *pass) match() error {
	j := p.job
	if j.OffsetsKnown {
		copy(p.offsets, j.Offsets)
		copy(p.slopes, j.Slopes)
		for i, g := range j.Groups {
			p.group[i] = int(g)
		}
	}
	if j.OffsetsKnown || j.KeepBackground {
		return nil
	}
	pairs := p.plan.pairs
	return p.stage(StageBackground, len(pairs), p.plan.matchWork, func() error {
		if err := p.findFull(); err != nil {
			return err
		}
		if err := p.search(pairs); err != nil {
			return err
		}
		p.tell(pairs)
		return p.solve(pairs)
	})
}

// search settles all pairs.
func (p *pass) search(pairs []*pair) error {
	if p.tiles != nil {
		return p.pairwise()
	}
	pool := newPool(0, p.plan.lent...)
	for look := range looks {
		if err := p.sweeps(pairs, pool, look); err != nil {
			return err
		}
	}
	return nil
}

// tell tells the job of the pairs that have common pixels.
func (p *pass) tell(pairs []*pair) {
	if p.job.Pairs == nil {
		return
	}
	for _, q := range pairs {
		if s := q.step(); s.Pixels > 0 {
			p.job.Pairs(s)
		}
	}
}

// sweeps has one look at those of the pairs that need it, at all of their pixels until all medians
// are found. One sweep takes as many pairs as the budget can keep numbers of, whose samples have
// the same columns: a tile is warped once for all of them.
func (p *pass) sweeps(pairs []*pair, pool *pool, look look) error {
	own, shares := p.plan.medianRoom, p.job.shares()
	room := own + p.plan.lent.bytes()
	pairs = slices.DeleteFunc(slices.Clone(pairs), func(q *pair) bool { return !q.needs(look) })
	for len(pairs) > 0 {
		slices.SortFunc(pairs, func(a, b *pair) int { return cmp.Or(a.y0-b.y0, a.i-b.i, a.j-b.j) })
		now, later, bytes := p.fitting(pairs, shares, room, look)
		bytes = min(bytes, own)
		if err := p.acquire(bytes); err != nil {
			return err
		}
		pool.bound(bytes)
		if len(now) == 1 { // which, where it missed its brackets, keeps all it has
			pool.most = boundless
		}
		err := p.sweep(now, pool, look)
		p.release(bytes)
		if err != nil {
			return err
		}
		refused := 0
		for _, q := range now {
			if q.refused() {
				refused++
			}
			if !q.done(look) {
				later = append(later, q)
			}
		}
		if refused == len(now) {
			room /= 2
		}
		pairs = later
	}
	return nil
}

// sweepRows is how many rows a sweep does at a time: few, as pairs end with their last rows.
func (p *pass) sweepRows() int { return min(p.plan.RowsPerChunk, 2*blockRows) }

// shares are about which part of its box each tile shows.
func (j *Job) shares() []float64 {
	shares := make([]float64, len(j.Tiles))
	for i := range j.Tiles {
		t := &j.Tiles[i]
		shares[i] = t.Map.share(j.Mosaic.H, j.Mosaic.W, t.Image.H, t.Image.W)
	}
	return shares
}

// spare is what the tiles' shares may be wrong by where a sample's size is guessed.
const spare = 1.25

// fitting returns those of the pairs, sorted by their first rows, that one sweep has room for, at
// least the first; the others; and what the former keep, room at most. What a pair keeps grows
// from its first rows to its last, where it is let go; what a device finds comes at once. Of what
// samples will find the tiles' shares of their boxes tell.
func (p *pass) fitting(pairs []*pair, shares []float64, room int64, look look) (now, later []*pair, bytes int64) {
	rows := p.sweepRows()
	first, all := pairs[0].y0/rows, int64(0)
	var most int64                                         // where boxes are shown whole
	live := make([]int64, (p.job.Mosaic.H-1)/rows+1-first) // bytes, by rows
	for _, q := range pairs {
		if q.grid[look].x != pairs[0].grid[look].x {
			later = append(later, q)
			continue
		}
		box, a, b := q.keptBytes(look), q.y0/rows-first, (q.y1-1)/rows-first
		kept := box
		if q.lists(look) {
			kept = min(box, int64(spare*shares[q.i]*shares[q.j]*float64(box)))
		}
		if p.session != nil {
			a, b = 0, len(live)-1
		}
		grown := func(c int) int64 {
			if p.session != nil {
				return kept
			}
			return kept * int64(c-a+1) / int64(b-a+1)
		}
		fits := true
		for c := a; c <= b && fits && all+kept > room; c++ {
			fits = live[c]+grown(c) <= room
		}
		if !fits && len(now) > 0 {
			later = append(later, q)
			continue
		}
		now, all, most = append(now, q), all+kept, most+box
		for c := a; c <= b; c++ {
			live[c] += grown(c)
		}
	}
	return now, later, min(most, room)
}

// sweep warps the overlaps of the pairs, row by row, and hands the values on. What a pair keeps
// is in the pool until its last row.
func (p *pass) sweep(group []*pair, pool *pool, look look) error {
	j := p.job
	rows := p.sweepRows()
	pairs := newByRow(len(group), func(k int) (int, int) { return group[k].y0, group[k].y1 })
	first, end := pairs.span(rows)
	for _, q := range group {
		q.begin(pool, (q.y1-1)/rows-q.y0/rows+1, look)
	}
	done := func(chunks int, ended []int) {
		if look != whole {
			return
		}
		settled := 0
		for _, k := range ended {
			if group[k].settled() {
				settled++
			}
		}
		p.advance(float64(len(group))*float64(chunks)/float64(end-first) - float64(len(ended)))
		p.chunksDone(settled)
	}
	return share(p, load[*matcher]{
		tasks: end - first, bytes: p.plan.matcherBytes,
		scratch: func(int) *matcher { return newMatcher(p) },
		task: func(m *matcher, task int) error {
			y0, y1 := (first+task)*rows, min((first+task+1)*rows, j.Mosaic.H)
			m.choose(group, pairs, y0, y1)
			for m.plane = range j.planes() {
				for y := y0; y < y1; y += blockRows {
					if err := m.rows(p.ctx, m.here, y, min(y+blockRows, y1), look); err != nil {
						return err
					}
				}
			}
			ended := m.index[:0]
			for _, k := range m.index {
				if q := group[k]; q.lastOf(1) {
					m.room.kept = q.end(look, m.room.kept)
					ended = append(ended, k)
				}
			}
			done(1, ended)
			return nil
		},
		batch: end - first, // nothing that a device holds grows with the rows
		device: func(a, b int) (func() error, error) {
			y0, y1 := (first+a)*rows, min((first+b)*rows, j.Mosaic.H)
			ended, err := p.onDevice(group, pairs, y0, y1, look)
			return func() error {
				p.used()
				done(b-a, ended)
				return nil
			}, err
		},
	})
}

// onDevice has the device sift the differences of the pairs on the rows [y0,y1), and ends those
// that have no further chunk of rows.
func (p *pass) onDevice(group []*pair, pairs *byRow, y0, y1 int, look look) (ended []int, err error) {
	here := pairs.meeting(nil, y0, y1)
	overlaps := make([]Overlap, len(here))
	for i, k := range here {
		overlaps[i] = group[k].overlap(y1-y0, look)
	}
	tallies, err := p.session.Differences(y0, y1, overlaps)
	if err != nil {
		return nil, err
	}
	c, rows := p.job.Mosaic.C, p.sweepRows()
	ended = here[:0]
	for i, k := range here {
		q := group[k]
		q.take(tallies[i*c:(i+1)*c], look)
		if q.lastOf((min(q.y1, y1)-1)/rows - max(q.y0, y0)/rows + 1) {
			ended = append(ended, k)
		}
	}
	return ended, parallel(p, len(ended), 0, func(int) *[]float64 { return new([]float64) },
		func(room *[]float64, i int) error {
			*room = group[ended[i]].end(look, *room)
			return nil
		})
}
