package core

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zetwopass/core/vec"
)

// wideMaps are coverages [h,w] whose values lie far apart, or where float32 ends.
func wideMaps(h, w int) map[string]View {
	rng := rand.New(rand.NewPCG(8, 8))
	of := func(value func(y, x int) float64) View {
		v := NewView(h, w, 1)
		for i := range v.Pix {
			v.Pix[i] = float32(value(i/w, i%w))
		}
		return v
	}
	depth := func(int, int) float64 { return float64(1 + rng.IntN(5)) }
	wild := func(int, int) float64 { return math.Pow(10, 60*rng.Float64()-30) }
	far := map[string]View{
		"wild": of(wild),
		"wild points": of(func(y, x int) float64 {
			return wild(y, x) * float64(rng.IntN(300)/299)
		}),
		"beams": of(func(y, x int) float64 {
			near := math.Hypot(float64(y-h/4), float64(x-w/3))
			return math.Exp(-near*near/200) + math.Exp(-math.Hypot(float64(y-h/2), float64(x))/3)
		}),
		"slope":    of(func(y, _ int) float64 { return math.Pow(10, 35-70*float64(y)/float64(h)) }),
		"board":    of(func(y, x int) float64 { return math.Pow(1e30, float64((x/7+y/9)%2)) }),
		"terraces": of(func(y, x int) float64 { return math.Pow(10, 30-float64(x/40*7+y/60*9)) }),
		"stripes and less": of(func(y, x int) float64 { // resonance, then 1
			return 1 + 1e12*float64(min(1, h/2/(y+1)))*(1+math.Cos(float64(y)/8))
		}),
	}
	for _, hot := range []float32{1e9, 1e12, 1e16, 1e20, 1e30, 3e38} {
		v := of(depth)
		v.Set(h/3, w/2, 0, hot)
		far[fmt.Sprint("pixel of ", hot)] = v
	}
	row, column := of(depth), of(depth)
	for x := range w {
		row.Set(h/4, x, 0, 1e18)
	}
	for y := range h {
		column.Set(y, w/4, 0, 1e18)
	}
	far["row"], far["column"] = row, column
	for _, scale := range []float64{0x1p-149, 1e-44, 1e-38, 1e-36, 1e-30, 1e30, 6e37} {
		far[fmt.Sprint("all times ", scale)] = of(func(y, x int) float64 { return depth(y, x) * scale })
	}
	return far
}

// truth is G of value(v) in float64 throughout, [H*W].
func truth(v View, sigma int, value func(c float64) float64) []float64 {
	image := make([]float64, v.H*v.W)
	for i, c := range v.Pix {
		image[i] = value(float64(c))
	}
	r := 4 * sigma
	taps, total := make([]float64, 2*r+1), 0.0
	for m := range taps {
		taps[m] = math.Exp(-float64((m-r)*(m-r)) / float64(2*sigma*sigma))
		total += taps[m]
	}
	along := func(n, step, lines, pitch int) { // n samples step apart in each of the lines
		sums := make([]float64, len(image))
		for i := range n {
			for m, tap := range taps {
				from := fold(i+m-r, n)
				for l := 0; l < lines*pitch; l += pitch {
					sums[i*step+l] += tap / total * image[from*step+l]
				}
			}
		}
		image = sums
	}
	along(v.H, v.W, v.W, 1)
	along(v.W, 1, v.H, v.W)
	return image
}

// Without it a pixel could hide what is much fainter, also after the kernel has passed it,
// and coverage near float32's ends could be lost: the noise of the recursions is one of
// the largest value that they have met.
func TestTheBlurKeepsItsBoundWhateverTheSpan(t *testing.T) {
	const share, step = 5e-7, 0x1p-149 // of the local value; of float32's smallest
	for name, v := range wideMaps(260, 150) {
		for _, sigma := range []int{1, 4, 15} {
			num := truth(v, sigma, func(c float64) float64 { return c })
			den := truth(v, sigma, func(c float64) float64 { return math.Ceil(min(c, 1)) })
			for _, profile := range []Profile{V45, V42} {
				j := &Job{Profile: profile, Sigma: sigma, Coverage: v, Blurred: NewView(v.H, v.W, 1)}
				if err := Run(j, RunBlur); err != nil {
					t.Fatal(err)
				}
				for i, got := range j.Blurred.Pix {
					want := num[i]
					if profile == V45 {
						want /= den[i]
					}
					if v.Pix[i] > 0 && !(math.Abs(float64(got)-want) <= share*want+step) {
						t.Fatalf("%s, sigma %d, profile %d: blurred[%d] = %g, want %g",
							name, sigma, profile, i, got, want)
					}
				}
			}
		}
	}
}

// Without it large values of both signs that have left the kernel could hide small ones.
func TestTheBlurOfBothSignsKeepsItsBound(t *testing.T) {
	for name, v := range wideMaps(260, 150) {
		const sigma = 6
		for i := range v.Pix {
			v.Pix[i] *= float32(1 - 2*(i*i%7%2))
		}
		want, local := truth(v, sigma, func(c float64) float64 { return c }), truth(v, sigma, math.Abs)
		j := &Job{Profile: V42, Sigma: sigma, Coverage: v, Blurred: NewView(v.H, v.W, 1)}
		if err := Run(j, RunBlur); err != nil {
			t.Fatal(err)
		}
		for i, got := range j.Blurred.Pix {
			if !(math.Abs(float64(got)-want[i]) <= 5e-7*local[i]+0x1p-149) {
				t.Fatalf("%s: blurred[%d] = %g, want %g within 5e-7 of %g", name, i, got, want[i], local[i])
			}
		}
	}
}

