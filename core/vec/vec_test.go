package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Each test runs an exported function beside its loop on fresh random input, with
// guards around what they write: without it an AVX2 body could differ from what is
// documented, or write where it should not.

var lengths = []int{0, 1, 2, 3, 4, 5, 7, 8, 15, 64, 129}

const guard = 12345.5

// guarded returns two equal slices of n numbers with guards behind.
func guarded[T float32 | float64](rng *rand.Rand, n int) (a, b []T) {
	a = make([]T, n+8)
	for i := range a {
		a[i] = guard
		if i < n {
			a[i] = T(rng.NormFloat64())
		}
	}
	return a, slices.Clone(a)
}

// special spreads numbers that break careless code.
func special[T float32 | float64](rng *rand.Rand, x []T) []T {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1e-300, -1, 1, 3e38}
	for i := range x {
		if rng.IntN(6) == 0 {
			x[i] = T(odd[rng.IntN(len(odd))])
		}
	}
	return x
}

func same[T float32 | float64](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i, w := range want {
		if g := got[i]; g != w && (g == g || w == w) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, g, w)
		}
	}
}

func TestPlane(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range lengths {
		p := [6]float64{1.1, -300, 0.2, 17, -1e-3, 0.06}
		u, wantU := guarded[float64](rng, n)
		v, wantV := guarded[float64](rng, n)
		x0 := rng.IntN(100) - 50
		Plane(u[:n], v[:n], x0, &p)
		planeLoop(wantU[:n], wantV[:n], x0, &p)
		same(t, "u", u, wantU)
		same(t, "v", v, wantV)
	}
}

func TestCubic(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, n := range lengths {
		p := [10]float64{1 / 63.9, 17.3, 5, 60, 0.1, -0.02, -8, 3, 0.2, 0.03}
		u, wantU := guarded[float64](rng, n)
		v, wantV := guarded[float64](rng, n)
		x0 := rng.IntN(2000) - 50
		Cubic(u[:n], v[:n], x0, &p)
		cubicLoop(wantU[:n], wantV[:n], x0, &p)
		same(t, "u", u, wantU)
		same(t, "v", v, wantV)
	}
}

const testSlack = 1e-5

// positions are inside, at, and around an image of h x w, or are no number; one in so many
// is at what takes care.
func positions(rng *rand.Rand, n, h, w, oneIn int) (u, v []float64) {
	at := func(size int) float64 {
		edge := []float64{-0.5 - EdgeSlack, -0.5 - 2*EdgeSlack, 0, float64(size - 1),
			float64(size) - 0.5 + EdgeSlack, float64(size) - 0.5 + 2*EdgeSlack, math.NaN(), math.Inf(1), -1e300}
		switch rng.IntN(oneIn) {
		case 0:
			return edge[rng.IntN(len(edge))]
		case 1, 2: // about a line of centres
			return float64(rng.IntN(size)) + testSlack*(4*rng.Float64()-2)
		}
		return (rng.Float64()*1.1 - 0.05) * float64(size)
	}
	for range n {
		u, v = append(u, at(w)), append(v, at(h))
	}
	return u, v
}

