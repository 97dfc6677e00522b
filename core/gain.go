package core

import (
	"math"

	"zetwopass/core/vec"
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
		done := func(i int, gain float64) {
			j.Gains[i] = gain
			p.tileDone()
			p.chunkDone()
		}
		return share(p, load[*gainer]{
			tasks: len(j.Tiles), bytes: gainBytes(j),
			scratch: func(int) *gainer { return newGainer(j) },
			task: func(g *gainer, i int) error {
				if err := g.readMask(p, i); err != nil {
					return err
				}
				g.full = j.Tiles[i].Mask.Absent() || j.Tiles[i].Mask.full()
				gain, err := p.gain(i, g)
				if j.Tiles[i].MaskSource != nil {
					j.Tiles[i].Mask.Pix = nil
				}
				done(i, gain)
				return err
			},
			batch: 1,
			device: func(i, _ int) (func() error, error) {
				gain, err := p.gain(i, deviceScales{p.session})
				return func() error {
					p.used()
					done(i, gain)
					return nil
				}, err
			},
		})
	})
}

// scaler finds the scales of a tile's valid pixels, on a worker or on the device.
type scaler interface {
	// sample takes those of the grid's pixels for the search of their median.
	sample(p *pass, i int, k *bracket, of grid) error
	// run takes all of them for the search's next run.
	run(p *pass, i int, k *bracket) (seen, error)
}

// gain returns the gain of tile i.
func (p *pass) gain(i int, s scaler) (float64, error) {
	j := p.job
	x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Coverage.H, j.Coverage.W)
	if x0 >= x1 || y0 >= y1 {
		return 1, nil
	}
	area := (x1 - x0) * (y1 - y0)
	sampled := sampleGrid(x1-x0, y1-y0, area, sampleTarget(area), coarseColumns, coarseColumns)
	median, pool := new(bracket), newPool(boundless)
	median.beginSample(pool, sampleTarget(area))
	if err := s.sample(p, i, median, sampled); err != nil {
		return 1, err
	}
	room := median.numbers.drain(nil)
	for median.setBounds(sampled, room, halfWidth(len(room), 0)); !median.known(); room = median.settle(room) {
		median.begin(pool, every)
		seen, err := s.run(p, i, median)
		if err != nil {
			return 1, err
		}
		need := 1
		if j.Profile == V45 {
			need = max(1, minPixels, int(math.Ceil(minFraction*float64(seen.shown))))
		}
		switch {
		case seen.nan:
			return math.NaN(), nil
		case median.total() < need:
			return 1, nil
		}
	}
	return min(max(float64(float32(median.median)), j.GainMin), j.GainMax), nil
}

// deviceScales is the scaler of the device.
type deviceScales struct{ session Session }

func (d deviceScales) sample(p *pass, i int, k *bracket, of grid) error {
	about := p.job.Tiles[i].Map.area(p.job.Coverage.H, p.job.Coverage.W) / of.each()
	t, err := d.session.Scales(i, Sieve{StepX: of.x, StepY: of.y, All: true, Room: 2*about + sampleLeast})
	k.numbers.addAll(t.Kept)
	return err
}

func (d deviceScales) run(_ *pass, i int, k *bracket) (seen, error) {
	t, err := d.session.Scales(i, k.sieve(every))
	seen := seen{shown: t.Shown, nan: t.None}
	t.None = false
	k.take(t)
	return seen, err
}

// gainBytes is the scratch of one gainer, with what the search for the median of its
// largest tile keeps.
func gainBytes(j *Job) int64 {
	most := 0
	for i := range j.Tiles {
		most = max(most, j.Tiles[i].Map.area(j.Coverage.H, j.Coverage.W))
	}
	sample := sampleTarget(most)
	kept := 16*int64(sample) + int64(32*halfWidth(sample, 0)*float64(most))
	return warpBytes(maxNodes(j.Tiles), blockPixels) + blockPixels*(5*4+8) + kept + 4*int64(j.largestMask())
}

// largestMask is the samples of the largest mask that has a source.
func (j *Job) largestMask() int {
	most := 0
	for i := range j.Tiles {
		if t := &j.Tiles[i]; t.MaskSource != nil {
			most = max(most, t.Mask.samples())
		}
	}
	return most
}

// maxNodes is the longest row of nodes of any map.
func maxNodes(tiles []Tile) int {
	n := 0
	for i := range tiles {
		n = max(n, tiles[i].Map.NX, tiles[i].WeightMap.NX)
	}
	return n
}

// gainer computes gains; it belongs to one worker.
type gainer struct {
	job                            *Job
	warp                           *warper
	scale, blurred, coverage, zero []float32 // of a block of pixels
	within                         []int32
	between                        []float64
	threshold, most                float32
	mask                           []float32 // read from a source
	full                           bool      // the tile's mask hides nothing of it
}

func newGainer(j *Job) *gainer {
	g := &gainer{job: j, warp: newWarper(maxNodes(j.Tiles), blockPixels), scale: make([]float32, blockPixels),
		zero: make([]float32, blockPixels), within: make([]int32, blockPixels),
		between: make([]float64, blockPixels),
		blurred: make([]float32, blockPixels), coverage: make([]float32, blockPixels)}
	g.threshold, g.most = j.Valid()
	return g
}

