package core

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Without it a median could be a neighbour of the median.
func TestSelectNthEqualsSorting(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for trial := range 3000 {
		x := make([]float64, 1+rng.IntN([]int{60, 3000}[trial%2]))
		for i := range x {
			x[i] = float64(rng.IntN(1 + rng.IntN(len(x))))
		}
		k := rng.IntN(len(x))
		want := slices.Sorted(slices.Values(x))[k]
		y := slices.Clone(x)
		if got := selectNth(y, k); got != want || y[k] != want {
			t.Fatalf("element %d of %v = %v, want %v", k, x, got, want)
		}
		if slices.Max(y[:k+1]) > want || slices.Min(y[k:]) < want {
			t.Fatalf("element %d of %v parts %v", k, x, y)
		}
	}
}

// Without it a gain of an even number of pixels could miss numpy's median in float32
// by a rounding.
func TestMeanOfTwoScalesRoundsOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 10000 {
		a, b := 0.5+1.5*rng.Float32(), 0.5+1.5*rng.Float32()
		if got, want := float32((float64(a)+float64(b))/2), (a+b)/2; got != want {
			t.Fatalf("mean of %v and %v = %v, want %v", a, b, got, want)
		}
	}
}

// shownOf is a strip whose first row has these values.
func shownOf(exact []float64) *shown {
	s := &shown{row: [stripRows]piece{{0, len(exact), 0}}, values: values{exact, make([]float32, len(exact))}}
	s.narrow(1)
	return s
}

// nth returns every n-th number.
func nth(x []float64, n int) (some []float64) {
	for i := 0; i < len(x); i += n {
		some = append(some, x[i])
	}
	return some
}

// stream runs a's and b's differences through a pair as medians does.
func stream(a, b []float64, stepX int) (median float64, found bool, runs int) {
	p := &pair{y1: 1, grid: [looks]grid{fine: {stepX, 1}, whole: every}, area: len(a), channel: make([]bracket, 1)}
	pool := newPool(boundless)
	p.begin(pool, 1, fine)
	room := newRoom(1, len(a), 1)
	p.addSample(fine, shownOf(nth(a, stepX)), shownOf(nth(b, stepX)), 0, &room)
	kept := p.end(fine, nil)
	for {
		runs++
		p.begin(pool, 1, whole)
		p.add(whole, shownOf(a[:len(a)/3]), shownOf(b[:len(b)/3]), 0, &room)
		p.add(whole, shownOf(a[len(a)/3:]), shownOf(b[len(b)/3:]), 0, &room)
		if kept = p.end(whole, kept); p.settled() {
			return p.channel[0].median, p.channel[0].found, runs
		}
	}
}

// Without it the bracket could settle on a value that is not the median.
func TestBracketFindsTheExactMedian(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	nan := math.NaN()
	widened := false
	for trial := range 300 {
		n := 1 + rng.IntN(3000)
		a, b := make([]float64, n), make([]float64, n)
		var d []float64
		for i := range a {
			a[i] = rng.NormFloat64()
			if trial%3 == 0 {
				a[i] = float64(rng.IntN(4)) // ties
			}
			if trial%5 == 0 && i%7 == 0 {
				a[i] += 100 // only where the sample looks
			}
			if trial%4 == 0 { // float32 can't tell these from each other
				a[i] += 1e8
				b[i] = 1e8
			}
			if rng.IntN(5) == 0 {
				b[i] = nan
			} else {
				d = append(d, a[i]-b[i])
			}
		}
		median, found, runs := stream(a, b, 7)
		widened = widened || runs > 1
		if found != (len(d) > 0) {
			t.Fatalf("trial %d: found %v of %d differences", trial, found, len(d))
		}
		if !found {
			continue
		}
		slices.Sort(d)
		if want := (d[(len(d)-1)/2] + d[len(d)/2]) / 2; median != want {
			t.Fatalf("trial %d: median %v, want %v", trial, median, want)
		}
	}
	if !widened {
		t.Error("no bracket was missed: the widening is not tested")
	}
}

// Without it a run for one channel would count the others again, and keep what
// nobody asks for.
func TestAKnownMedianTakesNoMoreNumbers(t *testing.T) {
	a, b := []float64{3, 1, 2, 7}, make([]float64, 4)
	p := &pair{y1: 1, grid: [looks]grid{fine: every, whole: every}, area: len(a), channel: make([]bracket, 1)}
	pool := newPool(boundless)
	p.begin(pool, 1, fine)
	room := newRoom(1, len(a), 1)
	p.addSample(fine, shownOf(a), shownOf(b), 0, &room)
	kept := p.end(fine, nil)
	p.begin(pool, 1, whole)
	p.add(whole, shownOf(a), shownOf(b), 0, &room)
	p.end(whole, kept)
	p.add(whole, shownOf(a), shownOf(b), 0, &room)
	if k := p.channel[0]; !k.found || k.median != 2.5 || k.numbers.len() != 0 {
		t.Errorf("after the end: %+v", k)
	}
}

// Without it one saturated pixel in both tiles would spoil the graph: like the
// original, a median that is no finite number makes no pair.
func TestDifferencesThatAreNoNumberMakeNoPair(t *testing.T) {
	inf := math.Inf(1)
	for _, a := range [][]float64{{1, inf, 3}, {inf, inf, 3}} {
		if _, found, _ := stream(a, []float64{0, inf, 0}, 1); found {
			t.Errorf("%v gives a median", a)
		}
	}
	if m, found, _ := stream([]float64{inf, 1, 2}, []float64{0, 0, 0}, 1); !found || m != 2 {
		t.Errorf("one infinity among three differences: median %v, found %v, want 2", m, found)
	}
}
