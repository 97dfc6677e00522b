package vec

import (
	"math/rand/v2"
	"testing"
)

// wide returns an image of the same samples, some larger than float32 holds.
func wide(m Image) ImageOf[float64] {
	out := ImageOf[float64]{H: m.H, W: m.W, Channels: m.Channels,
		RowStride: m.RowStride, ColStride: m.ColStride, ChanStride: m.ChanStride}
	for i, s := range m.Pix {
		out.Pix = append(out.Pix, float64(s)*[]float64{1, 1e200, 0.1}[i%3])
	}
	out.Pix = out.Pix[:len(m.Pix):len(m.Pix)]
	return out
}

func TestSampleOfFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 2))
	for _, narrow := range images(rng) {
		m := wide(narrow)
		lanes := Values(m.Channels)
		for _, n := range append(lengths, 517, 1030) {
			u, v := positions(rng, n, m.H, m.W, 8+rng.IntN(2)*100)
			got, want := guarded[float64](rng, n*lanes)
			Sample64(got[:n*lanes], u, v, &m, testSlack)
			sampleLoop(want[:n*lanes], u, v, &m, testSlack, 1)
			for i := range n { // the lanes beyond the channels mean nothing
				same(t, "value", got[i*lanes:], want[i*lanes:][:m.Channels])
			}
			same(t, "guard", got[n*lanes:], want[n*lanes:])
			for _, clean := range []Cleaning{FiniteOnly, NumberOnly, ZeroOrOne} {
				got, want := guarded[float64](rng, n)
				SampleMap64(got[:n], u, v, &m, testSlack, clean, 1.3)
				sampleMapLoop(want[:n], u, v, &m, testSlack, clean, 1.3)
				same(t, "weight", got, want)
			}
		}
	}
}

// Without it what is taken for a mask of ones would have other last bits than what is sampled.
func TestSamplesBetweenOnesAreOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, m := range images(rng) {
		for i := range m.Pix {
			m.Pix[i] = 0.5
		}
		w := wide(m)
		u, v := positions(rng, 517, m.H, m.W, 8+rng.IntN(2)*100)
		one, other := make([]float64, len(u)), make([]float64, len(u))
		SampleMap(one, u, v, &m, testSlack, ZeroOrOne, 1.3)
		SampleMap64(other, u, v, &w, testSlack, ZeroOrOne, 1.3)
		for i := range u {
			if inside := Inside(u[i], v[i], m.H, m.W); inside != (one[i] == 1.3) || inside != (other[i] == 1.3) {
				t.Fatalf("at %v, %v of %d x %d: %v and %v", u[i], v[i], m.H, m.W, one[i], other[i])
			}
		}
	}
}
