package core

import "zetwopass/core/vec"

// first writes the coverage of a first pass, the number of tiles on each pixel: a tile counts
// where its map lies inside it and its warped mask, if it has one, is above 0. Its pixels are
// not looked at: one that is NaN counts, where reproject's footprint would leave it out.
func (p *pass) first() error {
	j, l := p.job, p.plan.layout
	return p.stage(StageReproject, l.total(), p.plan.coaddWork, func() error {
		return p.withTiles(func() error {
			return parallel(p, l.total(), counterBytes(j, l.rows), func(int) *counter { return newCounter(j) },
				func(c *counter, k int) error {
					chunk := l.at(k)
					b := l.box(chunk)
					return p.tiles.during(p.ctx, k, func() error {
						if !p.skips(chunk) {
							c.tiles = p.meeting(c.tiles, k, b)
							if err := c.chunk(p, b); err != nil {
								return err
							}
						}
						p.written(chunk)
						p.chunkDone()
						return nil
					})
				})
		})
	})
}

// counter counts tiles, a block of a row at a time; it belongs to one worker.
type counter struct {
	job   *Job
	warp  *warper
	tiles []int // of the chunk
	stack stack
	count [blockPixels]float32
	cover sheet
}

func newCounter(j *Job) *counter {
	return &counter{job: j, warp: newWarper(maxNodes(j.Tiles), blockPixels),
		cover: newSheet("coverage_out", j.CoverageOut, j.CoverageTarget)}
}

// counterBytes is the scratch of one counter on chunks of so many rows.
func counterBytes(j *Job, rows int) int64 {
	return warpBytes(maxNodes(j.Tiles), blockPixels) + 4*blockPixels + stackBytes(j, j.CoverageOut.H, j.CoverageOut.W, rows) +
		sheetBytes(j.CoverageOut, j.CoverageTarget)
}

// chunk counts the tiles on the pixels of b and writes how many they are.
func (c *counter) chunk(p *pass, b box) error {
	for y := b.y0; y < b.y1; y += blockRows {
		rows := box{y, b.x0, min(y+blockRows, b.y1), b.x1}
		c.stack.set(c.job.Tiles, c.job.CoverageOut.W, c.tiles, rows)
		err := eachSheet(p.ctx, rows, []*sheet{&c.cover}, func(b box) {
			eachBlock(p.ctx, b.y0, b.y1, b.x0, b.x1, c.block)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// block counts the tiles on the pixels [x0,x1) of row y.
func (c *counter) block(y, x0, x1 int) {
	count := c.count[:x1-x0]
	clear(count)
	for _, k := range c.stack.columns.at(x0) {
		t := &c.job.Tiles[c.stack.tiles[k]]
		from, to := c.stack.spans.cut(int(k), y, x0, x1)
		if from >= to {
			continue
		}
		from, to, u, v := c.warp.locate(t, y, from, to)
		weight := c.warp.weight[:to-from]
		t.footprint(weight, u, v)
		for m, w := range weight {
			if w > 0 {
				count[from-x0+m]++
			}
		}
	}
	out, step := c.cover.from(y, x0), c.cover.view.ColStride
	for m, n := range count {
		out[m*step] = n
	}
}

// footprint writes to weight the tile's mask at the positions (u,v), or, without one, 1 where
// they lie inside the tile, else 0.
func (t *Tile) footprint(weight, u, v []float64) {
	if t.Mask.Absent() {
		vec.Footprint(weight, u, v, t.Image.H, t.Image.W)
		return
	}
	mask := t.Mask.image(1)
	vec.SampleMap(weight, u, v, &mask, t.Map.Slack(), vec.FiniteOnly, 1)
}