// readMask reads the mask of tile i into the gainer's memory, if it has a source and the tile
// meets the output.
func (g *gainer) readMask(p *pass, i int) error {
	t := &g.job.Tiles[i]
	if t.MaskSource == nil || t.Map.area(g.job.Coverage.H, g.job.Coverage.W) == 0 {
		return nil
	}
	if g.mask == nil {
		g.mask = make([]float32, g.job.largestMask())
	}
	m := part{"mask", &t.Mask, &t.MaskSource}
	return m.read(p.ctx, i, g.mask[:t.Mask.samples()])
}

// Valid returns what the pixels that decide a gain have: a blurred coverage of at least
// threshold, and a coverage of at most most.
func (j *Job) Valid() (threshold, most float32) {
	if j.Profile == V42 {
		return float32(math.Inf(-1)), float32(math.Inf(1))
	}
	return float32(j.Threshold), math.MaxFloat32
}

func (g *gainer) sample(p *pass, i int, k *bracket, of grid) error {
	t := &g.job.Tiles[i]
	_, y, _, _ := t.Map.Clip(g.job.Coverage.H, g.job.Coverage.W)
	_, err := g.rows(p, t, y+(of.y-y%of.y)%of.y, of.y, func(x int, scale []float32) {
		for i := (of.x - x%of.x) % of.x; i < len(scale); i += of.x {
			if s := scale[i]; s == s {
				k.numbers.add(float64(s))
			}
		}
	})
	return err
}

func (g *gainer) run(p *pass, i int, k *bracket) (seen, error) {
	t := &g.job.Tiles[i]
	_, y, _, _ := t.Map.Clip(g.job.Coverage.H, g.job.Coverage.W)
	lo, hi := sameLanes(k.lo), sameLanes(k.hi)
	return g.rows(p, t, y, 1, func(_ int, scale []float32) {
		var below, above [vec.Lanes4]int
		n := vec.Sift(g.within, scale, g.zero, nil, nil, &lo, &hi, &below, &above)
		found := Tally{Below: sumOf(below), Above: sumOf(above), Kept: g.between[:0]}
		if k.lo == k.hi {
			found.AtLo, n = n, 0
		}
		for _, at := range g.within[:n] {
			if s := float64(scale[at]); s > k.lo && s < k.hi {
				found.Kept = append(found.Kept, s)
			} else {
				found.count(s, &k.bound)
			}
		}
		k.take(found)
	})
}

// seen is what a tile shows: pixels, and whether the scale of one is NaN.
type seen struct {
	shown int
	nan   bool
}

// rows calls f with the scales of the pixels from x on of every step-th row of tile t
// from y on, a block at a time, NaN where the tile shows nothing or the pixel is not
// valid.
func (g *gainer) rows(p *pass, t *Tile, y, step int, f func(x int, scale []float32)) (seen, error) {
	var all seen
	h, w := g.job.Coverage.H, g.job.Coverage.W
	outline := newOutline(t, w)
	for _, _, _, bottom := t.Map.Clip(h, w); y < bottom; y += step {
		if p.ctx.Err() != nil {
			return all, ErrCancelled
		}
		r := outline.row(y)
		for x := r.a; x < r.b; {
			end, whole := min(x+blockPixels, r.b), g.full && r.p <= x && x < r.q
			if whole {
				end = min(end, r.q)
			} else if x < r.p {
				end = min(end, r.p)
			}
			scale, shown := g.block(t, y, x, end, whole, &all.nan)
			all.shown += shown
			f(x, scale)
			x = end
		}
	}
	return all, nil
}

// block returns the scales of the pixels [a,b) of row y and how many of them the tile
// shows: all if whole is true.
func (g *gainer) block(t *Tile, y, a, b int, whole bool, nan *bool) (scale []float32, shown int) {
	scale, n := g.scale[:b-a], b-a
	coverage, blurred := g.job.Coverage.along(y, a, b, g.coverage), g.job.Blurred.along(y, a, b, g.blurred)
	odd := vec.Scales(scale, blurred, coverage, g.threshold, g.most)
	if !whole {
		n = g.show(t, y, a, scale)
	}
	if odd { // V42, where all that is covered is valid
		for i, s := range scale {
			*nan = *nan || (s != s && coverage[i] > 0 && (whole || g.warp.weight[i] > 0))
		}
	}
	return scale, n
}

// show makes the scales of the pixels from a on NaN that the tile does not show, where
// its warped mask is not above 1e-3, and returns how many it shows. It leaves in
// g.warp.weight what is above 0 for these alone.
func (g *gainer) show(t *Tile, y, a int, scale []float32) (shown int) {
	from, to, u, v := g.warp.locate(t, y, a, a+len(scale))
	weight := g.warp.weight[:len(scale)]
	clear(weight)
	if g.full {
		vec.Footprint(weight[from-a:to-a], u, v, t.Image.H, t.Image.W)
	} else {
		t.footprint(weight[from-a:to-a], u, v)
	}
	return vec.Mask(scale, weight, 1e-3)
}

func sumOf(n [vec.Lanes4]int) int { return n[0] + n[1] + n[2] + n[3] }

// sameLanes is a bracket's end, one of the scales, in all lanes.
func sameLanes(end float64) [vec.Lanes4]float32 {
	s := float32(end)
	return [vec.Lanes4]float32{s, s, s, s}
}
