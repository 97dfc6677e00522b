package core

import (
	"math"
	"math/rand/v2"
	"testing"

	"zetwopass/core/vec"
)

// harsh makes the numbers of a strip differ by up to 60 decades, the margins before it too.
func harsh(rng *rand.Rand, src []float32) {
	for i := range src {
		if rng.IntN(9) == 0 {
			src[i] = float32(math.Pow(10, float64(rng.IntN(60)-30)))
		}
	}
}

// Without it folding, which only coverages with large steps come to, could be wrong unseen.
func TestFoldingEqualsTheDirectSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 4))
	for _, sigma := range []int{1, 2, 7, 30, 200} {
		for _, n := range []int{1, 2, 8*sigma + 1, 8*sigma + 2, 3000} {
			g := newGauss(sigma)
			src := steppedStrip(rng, n, g.radius)
			if n != 2 {
				harsh(rng, src)
			}
			got, want := make([]float32, n*vec.Lanes), make([]float32, n*vec.Lanes)
			g.foldAll(got, src, new(gaussScratch))
			vec.Direct(want, src[2*vec.Lanes:], g.weight)
			for i := range got {
				if !(math.Abs(float64(got[i]-want[i])) <= 3e-7*float64(want[i])) {
					t.Fatalf("sigma %d, %d rows: sample %d is %g, want %g", sigma, n, i, got[i], want[i])
				}
			}
		}
	}
}

// Without it a flat 2 among other levels may miss the threshold 2 by a rounding.
func TestFoldingKeepsWhatIsFlat(t *testing.T) {
	const n = 900
	g := newGauss(10)
	src := make([]float32, (n+2*g.radius+2)*vec.Lanes)
	for i := range src {
		src[i] = float32(2 + i%vec.Lanes)
		if row := i / vec.Lanes; row > 400 && row < 500 {
			src[i] = float32(row % 7)
		}
	}
	got := make([]float32, n*vec.Lanes)
	g.foldAll(got, src, new(gaussScratch))
	flat := 0
	for i, b := range got {
		row := i/vec.Lanes + 2
		if row+2*g.radius <= 400 || row >= 500 {
			flat++
			if want := float32(2 + i%vec.Lanes); b != want {
				t.Fatalf("row %d, line %d: %v, want %v", row, i%vec.Lanes, b, want)
			}
		}
	}
	if flat < n*vec.Lanes/2 {
		t.Fatalf("%d samples are flat", flat)
	}
}

// Without it some coverage costs hundreds of times what others do: what is mended tap by tap of a
// stretch is bounded, whatever it holds.
func TestMendingIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 5))
	folded := 0
	for _, sigma := range []int{3, 30, 200} {
		g := newGauss(sigma)
		for n := range 20 {
			rows := segmentRows(g.radius)
			src := make([]float32, (rows+2*g.radius+2)*vec.Lanes)
			for i := range src {
				src[i] = rng.Float32()
				if n%2 == 0 && i/vec.Lanes%(2*g.radius) > 60 { // clusters with nothing between
					src[i] = 0
				}
			}
			if n%2 == 1 {
				harsh(rng, src)
			}
			dst, b := make([]float32, rows*vec.Lanes), new(gaussScratch)
			g.slide(dst, src, new(slider), b)
			if b.taps < -(1+anewRows)*g.radius {
				t.Errorf("sigma %d: mended with %d taps more than may be", sigma, -b.taps)
			}
			if b.sums != nil {
				folded++
			}
		}
	}
	if folded < 5 {
		t.Errorf("%d strips were folded, which is too few to show anything", folded)
	}
}
