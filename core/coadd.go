package core

import (
	"math"
	"sync/atomic"
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
		return parallel(p, p.plan.ChunkTotal, coaddBytes(j),
			func(int) *coadder { return newCoadder(j) },
			func(a *coadder, chunk int) error {
				y0, y1 := chunk*rows, min((chunk+1)*rows, j.Mosaic.H)
				here := a.meeting(y0, y1)
				for y := y0; y < y1; y++ {
					if p.ctx.Err() != nil {
						return ErrCancelled
					}
					a.row(here, p.offsets, y)
				}
				for _, i := range here {
					if a.shown[i] {
						p.shown[i].Store(true)
					}
					if left[i].Add(-1) == 0 {
						p.tileDone()
					}
				}
				p.chunkDone()
				return nil
			})
	})
}

// chunksLeft returns how many chunks each tile waits for; who waits for none is
// done.
func (p *pass) chunksLeft() []atomic.Int32 {
	j, rows := p.job, p.plan.RowsPerChunk
	left := make([]atomic.Int32, len(j.Tiles))
	for i := range j.Tiles {
		x0, y0, x1, y1 := j.Tiles[i].Map.clip(j.Mosaic.H, j.Mosaic.W)
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
	w, c := j.Mosaic.W, j.Mosaic.C
	return warpBytes(w, maxNodes(j.Tiles), c) + 2*8*int64(w)*int64(c) + 9*int64(len(j.Tiles))
}

// coadder adds tiles up, row by row; it belongs to one worker.
type coadder struct {
	job   *Job
	warp  *warper
	sum   [MaxChannels][]float64
	norm  [MaxChannels][]float64
	tiles []int
	shown []bool // of each tile: it gave channel 0 a pixel
}

func newCoadder(j *Job) *coadder {
	w, c := j.Mosaic.W, j.Mosaic.C
	a := &coadder{job: j, warp: newWarper(w, maxNodes(j.Tiles), c), shown: make([]bool, len(j.Tiles))}
	for k := range c {
		a.sum[k], a.norm[k] = make([]float64, w), make([]float64, w)
	}
	return a
}

// meeting returns the tiles that may show something on the rows [y0,y1).
func (a *coadder) meeting(y0, y1 int) []int {
	a.tiles = a.tiles[:0]
	for i := range a.job.Tiles {
		x0, b0, x1, b1 := a.job.Tiles[i].Map.clip(a.job.Mosaic.H, a.job.Mosaic.W)
		if x0 < x1 && b0 < y1 && y0 < b1 {
			a.tiles = append(a.tiles, i)
		}
	}
	return a.tiles
}

// row adds the tiles up on row y and writes it.
func (a *coadder) row(tiles []int, offsets []float64, y int) {
	j, c := a.job, a.job.Mosaic.C
	for k := range c {
		clear(a.sum[k])
		clear(a.norm[k])
	}
	for _, i := range tiles {
		x0, x1 := a.warp.warpRow(j, &j.Tiles[i], j.gain(i), y, 0, j.Mosaic.W)
		weight := a.warp.weight[:x1-x0]
		a.shown[i] = a.shown[i] || anyNumber(a.warp.value[0][:x1-x0])
		for k := range c {
			addWeighted(a.sum[k][x0:x1], a.norm[k][x0:x1], a.warp.value[k], weight, offsets[i*c+k])
		}
	}
	for k := range c {
		a.write(y, k)
	}
	a.writeCoverage(y)
}

func anyNumber(value []float64) bool {
	for _, v := range value {
		if v == v {
			return true
		}
	}
	return false
}

// addWeighted adds (value - offset) * weight to sum and weight to norm, where
// value is not NaN.
func addWeighted(sum, norm, value, weight []float64, offset float64) {
	norm, value, weight = norm[:len(sum)], value[:len(sum)], weight[:len(sum)]
	for i, v := range value {
		if v == v {
			sum[i] += (v - offset) * weight[i]
			norm[i] += weight[i]
		}
	}
}

func (a *coadder) write(y, k int) {
	m := a.job.Mosaic
	to := m.Pix[y*m.RowStride+k*m.ChanStride:]
	clearing := a.job.Profile == V45
	nan, blank := float32(math.NaN()), float32(0)
	if a.job.BlankNaN || clearing {
		blank = nan
	}
	norm, norm0 := a.norm[k], a.norm[0]
	for x, s := range a.sum[k] {
		value, n := blank, norm[x]
		if n > 0 {
			if a.job.Combine == Mean {
				s /= n
			}
			value = float32(s)
			if clearing && (value-value != 0 || !(float32(norm0[x]) > 0)) {
				value = nan
			}
		}
		to[x*m.ColStride] = value
	}
}

func (a *coadder) writeCoverage(y int) {
	v := a.job.CoverageOut
	to := v.Pix[y*v.RowStride:]
	for x, n := range a.norm[0] {
		f := float32(n)
		if a.job.Profile == V45 && f-f != 0 {
			f = 0
		}
		to[x*v.ColStride] = f
	}
}
