package core

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowPlane returns what tile i shows in plane n of pixel (x,y), NaN where it does not, and
// its weight there.
func slowPlane(j *Job, i, n, x, y int) (value, weight float64) {
	t := &j.Tiles[i]
	value = slowSample(&t.Map, x, y, t.Planes.H, t.Planes.W, func(y, x int) float64 { return t.Planes.at(n, y, x) })
	weight = t.WeightScale
	if w := &t.WeightPlanes; !w.Absent() {
		where := &t.Map
		if !t.WeightMap.Empty() {
			where = &t.WeightMap
		}
		weight *= slowSample(where, x, y, w.H, w.W, func(y, x int) float64 {
			s := w.at(min(n, w.N-1), y, x)
			switch {
			case j.BinaryWeights && s > 0:
				return 1
			case j.BinaryWeights || math.IsNaN(s):
				return 0
			}
			return s
		})
	}
	if value != value || weight != weight || (!j.SignedWeights && weight < 0) {
		return math.NaN(), 0
	}
	return value, weight * slowFeather(j, i, n, x, y)
}

// slowCombine returns mosaic and coverage of a pixel of plane n, by the words of reproject.
func slowCombine(j *Job, n, x, y int) (mosaic, coverage float64) {
	var values, sums []float64
	best := map[Combine]float64{Min: math.Inf(1), Max: math.Inf(-1)}[j.Combine]
	for i := range j.Tiles {
		v, f := slowPlane(j, i, n, x, y)
		if v != v || f == 0 {
			continue
		}
		v -= j.Offsets[i]
		if j.Combine <= Sum || j.Combine == Median {
			coverage += f
			sums = append(sums, v*f)
		}
		if f < 0 {
			continue
		}
		values = append(values, v)
		if j.Combine == First && coverage == 0 || j.Combine == Last || j.Combine == Min && v < best ||
			j.Combine == Max && v > best {
			best, coverage = v, f
		}
	}
	if coverage == 0 {
		return map[bool]float64{true: math.NaN()}[j.BlankNaN], 0
	}
	switch j.Combine {
	case Mean, Sum:
		for _, s := range sums {
			mosaic += s
		}
		if j.Combine == Mean {
			mosaic /= coverage
		}
		return mosaic, coverage
	case Median:
		slices.Sort(values)
		if n := len(values); n > 0 {
			mosaic = (values[(n-1)/2] + values[n/2]) / 2
		}
		return mosaic, coverage
	}
	return best, coverage
}

// slowConstants returns the backgrounds of the tiles: medians over all planes.
func slowConstants(j *Job) []float64 {
	var edges []edge
	for a := range j.Tiles {
		for b := a + 1; b < len(j.Tiles); b++ {
			var d []float64
			for n := range j.MosaicPlanes.N {
				for y := range j.MosaicPlanes.H {
					for x := range j.MosaicPlanes.W {
						v, f := slowPlane(j, a, n, x, y)
						w, g := slowPlane(j, b, n, x, y)
						if d1 := v - w; d1 == d1 && f > 0 && g > 0 {
							d = append(d, d1)
						}
					}
				}
			}
			if slices.Sort(d); len(d) > 0 {
				edges = append(edges, edge{a, b, (d[(len(d)-1)/2] + d[len(d)/2]) / 2})
			}
		}
	}
	return slowOffsets(components(len(j.Tiles), edges), edges)
}

// ofPlanes returns a random job of planes.
func ofPlanes(seed uint64) *Job {
	rng := rand.New(rand.NewPCG(seed, 17))
	j := scene(seed, 2, 1+rng.IntN(2), 20+rng.IntN(20), 20+rng.IntN(20), 1)
	n, apart := 1+rng.IntN(3), rng.IntN(3)
	if seed%7 == 0 {
		n = pilePlanes + 2
	}
	j.Combine, j.Profile, j.Gains = Combine(seed%uint64(combines)), V42, nil
	j.BlankNaN, j.SignedWeights, j.BinaryWeights = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(4) == 0
	j.KeepBackground, j.Workers, j.RowsPerChunk = rng.IntN(2) == 0, 1+rng.IntN(3), rng.IntN(20)
	j.MosaicPlanes = planes(rng, n, j.Mosaic.H, j.Mosaic.W, rng.IntN(3) > 0)
	j.CoveragePlanes = planes(rng, n, j.Mosaic.H, j.Mosaic.W, rng.IntN(3) > 0)
	for i := range j.Tiles {
		t := &j.Tiles[i]
		kind := MapKind(rng.IntN(3))
		if t.WeightMap = (PixelMap{}); rng.IntN(4) == 0 {
			align(t, kind, rng)
		} else if kind != MapPlane {
			bendMap(&t.Map, kind)
		}
		t.Planes = planes(rng, n, t.Image.H, t.Image.W, rng.IntN(2) == 0)
		for k := range t.Planes.F64 { // no infinities where medians are compared
			if math.IsInf(t.Planes.F64[k], 0) {
				t.Planes.F64[k] = 1e300
			}
		}
		for k := range t.Planes.F32 {
			if math.IsInf(float64(t.Planes.F32[k]), 0) {
				t.Planes.F32[k] = 1e30
			}
		}
		t.Image, t.Weight = View{}, View{}
		if apart > 0 {
			h, w := t.Planes.H, t.Planes.W
			if rng.IntN(2) == 0 {
				weighApart(t, MapKind(rng.IntN(3)), rng)
				h, w = t.Weight.H, t.Weight.W
				t.Weight = View{}
			}
			t.WeightPlanes = weights(rng, []int{1, n}[rng.IntN(2)], h, w)
		}
	}
	return j
}

