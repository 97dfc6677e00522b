package core

import (
	"context"
	"math"

	"zetwopass/core/vec"
)

// blender adds feathered tiles up, a block of the output at a time: tile by tile, so that one
// feather is here at a time, however deep the stack is. Each pixel adds its tiles in the order
// of the job, as ever. It belongs to one worker.
type blender struct {
	job       *Job
	feather   feather
	lanes     int
	sum, norm []float64      // [blockRows, blockPixels, lanes]
	u, v      []float64      // [blockRows, blockPixels], of one tile
	span      [blockRows]box // what it may show of each row
	share     []float64      // [blockPixels], its weights
	fallen    []float64      // [blockPixels], of the feather
}

func newBlender(j *Job) *blender {
	const block = blockRows * blockPixels
	lanes := vec.Values(j.Mosaic.C)
	return &blender{
		job: j, feather: newFeather(j), lanes: lanes,
		sum: make([]float64, block*lanes), norm: make([]float64, block*lanes),
		u: make([]float64, block), v: make([]float64, block), share: make([]float64, blockPixels),
		fallen: make([]float64, blockPixels),
	}
}

// blendBytes is the scratch of a blender.
func blendBytes(j *Job) int64 {
	return featherBytes(j) + 16*blockRows*blockPixels*int64(vec.Values(j.Mosaic.C)+1) + 16*blockPixels
}

