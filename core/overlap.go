package core

import (
	"math"
	"reflect"
	"sync"

	"zetwopass/core/vec"
)

// pair is two tiles i < j whose boxes overlap, and what is known of the median
// of their difference in each channel.
type pair struct {
	i, j         int
	y0, y1       int // rows that both boxes have
	x0, x1       int // columns
	area         int // pixels that both boxes have, of all planes
	stepX, stepY int // lattice of the sample
	mu           sync.Mutex
	chunks       int // of the sweep that is under way, those still to come
	channel      []bracket
	seams        []seam // of each channel, where planes are wanted; nil
}

// manyPairs are so many that room is asked for before there are more.
const manyPairs = 1 << 14

// overlap returns the pair of tiles a < b, or nil where their boxes have no pixel in common.
func (j *Job) overlap(a, b int) *pair {
	ax0, ay0, ax1, ay1 := j.Tiles[a].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	bx0, by0, bx1, by1 := j.Tiles[b].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	rows, cols := min(ay1, by1)-max(ay0, by0), min(ax1, bx1)-max(ax0, bx0)
	if rows <= 0 || cols <= 0 {
		return nil
	}
	p := &pair{i: a, j: b, y0: max(ay0, by0), y1: min(ay1, by1), x0: max(ax0, bx0), x1: min(ax1, bx1),
		area: rows * cols * j.planes(), channel: make([]bracket, j.Mosaic.C)}
	p.stepX, p.stepY = lattice(cols, rows, j.planes())
	if j.Background == PlaneBackground {
		p.tilt()
	}
	return p
}

// tilt has the pair look for the slopes of its tiles, too.
func (p *pair) tilt() {
	cols, rows := p.x1-p.x0, p.y1-p.y0
	p.stepX, p.stepY = seamLattice(cols, rows, p.area/(rows*cols))
	p.seams = make([]seam, len(p.channel))
	for c := range p.seams {
		p.seams[c].down, p.seams[c].across = seamShape(cols, rows)
	}
}

// pairBytes is what a pair takes, with its places in lists of them and what the grain of
// Go's heap adds, before anything is known of it.
func pairBytes(channels int) int64 {
	bytes := reflect.TypeFor[pair]().Size() + uintptr(channels)*(reflect.TypeFor[bracket]().Size()+reflect.TypeFor[seam]().Size())
	return int64(bytes)*5/4 + 32
}

// sampleSize is the most numbers of a sample of one channel.
func (p *pair) sampleSize() int {
	rows := p.y1 - p.y0
	n := (rows/p.stepY + 1) * (p.area/rows/p.stepX + 1)
	if p.seams != nil { // each row of blocks may have a row more
		n += p.seams[0].down * p.area / rows
	}
	return n
}

// sampleBytes is what the pair's samples may take.
func (p *pair) sampleBytes() int64 { return int64(8*len(p.channel)*p.sampleSize()) + p.seamBytes() }

// leastBytes is what a run over the pair's pixels keeps, as far as the boxes tell.
func (p *pair) leastBytes() int64 {
	return max(p.sampleBytes(), int64(16*halfWidth(sampleTarget(p.area), 0)*float64(p.area))*int64(len(p.channel)))
}

// keptBytes is what the next run keeps, in whole blocks.
func (p *pair) keptBytes(sampling bool) int64 {
	n := 0
	for c := range p.channel {
		k := &p.channel[c]
		about := p.sampleSize()
		if !sampling {
			about = k.keeps(k.try)
		}
		n += about
		if about > blockNumbers {
			n += blockNumbers
		}
		if sampling && p.seams != nil {
			n += p.seams[c].down * p.seams[c].across * blockNumbers
		}
	}
	return int64(8 * n)
}

// settled reports whether all channels' medians are known.
func (p *pair) settled() bool {
	for c := range p.channel {
		if !p.channel[c].known() {
			return false
		}
	}
	return true
}

// addSample takes the lattice's differences of pixels of a strip's rows, those that are not NaN; the
// first is row y.
func (p *pair) addSample(s, t *shown, y int, r *room) {
	if p.seams != nil {
		p.gather(s, t, y)
		return
	}
	lanes := vec.Values(len(p.channel))
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range s.row {
		if (y+n)%p.stepY != 0 { // another pair's
			continue
		}
		x, a, b := both(s, t, n, lanes)
		first := (p.stepX - x%p.stepX) % p.stepX
		for c := range p.channel {
			met, d := 0, r.sample
			for i := first*lanes + c; i < len(a.exact); i += p.stepX * lanes {
				if d[met] = a.exact[i] - b.exact[i]; d[met] == d[met] {
					met++
				}
			}
			p.channel[c].numbers.addAll(d[:met])
		}
	}
}

