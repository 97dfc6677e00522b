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
	// In groups of pairs on the same rows: other rows are not warped for them.
	byRow := slices.Clone(pairs)
	slices.SortFunc(byRow, func(a, b *pair) int { return cmp.Or(a.y0+a.y1-b.y0-b.y1, a.i-b.i, a.j-b.j) })
	return p.medians(byRow)
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
	pairs := newByRow(len(group), func(k int) (int, int) { return group[k].y0, group[k].y1 })
	first, end := pairs.span(rows)
	done := func(chunks int) {
		if !sampling {
			p.advance(float64(len(group)) * float64(chunks) / float64(end-first))
		}
	}
	return share(p, load[*matcher]{
		tasks: end - first, bytes: matchBytes(j, p.plan.crowds),
		scratch: func(int) *matcher { return newMatcher(p) },
		task: func(m *matcher, task int) error {
			y0, y1 := (first+task)*rows, min((first+task+1)*rows, j.Mosaic.H)
			m.choose(group, pairs, y0, y1)
			for m.plane = range j.planes() {
				for y := y0; y < y1; y += blockRows {
					if err := m.rows(p.ctx, m.here, y, min(y+blockRows, y1), sampling); err != nil {
						return err
					}
				}
			}
			done(1)
			return nil
		},
		batch: end - first, // nothing that a device holds grows with the rows
		device: func(a, b int) (func() error, error) {
			err := p.onDevice(group, pairs, (first+a)*rows, min((first+b)*rows, j.Mosaic.H), sampling)
			return func() error {
				p.used()
				done(b - a)
				return nil
			}, err
		},
	})
}

// onDevice has the device sift the differences of the pairs on the rows [y0,y1).
func (p *pass) onDevice(group []*pair, pairs *byRow, y0, y1 int, sampling bool) error {
	here := pairs.meeting(nil, y0, y1)
	overlaps := make([]Overlap, len(here))
	for i, k := range here {
		overlaps[i] = group[k].overlap(y1-y0, sampling)
	}
	tallies, err := p.session.Differences(y0, y1, overlaps)
	if err != nil {
		return err
	}
	c := p.job.Mosaic.C
	for i, k := range here {
		group[k].take(tallies[i*c:(i+1)*c], sampling)
	}
	return nil
}
