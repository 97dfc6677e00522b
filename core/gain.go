package core

import "math"

// The scale map of a pixel lies in [scaleMin, scaleMax] before any gain clip.
const (
	scaleMin = 0.5
	scaleMax = 2.0
	epsilon  = 0x1p-23 // of float32
)

// minPixels is the least number of valid pixels that decide a V45 gain, and
// minFraction the least share of the tile's pixels.
const (
	minPixels   = 64
	minFraction = 0.001
)

// gains writes one gain per tile to p.job.Gains,
//
//	gain = clip(median of scale over the tile's valid pixels, GainMin, GainMax)
//	scale = clip(blurred / max(coverage, eps), 0.5, 2)
//
// A pixel is valid where the warped mask is above 1e-3 and the coverage above 0;
// in V45 also the blurred coverage must reach the threshold, and a tile with too
// few valid pixels has gain 1. In V42 one NaN among the scales makes the gain NaN,
// as numpy's median does.
func (p *pass) gains() error {
	j := p.job
	return p.stage(StageGains, len(j.Tiles), p.plan.gainWork, func() error {
		return parallel(p, len(j.Tiles), gainBytes(j),
			func(int) *gainer { return newGainer(j, maxNodes(j.Tiles)) },
			func(g *gainer, i int) error {
				gain, err := g.gain(p, &j.Tiles[i])
				j.Gains[i] = gain
				p.tileDone()
				p.chunkDone()
				return err
			})
	})
}

// gainBytes is the scratch of one gainer.
func gainBytes(j *Job) int64 {
	most := 0
	for i := range j.Tiles {
		most = max(most, j.Tiles[i].Map.area(j.Coverage.H, j.Coverage.W))
	}
	return warpBytes(j.Coverage.W, maxNodes(j.Tiles), 0) + 4*(3*histogramBins+1) + int64(most/8+8)
}

// maxNodes is the longest row of nodes of any map.
func maxNodes(tiles []Tile) int {
	n := 0
	for i := range tiles {
		n = max(n, tiles[i].Map.NX)
	}
	return n
}

// gainer computes gains; it belongs to one worker.
type gainer struct {
	job   *Job
	warp  *warper
	hist  scaleHistogram
	whole bool     // the tile shows every pixel of its spans
	marks []uint64 // else a bit for each pixel of its box that it shows
}

func newGainer(j *Job, nodes int) *gainer {
	return &gainer{job: j, warp: newWarper(j.Coverage.W, nodes, 0)}
}

func (g *gainer) gain(p *pass, t *Tile) (float64, error) {
	j := g.job
	g.hist.reset()
	if err := g.find(p, t); err != nil {
		return 1, err
	}
	shown, err := g.scan(p, t)
	if err != nil {
		return 1, err
	}
	valid := g.hist.total + g.hist.nan
	need := 1
	if j.Profile == V45 {
		need = max(1, minPixels, int(math.Ceil(minFraction*float64(shown))))
	}
	if valid < need {
		return 1, nil
	}
	if g.hist.nan > 0 {
		return math.NaN(), nil
	}
	g.hist.refine()
	if _, err := g.scan(p, t); err != nil {
		return 1, err
	}
	return min(max(float64(g.hist.median()), j.GainMin), j.GainMax), nil
}

// find marks the pixels of t's box where its warped mask is above 1e-3.
func (g *gainer) find(p *pass, t *Tile) error {
	g.whole = t.Mask.Absent() && t.Map.Kind == MapPlane
	if g.whole {
		return nil
	}
	x0, y0, x1, y1 := t.Map.clip(g.job.Coverage.H, g.job.Coverage.W)
	words := (t.Map.area(g.job.Coverage.H, g.job.Coverage.W) + 63) / 64
	if words > cap(g.marks) {
		g.marks = make([]uint64, words)
	}
	g.marks = g.marks[:words]
	clear(g.marks)
	for y := y0; y < y1; y++ {
		if p.ctx.Err() != nil {
			return ErrCancelled
		}
		a, b := g.warp.locate(t, y, x0, x1)
		if !t.Mask.Absent() {
			g.warp.sampleMap(t.Mask, finiteOnly, 1, b-a)
		}
		first := (y-y0)*(x1-x0) + a - x0
		for i := range b - a {
			if g.warp.ix[i] >= 0 && (t.Mask.Absent() || g.warp.weight[i] > 1e-3) {
				g.marks[(first+i)/64] |= 1 << ((first + i) % 64)
			}
		}
	}
	return nil
}