// begin prepares a sweep over so many chunks of rows, for the sample or over all pixels.
func (p *pair) begin(pool *pool, chunks int, sampling bool) {
	p.chunks = chunks
	for c := range p.channel {
		switch k := &p.channel[c]; {
		case sampling && p.seams != nil:
			p.seams[c].begin(pool, p)
		case sampling:
			k.beginSample(pool, p.sampleSize())
		case !k.known():
			k.begin(pool)
		}
	}
}

// lastOf reports whether some chunks that are done were the last of the sweep.
func (p *pair) lastOf(chunks int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chunks -= chunks
	return p.chunks == 0
}

// end turns the sample into the brackets of the runs, or finds the medians that these hold. It
// returns room, which is scratch, grown as it must.
func (p *pair) end(sampling bool, room []float64) []float64 {
	for c := range p.channel {
		switch k := &p.channel[c]; {
		case sampling && p.seams != nil:
			room = p.seams[c].survey(p, room[:0])
			k.setBounds(p.stepX*p.stepY, room)
		case sampling:
			room = k.numbers.drain(room[:0])
			k.setBounds(p.stepX*p.stepY, room)
		case !k.known():
			room = k.settle(room)
		}
	}
	return room
}

// done reports whether the sample was kept whole, or all medians are known.
func (p *pair) done(sampling bool) bool {
	if !sampling {
		return p.settled()
	}
	return !p.refused()
}

// refused reports whether the pool had no room for some of the numbers.
func (p *pair) refused() bool {
	for c := range p.channel {
		if p.channel[c].numbers.refused || p.seams != nil && p.seams[c].lost {
			return true
		}
	}
	return false
}

// lanes returns the channels that the lanes of pixels hold, nil where none is wanted.
func (p *pair) lanes() (lanes [vec.Lanes4]*bracket) {
	for l := range lanes {
		c := l
		if len(p.channel) == 1 {
			c = 0
		}
		if c < len(p.channel) && !p.channel[c].known() {
			lanes[l] = &p.channel[c]
		}
	}
	return lanes
}

// limits returns, of each lane of pixels, what differences in float32 must lie below, or
// above, to be sure that the exact ones are outside the bracket; all are where none is
// wanted.
func limits(lanes *[vec.Lanes4]*bracket, a, b *[vec.Lanes4]float32) (lo, hi [vec.Lanes4]float32) {
	// Rounding changes a and b by 2^-24 of their sizes, and their difference by as much
	// again of it; rounding a limit changes that by 2^-24. Twice as much is allowed.
	const twice = 0x1p-22
	for l := range lo {
		lo[l], hi[l] = float32(math.Inf(1)), float32(math.Inf(-1))
		if k := lanes[l]; k != nil {
			slack := float64(twice*(float64(a[l])+float64(b[l]))) + 4*math.SmallestNonzeroFloat32
			lo[l] = float32(k.lo - slack - float64(twice*math.Abs(k.lo)))
			hi[l] = float32(k.hi + slack + float64(twice*math.Abs(k.hi)))
		}
	}
	return lo, hi
}

// overlap says what a device shall look for on so many rows.
func (p *pair) overlap(rows int, sampling bool) Overlap {
	o := Overlap{I: p.i, J: p.j, Sieves: make([]*Sieve, len(p.channel))}
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.channel {
		k := &p.channel[c]
		switch {
		case sampling:
			o.Sieves[c] = &Sieve{StepX: p.stepX, StepY: p.stepY, All: true, Room: p.sampleSize()}
		case !k.known():
			s := k.sieve()
			o.Sieves[c] = &s
		}
		if s := o.Sieves[c]; s != nil { // of the pair's rows, those that are asked for
			s.Room = s.Room*min(rows, p.y1-p.y0)/(p.y1-p.y0) + sampleLeast
		}
	}
	return o
}

// take adds what a device found, channel by channel.
func (p *pair) take(tallies []Tally, sampling bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, t := range tallies {
		k := &p.channel[c]
		switch {
		case sampling:
			k.numbers.addAll(t.Kept)
		case !k.known():
			k.take(t)
		}
	}
}
