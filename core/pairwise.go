package core

import "math"

// pairwise settles the pairs one by one, each while both of its tiles are resident: a sweep
// over the tiles finds all medians. Where tiles are in memory the sweeps of medians are
// quicker, as a tile is warped once for all of its pairs.
func (p *pass) pairwise() error {
	j, pairs := p.job, p.plan.visits
	return p.withTiles(func() error {
		return parallel(p, len(pairs), pairwiseBytes(j), func(int) *matcher { return newMatcher(p) },
			func(m *matcher, k int) error {
				err := p.tiles.during(p.ctx, k, func() error { return m.settle(p, pairs[k]) })
				if err == nil {
					p.chunkDone()
				}
				return err
			})
	})
}

// settle finds the medians of a pair by looks at its rows: those of its samples, then at all pixels
// until the brackets have held.
func (m *matcher) settle(p *pass, q *pair) error {
	m.here = append(m.here[:0], q)
	pool := newPool(boundless)
	for look := range looks {
		for again := q.needs(look); again; again = !q.done(look) {
			q.begin(pool, 1, look)
			for y := q.y0; y < q.y1; y += blockRows {
				if err := m.rows(p.ctx, m.here, y, min(y+blockRows, q.y1), look); err != nil {
					return err
				}
			}
			m.room.kept = q.end(look, m.room.kept)
		}
	}
	return nil
}

// pairwiseBytes is the scratch of one matcher that takes pairs one by one, with what it
// keeps of a pair as large as the largest tile.
func pairwiseBytes(j *Job) int64 {
	most, columns := pair{y1: 1, channel: make([]bracket, j.Mosaic.C)}, j.sampleColumns()
	for i := range j.Tiles {
		x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W)
		if area := max(x1-x0, 0) * max(y1-y0, 0); area > most.area {
			most.area, most.y1, most.x1 = area, y1-y0, x1-x0
			most.plan(columns, j.Background)
		}
	}
	if most.area == 0 {
		return matchBytes(j, leastStrip, crowds{2, 2}, 0)
	}
	kept := most.leastBytes()
	return matchBytes(j, leastStrip, crowds{2, 2}, kept) + kept
}

// step is what is known of the pair in the end.
func (p *pair) step() PairStep {
	s := PairStep{I: p.i, J: p.j}
	for c := range s.Step {
		s.Step[c] = math.NaN()
	}
	for c := range p.channel {
		k := &p.channel[c]
		s.Pixels = max(s.Pixels, k.met)
		if k.found {
			s.Step[c] = k.median
		}
	}
	return s
}