// weights returns weights of every sign, and some that are no numbers.
func weights(rng *rand.Rand, n, h, w int) Planes {
	p := planes(rng, n, h, w, rng.IntN(2) == 0)
	for k := range n * p.PlaneStride {
		s := []float64{1, 1, 0.25, 0, -0.5, math.NaN()}[rng.IntN(6)]
		if p.F64 != nil {
			p.F64[k] = s
		} else {
			p.F32[k] = float32(s)
		}
	}
	return p
}

// Without it a function of reproject's is another one here.
func TestPlanesEqualTheirSlowTwin(t *testing.T) {
	for seed := range uint64(120) {
		j := ofPlanes(seed)
		name := fmt.Sprintf("seed %d: combine %d, signed %t", seed, j.Combine, j.SignedWeights)
		if err := Run(j, RunCoadd); err != nil {
			t.Fatal(name, err)
		}
		slow := ofPlanes(seed)
		if !slow.KeepBackground {
			want := slowConstants(slow)
			for i := range want {
				if math.Abs(j.Offsets[i]-want[i]) > 1e-9*(1+math.Abs(want[i])) {
					t.Errorf("%s: offset %d is %g, want %g", name, i, j.Offsets[i], want[i])
				}
			}
		}
		copy(slow.Offsets, j.Offsets)
		comparePlanes(t, name, slow, ofPlanesResult(j))
	}
}

// ofPlanesResult returns the outputs, also of a job that was taken for one of images.
func ofPlanesResult(j *Job) [2]func(n, y, x int) float64 {
	if j.ofPlanes() {
		return [2]func(n, y, x int) float64{j.MosaicPlanes.at, j.CoveragePlanes.at}
	}
	at := func(v View) func(n, y, x int) float64 {
		return func(_, y, x int) float64 { return float64(v.At(y, x, 0)) }
	}
	return [2]func(n, y, x int) float64{at(j.Mosaic), at(j.CoverageOut)}
}

func comparePlanes(t *testing.T, name string, slow *Job, got [2]func(n, y, x int) float64) {
	t.Helper()
	for n := range slow.MosaicPlanes.N {
		for y := range slow.MosaicPlanes.H {
			for x := range slow.MosaicPlanes.W {
				m, c := slowCombine(slow, n, x, y)
				for k, want := range []float64{m, c} {
					p := []*Planes{&slow.MosaicPlanes, &slow.CoveragePlanes}[k]
					tol := 1e-9
					if p.F32 != nil {
						want, tol = float64(float32(want)), 3e-7
					}
					g := got[k](n, y, x)
					if g == want || g != g && want != want || math.Abs(g-want) <= tol*(1+math.Abs(want)) {
						continue
					}
					t.Fatalf("%s: %d [%d,%d,%d] is %g, want %g", name, k, n, y, x, g, want)
				}
			}
		}
	}
}

// Without it the result depends on the machine or on the plan.
func TestPlanesHaveTheSameBitsForAnyWorkersAndChunks(t *testing.T) {
	for seed := range uint64(14) {
		j, k := ofPlanes(seed), ofPlanes(seed)
		k.Workers, k.RowsPerChunk = 4, 3
		if err := errors.Join(Run(j, RunCoadd), Run(k, RunCoadd)); err != nil {
			t.Fatal(err)
		}
		for n := range j.planes() {
			for y := range j.Mosaic.H {
				for x := range j.Mosaic.W {
					a, b := ofPlanesResult(j)[0](n, y, x), ofPlanesResult(k)[0](n, y, x)
					if math.Float64bits(a) != math.Float64bits(b) {
						t.Fatalf("seed %d [%d,%d,%d]: %g and %g", seed, n, y, x, a, b)
					}
				}
			}
		}
	}
}

// Without it a median of which no tile meets the output ends in a panic.
func TestAMedianOfNothingIsBlank(t *testing.T) {
	j := ofPlanes(7)
	j.Combine = Median
	for i := range j.Tiles {
		j.Tiles[i].Map = PixelMap{}
	}
	if err := Run(j, RunCoadd); err != nil {
		t.Fatal(err)
	}
	for y := range j.MosaicPlanes.H {
		for x := range j.MosaicPlanes.W {
			if c := j.CoveragePlanes.at(0, y, x); c != 0 {
				t.Fatalf("coverage at %d,%d is %g", x, y, c)
			}
		}
	}
}
