package core

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// contents are coverages that a blur may find hard, by name: what pixel (y,x) of n x n holds.
var contents = []struct {
	name    string
	profile Profile
	at      func(rng *rand.Rand, n, y, x int) float64
}{
	{"flat", V45, func(*rand.Rand, int, int, int) float64 { return 2 }},
	{"steps", V45, func(_ *rand.Rand, n, y, x int) float64 { return float64(1 + 5*y/n + 5*x/n) }},
	{"random", V45, func(rng *rand.Rand, _, _, _ int) float64 { return 1 + rng.Float64() }},
	{"sparse", V45, func(rng *rand.Rand, _, _, _ int) float64 { return float64(rng.IntN(1000) / 999) }},
	{"sparser", V45, func(rng *rand.Rand, _, _, _ int) float64 { return float64(rng.IntN(30000) / 29999) }},
	{"corner", V45, func(_ *rand.Rand, n, y, x int) float64 {
		if y < n/6 && x < n/6 {
			return float64(1 + (x+y)%3)
		}
		return 0
	}},
	{"clusters", V45, func(rng *rand.Rand, n, y, x int) float64 {
		if y%(n/2) < 40 && x%(n/2) < 40 {
			return rng.Float64()
		}
		return 0
	}},
	{"hot pixels", V45, func(rng *rand.Rand, _, _, _ int) float64 {
		if rng.IntN(3000) == 0 {
			return 1e20
		}
		return 1 + rng.Float64()
	}},
	{"decades", V45, func(_ *rand.Rand, n, y, x int) float64 { return math.Pow(10, 37-float64((3*x+2*y)%76)) }},
	{"flat", V42, func(*rand.Rand, int, int, int) float64 { return 2 }},
	{"random", V42, func(rng *rand.Rand, _, _, _ int) float64 { return 1 + rng.Float64() }},
	{"signs", V42, func(rng *rand.Rand, _, _, _ int) float64 { return rng.Float64() - 0.5 }},
	{"one NaN", V42, func(_ *rand.Rand, n, y, x int) float64 {
		if y == n/2 && x == n/2 {
			return math.NaN()
		}
		return float64(1 + 5*y/n + 5*x/n)
	}},
	{"some infinities", V42, func(rng *rand.Rand, _, _, _ int) float64 {
		switch rng.IntN(20000) {
		case 0:
			return math.Inf(1)
		case 1:
			return math.Inf(-1)
		}
		return rng.Float64()
	}},
	{"NaN blocks", V42, func(rng *rand.Rand, n, y, x int) float64 {
		if y/(n/8)%2 == 1 && x/(n/8)%2 == 1 {
			return math.NaN()
		}
		return rng.Float64()
	}},
	{"clusters", V42, func(rng *rand.Rand, n, y, x int) float64 {
		if y%(n/2) < 40 && x%(n/2) < 40 {
			return rng.Float64() - 0.3
		}
		return 0
	}},
	{"sparse", V42, func(rng *rand.Rand, _, _, _ int) float64 { return float64(rng.IntN(1000) / 999) }},
}

// The ratios to flat and random coverages stand in docs/inside/costs.md.
func BenchmarkBlurOfAnyContent(b *testing.B) {
	const n = 2048
	for _, sigma := range []int{10, 50, 200, 1000} {
		for _, c := range contents {
			b.Run(fmt.Sprintf("%d/%v/%s", sigma, c.profile, c.name), func(b *testing.B) {
				j := &Job{Profile: c.profile, Sigma: sigma, Workers: 1, Coverage: NewView(n, n, 1), Blurred: NewView(n, n, 1)}
				rng := rand.New(rand.NewPCG(1, 2))
				for i := range j.Coverage.Pix {
					j.Coverage.Pix[i] = float32(c.at(rng, n, i/n, i%n))
				}
				for b.Loop() {
					if err := Run(j, RunBlur); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
