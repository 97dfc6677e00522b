package core

import (
	"math"
	"slices"
	"sync"
)

// pair is two tiles i < j whose boxes overlap, and what is known of the median
// of their difference in each channel.
type pair struct {
	i, j         int
	y0, y1       int     // rows that both boxes have
	area         int     // pixels that both boxes have
	stepX, stepY int     // lattice of the sample
	half         float64 // half width of the widest bracket, as a share of the pixels
	mu           sync.Mutex
	channel      [MaxChannels]bracket
}

// bracket finds the exact median of a stream of numbers in bounded memory. A
// sample gives two numbers lo <= hi that the median lies between, almost
// certainly; one run over the stream then counts what lies below, at and above
// them, and keeps what lies between. If the counts show that the median is not
// there, the bracket is widened and the stream run again.
type bracket struct {
	sample        []float64
	lo, hi        float64
	below, above  int
	atLo, atHi    int
	nan           int
	between       []float64
	median        float64
	found, absent bool
}

const (
	// sampleTarget is the number of pixels that a pair's sample aims at.
	sampleTarget = 4096
	// sampleSpread is the half width of a bracket in standard errors of the
	// sample's median rank, sqrt(n)/2 of n.
	sampleSpread = 4
	// sampleLeast is the sample below which everything is kept.
	sampleLeast = 64
)

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

// bytes is what the pair may keep while its medians are sought.
func (p *pair) bytes(channels int) int64 {
	share := min(2*max(p.half, sampleSpread*0.5/math.Sqrt(sampleTarget)), 1)
	kept := sampleTarget + share*float64(p.area)
	return int64(8 * kept * float64(channels))
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

// setBrackets turns the samples into brackets; half is widened by the factor.
func (p *pair) setBrackets(channels int, factor float64) {
	for c := range channels {
		k := &p.channel[c]
		if k.found || k.absent {
			continue
		}
		n := len(k.sample)
		half := sampleSpread * 0.5 / math.Sqrt(float64(max(n, 1))) * factor
		k.lo, k.hi = math.Inf(-1), math.Inf(1)
		if n >= sampleLeast && half < 0.5 {
			slices.Sort(k.sample)
			k.lo = k.sample[int(float64(n)*(0.5-half))]
			k.hi = k.sample[min(n-1, int(float64(n)*(0.5+half)))]
		}
		k.below, k.above, k.atLo, k.atHi, k.nan = 0, 0, 0, 0, 0
		k.between = k.between[:0]
		p.half = max(p.half, min(half, 0.5))
	}
}

// add counts the differences of one row. value1 NaN or value2 NaN: no pixel in
// common. The loop's comparisons compile to flags, not jumps: only what falls
// between lo and hi is looked at again.
func (p *pair) add(c int, a, b []float64, kept []float64) []float64 {
	k := &p.channel[c]
	lo, hi := k.lo, k.hi
	below, above, atLo, atHi, nan := 0, 0, 0, 0, 0
	kept = kept[:0]
	b = b[:len(a)]
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
		if less+more != 0 {
			continue
		}
		switch {
		case d == lo:
			atLo++
		case d == hi:
			atHi++
		case d == d:
			kept = append(kept, d)
		case x == x && b[i] == b[i]:
			nan++ // inf - inf
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k.below += below
	k.above += above
	k.atLo += atLo
	k.atHi += atHi
	k.nan += nan
	k.between = append(k.between, kept...)
	return kept
}

// settle finds the medians that the brackets hold and reports whether all did.
// No pixel in common, or a difference that is no number: no median.
func (p *pair) settle(channels int) bool {
	all := true
	for c := range channels {
		k := &p.channel[c]
		if k.found || k.absent {
			continue
		}
		n := k.below + k.atLo + len(k.between) + k.atHi + k.above
		if n == 0 || k.nan > 0 {
			k.absent = true
		} else {
			lower, ok1 := k.rank((n - 1) / 2)
			upper, ok2 := k.rank(n / 2)
			k.found = ok1 && ok2
			k.median = (lower + upper) / 2
			if n%2 == 1 {
				k.median = lower
			}
			if k.found && k.median-k.median != 0 {
				k.found, k.absent = false, true
			}
		}
		if k.found || k.absent {
			k.sample, k.between = nil, nil
		}
		all = all && (k.found || k.absent)
	}
	return all
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
