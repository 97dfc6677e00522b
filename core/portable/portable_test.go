package portable

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// Without it the blur's kernel could be another than the Gaussian.
func TestFunctionsAreThoseOfTheirSeries(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, c := range []struct {
		name      string
		got       func(float64) float64
		most      float64 // |x|
		step      int     // from term to term of the exponential's series
		first     int
		alternate bool
	}{
		{"exp", Exp, 700, 1, 0, false}, {"exp", Exp, 1, 1, 0, false},
		{"sin", Sin, 1000, 2, 1, true}, {"sin", Sin, 4, 2, 1, true},
		{"cos", Cos, 1000, 2, 0, true}, {"cos", Cos, 4, 2, 0, true},
	} {
		for trial := range 60 {
			x := c.most * (2*rng.Float64() - 1) * float64(min(trial, 1)) // 0 first
			want := series(x, c.first, c.step, c.alternate)
			if got := c.got(x); math.Abs(got-want) > 2*ulp(want) {
				t.Errorf("%s(%g) = %g, want %g, off by %g units", c.name, x, got, want, (got-want)/ulp(want))
			}
		}
	}
}

// series returns the sum of x^k/k! over every step-th k from the first on, of which every
// other is taken off, in 3000 bits.
func series(x float64, first, step int, alternate bool) float64 {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(3000).SetFloat64(x) }
	term, sum := number(1), number(0)
	for k := 0; k < 40 || term.Sign() != 0 && term.MantExp(nil) > -1200; k++ {
		if k%step == first {
			if alternate && k/step%2 == 1 {
				sum.Sub(sum, term)
			} else {
				sum.Add(sum, term)
			}
		}
		term.Quo(term.Mul(term, number(x)), number(float64(k+1)))
	}
	value, _ := sum.Float64()
	return value
}

// ulp is the unit in the last place of x.
func ulp(x float64) float64 { return math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x) }
