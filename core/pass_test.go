package core

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near reports the first value of got that is farther from want than tol of the
// larger of |want| and scale, or NaN where want is not.
func near(t *testing.T, what string, got, want []float32, scale, tol float64) {
	t.Helper()
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) != math.IsNaN(w) || math.Abs(g-w) > tol*max(math.Abs(w), scale) {
			t.Fatalf("%s[%d] = %g, want %g", what, i, g, w)
		}
	}
}

// jobs are scenes that differ in everything the stages branch on.
func jobs() map[string]*Job {
	rng := rand.New(rand.NewPCG(7, 7))
	plain := scene(1, 3, 2, 40, 60, 3)
	old := scene(2, 2, 2, 50, 40, 1)
	old.Profile = V42
	soft := scene(3, 2, 2, 45, 70, 2)
	for i := range soft.Tiles {
		t := &soft.Tiles[i]
		t.Mask = NewView(t.Image.H, t.Image.W, 1)
		for k := range t.Mask.Pix {
			t.Mask.Pix[k] = max(0, float32(rng.Float64()*4-1))
		}
		t.Mask.Pix[100] = float32(math.NaN())
		t.Weight = t.Mask
		t.WeightScale = 1 + rng.Float64()
	}
	binary := scene(4, 2, 2, 45, 70, 4)
	binary.BinaryWeights = true
	for i := range binary.Tiles {
		binary.Tiles[i].Weight = soft.Tiles[i].Weight
	}
	gridded := scene(5, 2, 2, 60, 60, 1)
	for i := range gridded.Tiles {
		bendMap(&gridded.Tiles[i].Map, MapKind(1+i%2))
	}
	sum := scene(6, 2, 1, 40, 40, 1)
	sum.Combine, sum.Profile, sum.BlankNaN = Sum, V42, true
	lone := scene(7, 3, 1, 40, 40, 1)
	lone.Tiles[2].Map.Plane[2] -= 25 // away from its neighbour
	lone.Tiles[1].Map = PixelMap{}   // shows nothing
	aligned := scene(8, 3, 2, 40, 60, 3)
	alignedMono := scene(9, 2, 2, 50, 40, 1)
	for _, j := range []*Job{aligned, alignedMono} {
		for i := range j.Tiles {
			align(&j.Tiles[i], MapKind(i%3), rng)
		}
	}
	apart := scene(10, 2, 2, 45, 70, 3)
	for i := range apart.Tiles {
		weighApart(&apart.Tiles[i], MapKind(i%3), rng)
	}
	return map[string]*Job{"on the grid": aligned, "on the grid, mono": alignedMono, "weights apart": apart, "plain": plain, "v4.2": old, "soft weights": soft,
		"binary weights": binary, "gridded": gridded, "sum": sum, "lone tiles": lone}
}

// align puts a tile onto the output's grid, but for the noise of its positions, and takes
// pixels and, by a weight, others away.
func align(t *Tile, kind MapKind, rng *rand.Rand) {
	p := &t.Map.Plane
	*p = [9]float64{1, 0, math.Round(p[2]), 0, 1, math.Round(p[5]), 0, 0, 1}
	noise := 1e-13
	if kind != MapPlane {
		bendMap(&t.Map, kind)
		noise = 5e-7 // well within the slack after the cubic, too
		for k := range t.Map.Nodes {
			i := k / 2
			x, y := float64(i%t.Map.NX)*t.Map.StepX, float64(i/t.Map.NX)*t.Map.StepY
			t.Map.Nodes[k] = []float64{x + p[2], y + p[5]}[k%2] + noise*(2*rng.Float64()-1)
		}
	}
	p[2], p[5] = p[2]+noise*rng.Float64(), p[5]-noise*rng.Float64()
	t.Weight = NewView(t.Image.H, t.Image.W, 1)
	for i := range t.Weight.Pix {
		t.Weight.Pix[i] = float32(rng.IntN(3))
		if rng.IntN(4) == 0 {
			t.Image.Pix[i*t.Image.C] = float32(math.NaN())
		}
	}
}

// weighApart gives a tile a weight of a shape and a map of its own.
func weighApart(t *Tile, kind MapKind, rng *rand.Rand) {
	t.Weight, t.WeightMap = NewView(31, 52, 1), t.Map
	for i := range t.Weight.Pix {
		t.Weight.Pix[i] = rng.Float32()
	}
	t.WeightMap.Plane = [9]float64{0.7, 0.1, t.Map.Plane[2] * 0.7, -0.1, 0.8, t.Map.Plane[5] * 0.8, 0, 0, 1}
	if kind != MapPlane {
		bendMap(&t.WeightMap, kind)
	}
	if kind == MapPlane {
		t.WeightMap.X0, t.WeightMap.Y1 = t.Map.X1/4, t.Map.Y1*3/4
	}
}

// bendMap replaces a plane by nodes, bent a little.
func bendMap(m *PixelMap, kind MapKind) {
	bent := *m
	bent.Kind = kind
	at := func(x, y float64) (u, v float64) {
		p := m.Plane
		u, v = p[0]*x+p[1]*y+p[2], p[3]*x+p[4]*y+p[5]
		return u + 1e-5*u*v, v - 1e-5*u*u
	}
	bent.NX, bent.NY, bent.StepX, bent.StepY = 6, 5, float64(m.X1-1)/5, float64(m.Y1-1)/4
	if kind == MapPositions {
		bent.NX, bent.NY, bent.StepX, bent.StepY = m.X1, m.Y1, 1, 1
	}
	for j := range bent.NY {
		for i := range bent.NX {
			u, v := at(float64(i)*bent.StepX, float64(j)*bent.StepY)
			bent.Nodes = append(bent.Nodes, u, v)
		}
	}
	*m = bent
}