// Without it where the recursions begin anew could depend on who computes.
func TestAnyWorkersBlurSpansToTheSameBits(t *testing.T) {
	for name, v := range wideMaps(1300, 90) {
		var want []float32
		for _, workers := range []int{1, 2, 5} {
			j := &Job{Profile: V45, Sigma: 4, Workers: workers, Coverage: v, Blurred: NewView(v.H, v.W, 1)}
			if err := Run(j, RunBlur); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = j.Blurred.Pix
			}
			if !slices.Equal(j.Blurred.Pix, want) {
				t.Errorf("%s: %d workers give other bits", name, workers)
			}
		}
	}
}

// Without it the recursions could begin anew at the end of what is asked for, behind what
// there is of the strip, or after more than a flat window.
func TestSlidingForgetsWhatHasLeft(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for _, sigma := range []int{1, 2, 7, 40, 200, 700} {
		g := newGauss(sigma)
		for _, n := range []int{1, 2, 500, 4000} {
			src := make([]float32, (n+2*g.radius+2)*vec.Lanes)
			for i := range src {
				src[i] = rng.Float32() * float32(i/vec.Lanes/(4*g.radius)%2)
				if rng.IntN(20*g.radius) == 0 {
					src[i] = float32(math.Pow(10, 30*rng.Float64()))
				}
			}
			got, want := make([]float32, n*vec.Lanes), make([]float32, n*vec.Lanes)
			s := new(slider)
			for i := 0; i < n; {
				part := min(n-i, 1+rng.IntN(300))
				g.filter(got[i*vec.Lanes:][:part*vec.Lanes], src[i*vec.Lanes:], s, new(gaussScratch))
				i += part
			}
			vec.Direct(want, src[2*vec.Lanes:], g.weight)
			for i, w := range want {
				if !(math.Abs(float64(got[i]-w)) <= 3e-7*float64(w)) {
					t.Fatalf("sigma %d, %d rows: sample %d is %g, want %g", sigma, n, i, got[i], w)
				}
			}
		}
	}
}

// Without it the threshold 2 could cut a 2 full of holes that lies below pixels of 1e15: the
// numerator begins anew, or is summed directly, where the denominator is not.
func TestTwoWithHolesStaysExactBelowHotPixels(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 11))
	j := &Job{Sigma: 5, Coverage: NewView(500, 200, 1), Blurred: NewView(500, 200, 1)}
	for i := range j.Coverage.Pix {
		if rng.IntN(5) > 0 && (i/200/40+i%200/50)%5 > 0 {
			j.Coverage.Pix[i] = 2
		}
	}
	for x := 0; x < 200; x += 7 {
		j.Coverage.Set(40, x, 0, 1e15)
	}
	if err := Run(j, RunBlur); err != nil {
		t.Fatal(err)
	}
	for i := (41 + KernelRadius(j.Sigma)) * 200; i < len(j.Coverage.Pix); i++ {
		if b := j.Blurred.Pix[i]; j.Coverage.Pix[i] > 0 && b != 2 {
			t.Errorf("blurred[%d] = %v where the kernel sees 2 alone", i, b)
		}
	}
}

// Without it steps that cancel would leave the rounding of their heights.
func TestStepsThatCancelLeaveWhatIsBetween(t *testing.T) {
	const n = 300
	g := newGauss(5)
	src := make([]float32, (n+2*g.radius+2)*vec.Lanes)
	for i := range src {
		switch row := i / vec.Lanes; {
		case row < n/2:
			src[i] = 1e10
		case row == n/2:
			src[i] = 1
		default:
			src[i] = -1e10
		}
	}
	got, want := make([]float32, n*vec.Lanes), make([]float32, n*vec.Lanes)
	g.filter(got, src, new(slider), new(gaussScratch))
	vec.Direct(want, src[2*vec.Lanes:], g.weight)
	i := (n/2 - g.radius - 2) * vec.Lanes
	if !(math.Abs(float64(got[i]-want[i])) <= 2e-7*float64(want[i])) || want[i] > 1 {
		t.Errorf("between the steps: %g, want %g", got[i], want[i])
	}
}

// Without it a NaN would be forgotten where recursions begin anew before a strip's end.
func TestANaNIsNotForgottenBesideAHotPixel(t *testing.T) {
	j := &Job{Profile: V42, Sigma: 3, Coverage: NewView(300, 40, 1), Blurred: NewView(300, 40, 1)}
	rng := rand.New(rand.NewPCG(8, 10))
	for i := range j.Coverage.Pix {
		j.Coverage.Pix[i] = 1 + rng.Float32()
	}
	j.Coverage.Set(40, 9, 0, float32(math.NaN()))
	j.Coverage.Set(150, 12, 0, 1e25)
	if err := Run(j, RunBlur); err != nil {
		t.Fatal(err)
	}
	near(t, "blurred", j.Blurred.Pix, slowBlur(j).Pix, 0, 5e-7) // the bound of MATHS.md
}
