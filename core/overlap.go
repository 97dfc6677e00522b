package core

import (
	"math"
	"sync"
)

// pair is two tiles i < j whose boxes overlap, and what is known of the median
// of their difference in each channel.
type pair struct {
	i, j         int
	y0, y1       int // rows that both boxes have
	area         int // pixels that both boxes have
	stepX, stepY int // lattice of the sample
	try          int // runs over all pixels so far
	settled      bool
	mu           sync.Mutex
	channel      [MaxChannels]bracket
}

// bracket finds the exact median of a stream of numbers in bounded memory. A
// sample gives two numbers lo <= hi that the median lies between, almost
// certainly; one run over the stream then counts what lies below, at and above
// them, and keeps what lies between (Floyd & Rivest 1975, "Expected time bounds
// for selection"). If the counts show that the median is not there, the stream is
// run again with a wider bracket, and at last with none.
type bracket struct {
	sample        []float64
	shown         int           // pixels in common, about
	bounds        [2][2]float64 // lo and hi of the first run and of the second
	lo, hi        float64
	below, above  int
	atLo, atHi    int
	nan           int
	between       []float64
	median        float64
	found, absent bool
}

const (
	// sampleTarget is the number of pixels that a pair's sample aims at, and
	// sampleLeast that below which nothing is excluded.
	sampleTarget = 16384
	sampleLeast  = 64
	// sampleSpread is the half width of a bracket in standard errors of the
	// rank of the sample's median, sqrt(n)/2 of n; widening is its factor in the
	// second run.
	sampleSpread = 3
	widening     = 4
)

// known reports whether the search is over: the median is found, or there is none.
func (k *bracket) known() bool { return k.found || k.absent }

// halfWidth is the half width of the bracket of a run as a share of n sampled
// numbers; 0.5 excludes nothing.
func halfWidth(n, try int) float64 {
	half := sampleSpread * 0.5 / math.Sqrt(float64(n))
	switch {
	case try == 0 && n >= sampleLeast:
		return half
	case try == 1 && n >= sampleLeast && widening*half < 0.5:
		return widening * half
	}
	return 0.5
}

