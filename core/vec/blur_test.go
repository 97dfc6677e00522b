package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

// steps is a strip whose lines stay at a value for a while, together at times.
func steps(rng *rand.Rand, rows int) []float32 {
	strip := make([]float32, rows*Lanes)
	for i := range strip {
		if i >= Lanes {
			strip[i] = strip[i-Lanes]
		}
		if i/Lanes%40 < 20 && rng.IntN(12) == 0 {
			strip[i] = float32(rng.IntN(3))
		}
	}
	return strip
}

func TestEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	stopped := 0
	for range 200 {
		radius, n := 1+rng.IntN(6), rng.IntN(60)
		src := steps(rng, n+2*radius+2)
		x, wantX := guarded[float64](rng, n*Lanes)
		y, wantY := guarded[float64](rng, n*Lanes)
		flat, wantFlat := make([]uint32, n*Lanes+1), make([]uint32, n*Lanes+1)
		var run, wantRun [Lanes]int32
		for l := range run {
			run[l] = int32(rng.IntN(2*radius + 2))
		}
		wantRun = run
		got := Ends(x[:n*Lanes], y, flat, &run, src, radius)
		want := endsLoop(wantX[:n*Lanes], wantY, wantFlat, &wantRun, src, radius)
		if got != want || run != wantRun {
			t.Fatalf("%d steps, runs %v, want %d, %v", got, run, want, wantRun)
		}
		if got < n {
			stopped++
		}
		same(t, "x", x[:got*Lanes], wantX[:got*Lanes])
		same(t, "y", y[:got*Lanes], wantY[:got*Lanes])
		same(t, "guard", x[n*Lanes:], wantX[n*Lanes:])
		for i := range got * Lanes {
			if flat[i] != wantFlat[i] {
				t.Fatalf("flat[%d] = %x, want %x", i, flat[i], wantFlat[i])
			}
		}
	}
	if stopped == 0 {
		t.Error("no strip was ever still")
	}
}

func TestStill(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		n := rng.IntN(30)
		src := steps(rng, n+1)
		got, want := guarded[float32](rng, n*Lanes)
		a, b := Still(got[:n*Lanes], src), stillLoop(want[:n*Lanes], src)
		if a != b {
			t.Fatalf("%d rows of %d are still, want %d", a, n, b)
		}
		same(t, "dst", got, want)
	}
}

// The AVX2 bodies round a product and its sum once, the loops twice: over 60 steps
// that may grow to some 1e-13 of what goes in.
const fused = 1e-12

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i, w := range want {
		if math.Abs(got[i]-w) > fused {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], w)
		}
	}
}

func TestAdvance(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range lengths {
		x, _ := guarded[float64](rng, n*Lanes)
		y, _ := guarded[float64](rng, n*Lanes)
		sum := make([]float64, (n+1)*Lanes)
		flat := make([]uint32, n*Lanes)
		for i := range flat {
			flat[i] = -uint32(rng.IntN(2))
		}
		newest, _ := guarded[float32](rng, n*Lanes)
		var state Cosines
		var factor [3 * Terms]float64
		for i := range state {
			state[i] = rng.NormFloat64()
		}
		for i := range factor {
			factor[i] = rng.Float64() / 10
		}
		wantState := state
		got, want := guarded[float32](rng, n*Lanes)
		Advance(got[:n*Lanes], flat, newest, sum, x, y, &state, &factor)
		advanceLoop(want[:n*Lanes], flat, newest, sum[:n*Lanes], x, y, &wantState, &factor)
		near(t, "state", state[:], wantState[:])
		for i, w := range want {
			if math.Abs(float64(got[i]-w)) > 1e-6*(1+math.Abs(float64(w))) {
				t.Fatalf("dst[%d] = %v, want %v", i, got[i], w)
			}
		}
		same(t, "guard", got[n*Lanes:], want[n*Lanes:])
	}
}

func TestWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, radius := range []int{1, 2, 4, 9, 40} {
		src, _ := guarded[float32](rng, (2*radius+1)*Lanes)
		tap, _ := guarded[float64](rng, (radius+1)*Terms)
		tap = tap[:(radius+1)*Terms]
		var got, want Cosines
		got[3] = 1 // what was there is gone
		Window(&got, src, radius, tap)
		windowLoop(&want, src, radius, tap)
		near(t, "state", got[:], want[:])
	}
}

func TestTranspose(t *testing.T) {
	var src, got, want [Lanes * Lanes]float32
	for i := range src {
		src[i] = float32(i)
	}
	Transpose(&got, &src)
	transposeLoop(&want, &src)
	same(t, "dst", got[:], want[:])
}

func TestColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range lengths {
		src, _ := guarded[float32](rng, 20*n+Lanes)
		got, want := guarded[float32](rng, n*Lanes)
		Columns(got[:n*Lanes], src, 20)
		columnsLoop(want[:n*Lanes], src, 20)
		same(t, "dst", got, want)
	}
}

func TestCoveredAndRatio(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range lengths {
		c, want := guarded[float32](rng, n)
		special(rng, c[:n])
		copy(want, c)
		mask, wantMask := guarded[float32](rng, n)
		Covered(c[:n], mask[:n])
		coveredLoop(want[:n], wantMask[:n])
		same(t, "c", c, want)
		same(t, "mask", mask, wantMask)

		den, _ := guarded[float32](rng, n)
		special(rng, den[:n])
		faint := float32(0)
		if rng.IntN(2) == 0 {
			faint = 1e-3
		}
		some := Ratio(c[:n], den[:n], faint)
		if wantSome := ratioLoop(want[:n], den[:n], faint); some != wantSome {
			t.Fatalf("some = %v, want %v", some, wantSome)
		}
		same(t, "ratio", c, want)
	}
}