// Without it a stage could leave the maths.
func TestThePassEqualsItsSlowTwin(t *testing.T) {
	for name, j := range jobs() {
		t.Run(name, func(t *testing.T) {
			if err := Run(j, RunAll); err != nil {
				t.Fatal(err)
			}
			blurred := slowBlur(j)
			most := float64(slices.Max(blurred.Pix))
			for i, c := range j.Coverage.Pix {
				scale := most
				if c > 0 {
					scale = 0
				}
				near(t, "blurred", j.Blurred.Pix[i:i+1], blurred.Pix[i:i+1], scale, 5e-7)
			}
			for i := range j.Tiles {
				if want := slowGain(j, &j.Tiles[i], blurred); math.Abs(j.Gains[i]-want) > 5e-7 {
					t.Errorf("gains[%d] = %g, want %g", i, j.Gains[i], want)
				}
			}
			if name == "plain" && slices.Max(j.Gains)-slices.Min(j.Gains) < 0.01 {
				t.Errorf("gains %v: the scene decides none", j.Gains)
			}
			checkOffsets(t, j)
			mosaic, coverage := slowCoadd(j)
			near(t, "mosaic", j.Mosaic.Pix, mosaic.Pix, 0, 3e-7)
			near(t, "coverage", j.CoverageOut.Pix, coverage.Pix, 0, 3e-7)
		})
	}
}

func checkOffsets(t *testing.T, j *Job) {
	t.Helper()
	channels := j.Mosaic.C
	for c := range channels {
		var edges []edge
		for a := range j.Tiles {
			for b := a + 1; b < len(j.Tiles); b++ {
				if m := slowMedian(j, a, b, c); m == m {
					edges = append(edges, edge{a, b, m})
				}
			}
		}
		want := slowOffsets(components(len(j.Tiles), edges), edges)
		span := slices.Max(want) - slices.Min(want)
		for i := range want {
			if got := j.Offsets[i*channels+c]; math.Abs(got-want[i]) > 1e-9*span {
				t.Errorf("offsets[%d,%d] = %g, want %g", i, c, got, want[i])
			}
		}
	}
}

// Without it a result could depend on the machine or on the plan.
func TestAnyWorkersAndChunksGiveTheSameBits(t *testing.T) {
	for name, j := range jobs() {
		if err := Run(j, RunAll); err != nil {
			t.Fatal(err)
		}
		want := bits(j)
		plan, err := NewPlan(j, RunAll)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			workers, rows int
			bytes         int64
		}{{1, 0, 0}, {2, 1, 0}, {5, 7, 0}, {3, 1000, 0}, {16, 3, plan.Bytes}} {
			j.Workers, j.RowsPerChunk, j.MaxChunkBytes = c.workers, c.rows, c.bytes
			for i := range j.Mosaic.Pix {
				j.Mosaic.Pix[i] = 99
			}
			if err := Run(j, RunAll); err != nil {
				t.Fatal(name, c, err)
			}
			if got := bits(j); !slices.Equal(got, want) {
				t.Errorf("%s: %+v gives other bits", name, c)
			}
		}
	}
}

func bits(j *Job) []uint64 {
	var b []uint64
	for _, v := range []View{j.Mosaic, j.CoverageOut} {
		for _, s := range v.Pix {
			b = append(b, uint64(math.Float32bits(s)))
		}
	}
	for _, s := range append(append([]float64{}, j.Gains...), j.Offsets...) {
		b = append(b, math.Float64bits(s))
	}
	for _, g := range j.Groups {
		b = append(b, uint64(g))
	}
	return b
}

// Without it the blur's memory could be taken for the coadd's before it is free.
func TestBlurredMayBeTheCoverageOut(t *testing.T) {
	j := scene(9, 2, 2, 40, 40, 1)
	if err := Run(j, RunAll); err != nil {
		t.Fatal(err)
	}
	want := bits(j)
	j.Blurred = j.CoverageOut
	if err := Run(j, RunAll); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(j), want) {
		t.Error("sharing the memory changes the result")
	}
}

// Without it tiles of no overlap would get a level from nowhere, or be lost.
func TestLoneTilesKeepTheirLevelAndAreNamed(t *testing.T) {
	j := jobs()["lone tiles"]
	if err := Run(j, RunAll); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(j.Groups), "[0 -1 1]"; got != want {
		t.Errorf("groups = %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(j.Offsets), "[0 0 0]"; got != want {
		t.Errorf("offsets = %s, want %s", got, want)
	}
}

// Without it a kept background would be matched all the same.
func TestKeepBackgroundSubtractsNothing(t *testing.T) {
	j := scene(10, 2, 2, 40, 40, 1)
	j.KeepBackground = true
	for i := range j.Gains {
		j.Gains[i] = 1
	}
	if err := Run(j, RunCoadd); err != nil {
		t.Fatal(err)
	}
	mosaic, _ := slowCoadd(&Job{Tiles: j.Tiles, Mosaic: j.Mosaic, Gains: j.Gains, Offsets: make([]float64, 4)})
	near(t, "mosaic", j.Mosaic.Pix, mosaic.Pix, 0, 3e-7)
}