// overlaps lists the pairs of tiles whose boxes, cut to h x w, have a pixel in
// common, in the order of i, then j.
func overlaps(tiles []Tile, h, w int) []*pair {
	var pairs []*pair
	for i := range tiles {
		ax0, ay0, ax1, ay1 := tiles[i].Map.clip(h, w)
		for j := i + 1; j < len(tiles); j++ {
			bx0, by0, bx1, by1 := tiles[j].Map.clip(h, w)
			rows := min(ay1, by1) - max(ay0, by0)
			cols := min(ax1, bx1) - max(ax0, bx0)
			if rows <= 0 || cols <= 0 {
				continue
			}
			p := &pair{i: i, j: j, y0: max(ay0, by0), y1: min(ay1, by1), area: rows * cols}
			step := math.Sqrt(float64(p.area) / sampleTarget)
			p.stepX = max(1, min(int(step), cols/16))
			p.stepY = max(1, min(int(step), rows/16))
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// sampleBytes is what the pair's samples may take.
func (p *pair) sampleBytes(channels int) int64 {
	return int64(8 * channels * (p.area/(p.stepX*p.stepY) + p.stepY))
}

// leastBytes is what a run over the pair's pixels keeps, as far as the boxes tell.
func (p *pair) leastBytes(channels int) int64 {
	n := min(p.area, sampleTarget)
	return max(p.sampleBytes(channels), int64(16*halfWidth(n, 0)*float64(p.area))*int64(channels))
}

// keptBytes is what the next run keeps.
func (p *pair) keptBytes(channels int) int64 {
	n := 0
	for c := range channels {
		n += p.channel[c].capacity(p)
	}
	return int64(8 * n)
}

// capacity is how many numbers the next run keeps, with some to spare.
func (k *bracket) capacity(p *pair) int {
	if k.known() {
		return 0
	}
	return int(2.2*halfWidth(k.shown/(p.stepX*p.stepY), p.try)*float64(k.shown)) + sampleLeast
}

// addSample takes the lattice's differences of one row: a and b are the values of
// the two tiles at the pixels from x.
func (p *pair) addSample(c, x int, a, b []float64) {
	k := &p.channel[c]
	first := (p.stepX - x%p.stepX) % p.stepX
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := first; i < len(a); i += p.stepX {
		if d := a[i] - b[i]; d == d {
			k.sample = append(k.sample, d)
		}
	}
}

// setBrackets turns the samples into the brackets of the runs.
func (p *pair) setBrackets(channels int) {
	for c := range channels {
		k := &p.channel[c]
		n := len(k.sample)
		k.shown = n * p.stepX * p.stepY
		for try := range k.bounds {
			k.bounds[try] = k.quantiles(halfWidth(n, try))
		}
		k.sample = nil
	}
}

// begin prepares the next run over all pixels.
func (p *pair) begin(channels int) {
	for c := range channels {
		k := &p.channel[c]
		if k.known() {
			continue
		}
		k.lo, k.hi = math.Inf(-1), math.Inf(1)
		if p.try < len(k.bounds) {
			k.lo, k.hi = k.bounds[p.try][0], k.bounds[p.try][1]
		}
		k.below, k.above, k.atLo, k.atHi, k.nan = 0, 0, 0, 0, 0
		k.between = make([]float64, 0, k.capacity(p))
	}
	p.try++
}

// quantiles returns the sample's quantiles half below and above its median.
func (k *bracket) quantiles(half float64) [2]float64 {
	if half >= 0.5 {
		return [2]float64{math.Inf(-1), math.Inf(1)}
	}
	n := float64(len(k.sample))
	lo := selectNth(k.sample, int(n*(0.5-half)))
	hi := selectNth(k.sample, min(len(k.sample)-1, int(n*(0.5+half))))
	return [2]float64{lo, hi}
}

// add counts the differences of one row, unless the channel's median is known from
// an earlier run; where a or b is NaN there is none. kept is scratch, returned for
// the next row. The first loop has no jumps that depend
// on the values: few of them are looked at again.
func (p *pair) add(c int, a, b, kept []float64) []float64 {
	k := &p.channel[c]
	if k.known() {
		return kept
	}
	lo, hi := k.lo, k.hi
	if len(kept) < len(a) {
		kept = make([]float64, 2*len(a))
	}
	n, below, above := 0, 0, 0
	b, in := b[:len(a)], kept[:len(a)]
	for i, x := range a {
		d := x - b[i]
		less, more := 0, 0
		if d < lo {
			less = 1
		}
		if d > hi {
			more = 1
		}
		below += less
		above += more
		in[n] = d
		n += 1 - less - more
	}
	between, atLo, atHi := 0, 0, 0
	for _, d := range in[:n] {
		switch {
		case d == lo:
			atLo++
		case d == hi:
			atHi++
		case d == d:
			in[between] = d
			between++
		}
	}
	nan := 0
	if between+atLo+atHi < n {
		nan = differencesThatAreNone(a, b)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k.below += below
	k.above += above
	k.atLo += atLo
	k.atHi += atHi
	k.nan += nan
	k.between = append(k.between, in[:between]...)
	return kept
}

// differencesThatAreNone counts the pixels that both show and whose difference is
// NaN: infinity less infinity.
func differencesThatAreNone(a, b []float64) int {
	n := 0
	for i, x := range a {
		y := b[i]
		if x-y == x-y {
			continue
		}
		if x == x && y == y {
			n++
		}
	}
	return n
}

// settle finds the medians that the brackets hold; settled says whether all did.
// No pixel in common, or a difference that is no number: no median.
func (p *pair) settle(channels int) {
	p.settled = true
	for c := range channels {
		k := &p.channel[c]
		if k.known() {
			continue
		}
		n := k.below + k.atLo + len(k.between) + k.atHi + k.above
		if n == 0 || k.nan > 0 {
			k.absent = true
		} else {
			lower, held := k.rank((n - 1) / 2)
			upper := lower
			if n%2 == 0 && held {
				upper, held = k.rank(n / 2)
			}
			k.median = (lower + upper) / 2
			finite := k.median-k.median == 0
			k.found, k.absent = held && finite, held && !finite
		}
		k.between = nil
		p.settled = p.settled && k.known()
	}
}

// rank returns the r-th smallest difference, counted from 0, if the bracket has it.
func (k *bracket) rank(r int) (float64, bool) {
	if r < k.below {
		return 0, false
	}
	r -= k.below
	if r < k.atLo {
		return k.lo, true
	}
	r -= k.atLo
	if r < len(k.between) {
		return selectNth(k.between, r), true
	}
	r -= len(k.between)
	return k.hi, r < k.atHi
}
