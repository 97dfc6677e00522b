package core

import (
	"context"
	"math"
	"sync/atomic"

	"zetwopass/core/vec"
)

// coadd writes the mosaic and its coverage,
//
//	mosaic   = sum_i (d_i - slope_i (x,y) - offset_i) f_i / sum_i f_i     (Sum: not divided)
//	coverage = sum_i f_i of channel 0
//
// d_i the warped tile times its gain, f_i its warped weight, feathered if the job says so. Each pixel adds its
// tiles in the order of the job, in float64. V45 ends by clearing what is not
// finite or not covered.
func (p *pass) coadd() error {
	j, l := p.job, p.plan.layout
	return p.stage(StageReproject, l.total(), p.plan.coaddWork, func() error {
		left := p.chunksLeft()
		done := func(chunk int, here []int) {
			p.written(chunk)
			for _, i := range here {
				if left[i].Add(-1) == 0 {
					p.tileDone()
				}
			}
			p.chunkDone()
		}
		return p.withTiles(func() error {
			return share(p, load[*coadder]{
				tasks: l.total(), bytes: coaddBytes(j, l.rows),
				scratch: func(int) *coadder { return newCoadder(j) },
				task: func(a *coadder, k int) error {
					chunk := l.at(k)
					b := l.box(chunk)
					a.begin(p.meeting(a.tiles, k, b))
					if err := p.tiles.during(p.ctx, p.plan.firstChunk()+k, func() error {
						if p.skips(chunk) {
							return nil
						}
						return a.chunk(p.ctx, p.findings, b)
					}); err != nil {
						return err
					}
					if b.x1 == l.w {
						p.rowsDone(b.y1-b.y0, false)
					}
					p.show(a.tiles, a.shown)
					done(chunk, a.tiles)
					return nil
				},
				batch: p.batch(),
				device: func(a, b int) (func() error, error) {
					y0, y1 := a*l.rows, min(b*l.rows, l.h)
					tiles := p.byRow.meeting(nil, y0, y1)
					shown := make([]bool, len(tiles))
					finish, err := p.session.Coadd(y0, y1, tiles, p.offsets, shown)
					return func() error {
						if err := finish(); err != nil {
							return err
						}
						p.used()
						p.rowsDone(y1-y0, true)
						p.show(tiles, shown)
						for chunk := a; chunk < b; chunk++ {
							done(chunk, p.byRow.meeting(nil, chunk*l.rows, min((chunk+1)*l.rows, y1)))
						}
						return nil
					}, err
				},
			})
		})
	})
}

// skips reports whether a chunk is written already.
func (p *pass) skips(chunk int) bool { return p.job.ChunksDone != nil && p.job.ChunksDone[chunk] != 0 }

// written notes that a chunk is.
func (p *pass) written(chunk int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.job.ChunksDone != nil {
		p.job.ChunksDone[chunk] = 1
	}
}

// show notes which of some tiles gave channel 0 a pixel.
func (p *pass) show(tiles []int, shown []bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, i := range tiles {
		if shown[k] {
			p.shown[i] = true
			if p.job.Shown != nil {
				p.job.Shown[i] = 1
			}
		}
	}
}

// meeting returns the tiles that may show something in the box of the k-th chunk, in the
// room of tiles.
func (p *pass) meeting(tiles []int, k int, b box) []int {
	if p.tiles != nil {
		return p.tiles.of(tiles, p.plan.firstChunk()+k)
	}
	return p.byRow.meeting(tiles, b.y0, b.y1) // as wide as the output
}

// chunksLeft returns how many chunks each tile waits for; who waits for none is
// done.
func (p *pass) chunksLeft() []atomic.Int32 {
	left := make([]atomic.Int32, len(p.job.Tiles))
	for i := range left {
		n := 0
		p.plan.layout.places(&p.job.Tiles[i], func(int) { n++ })
		if left[i].Store(int32(n)); n == 0 {
			p.tileDone()
		}
	}
	return left
}

// coaddBytes is the scratch of one coadder on chunks of so many rows.
func coaddBytes(j *Job, rows int) int64 {
	c := int64(j.Mosaic.C)
	n := warpBytes(maxNodes(j.Tiles), blockPixels) + blockPixels*(8*3*int64(vec.Values(j.Mosaic.C))+4*(c+1)) + stackBytes(j, j.Mosaic.H, j.Mosaic.W, rows)
	if j.ofPlanes() {
		n += pileBytes(j)
	}
	if j.Feather > 0 {
		n += blendBytes(j)
	}
	return n + sheetBytes(j.Mosaic, j.MosaicTarget) + sheetBytes(j.CoverageOut, j.CoverageTarget)
}

// coadder adds tiles up, a block of a row at a time; it belongs to one worker.
type coadder struct {
	job              *Job
	warp             *warper
	value, sum, norm []float64 // [blockPixels, lanes]
	mosaic, coverage []float32 // [blockPixels, C] and [blockPixels]
	to, cover        sheet
	finish           vec.Finish
	tiles            []int  // of the chunk
	shown            []bool // of each of them: it gave channel 0 a pixel
	stack            stack
	pile             *pile    // of a job of planes; nil
	blender          *blender // of a feathered job; nil
}

