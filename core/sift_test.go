package core

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Without it large values of one channel would be rounded by more than is allowed for: where the
// tiles show other pixels of a row before, a value has another lane than among all of its tile's.
func TestLargeValuesOfOneChannelAreLargeInEveryLane(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const n = 4000
	for trial := range 20 {
		a, b := make([]float64, n+1), make([]float64, n+2) // of which one and two are of the row before
		var differences []float64
		for i := range n {
			level := 0.0
			if i%4 == 3 {
				level = 1e8
			}
			a[i+1], b[i+2] = level+3+rng.NormFloat64(), level
			differences = append(differences, a[i+1]-b[i+2])
		}
		differences = append(differences, a[0]-b[0])
		s, u := shownOf(a), shownOf(b)
		s.row[0], s.row[1] = piece{0, 1, 0}, piece{0, n, 1}
		u.row[0], u.row[1] = piece{0, 2, 0}, piece{0, n, 2}
		p, room := &pair{y1: 2, grid: [looks]grid{fine: every, whole: every}, area: n, channel: make([]bracket, 1)}, newRoom(2, n, 1)
		pool := newPool(boundless)
		p.begin(pool, 1, fine)
		p.addSample(fine, s, u, 0, &room)
		kept := p.end(fine, nil)
		for !p.settled() {
			p.begin(pool, 1, whole)
			p.add(whole, s, u, 0, &room)
			kept = p.end(whole, kept)
		}
		slices.Sort(differences)
		if got, want := p.channel[0].median, differences[n/2]; got != want {
			t.Fatalf("trial %d: median %v, want %v, %g away", trial, got, want, math.Abs(got-want))
		}
	}
}
