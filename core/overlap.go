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
	i, j    int
	y0, y1  int // rows that both boxes have
	x0, x1  int // columns
	area    int // pixels that both boxes have, of all planes
	grid    [looks]grid
	mu      sync.Mutex
	chunks  int // of the sweep that is under way, those still to come
	channel []bracket
	seams   []seam // of each channel, where planes are wanted; nil
}

// manyPairs are so many that room is asked for before there are more.
const manyPairs = 1 << 14

// overlap returns the pair of tiles a < b, whose samples have columns at most so far apart, or nil
// where their boxes have no pixel in common.
func (j *Job) overlap(a, b, columns int) *pair {
	ax0, ay0, ax1, ay1 := j.Tiles[a].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	bx0, by0, bx1, by1 := j.Tiles[b].Map.Clip(j.Mosaic.H, j.Mosaic.W)
	rows, cols := min(ay1, by1)-max(ay0, by0), min(ax1, bx1)-max(ax0, bx0)
	if rows <= 0 || cols <= 0 {
		return nil
	}
	p := &pair{i: a, j: b, y0: max(ay0, by0), y1: min(ay1, by1), x0: max(ax0, bx0), x1: min(ax1, bx1),
		area: rows * cols * j.planes(), channel: make([]bracket, j.Mosaic.C)}
	p.plan(columns, j.Background)
	return p
}

// tilt has the pair look for the slopes of its tiles, too, in one large sample.
func (p *pair) tilt() {
	cols, rows := p.x1-p.x0, p.y1-p.y0
	p.grid = [looks]grid{fine: seamGrid(cols, rows, p.area/(rows*cols)), whole: every}
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

// sampleSize is the most pixels that a look takes.
func (p *pair) sampleSize(look look) int {
	rows := p.y1 - p.y0
	n := (rows/p.grid[look].y + 1) * (p.area/rows/p.grid[look].x + 1)
	if p.seams != nil { // each row of blocks may have a row more
		n += p.seams[0].down * p.area / rows
	}
	return n
}

// leastBytes is what the pair keeps in one of its looks, as far as the boxes tell.
func (p *pair) leastBytes() int64 {
	numbers := 2 * halfWidth(sampleTarget(p.area), 0) * float64(p.area)
	for look := coarse; look < whole; look++ {
		if !p.needs(look) {
			continue
		}
		share, n := 1.0, p.sampleSize(look)
		if !p.lists(look) {
			share = 2 * aimWidth(p.sampleSize(coarse), n)
		}
		numbers = max(numbers, share*float64(n))
	}
	return int64(8*numbers)*int64(len(p.channel)) + p.seamBytes()
}

// keptBytes is what a look keeps, in whole blocks.
func (p *pair) keptBytes(look look) int64 {
	n := 0
	for c := range p.channel {
		k := &p.channel[c]
		about := p.sampleSize(look)
		if !p.lists(look) {
			about = k.keeps(k.next(), p.grid[look])
		}
		n += about
		if about > blockNumbers {
			n += blockNumbers
		}
		if look == fine && p.seams != nil {
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

// addSample takes the differences of a look's pixels on a strip's rows, those that are not NaN; the
// first is row y.
func (p *pair) addSample(look look, s, t *shown, y int, r *room) {
	if p.seams != nil {
		p.gather(s, t, y)
		return
	}
	lanes := vec.Values(len(p.channel))
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range s.row {
		_, a, b := p.both(look, s, t, y, n)
		for c := range p.channel {
			met, d := 0, r.sample
			for i := c; i < len(a.exact); i += lanes {
				if d[met] = a.exact[i] - b.exact[i]; d[met] == d[met] {
					met++
				}
			}
			p.channel[c].numbers.addAll(d[:met])
		}
	}
}

// begin prepares a look in so many chunks of rows.
func (p *pair) begin(pool *pool, chunks int, look look) {
	p.chunks = chunks
	for c := range p.channel {
		switch k := &p.channel[c]; {
		case look == fine && p.seams != nil:
			p.seams[c].begin(pool, p)
		case p.lists(look):
			k.beginSample(pool, p.sampleSize(look))
		case !k.known():
			k.begin(pool, p.grid[look])
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

// end turns samples into the brackets of the looks to come, or finds the medians that these hold. It
// returns room, which is scratch, grown as it must.
func (p *pair) end(look look, room []float64) []float64 {
	for c := range p.channel {
		switch k := &p.channel[c]; {
		case look == fine && p.seams != nil:
			room = p.seams[c].survey(p, room[:0])
			k.setBounds(p.grid[fine], room, halfWidth(len(room), 0))
		case p.lists(look):
			room = k.numbers.drain(room[:0])
			half := halfWidth(len(room), 0)
			if look == coarse {
				half = aimWidth(len(room), len(room)*p.grid[coarse].each()/p.grid[fine].each())
			}
			k.setBounds(p.grid[look], room, half)
		case look == fine:
			room = k.narrow(p.grid[fine], room)
		case !k.known():
			room = k.settle(room)
		}
	}
	return room
}

// done reports whether there was room for what a sample keeps, or all medians are known.
func (p *pair) done(look look) bool {
	if look == whole {
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
func (p *pair) overlap(rows int, look look) Overlap {
	o := Overlap{I: p.i, J: p.j, Sieves: make([]*Sieve, len(p.channel))}
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.channel {
		k := &p.channel[c]
		switch {
		case p.lists(look):
			o.Sieves[c] = &Sieve{StepX: p.grid[look].x, StepY: p.grid[look].y, All: true, Room: p.sampleSize(look)}
		case !k.known():
			s := k.sieve(p.grid[look])
			o.Sieves[c] = &s
		}
		if s := o.Sieves[c]; s != nil { // of the pair's rows, those that are asked for
			s.Room = s.Room*min(rows, p.y1-p.y0)/(p.y1-p.y0) + sampleLeast
		}
	}
	return o
}

// take adds what a device found, channel by channel.
func (p *pair) take(tallies []Tally, look look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, t := range tallies {
		k := &p.channel[c]
		switch {
		case p.lists(look):
			k.numbers.addAll(t.Kept)
		case !k.known():
			k.take(t)
		}
	}
}
