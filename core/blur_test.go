package core

import (
	"math"
	"math/rand/v2"
	"testing"

	"zetwopass/core/vec"
)

// Without it the recursion could drift from the kernel that it stands for, or be lost
// where a filtered strip is asked for in parts.
func TestSlidingEqualsTheDirectSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, sigma := range []int{1, 2, 3, 7, 10, 50, 200, 500, 1000} {
		for _, n := range []int{1, 5, 3000} {
			g := newGauss(sigma)
			src := steppedStrip(rng, n, g.radius)
			got, want := make([]float32, n*vec.Lanes), make([]float32, n*vec.Lanes)
			s := new(slider)
			for i := 0; i < n; {
				part := min(n-i, 1+rng.IntN(700))
				g.filter(got[i*vec.Lanes:][:part*vec.Lanes], src[i*vec.Lanes:], s, new(gaussScratch))
				i += part
			}
			g.exact = true
			g.filter(want, src, nil, nil)
			worst := 0.0
			for i := range got {
				if (want[i] == 0) != (got[i] == 0) {
					t.Fatalf("sigma %d, sample %d: got %g, want %g", sigma, i, got[i], want[i])
				}
				if want[i] != 0 {
					worst = max(worst, math.Abs(float64(got[i]-want[i]))/float64(want[i]))
				}
			}
			if worst > 3e-7 {
				t.Errorf("sigma %d, %d samples: relative error %g", sigma, n, worst)
			}
		}
	}
}

// steppedStrip is a strip of n rows with margins for a radius, mirrored before its
// first: lines of steps, with noise in places, and some that go flat together.
func steppedStrip(rng *rand.Rand, n, radius int) []float32 {
	src := make([]float32, (n+2*radius+2)*vec.Lanes)
	for l := range vec.Lanes {
		level := float32(0)
		for i := radius + 2; i < len(src)/vec.Lanes; i++ {
			if rng.IntN(150) == 0 {
				level = float32(rng.IntN(6))
			}
			src[i*vec.Lanes+l] = level
			switch {
			case i%1000 < 300:
				src[i*vec.Lanes+l] += rng.Float32()
			case i%1000 > 700:
				src[i*vec.Lanes+l] = float32(l)
			}
		}
		for i := range radius + 2 {
			mirror := min(2*radius+3-i, len(src)/vec.Lanes-1)
			src[i*vec.Lanes+l] = src[mirror*vec.Lanes+l]
		}
	}
	return src
}

// Without it a flat coverage of 2 could miss the threshold 2.0 by a rounding.
func TestFlatCoverageStaysExact(t *testing.T) {
	for _, level := range []float32{1, 2, 4} {
		j := &Job{Sigma: 5, Coverage: NewView(700, 90, 1), Blurred: NewView(700, 90, 1)}
		for y := 30; y < 650; y++ {
			for x := 10; x < 70; x++ {
				j.Coverage.Set(y, x, 0, level)
			}
		}
		if err := Run(j, RunBlur); err != nil {
			t.Fatal(err)
		}
		for i, c := range j.Coverage.Pix {
			if c > 0 && j.Blurred.Pix[i] != level {
				t.Fatalf("blurred[%d] = %v on a flat %v", i, j.Blurred.Pix[i], level)
			}
		}
	}
}

// Without it the threshold 2 could cut a flat 2 beside other levels: where all that
// the kernel sees is 2 or nothing, the ratio is 2, whatever lies beyond.
func TestFlatCoverageStaysExactBesideOtherLevels(t *testing.T) {
	j := &Job{Sigma: 5, Coverage: NewView(300, 300, 1), Blurred: NewView(300, 300, 1)}
	r := KernelRadius(j.Sigma)
	for y := 20; y < 280; y++ {
		for x := 20 + y/30; x < 280; x++ {
			level := float32(2)
			if x > 200 || y < 90 {
				level = 3 + float32(x%2) // many steps
			}
			j.Coverage.Set(y, x, 0, level)
		}
	}
	if err := Run(j, RunBlur); err != nil {
		t.Fatal(err)
	}
	for y := 90 + r; y < 280; y++ {
		for x := 20 + y/30; x <= 200-r; x++ {
			if b := j.Blurred.At(y, x, 0); b != 2 {
				t.Fatalf("blurred[%d,%d] = %v where the kernel sees 2 alone", y, x, b)
			}
		}
	}
}

