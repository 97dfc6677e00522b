package core

import (
	"math"
	"slices"
)

// bracket finds the exact median of a stream of numbers in bounded memory. A
// sample gives two numbers lo <= hi that the median lies between, almost
// certainly; one run over the stream then counts what lies below, at and above
// them, and keeps what lies between (Floyd & Rivest 1975, "Expected time bounds
// for selection"). If the counts show that the median is not there, the stream is
// run again with a wider bracket, and at last with none.
type bracket struct {
	numbers       kept          // the sample, then what lies between in a run
	each          int           // numbers of the stream for one of the sample
	sampled       int           // numbers in the sample
	bounds        [2][2]float64 // lo and hi of the first run and of the second
	try           int           // runs so far
	lo, hi        float64
	below, above  int
	atLo, atHi    int
	none          bool // one is no number
	met           int  // numbers of the last run
	median        float64
	found, absent bool
}

const (
	// sampleLeast is the size of a sample below which nothing is excluded.
	sampleLeast = 64
	// sampleSpread is the half width of a bracket in standard errors of the
	// rank of the sample's median, sqrt(n)/2 of n; widening is its factor in the
	// second run.
	sampleSpread = 3
	widening     = 4
)

// sampleTarget is the number of pixels that a sample of n aims at: what it costs and what
// it leaves to be kept grow in step (Floyd & Rivest).
func sampleTarget(n int) int { return min(n, int(2*math.Pow(float64(n), 2.0/3))) }

// lattice returns the steps of a sample of about sampleTarget pixels of a box of so many
// planes. That of the rows is a power of two, so that boxes have their sampled rows, its
// multiples, in common: each costs a warp.
func lattice(cols, rows, planes int) (stepX, stepY int) {
	step := cols * rows * planes / sampleTarget(cols*rows*planes) // of both
	for stepY = 1; stepY*stepY < 4*step && stepY < rows/16; stepY *= 2 {
	}
	return max(1, min(step/stepY, cols/16)), stepY
}

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

// known reports whether the search is over: the median is found, or there is none.
func (k *bracket) known() bool { return k.found || k.absent }

// beginSample prepares for a sample of about so many numbers, which it keeps on that pool.
func (k *bracket) beginSample(pool *pool, about int) { k.numbers = newKept(pool, about) }

// setBounds turns the sample x, one of each numbers of the stream, into the brackets
// of the runs: its quantiles that far below and above its median. It reorders x.
func (k *bracket) setBounds(each int, x []float64) {
	n, first := len(x), 0 // x holds the sample's numbers from the first-th on
	k.sampled, k.each = n, each
	for try := len(k.bounds) - 1; try >= 0; try-- { // the wider brackets hold the narrower
		k.bounds[try] = [2]float64{math.Inf(-1), math.Inf(1)}
		half := halfWidth(n, try)
		if half >= 0.5 {
			continue
		}
		lo := int(float64(n)*(0.5-half)) - first
		hi := min(n-1, int(float64(n)*(0.5+half))) - first
		k.bounds[try] = [2]float64{selectNth(x, lo), selectNth(x[lo:], hi-lo)}
		x, first = x[lo:hi+1], first+lo
	}
}

// keeps is how many numbers a run keeps, with some to spare.
func (k *bracket) keeps(try int) int {
	if k.known() {
		return 0
	}
	return int(2.2*halfWidth(k.sampled, try)*float64(k.sampled*k.each)) + sampleLeast
}

// begin prepares the next run, which keeps its numbers on that pool.
func (k *bracket) begin(pool *pool) {
	k.lo, k.hi = math.Inf(-1), math.Inf(1)
	if k.try < len(k.bounds) {
		k.lo, k.hi = k.bounds[k.try][0], k.bounds[k.try][1]
	}
	k.below, k.above, k.atLo, k.atHi, k.none = 0, 0, 0, 0, false
	k.numbers = newKept(pool, k.keeps(k.try))
	k.try++
}

// add takes differences of numbers that are none of them NaN, and overwrites them.
func (k *bracket) add(differences []float64) {
	between := differences[:0]
	for _, d := range differences {
		switch {
		case d > k.lo && d < k.hi:
			between = append(between, d)
		case d < k.lo:
			k.below++
		case d > k.hi:
			k.above++
		case d == k.lo:
			k.atLo++
		case d == k.hi:
			k.atHi++
		default: // infinity less infinity
			k.none = true
		}
	}
	k.numbers.addAll(between)
}

// total is how many numbers the run met.
func (k *bracket) total() int {
	return k.below + k.atLo + k.numbers.len() + k.atHi + k.above
}

// settle ends a run: it finds the median if the bracket has it. Of no numbers at all, or of one
// that is none, there is no median. A run that had to let numbers go is to be run again. It
// returns room, which is scratch, grown as it must.
func (k *bracket) settle(room []float64) []float64 {
	n := k.total()
	between := k.numbers.drain(room[:0])
	if k.numbers.refused {
		k.try--
		return between
	}
	k.met = n
	if n == 0 || k.none {
		k.absent = true
		return between
	}
	lower, held := k.rank((n-1)/2, between)
	upper := lower
	if n%2 == 0 && held {
		upper, held = k.next(n/2, between)
	}
	k.median = (lower + upper) / 2
	finite := math.Abs(k.median) <= math.MaxFloat64
	k.found, k.absent = held && finite, held && !finite
	return between
}

// rank returns the r-th smallest number, counted from 0, if the bracket has it; between is the
// numbers in it.
func (k *bracket) rank(r int, between []float64) (float64, bool) {
	if r < k.below {
		return 0, false
	}
	r -= k.below
	if r < k.atLo {
		return k.lo, true
	}
	r -= k.atLo
	if r < len(between) {
		return selectNth(between, r), true
	}
	r -= len(between)
	return k.hi, r < k.atHi
}

// next is rank(r), after rank(r-1) has reordered what is between.
func (k *bracket) next(r int, between []float64) (float64, bool) {
	if at := r - k.below - k.atLo; at > 0 && at < len(between) {
		return slices.Min(between[at:]), true
	}
	return k.rank(r, between)
}
