package core

import "zetwopass/core/vec"

// room is scratch for what a pair finds on a strip, and for what it has kept in the end.
type room struct {
	within []int32               // where the differences are that a bracket may hold
	lane   [vec.Lanes4][]float64 // these
	sample []float64             // of a row, in a channel
	kept   []float64             // of a channel
}

// newRoom returns room for strips of so many rows and pixels of so many values.
func newRoom(rows, pixels, values int) room {
	r := room{within: make([]int32, rows*pixels*values), sample: make([]float64, pixels)}
	for l := range r.lane {
		r.lane[l] = make([]float64, rows*((pixels*values-1)/vec.Lanes4+1))
	}
	return r
}

// sifted is what a strip's differences are compared with, lane by lane, and what came of it.
type sifted struct {
	lo, hi       [vec.Lanes4]float32 // what is beyond is outside the bracket
	below, above [vec.Lanes4]int
	bracket      [vec.Lanes4]bound
	exact        [vec.Lanes4]Tally // of those that float32 does not tell from the bracket's
}

// sift compares the differences of some pixels of two tiles.
func (s *sifted) sift(a, b values, r *room) {
	for _, i := range r.within[:vec.Sift(r.within, a.near, b.near, a.exact, b.exact, &s.lo, &s.hi, &s.below, &s.above)] {
		l, d := i%vec.Lanes4, a.exact[i]-b.exact[i]
		found, k := &s.exact[l], &s.bracket[l]
		if d > k.lo && d < k.hi {
			found.Kept = append(found.Kept, d)
		} else {
			found.count(d, k)
		}
	}
}

// add counts the differences of pixels of a strip's rows, the first of which is y, in the channels
// whose median an earlier run did not find; where a value is NaN there is none.
func (p *pair) add(look look, s, t *shown, y int, r *room) {
	p.mu.Lock()
	for c := range p.channel {
		p.channel[c].numbers.fetch()
	}
	p.mu.Unlock()
	lanes := p.lanes()
	var found sifted
	for l, k := range lanes {
		if k != nil {
			found.bracket[l], found.exact[l].Kept = k.bound, r.lane[l][:0]
		}
	}
	found.lo, found.hi = limits(&lanes, &s.most, &t.most)
	if s.row == t.row && look == whole {
		found.sift(s.values, t.values, r)
	} else {
		for n := range s.row {
			_, a, b := p.both(look, s, t, y, n)
			found.sift(a, b, r)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for l, k := range lanes {
		if k != nil {
			k.below += found.below[l]
			k.above += found.above[l]
			k.take(found.exact[l])
		}
	}
}