// images are dense, in planes, cut out of wider ones, transposed, or of one column or
// row; the last sample that a stencil may read is the last of Pix.
func images(rng *rand.Rand) []Image {
	images := []Image{
		{H: 9, W: 7, Channels: 1, RowStride: 7, ColStride: 1},
		{H: 9, W: 7, Channels: 1, RowStride: 11, ColStride: 1},
		{H: 9, W: 7, Channels: 1, RowStride: 21, ColStride: 3},
		{H: 9, W: 7, Channels: 3, RowStride: 21, ColStride: 3, ChanStride: 1},
		{H: 9, W: 7, Channels: 3, RowStride: 30, ColStride: 4, ChanStride: 1},
		{H: 9, W: 7, Channels: 3, RowStride: 7, ColStride: 1, ChanStride: 63},
		{H: 9, W: 7, Channels: 4, RowStride: 28, ColStride: 4, ChanStride: 1},
		{H: 9, W: 7, Channels: 2, RowStride: 14, ColStride: 2, ChanStride: 1},
		{H: 7, W: 9, Channels: 3, RowStride: 3, ColStride: 21, ChanStride: 1},
		{H: 1, W: 7, Channels: 3, RowStride: 21, ColStride: 3, ChanStride: 1},
		{H: 7, W: 1, Channels: 3, RowStride: 3, ColStride: 3, ChanStride: 1},
		{H: 1, W: 5, Channels: 1, RowStride: 5, ColStride: 1},
		{H: 1, W: 1, Channels: 1, RowStride: 1, ColStride: 1},
		{H: 4, W: 4, Channels: 3, ChanStride: 1},
	}
	for i := range images {
		m := &images[i]
		n := (m.H-1)*m.RowStride + (m.W-1)*m.ColStride + (m.Channels-1)*m.ChanStride + 1
		m.Pix, _ = guarded[float32](rng, n)
		m.Pix = special(rng, m.Pix[:n:n])
	}
	return images
}

func TestSample(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, m := range images(rng) {
		lanes := Values(m.Channels)
		for _, n := range append(lengths, 517, 1030) {
			u, v := positions(rng, n, m.H, m.W, 8+rng.IntN(2)*100)
			got, want := guarded[float64](rng, n*lanes)
			Sample(got[:n*lanes], u, v, &m, testSlack, 0.7)
			sampleLoop(want[:n*lanes], u, v, &m, testSlack, 0.7)
			for i := range n { // the lanes beyond the channels mean nothing
				same(t, "value", got[i*lanes:], want[i*lanes:][:m.Channels])
			}
			same(t, "guard", got[n*lanes:], want[n*lanes:])
		}
	}
}

func TestSampleMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, m := range images(rng) {
		for _, clean := range []Cleaning{FiniteOnly, NumberOnly, ZeroOrOne} {
			for _, n := range append(lengths, 517, 1030) {
				u, v := positions(rng, n, m.H, m.W, 8+rng.IntN(2)*100)
				got, want := guarded[float64](rng, n)
				SampleMap(got[:n], u, v, &m, testSlack, clean, 1.3)
				sampleMapLoop(want[:n], u, v, &m, testSlack, clean, 1.3)
				same(t, "weight", got, want)
			}
		}
	}
}

func TestFootprint(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, n := range lengths {
		u, v := positions(rng, n, 30, 40, 8)
		got, want := guarded[float64](rng, n)
		Footprint(got[:n], u, v, 30, 40)
		footprintLoop(want[:n], u, v, 30, 40)
		same(t, "weight", got, want)
	}
}

func TestAddWeighted(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, n := range lengths {
		for _, lanes := range []int{1, Lanes4} {
			sum, wantSum := guarded[float64](rng, n*lanes)
			norm, wantNorm := guarded[float64](rng, n*lanes)
			value, _ := guarded[float64](rng, n*lanes)
			weight, _ := guarded[float64](rng, n)
			value, weight = special(rng, value[:n*lanes]), special(rng, weight[:n])
			offset := [Lanes4]float64{1, 2, 3, 4}
			AddWeighted(sum[:n*lanes], norm[:n*lanes], value, weight, &offset)
			addWeightedLoop(wantSum[:n*lanes], wantNorm[:n*lanes], value, weight, &offset)
			same(t, "sum", sum, wantSum)
			same(t, "norm", norm, wantNorm)
		}
	}
}

func TestMosaic(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, n := range lengths {
		for channels := 1; channels <= 4; channels++ {
			for _, f := range []Finish{{Divide: true, Clear: true, Blank: float32(math.NaN())},
				{Divide: true}, {Divide: true, Blank: 7}, {Clear: true}, {}} {
				lanes := Values(channels)
				sum, _ := guarded[float64](rng, n*lanes)
				norm, _ := guarded[float64](rng, n*lanes)
				sum, norm = special(rng, sum[:n*lanes]), special(rng, norm[:n*lanes])
				got, want := guarded[float32](rng, n*channels)
				cover, wantCover := guarded[float32](rng, n)
				Mosaic(got[:n*channels], cover[:n], sum, norm, channels, f)
				mosaicLoop(want[:n*channels], wantCover[:n], sum, norm, channels, f)
				same(t, "mosaic", got, want)
				same(t, "coverage", cover, wantCover)
			}
		}
	}
}

