package core

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// spoil puts what is not finite into a coverage: single pixels, lines and blocks.
func spoil(rng *rand.Rand, v View) {
	odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	if rng.IntN(3) == 0 {
		odd = odd[rng.IntN(3):][:1]
	}
	for range 1 + rng.IntN(6) {
		h, w := 1, 1
		switch rng.IntN(4) {
		case 0:
			h = 1 + rng.IntN(v.H)
		case 1:
			w = 1 + rng.IntN(v.W)
		case 2:
			h, w = 1+rng.IntN(v.H/4+1), 1+rng.IntN(v.W/4+1)
		}
		y, x, value := rng.IntN(v.H-h+1), rng.IntN(v.W-w+1), odd[rng.IntN(len(odd))]
		for i := range h * w {
			v.Set(y+i/w, x+i%w, 0, value)
		}
	}
}

// Without it NaN and infinities reach pixels beyond the kernel, or miss some within, or what is
// beside them goes wrong.
func TestCoverageThatIsNotFiniteEqualsTheSlowTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 3))
	for n := range 150 {
		j := &Job{Profile: V42, Sigma: 1 + rng.IntN(12), Workers: 1 + rng.IntN(3)}
		h, w := 1+rng.IntN(90), 1+rng.IntN(90)
		if n%10 == 0 {
			h = 600 + rng.IntN(600) // more than a segment
			w = 1 + rng.IntN(12)
		}
		j.Coverage, j.Blurred = NewView(h, w, 1), NewView(h, w, 1)
		flat := rng.IntN(2) == 0
		for i := range j.Coverage.Pix {
			j.Coverage.Pix[i] = float32(rng.IntN(6))
			if flat {
				j.Coverage.Pix[i] = float32(i / 7 % w / 20)
			}
		}
		spoil(rng, j.Coverage)
		if err := Run(j, RunBlur); err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("%d: sigma %d, %d x %d", n, j.Sigma, h, w)
		for i, s := range slowBlur(j).Pix {
			want, got := float64(s), float64(j.Blurred.Pix[i])
			if want-want != 0 || got-got != 0 {
				if got != want && !(got != got && want != want) {
					t.Fatalf("%s: blurred[%d] = %g, want %g", what, i, got, want)
				}
			} else if !(math.Abs(got-want) <= 5e-7*math.Abs(want)) {
				t.Fatalf("%s: blurred[%d] = %g, want %g", what, i, got, want)
			}
		}
	}
}
