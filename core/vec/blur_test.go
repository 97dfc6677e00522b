package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// stepped is a strip whose lines stay at a value for a while.
func stepped(rng *rand.Rand, rows int) []float32 {
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

func TestSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		src := special(rng, stepped(rng, 1+rng.IntN(60)))
		if rng.IntN(2) == 0 {
			src = stepped(rng, 1+rng.IntN(60))
		}
		room := rng.IntN(30)
		got, want := make([]int64, room+1), make([]int64, room+1)
		a, b := Steps(got[:room], src), stepsLoop(want[:room], src)
		if a != b || !slices.Equal(got, want) {
			t.Fatalf("%d steps %v, want %d, %v", a, got, b, want)
		}
	}
}

func TestRamps(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range lengths {
		for count := range 4 {
			first := rng.IntN(20)
			oldest, _ := guarded[float32](rng, n*Lanes)
			curve, _ := guarded[float64](rng, n+10)
			delta, _ := guarded[float64](rng, count*Lanes)
			phase := make([]int64, count)
			for i := range phase {
				phase[i] = int64(rng.IntN(10) - first)
			}
			got, want := guarded[float32](rng, n*Lanes)
			Ramps(got[:n*Lanes], oldest, curve, first, phase, delta)
			rampsLoop(want[:n*Lanes], oldest, curve, first, phase, delta)
			same(t, "dst", got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range lengths {
		radius := 1 + rng.IntN(6)
		src := stepped(rng, n+1)
		flat, wantFlat := make([]uint32, n*Lanes+1), make([]uint32, n*Lanes+1)
		var run, wantRun [Lanes]int32
		for l := range run {
			run[l] = int32(rng.IntN(2*radius + 2))
		}
		wantRun = run
		Runs(flat[:n*Lanes], &run, src, radius)
		runsLoop(wantFlat[:n*Lanes], &wantRun, src, radius)
		if run != wantRun || !slices.Equal(flat, wantFlat) {
			t.Fatalf("radius %d: runs %v, flat %x, want %v, %x", radius, run, flat, wantRun, wantFlat)
		}
	}
}

func TestAdvance(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range lengths {
		oldest, _ := guarded[float32](rng, (n+1)*Lanes)
		newest, _ := guarded[float32](rng, (n+1)*Lanes)
		flat := make([]uint32, n*Lanes)
		for i := range flat {
			flat[i] = -uint32(rng.IntN(2))
		}
		state, factor := new(Cosines), new(Factors)
		for k := range Terms {
			factor.Set(k, rng.Float64(), rng.NormFloat64(), rng.NormFloat64())
		}
		for i := range state {
			state[i] = rng.NormFloat64()
		}
		wantState := *state
		got, want := guarded[float32](rng, n*Lanes)
		Advance(got[:n*Lanes], flat, oldest, newest, make([]float64, (n+1)*Lanes/2), state, factor)
		advanceLoop(want[:n*Lanes], flat, oldest, newest, &wantState, factor)
		same(t, "state", state[:], wantState[:])
		same(t, "dst", got, want)
	}
}

func TestWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, radius := range []int{1, 2, 4, 9, 40} {
		src, _ := guarded[float32](rng, (2*radius+2)*Lanes)
		tap, _ := guarded[float64](rng, (radius+1)*Terms)
		tap = tap[:(radius+1)*Terms]
		var got, want Cosines
		got[3] = 1 // what was there is gone
		sum := func(row, k, l int) (s float64) {
			for m := -radius; m <= radius; m++ {
				s += tap[max(m, -m)*Terms+k] * float64(src[(row+m)*Lanes+l])
			}
			return s
		}
		for k := range Terms {
			for l := range Lanes {
				s, before := sum(radius+1, k, l), sum(radius, k, l)
				at := 2*Lanes*k + l
				want[at], want[at+Lanes] = s, before
				if k < Slow {
					want[at+Lanes] = s - before
				}
			}
		}
		Window(&got, src, radius, tap)
		for i, w := range want { // summed in another order, a product and its sum rounded twice
			if math.Abs(got[i]-w) > 1e-12*(1+math.Abs(w)) {
				t.Fatalf("state[%d] = %v, want %v", i, got[i], w)
			}
		}
		window(&got, src, radius, tap)
		windowLoop(&want, src, radius, tap)
		same(t, "sums", got[:], want[:])
	}
}

func TestMostAndBelow(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	for _, n := range lengths {
		x, _ := guarded[float32](rng, n*Lanes)
		x = x[:n*Lanes]
		if n%2 == 0 {
			special(rng, x)
		}
		var got, want [Lanes]float32
		for l := range got {
			got[l] = float32(rng.IntN(2))
		}
		want = got
		Most(&got, x)
		mostLoop(&want, x)
		same(t, "most", got[:], want[:])
		for range 8 {
			var level [Lanes]float32 // of one line, near a sample of it
			if n > 0 {
				i := rng.IntN(len(x))
				level[i%Lanes] = max(x[i], -x[i]) * (0.9 + 0.2*rng.Float32())
			}
			if got, want := Below(x, &level), belowLoop(x, &level); got != want {
				t.Fatalf("%d rows below %v: %v, want %v", n, level, got, want)
			}
		}
	}
}

func TestDirect(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	for _, n := range lengths {
		for radius := range 6 {
			weight, _ := guarded[float64](rng, radius+1)
			src, _ := guarded[float32](rng, (n+2*radius)*Lanes)
			if n%2 == 0 {
				special(rng, src)
			}
			got, want := guarded[float32](rng, n*Lanes)
			Direct(got[:n*Lanes], src, weight[:radius+1])
			directLoop(want[:n*Lanes], src, weight[:radius+1])
			same(t, "dst", got, want)
		}
	}
}

func TestTranspose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	const square = Lanes * Lanes
	for _, at := range [][2]int{{Lanes, square}, {Lanes, 2 * square}, {40, Lanes}} {
		for n := range 5 {
			src, _ := guarded[float32](rng, n*square)
			got, want := guarded[float32](rng, n*at[1]+Lanes*at[0])
			Transpose(got, at[0], at[1], src[:n*square])
			transposeLoop(want, at[0], at[1], src[:n*square])
			same(t, "dst", got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range lengths {
		for _, pitch := range []int{20, -20} {
			src, _ := guarded[float32](rng, 20*n+2*Lanes)
			got, want := guarded[float32](rng, n*Lanes)
			next, wantNext := guarded[float32](rng, n*Lanes)
			first := max(0, -pitch*(n-1))
			Columns(got[:n*Lanes], next[:n*Lanes], src, first, pitch)
			columnsLoop(want[:n*Lanes], wantNext[:n*Lanes], src, first, pitch)
			same(t, "dst", got, want)
			same(t, "next", next, wantNext)
			clear(got)
			Columns(got[:n*Lanes], nil, src, first, pitch)
			same(t, "dst alone", got[:n*Lanes], want[:n*Lanes])
		}
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
		tiny := float32(0)
		if rng.IntN(2) == 0 {
			tiny = 1e-3
		}
		some := Ratio(c[:n], den[:n], tiny)
		if wantSome := ratioLoop(want[:n], den[:n], tiny); some != wantSome {
			t.Fatalf("some = %v, want %v", some, wantSome)
		}
		same(t, "ratio", c, want)
	}
}

func TestFold(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 3))
	for _, n := range lengths {
		for _, step := range []int{1, -1} {
			src, _ := guarded[float32](rng, n*Lanes)
			table, _ := guarded[float64](rng, n*FoldTerms)
			got, want := guarded[float64](rng, n*Lanes)
			Fold(got[:n*Lanes], src, table, step)
			foldLoop(want[:n*Lanes], src[:n*Lanes], table[:n*FoldTerms], step)
			same(t, "sum", got, want)
		}
	}
}
