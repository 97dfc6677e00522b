package core

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Without it a list could lose a block's numbers or keep a block from the others.
func TestKeptNumbersComeBackAndSoDoTheirBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := newPool(8 * 20 * blockNumbers)
	for range 200 {
		n, about := rng.IntN(9*blockNumbers), rng.IntN(9*blockNumbers)
		k := newKept(pool, about)
		var want []float64
		for range n {
			want = append(want, rng.Float64())
			k.add(want[len(want)-1])
		}
		if got := k.drain(nil); k.refused || !slices.Equal(got, want) {
			t.Fatalf("%d numbers of about %d: %d came back, refused %t", n, about, len(got), k.refused)
		}
	}
	if held := int64(len(pool.free) * blockNumbers); pool.made != held {
		t.Errorf("the pool counts %d numbers, its free blocks have %d", pool.made, held)
	}
}

// Without it what pairs keep outgrows the budget.
func TestAPoolHoldsNoMoreThanItsBound(t *testing.T) {
	pool := newPool(8 * 3 * blockNumbers)
	a, b := newKept(pool, blockNumbers), newKept(pool, 100)
	for i := range 2 * blockNumbers {
		a.add(float64(i))
	}
	for i := range 2 * blockNumbers {
		b.add(float64(i))
	}
	if !b.refused || b.len() != 100 || pool.made > pool.most {
		t.Errorf("refused %t with %d numbers, the pool has %d of %d", b.refused, b.len(), pool.made, pool.most)
	}
	a.drain(nil)
	c := newKept(pool, 60)
	c.add(1)
	if c.refused {
		t.Error("free blocks are in the way of a smaller one")
	}
	b.drain(nil)
	c.drain(nil)
	if pool.bound(8 * blockNumbers); pool.made > blockNumbers {
		t.Errorf("%d numbers are held of %d", pool.made, blockNumbers)
	}
}

// Without it a median could change where there is little room for what the search keeps, or the
// search go on for ever.
func TestMediansAreTheSameInLittleRoom(t *testing.T) {
	var want []float64
	for _, room := range []int64{freeBudget, 200 << 10, 40 << 10, 4 << 10} {
		j := scene(11, 4, 3, 150, 150, 3)
		plan, err := NewPlan(j, RunMatch)
		if err != nil {
			t.Fatal(err)
		}
		plan.medianRoom, plan.Budget = room, 1<<30
		p := newPass(j, plan)
		p.ctx = t.Context()
		if err := p.findFull(); err != nil {
			t.Fatal(err)
		}
		if err := p.search(plan.pairs); err != nil {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
		var got []float64
		for _, q := range plan.pairs {
			for c := range q.channel {
				got = append(got, q.channel[c].median)
			}
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("room for %d bytes: other medians", room)
		}
	}
}

// Without it a row that another pair samples is in the sample, too, and counts for several.
func TestASampleIsOfTheLatticeAlone(t *testing.T) {
	p := &pair{x1: 1, y1: 10, grid: [looks]grid{fine: {1, 8}, whole: every}, area: 10, channel: make([]bracket, 1)}
	tile := func(first float64) *shown {
		s := &shown{}
		for n := range s.row {
			s.row[n] = piece{0, 1, n}
			s.exact, s.near = append(s.exact, first+float64(n)), append(s.near, 0)
		}
		return s
	}
	room := newRoom(stripRows, 1, 1)
	p.begin(newPool(boundless), 1, fine)
	p.addSample(fine, tile(10), tile(0), 2, &room) // rows 2 to 9
	if got := p.channel[0].numbers.drain(nil); !slices.Equal(got, []float64{10}) {
		t.Errorf("sampled %v, want row 8 alone", got)
	}
	p.tilt()
	p.grid[fine].y = 8
	p.begin(newPool(boundless), 1, fine)
	p.addSample(fine, tile(10), tile(0), 2, &room)
	if got := p.seams[0].survey(p, nil); len(got) != 1 {
		t.Errorf("seam of %v, want row 8 alone", got)
	}
}

// Without it samples are guessed too large for turned tiles, and sweeps are many.
func TestAShareIsThatOfATurnedTile(t *testing.T) {
	sin, cos := math.Sincos(math.Pi / 4)
	m := PixelMap{Plane: [9]float64{cos, sin, -70, -sin, cos, 0, 0, 0, 1}, X1: 141, Y1: 141}
	if got := m.share(141, 141, 100, 100); math.Abs(got-0.5) > 0.01 {
		t.Errorf("share = %v of a square on its corner, want 0.5", got)
	}
	for _, one := range []PixelMap{{X1: 1, Y1: 1}, {X1: 9, Y1: 9}} { // a single pixel, no scale
		if got := one.share(9, 9, 100, 100); got != 1 {
			t.Errorf("share = %v of a map that has no scale, want 1", got)
		}
	}
}