// Without it the restart at a segment's border, a fold over more than one image
// width, or a value that is no number could go wrong unseen.
func TestBlurEqualsItsSlowTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		profile     Profile
		sigma, h, w int
		special     bool
	}{
		{V45, 4, 1100, 23, true}, {V42, 4, 1100, 23, false}, {V42, 3, 60, 50, true},
		{V45, 30, 40, 17, true}, {V45, 0, 9, 9, true}, {V42, 0, 9, 9, true}, {V45, 2, 1, 1, false},
		{V45, 1, 1, 300, true}, {V42, 60, 33, 2, false},
	} {
		j := &Job{Profile: c.profile, Sigma: c.sigma, Threshold: 2,
			Coverage: NewView(c.h, c.w, 1), Blurred: NewView(c.h, c.w, 1)}
		for i := range j.Coverage.Pix {
			j.Coverage.Pix[i] = max(0, float32(rng.IntN(9)-3))
		}
		if c.special {
			n := len(j.Coverage.Pix)
			j.Coverage.Pix[n/3] = float32(math.NaN())
			j.Coverage.Pix[n/2] = float32(math.Inf(1))
			j.Coverage.Pix[n-1] = -5
		}
		if err := Run(j, RunBlur); err != nil {
			t.Fatal(err)
		}
		want := slowBlur(j)
		for i, w := range want.Pix {
			g := float64(j.Blurred.Pix[i])
			same := g == float64(w) || (math.IsNaN(g) && w != w)
			if !same && !(math.Abs(g-float64(w)) <= 5e-7*math.Abs(float64(w))+1e-12) {
				t.Fatalf("%+v: blurred[%d] = %g, want %g", c, i, g, w)
			}
		}
	}
}

// Without it a column of infinities, in which nothing ever changes, would reach the rows,
// whose recursion can't forget them.
func TestColumnsOfInfinitiesEqualTheSlowTwin(t *testing.T) {
	for _, columns := range [][2]int{{30, 31}, {0, 3}, {0, 90}} {
		j := &Job{Profile: V42, Sigma: 3, Coverage: NewView(40, 90, 1), Blurred: NewView(40, 90, 1)}
		for y := range 40 {
			for x := range 90 {
				j.Coverage.Set(y, x, 0, float32(x*x%5))
				if x >= columns[0] && x < columns[1] {
					j.Coverage.Set(y, x, 0, float32(math.Inf(1)))
				}
			}
		}
		if err := Run(j, RunBlur); err != nil {
			t.Fatal(err)
		}
		want := slowBlur(j)
		for i, w := range want.Pix {
			g := j.Blurred.Pix[i]
			if g != w && !(math.Abs(float64(g-w)) <= 5e-7*float64(w)) {
				t.Fatalf("columns %v: blurred[%d] = %g, want %g", columns, i, g, w)
			}
		}
	}
}

// Without it a pixel far from all coverage, where the kernel's tails alone reach,
// would show the recursion's noise.
func TestFaintTailsAreExactToo(t *testing.T) {
	j := &Job{Sigma: 12, Coverage: NewView(120, 120, 1), Blurred: NewView(120, 120, 1)}
	for y := range 20 {
		for x := range 20 {
			j.Coverage.Set(y, x, 0, float32(1+(x+y)%3))
		}
	}
	if err := Run(j, RunBlur); err != nil {
		t.Fatal(err)
	}
	want := slowBlur(j)
	for i, w := range want.Pix {
		if g := j.Blurred.Pix[i]; math.Abs(float64(g-w)) > 5e-7*3 {
			t.Fatalf("blurred[%d] = %g, want %g", i, g, w)
		}
	}
}