// scan adds the scale of every valid pixel of t to the histogram and returns the
// number of pixels that the tile shows.
func (g *gainer) scan(p *pass, t *Tile) (shown int, err error) {
	j := g.job
	x0, y0, x1, y1 := t.Map.clip(j.Coverage.H, j.Coverage.W)
	for y := y0; y < y1; y++ {
		if p.ctx.Err() != nil {
			return 0, ErrCancelled
		}
		a, b, _ := t.span(y, x0, x1)
		if a >= b {
			continue
		}
		first := (y-y0)*(x1-x0) + a - x0
		cov := j.Coverage.Pix[y*j.Coverage.RowStride+a*j.Coverage.ColStride:]
		blurred := j.Blurred.Pix[y*j.Blurred.RowStride+a*j.Blurred.ColStride:]
		for i := range b - a {
			if !g.whole && g.marks[(first+i)/64]>>((first+i)%64)&1 == 0 {
				continue
			}
			shown++
			c, level := cov[i*j.Coverage.ColStride], blurred[i*j.Blurred.ColStride]
			if j.Profile == V45 {
				c = covered(c)
				if !(level >= float32(j.Threshold)) {
					continue
				}
			}
			if c > 0 {
				g.hist.add(scale(level, c))
			}
		}
	}
	return shown, nil
}

// scale is the factor that brings coverage c > 0 to its blurred value b.
func scale(b, c float32) float32 {
	s := b / max(c, epsilon)
	if s < scaleMin {
		return scaleMin
	}
	if s > scaleMax {
		return scaleMax
	}
	return s // also NaN
}

const (
	histogramShift = 12
	histogramBins  = 1 << histogramShift
	scaleBase      = 0x3f000000 // the bits of scaleMin
)

// scaleHistogram finds the exact median of float32 values in [scaleMin, scaleMax]
// without keeping them: positive floats order as their bits do, so a first scan
// counts the upper bits and a second one the lower bits within the bins of the
// two middle values.
type scaleHistogram struct {
	refining bool
	total    int // values, NaN apart
	nan      int
	coarse   [histogramBins + 1]uint32
	fine     [2][histogramBins]uint32
	bin      [2]uint32 // of the lower and the upper middle value
	rank     [2]int    // of them within their bins
}

func (h *scaleHistogram) reset() { *h = scaleHistogram{} }

func (h *scaleHistogram) add(s float32) {
	if s != s {
		h.nan++
		return
	}
	key := math.Float32bits(s) - scaleBase
	bin := key >> histogramShift
	if !h.refining {
		h.total++
		h.coarse[bin]++
		return
	}
	for m := range h.bin {
		if bin == h.bin[m] {
			h.fine[m][key%histogramBins]++
		}
	}
}

// refine ends the first scan.
func (h *scaleHistogram) refine() {
	h.refining = true
	for m, rank := range [2]int{(h.total - 1) / 2, h.total / 2} {
		bin := 0
		for rank >= int(h.coarse[bin]) {
			rank -= int(h.coarse[bin])
			bin++
		}
		h.bin[m], h.rank[m] = uint32(bin), rank
	}
}

// median is that of numpy for float32: of an even count the mean of the two
// middle values, in float32.
func (h *scaleHistogram) median() float32 {
	var middle [2]float32
	for m, rank := range h.rank {
		low := 0
		for rank >= int(h.fine[m][low]) {
			rank -= int(h.fine[m][low])
			low++
		}
		middle[m] = math.Float32frombits(scaleBase + h.bin[m]<<histogramShift + uint32(low))
	}
	if h.total%2 == 1 {
		return middle[0]
	}
	return (middle[0] + middle[1]) / 2
}
