package core

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"zetwopass/core/vec"
)

// Without it the bound of the noise, which beginning anew rests on, would be a guess: the
// recursions against sums of the same taps, on what drives them hardest.
func TestTheNoiseOfTheRecursionsIsWithinItsBound(t *testing.T) {
	const n = 6000 * vec.Lanes
	for _, sigma := range []int{1, 2, 3, 10, 43, 200} {
		g, rng := newGauss(sigma), rand.New(rand.NewPCG(1, uint64(sigma)))
		for k := -2; k < vec.Terms; k++ { // chance, almost a constant, resonance with cosine k
			src := make([]float32, n+(2*g.radius+2)*vec.Lanes)
			for i := range src {
				switch k {
				case -2:
					src[i] = 2*rng.Float32() - 1
				case -1:
					src[i] = 1 - rng.Float32()*1e-3
				default:
					phase := cosineFrequency(k, sigma)*float64(i/vec.Lanes) + float64(i%vec.Lanes)
					src[i] = float32(math.Copysign(1, math.Cos(phase)))
				}
			}
			newest := src[(2*g.radius+1)*vec.Lanes:]
			var s, fresh slider
			vec.Window(&s.state, src, g.radius, g.tap)
			vec.Advance(make([]float32, n), make([]uint32, n), src, newest, make([]float64, n), &s.state, g.factor)
			vec.Window(&fresh.state, src[n:], g.radius, g.tap)
			s.heard = g.anew(src)
			s.take(newest[vec.Lanes:])
			for l, level := range g.levels(&s.heard) {
				noise := math.Abs(g.sumOf(&s, l) - g.sumOf(&fresh, l))
				if most := noiseShare * float64(level); noise > most {
					t.Errorf("sigma %d, cosine %d, line %d: noise %g, bound %g", sigma, k, l, noise, most)
				}
			}
		}
	}
}

// sumOf returns the result that a state stands for.
func (g *gauss) sumOf(s *slider, line int) (sum float64) {
	for k := range vec.Terms {
		sum += g.factor.Weight(k) * s.state[2*vec.Lanes*k+line]
	}
	return sum
}

// Without it drift would be a guess: the recursions of an impulse in exact arithmetic.
func TestASampleLeavesNoMoreThanTheDrift(t *testing.T) {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(x) }
	for _, sigma := range []int{1, 2, 13, 43, 150, 1000} {
		g := newGauss(sigma)
		for k := range vec.Terms {
			twice, ratio := number(g.factor[12*k]), number(g.factor[12*k+4])
			if k < vec.Slow {
				twice.Sub(number(2), twice)
			}
			gone := 2*g.radius + 2
			input := map[int]*big.Float{0: number(1), 1: ratio, gone - 1: ratio, gone: number(1)}
			s, before, left := number(0), number(0), 0.0
			for n := range gone + int(7/cosineFrequency(k, sigma)) + 3 {
				next := number(0).Mul(twice, s)
				next.Sub(next, before)
				if x := input[n]; x == ratio {
					next.Sub(next, x)
				} else if x != nil {
					next.Add(next, x)
				}
				s, before = next, s
				if size, _ := s.Float64(); n > gone {
					left = max(left, math.Abs(size*g.factor.Weight(k)))
				}
			}
			if left > drift {
				t.Errorf("sigma %d, cosine %d: %g is left, more than %g", sigma, k, left, drift)
			}
		}
	}
}
