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
	numbers       kept     // the sample, then what lies between in a run
	stream        int      // about how many numbers the stream has, as its sample tells
	bounds        [2]bound // of the first run over the stream and of the second
	try           int      // runs so far
	bound                  // of the run that is under way
	below, above  int
	atLo, atHi    int
	none          bool // one is no number
	met           int  // numbers of the last run
	median        float64
	found, absent bool
}

// bound is two numbers that a run compares with, and about which share of the stream lies between
// its median and each of them.
type bound struct{ lo, hi, half float64 }

// unbounded excludes nothing.
var unbounded = bound{math.Inf(-1), math.Inf(1), 0.5}

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

// aimWidth is that of the bracket in which a sample of n numbers holds, almost certainly, the first
// bracket of a sample of m.
func aimWidth(n, m int) float64 { return min(0.5, halfWidth(n, 0)+2*halfWidth(m, 0)) }

// setBounds turns the sample x, of a grid's pixels, into the brackets of the runs: its
// quantiles that far below and above its median, for the first run half. It reorders x.
func (k *bracket) setBounds(of grid, x []float64, half float64) {
	n, first := len(x), 0 // x holds the sample's numbers from the first-th on
	k.stream = n * of.each()
	k.bounds = [2]bound{unbounded, unbounded}
	halves := [2]float64{half, max(half, halfWidth(n, 1))}
	for try := len(halves) - 1; try >= 0; try-- { // the wider brackets hold the narrower
		if halves[try] >= 0.5 {
			continue
		}
		lo, hi := ranks(n, halves[try])
		lo, hi = lo-first, hi-first
		k.bounds[try] = bound{selectNth(x, lo), selectNth(x[lo:], hi-lo), halves[try]}
		x, first = x[lo:hi+1], first+lo
	}
}

// ranks are those of the ends of a bracket in a sample of n numbers, counted from 0.
func ranks(n int, half float64) (lo, hi int) {
	return int(float64(n) * (0.5 - half)), min(n-1, int(float64(n)*(0.5+half)))
}

// keeps is how many numbers of a grid's pixels a run within bounds keeps, with some to spare.
func (k *bracket) keeps(b bound, of grid) int {
	if k.known() {
		return 0
	}
	return int(2.2*b.half*float64(k.stream)/float64(of.each())) + sampleLeast
}

// next is the bracket of the next run over the stream.
func (k *bracket) next() bound {
	if k.try < len(k.bounds) {
		return k.bounds[k.try]
	}
	return unbounded
}

// begin prepares a run over a grid's pixels, which keeps its numbers on that pool.
func (k *bracket) begin(pool *pool, of grid) {
	k.bound = k.next()
	k.below, k.above, k.atLo, k.atHi, k.none = 0, 0, 0, 0, false
	k.numbers = newKept(pool, k.keeps(k.bound, of))
}

// count counts a number that is not between the bounds.
func (t *Tally) count(x float64, b *bound) {
	switch {
	case x < b.lo:
		t.Below++
	case x > b.hi:
		t.Above++
	case x == b.lo:
		t.AtLo++
	case x == b.hi:
		t.AtHi++
	default: // infinity less infinity
		t.None = true
	}
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
		return between
	}
	k.try++
	k.met = n
	if n == 0 || k.none {
		k.absent = true
		return between
	}
	lower, held := k.rank((n-1)/2, between)
	upper := lower
	if n%2 == 0 && held {
		upper, held = k.after(n/2, between)
	}
	k.median = (lower + upper) / 2
	finite := math.Abs(k.median) <= math.MaxFloat64
	k.found, k.absent = held && finite, held && !finite
	return between
}

// narrow ends a run over a sample, of a grid's pixels, within the bracket of a smaller one: it
// narrows that, if it holds the sample's own. It returns room, which is scratch, grown as it must.
func (k *bracket) narrow(of grid, room []float64) []float64 {
	n := k.total()
	between := k.numbers.drain(room[:0])
	half := halfWidth(n, 0)
	if k.numbers.refused || half >= 0.5 {
		return between
	}
	k.stream = n * of.each()
	first, last := ranks(n, half)
	lo, held := k.rank(first, between)
	hi, too := k.rank(last, between)
	if held && too {
		k.bounds[0] = bound{lo, hi, half}
	}
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

// after is rank(r), when rank(r-1) has reordered what is between.
func (k *bracket) after(r int, between []float64) (float64, bool) {
	if at := r - k.below - k.atLo; at > 0 && at < len(between) {
		return slices.Min(between[at:]), true
	}
	return k.rank(r, between)
}