func newCoadder(j *Job) *coadder {
	n := blockPixels * vec.Values(j.Mosaic.C)
	a := &coadder{job: j, warp: newWarper(maxNodes(j.Tiles), blockPixels),
		value: make([]float64, n), sum: make([]float64, n), norm: make([]float64, n),
		mosaic: make([]float32, blockPixels*j.Mosaic.C), coverage: make([]float32, blockPixels)}
	a.to, a.cover = newSheet("mosaic", j.Mosaic, j.MosaicTarget), newSheet("coverage_out", j.CoverageOut, j.CoverageTarget)
	a.finish = j.Finish()
	if j.ofPlanes() {
		a.pile = newPile(j)
	}
	if j.Feather > 0 {
		a.blender = newBlender(j)
	}
	return a
}

// Finish is how the sums become the mosaic.
func (j *Job) Finish() vec.Finish {
	f := vec.Finish{Divide: j.Combine == Mean, Clear: j.Profile == V45}
	if j.BlankNaN || f.Clear {
		f.Blank = float32(math.NaN())
	}
	return f
}

// begin takes a chunk's tiles; none has shown anything yet.
func (a *coadder) begin(tiles []int) {
	a.tiles, a.shown = tiles, append(a.shown[:0], make([]bool, len(tiles))...)
}

// chunk adds the tiles up on the pixels of b and writes them.
func (a *coadder) chunk(ctx context.Context, found findings, b box) error {
	for y := b.y0; y < b.y1; y += blockRows {
		if err := a.rows(ctx, found, box{y, b.x0, min(y+blockRows, b.y1), b.x1}); err != nil {
			return err
		}
	}
	return nil
}

// rows adds the tiles up on the pixels of b, at most blockRows high, and writes them.
func (a *coadder) rows(ctx context.Context, found findings, b box) error {
	a.stack.set(a.job.Tiles, a.job.Mosaic.W, a.tiles, b)
	return eachSheet(ctx, b, []*sheet{&a.to, &a.cover}, func(b box) {
		if a.blender != nil {
			a.blender.blocks(ctx, a, found, b)
			return
		}
		eachBlock(ctx, b.y0, b.y1, b.x0, b.x1, func(y, x0, x1 int) {
			if a.pile != nil {
				a.pile.block(a, found, y, x0, x1)
				return
			}
			a.block(found, y, x0, x1)
		})
	})
}

// block adds the tiles up on the pixels [x0,x1) of row y and writes them.
func (a *coadder) block(found findings, y, x0, x1 int) {
	j, c := a.job, a.job.Mosaic.C
	lanes := vec.Values(c)
	sum, norm := a.sum[:(x1-x0)*lanes], a.norm[:(x1-x0)*lanes]
	clear(sum)
	clear(norm)
	for _, k := range a.stack.columns.at(x0) {
		from, to := a.stack.spans.cut(int(k), y, x0, x1)
		if from >= to {
			continue
		}
		i, shown := a.stack.tiles[k], &a.shown[a.stack.place[k]]
		from, to = a.warp.warpRow(j, i, 0, y, from, to, a.value)
		value, weight := a.value[:(to-from)*lanes], a.warp.weight[:to-from]
		*shown = *shown || anyNumber(value, lanes)
		var offset [vec.Lanes4]float64
		copy(offset[:], found.offsets[i*c:(i+1)*c])
		found.lower(value, lanes, c, i, from, y)
		at := (from - x0) * lanes
		vec.AddWeighted(sum[at:], norm[at:], value, weight, &offset)
	}
	a.write(y, x0, x1)
}

// lower subtracts the slopes of tile i from the values [n, lanes] of its channels on the
// pixels from x on of row y.
func (f *findings) lower(value []float64, lanes, channels, i, x, y int) {
	if f.slopes == nil {
		return
	}
	for c := range channels {
		k := f.slopes[2*(i*channels+c):]
		if k[0] == 0 && k[1] == 0 {
			continue
		}
		rise := float64(k[1] * float64(y))
		for n, at := c, x; n < len(value); n, at = n+lanes, at+1 {
			value[n] -= float64(k[0]*float64(at)) + rise
		}
	}
}

// anyNumber reports whether the first channel has a value.
func anyNumber(value []float64, lanes int) bool {
	for i := 0; i < len(value); i += lanes {
		if value[i] == value[i] {
			return true
		}
	}
	return false
}

// finishRow writes the sums of the pixels [x0,x1) of row y of plane n.
func (a *coadder) finishRow(n, y, x0, x1 int, sum, norm []float64) {
	if a.pile == nil {
		copy(a.sum, sum)
		copy(a.norm, norm)
		a.write(y, x0, x1)
		return
	}
	copy(a.pile.sum[0], sum)
	copy(a.pile.norm[0], norm)
	a.pile.write(0, n, y, x0, x1)
}

// write stores the sums of the pixels [x0,x1) of row y.
func (a *coadder) write(y, x0, x1 int) {
	m, v, n := &a.to.view, &a.cover.view, x1-x0
	mosaic, coverage := a.mosaic[:n*m.C], a.coverage[:n]
	to, cover := a.to.from(y, x0), a.cover.from(y, x0)
	dense := m.ColStride == m.C && (m.C == 1 || m.ChanStride == 1)
	if dense {
		mosaic = to[:len(mosaic)]
	}
	if v.ColStride == 1 {
		coverage = cover[:n]
	}
	k := vec.Values(m.C)
	vec.Mosaic(mosaic, coverage, a.sum[:n*k], a.norm[:n*k], m.C, a.finish)
	if !dense {
		for i, s := range mosaic {
			to[i/m.C*m.ColStride+i%m.C*m.ChanStride] = s
		}
	}
	if v.ColStride != 1 {
		for i, s := range coverage {
			cover[i*v.ColStride] = s
		}
	}
}
