package core

import (
	"sync"

	"zetwopass/core/vec"
)

// pair is two tiles i < j whose boxes overlap, and what is known of the median
// of their difference in each channel.
type pair struct {
	i, j         int
	y0, y1       int // rows that both boxes have
	area         int // pixels that both boxes have
	stepX, stepY int // lattice of the sample
	lo, hi       [vec.Lanes4]float64
	mu           sync.Mutex
	channel      []bracket
}

// overlaps lists the pairs of tiles whose boxes, cut to h x w, have a pixel in
// common, in the order of i, then j.
func overlaps(tiles []Tile, h, w, channels int) []*pair {
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
			p := &pair{i: i, j: j, y0: max(ay0, by0), y1: min(ay1, by1), area: rows * cols,
				channel: make([]bracket, channels)}
			p.stepX, p.stepY = lattice(cols, rows)
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// sampleBytes is what the pair's samples may take.
func (p *pair) sampleBytes() int64 {
	rows := p.y1 - p.y0
	return int64(8 * len(p.channel) * (rows/p.stepY + 1) * (p.area/rows/p.stepX + 1))
}

// leastBytes is what a run over the pair's pixels keeps, as far as the boxes tell.
func (p *pair) leastBytes() int64 {
	n := min(p.area, sampleTarget)
	return max(p.sampleBytes(), int64(16*halfWidth(n, 0)*float64(p.area))*int64(len(p.channel)))
}

// keptBytes is what the next run keeps.
func (p *pair) keptBytes() int64 {
	n := 0
	for c := range p.channel {
		n += p.channel[c].capacity()
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

// addSample takes the lattice's differences of pixels of one row: a and b are the
// values of the two tiles from pixel x on.
func (p *pair) addSample(x int, a, b []float64) {
	lanes := vec.Values(len(p.channel))
	first := (p.stepX - x%p.stepX) % p.stepX
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.channel {
		k := &p.channel[c]
		for i := first*lanes + c; i < len(a); i += p.stepX * lanes {
			if d := a[i] - b[i]; d == d {
				k.sample = append(k.sample, d)
			}
		}
	}
}

// setBounds turns the samples into the brackets of the runs.
func (p *pair) setBounds() {
	for c := range p.channel {
		p.channel[c].setBounds(p.stepX * p.stepY)
	}
}

// begin prepares the next run over all pixels.
func (p *pair) begin() {
	for c := range p.channel {
		if !p.channel[c].known() {
			p.channel[c].begin()
		}
	}
	p.lo, p.hi = laneBrackets(p.channel)
}

// add counts the differences of pixels of one row, in the channels whose median an
// earlier run did not find; where a or b is NaN there is none. kept is scratch of at
// least four numbers more than a.
func (p *pair) add(a, b, kept []float64) {
	var below, above [vec.Lanes4]int
	groups, none := vec.Count(kept, a, b, &p.lo, &p.hi, &below, &above)
	kept = kept[:vec.Lanes4*groups]
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.channel {
		switch k := &p.channel[c]; {
		case k.known():
		case len(p.channel) == 1:
			k.add(sumOf(below), sumOf(above), none != 0, kept, 1)
		default:
			k.add(below[c], above[c], none>>c&1 != 0, kept[min(c, len(kept)):], vec.Lanes4)
		}
	}
}

func sumOf(n [vec.Lanes4]int) int { return n[0] + n[1] + n[2] + n[3] }

// settle finds the medians that the brackets hold.
func (p *pair) settle() {
	for c := range p.channel {
		if !p.channel[c].known() {
			p.channel[c].settle()
		}
	}
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
			o.Sieves[c] = &Sieve{StepX: p.stepX, StepY: p.stepY, All: true, Room: int(p.sampleBytes()) / (8 * len(p.channel))}
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
			k.sample = append(k.sample, t.Kept...)
		case !k.known():
			k.take(t)
		}
	}
}