// blocks adds the coadder's tiles up on the pixels of b, at most blockRows high, and writes
// them, until ctx ends.
func (s *blender) blocks(ctx context.Context, a *coadder, found findings, b box) {
	for x := b.x0; x < b.x1; x += blockPixels {
		for n := range s.job.planes() {
			s.block(ctx, a, n, found, box{b.y0, x, b.y1, min(x+blockPixels, b.x1)})
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// at is the place of the first value of a pixel of block b in the sums.
func (s *blender) at(b box, y, x int) int { return ((y-b.y0)*blockPixels + x - b.x0) * s.lanes }

// block adds plane n of the tiles up on a block and writes it.
func (s *blender) block(ctx context.Context, a *coadder, n int, found findings, b box) {
	clear(s.sum)
	clear(s.norm)
	c := s.job.Mosaic.C
	for _, k := range a.stack.columns.at(b.x0) {
		if ctx.Err() != nil {
			return
		}
		i := a.stack.tiles[k]
		s.locate(a, int(k), b)
		t := tileBlock{job: s.job, tile: &s.job.Tiles[i], found: found, i: i, plane: n, block: b}
		copy(t.offset[:], found.offsets[i*c:(i+1)*c])
		if s.add(a, &t, b) {
			a.shown[a.stack.place[k]] = true
		}
	}
	for y := b.y0; y < b.y1; y++ {
		from, count := s.at(b, y, b.x0), (b.x1-b.x0)*s.lanes
		a.finishRow(n, y, b.x0, b.x1, s.sum[from:from+count], s.norm[from:from+count])
	}
}

// locate finds where the pixels of a block lie in the k-th tile of the stack.
func (s *blender) locate(a *coadder, k int, b box) {
	t := &s.job.Tiles[a.stack.tiles[k]]
	for y := b.y0; y < b.y1; y++ {
		row := &s.span[y-b.y0]
		*row = box{}
		from, to := a.stack.spans.cut(k, y, b.x0, b.x1)
		if from >= to {
			continue
		}
		from, to, u, v := a.warp.locate(t, y, from, to)
		*row = box{y, from, y + 1, to}
		copy(s.u[(y-b.y0)*blockPixels+from-b.x0:], u)
		copy(s.v[(y-b.y0)*blockPixels+from-b.x0:], v)
	}
}

// tileBlock is a plane of a tile on its way into a block.
type tileBlock struct {
	job      *Job
	tile     *Tile
	found    findings
	i, plane int
	block    box
	offset   [vec.Lanes4]float64
}

// add adds what a tile shows on the pixels of b, a part of its block, and reports whether that
// is anything. Where the feather has no room for that much of the tile, it takes the halves of b.
func (s *blender) add(a *coadder, t *tileBlock, b box) (some bool) {
	region, any := s.region(t, b)
	if !any {
		return false
	}
	if !s.feather.fits(t.tile, region) {
		first, second := b, b
		if b.x1-b.x0 > 1 {
			first.x1 = (b.x0 + b.x1) / 2
			second.x0 = first.x1
		} else {
			first.y1 = (b.y0 + b.y1) / 2
			second.y0 = first.y1
		}
		some = s.add(a, t, first)
		return s.add(a, t, second) || some
	}
	feathered := s.feather.set(t.tile, t.plane, region)
	for y := b.y0; y < b.y1; y++ {
		some = s.addRow(a, t, y, b.x0, b.x1, feathered) || some
	}
	return some
}

// row returns what was located of the pixels [x0,x1) of row y of a block.
func (s *blender) row(b box, y, x0, x1 int) (from int, u, v []float64) {
	span := &s.span[y-b.y0]
	from, to := max(x0, span.x0), min(x1, span.x1)
	if from >= to {
		return from, nil, nil
	}
	at := (y-b.y0)*blockPixels + from - b.x0
	return from, s.u[at:][:to-from], s.v[at:][:to-from]
}

// region returns the pixels of a tile that those of b, a part of its block, are interpolated of.
func (s *blender) region(t *tileBlock, b box) (region box, any bool) {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	h, w := t.tile.Image.H, t.tile.Image.W
	for y := b.y0; y < b.y1; y++ {
		_, u, v := s.row(t.block, y, b.x0, b.x1)
		step := max(len(u)-1, 1)
		if t.tile.Map.Kind != MapPlane { // seen in perspective, what is between lies between
			step = 1
		}
		for i := 0; i < len(u); i += step {
			if vec.Inside(u[i], v[i], h, w) {
				low = [2]float64{min(low[0], v[i]), min(low[1], u[i])}
				high = [2]float64{max(high[0], v[i]), max(high[1], u[i])}
			}
		}
	}
	if low[0] > high[0] {
		return box{}, false
	}
	const noise = 1e-6 // of positions between
	first := func(p float64, n int) int { return min(max(int(math.Floor(p-noise)), 0), max(n-2, 0)) }
	end := func(p float64, n int) int { return min(max(int(math.Floor(p+noise)), 0)+2, n) }
	return box{first(low[0], h), first(low[1], w), end(high[0], h), end(high[1], w)}, true
}

// addRow adds what a tile shows of the pixels [x0,x1) of row y, and reports whether that is
// anything.
func (s *blender) addRow(a *coadder, t *tileBlock, y, x0, x1 int, feathered bool) bool {
	from, u, v := s.row(t.block, y, x0, x1)
	if len(u) == 0 {
		return false
	}
	value, share := a.value[:len(u)*s.lanes], s.share[:len(u)]
	t.tile.sample(value, u, v, t.plane, t.job.Mosaic.C, t.job.Gain(t.i))
	a.warp.weigh(t.job, t.tile, t.plane, y, from, u, v)
	if copy(share, a.warp.weight); feathered {
		s.fall(t, share, u, v)
	}
	for i, f := range share {
		if !(f > 0 || t.job.SignedWeights && f < 0) {
			spread(value[i*s.lanes:], 1, s.lanes, math.NaN())
		}
	}
	t.found.lower(value, s.lanes, t.job.Mosaic.C, t.i, from, y)
	at := s.at(t.block, y, from)
	vec.AddWeighted(s.sum[at:], s.norm[at:], value, share, &t.offset)
	return anyNumber(value, s.lanes)
}

// fall takes the feather at the positions (u,v), which are lost, into weights. What is 1 but for
// the rounding is 1, as it is where the feather is not looked at.
func (s *blender) fall(t *tileBlock, share, u, v []float64) {
	region := &s.feather.region
	for i := range u {
		u[i] -= float64(region.x0)
		v[i] -= float64(region.y0)
	}
	const one = 1 - 0x1p-40
	feather, image := s.fallen[:len(u)], s.feather.image()
	vec.SampleMap(feather, u, v, &image, t.tile.Map.Slack(), vec.NumberOnly, 1)
	for i, f := range feather {
		if f < one {
			share[i] *= f
		}
	}
}
