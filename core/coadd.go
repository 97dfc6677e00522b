package core

import (
	"math"
	"sync/atomic"

	"zetwopass/core/vec"
)

// coadd writes the mosaic and its coverage,
//
//	mosaic   = sum_i (d_i - offset_i) f_i / sum_i f_i     (Sum: not divided)
//	coverage = sum_i f_i of channel 0
//
// d_i the warped tile times its gain, f_i its warped weight. Each pixel adds its
// tiles in the order of the job, in float64. V45 ends by clearing what is not
// finite or not covered.
func (p *pass) coadd() error {
	j := p.job
	rows := p.plan.RowsPerChunk
	return p.stage(StageReproject, p.plan.ChunkTotal, p.plan.coaddWork, func() error {
		left := p.chunksLeft()
		done := func(chunk int, here []int, shown []bool) {
			for _, i := range here {
				if shown[i] {
					p.shown[i].Store(true)
				}
				if left[i].Add(-1) == 0 {
					p.tileDone()
				}
			}
			p.chunkDone()
		}
		return share(p, load[*coadder]{
			tasks: p.plan.ChunkTotal, bytes: coaddBytes(j),
			scratch: func(int) *coadder { return newCoadder(j) },
			task: func(a *coadder, chunk int) error {
				y0, y1 := chunk*rows, min((chunk+1)*rows, j.Mosaic.H)
				here := j.Meeting(a.tiles, y0, y1)
				a.tiles = here
				for y := y0; y < y1; y += blockRows {
					if p.ctx.Err() != nil {
						return ErrCancelled
					}
					a.rows(here, p.offsets, y, min(y+blockRows, y1))
				}
				p.rowsDone(y1-y0, false)
				done(chunk, here, a.shown)
				return nil
			},
			batch: p.batch(),
			device: func(a, b int) (func() error, error) {
				y0, y1 := a*rows, min(b*rows, j.Mosaic.H)
				shown := make([]bool, len(j.Tiles))
				finish, err := p.session.Coadd(y0, y1, p.offsets, shown)
				return func() error {
					if err := finish(); err != nil {
						return err
					}
					p.used()
					p.rowsDone(y1-y0, true)
					for chunk := a; chunk < b; chunk++ {
						done(chunk, j.Meeting(nil, chunk*rows, min((chunk+1)*rows, y1)), shown)
					}
					return nil
				}, err
			},
		})
	})
}

// chunksLeft returns how many chunks each tile waits for; who waits for none is
// done.
func (p *pass) chunksLeft() []atomic.Int32 {
	j, rows := p.job, p.plan.RowsPerChunk
	left := make([]atomic.Int32, len(j.Tiles))
	for i := range j.Tiles {
		x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W)
		if x0 < x1 && y0 < y1 {
			left[i].Store(int32((y1-1)/rows - y0/rows + 1))
		} else {
			p.tileDone()
		}
	}
	return left
}

// coaddBytes is the scratch of one coadder.
func coaddBytes(j *Job) int64 {
	c := int64(j.Mosaic.C)
	n := warpBytes(maxNodes(j.Tiles)) + blockPixels*(8*3*int64(vec.Values(j.Mosaic.C))+4*(c+1)) + (17+8*blockRows)*int64(len(j.Tiles))
	if j.ofPlanes() {
		n += pileBytes(j)
	}
	return n
}

// coadder adds tiles up, a block of a row at a time; it belongs to one worker.
type coadder struct {
	job              *Job
	warp             *warper
	value, sum, norm []float64 // [blockPixels, lanes]
	mosaic, coverage []float32 // [blockPixels, C] and [blockPixels]
	finish           vec.Finish
	tiles            []int
	spans            spans  // of them
	shown            []bool // of each tile of the job: it gave channel 0 a pixel
	pile             *pile  // of a job of planes; nil
}

func newCoadder(j *Job) *coadder {
	n := blockPixels * vec.Values(j.Mosaic.C)
	a := &coadder{job: j, warp: newWarper(maxNodes(j.Tiles)), shown: make([]bool, len(j.Tiles)),
		value: make([]float64, n), sum: make([]float64, n), norm: make([]float64, n),
		mosaic: make([]float32, blockPixels*j.Mosaic.C), coverage: make([]float32, blockPixels)}
	a.finish = j.Finish()
	if j.ofPlanes() {
		a.pile = newPile(j)
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

// Meeting returns the tiles that may show something on the rows [y0,y1), in the room of
// tiles.
func (j *Job) Meeting(tiles []int, y0, y1 int) []int {
	tiles = tiles[:0]
	for i := range j.Tiles {
		x0, b0, x1, b1 := j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W)
		if x0 < x1 && b0 < y1 && y0 < b1 {
			tiles = append(tiles, i)
		}
	}
	return tiles
}

// rows adds the tiles up on the rows [y0,y1), at most blockRows, and writes them.
func (a *coadder) rows(tiles []int, offsets []float64, y0, y1 int) {
	a.spans.set(a.job, tiles, y0, y1)
	eachBlock(y0, y1, 0, a.job.Mosaic.W, func(y, x0, x1 int) {
		if a.pile != nil {
			a.pile.block(a, tiles, offsets, y, x0, x1)
			return
		}
		a.block(tiles, offsets, y, x0, x1)
	})
}

// block adds the tiles up on the pixels [x0,x1) of row y and writes them.
func (a *coadder) block(tiles []int, offsets []float64, y, x0, x1 int) {
	j, c := a.job, a.job.Mosaic.C
	lanes := vec.Values(c)
	sum, norm := a.sum[:(x1-x0)*lanes], a.norm[:(x1-x0)*lanes]
	clear(sum)
	clear(norm)
	for k, i := range tiles {
		from, to := a.spans.cut(k, y, x0, x1)
		if from >= to {
			continue
		}
		from, to = a.warp.warpRow(j, i, 0, y, from, to, a.value)
		value, weight := a.value[:(to-from)*lanes], a.warp.weight[:to-from]
		a.shown[i] = a.shown[i] || anyNumber(value, lanes)
		var offset [vec.Lanes4]float64
		copy(offset[:], offsets[i*c:(i+1)*c])
		at := (from - x0) * lanes
		vec.AddWeighted(sum[at:], norm[at:], value, weight, &offset)
	}
	a.write(y, x0, x1)
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

// write stores the sums of the pixels [x0,x1) of row y.
func (a *coadder) write(y, x0, x1 int) {
	m, v, n := a.job.Mosaic, a.job.CoverageOut, x1-x0
	mosaic, coverage := a.mosaic[:n*m.C], a.coverage[:n]
	to, cover := m.Pix[y*m.RowStride+x0*m.ColStride:], v.Pix[y*v.RowStride+x0*v.ColStride:]
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
