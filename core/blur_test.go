package core

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Without it the recursion could drift from the kernel that it stands for.
func TestFilterEqualsTheDirectSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, sigma := range []int{1, 2, 3, 7, 10, 50, 200, 500, 1000} {
		for _, n := range []int{1, 5, 3000} {
			g := newGauss(sigma)
			src := make([]float32, n+2*g.radius+2)
			level := float32(0)
			for i := range src {
				if rng.IntN(150) == 0 {
					level = float32(rng.IntN(6))
				}
				src[i] = level
				if i%1000 < 300 {
					src[i] += rng.Float32()
				}
			}
			got, want := make([]float32, n), make([]float32, n)
			g.filter(got, src)
			g.exact = true
			g.filter(want, src)
			worst := 0.0
			for i := range got {
				if (want[i] == 0) != (got[i] == 0) {
					t.Fatalf("sigma %d, sample %d: got %g, want %g", sigma, i, got[i], want[i])
				}
				if want[i] != 0 {
					noise := 1e-13 // of the recursion, absolute
					worst = max(worst, (math.Abs(float64(got[i]-want[i]))-noise)/float64(want[i]))
				}
			}
			if worst > 3e-7 {
				t.Errorf("sigma %d, %d samples: relative error %.2g, want <= 3e-7", sigma, n, worst)
			}
		}
	}
}