func TestSift(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, n := range lengths {
		for _, ends := range [][2]float32{{-0.3, 0.4}, {0, 0}, {-inf, inf}, {inf, -inf}, {nan, nan}} {
			a, _ := guarded[float32](rng, n)
			b, _ := guarded[float32](rng, n)
			a, b = special(rng, a[:n]), special(rng, b[:n])
			lo := [4]float32{ends[0], ends[0] - 1, ends[0], -1}
			hi := [4]float32{ends[1], ends[1], ends[1] + 1, 1}
			got, want := make([]int32, n+8), make([]int32, n)
			below, above := [4]int{1, 2, 3, 4}, [4]int{5, 6, 7, 8}
			wantBelow, wantAbove := below, above
			got = got[:Sift(got, a, b, nil, nil, &lo, &hi, &below, &above)]
			want = want[:siftLoop(want, a, b, 0, &lo, &hi, &wantBelow, &wantAbove)]
			if !slices.Equal(got, want) || below != wantBelow || above != wantAbove {
				t.Fatalf("%d in [%v,%v]: %v, below %v, above %v, want %v, %v, %v", n, lo, hi,
					got, below, above, want, wantBelow, wantAbove)
			}
		}
	}
}

func TestAmong(t *testing.T) {
	for _, n := range lengths {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i%3) + 1
		}
		if !Among(x, 1, 3) {
			t.Fatalf("%v are not among [1,3]", x)
		}
		for i := range x {
			for _, odd := range []float32{0.5, 3.5, float32(math.NaN()), float32(math.Inf(1))} {
				before := x[i]
				if x[i] = odd; Among(x, 1, 3) {
					t.Fatalf("%v are among [1,3]", x)
				}
				x[i] = before
			}
		}
	}
}

func TestNarrow(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	for _, n := range lengths {
		value, _ := guarded[float64](rng, n)
		value = special(rng, value[:n])
		got, want := guarded[float32](rng, n)
		most, wantMost := [4]float32{0, 0.5, 0, 0}, [4]float32{0, 0.5, 0, 0}
		Narrow(got[:n], &most, value)
		narrowLoop(want[:n], &wantMost, value)
		same(t, "near", got, want)
		same(t, "most", most[:], wantMost[:])
	}
}

func TestScales(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, n := range lengths {
		for _, most := range []float32{math.MaxFloat32, float32(math.Inf(1))} {
			for _, odd := range []bool{false, true} {
				blurred, _ := guarded[float32](rng, n)
				coverage, _ := guarded[float32](rng, n)
				if blurred, coverage = blurred[:n], coverage[:n]; odd {
					blurred, coverage = special(rng, blurred), special(rng, coverage)
				}
				got, want := guarded[float32](rng, n)
				nan := Scales(got[:n], blurred, coverage, -0.5, most)
				if wantNaN := scalesLoop(want[:n], blurred, coverage, -0.5, most); nan != wantNaN {
					t.Fatalf("nan = %v, want %v", nan, wantNaN)
				}
				same(t, "scale", got, want[:n])
				same(t, "guard", got[n:], want[n:])
			}
		}
	}
}

func TestMask(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for _, n := range lengths {
		scale, wantScale := guarded[float32](rng, n)
		weight, _ := guarded[float64](rng, n)
		special(rng, weight[:n])
		wantWeight := slices.Clone(weight)
		kept := Mask(scale[:n], weight[:n], 1e-3)
		if want := maskLoop(wantScale[:n], wantWeight[:n], 1e-3); kept != want {
			t.Fatalf("%d of %d kept, want %d", kept, n, want)
		}
		same(t, "scale", scale, wantScale)
		same(t, "weight", weight, wantWeight)
	}
}
