package core

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sloping is a scene with a plane of its own in every tile and channel, and tight boxes.
func sloping(seed uint64, cols, rows, h, w, channels int, slope float64) *Job {
	j := scene(seed, cols, rows, h, w, channels)
	tighten(j)
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range j.Tiles {
		t := &j.Tiles[i]
		for c := range channels {
			sx, sy := slope*rng.NormFloat64(), slope*rng.NormFloat64()
			for y := range h {
				for x := range w {
					t.Image.Set(y, x, c, t.Image.At(y, x, c)+float32(sx*float64(x)+sy*float64(y)))
				}
			}
		}
	}
	j.Background = PlaneBackground
	n := len(j.Tiles) * channels
	j.Slopes, j.Damping = make([]float64, 2*n), make([]float64, 3*n)
	return j
}

// Without it planes would be other ones than MATHS.md says.
func TestBackgroundPlanesEqualTheirSlowTwin(t *testing.T) {
	for name, j := range map[string]*Job{
		"slopes":    sloping(1, 3, 2, 30, 44, 3, 0.8),
		"few tiles": sloping(2, 2, 2, 40, 30, 1, 0.5),
		"no slopes": sloping(3, 3, 2, 30, 40, 2, 0),
	} {
		level := *j
		level.Background, level.Slopes, level.Damping, level.Offsets = ConstantBackground, nil, nil, slices.Clone(j.Offsets)
		for _, job := range []*Job{&level, j} {
			if err := Run(job, RunAll); err != nil {
				t.Fatal(name, err)
			}
		}
		sloped := 0
		for c := range j.Mosaic.C {
			constants := make([]float64, len(j.Tiles))
			for i := range constants {
				constants[i] = level.Offsets[i*j.Mosaic.C+c]
			}
			change, damping, told := slowPlanes(j, c, constants)
			for i, d := range change {
				k := i*j.Mosaic.C + c
				x, y, _, _ := slowBox(j, i)
				got := []float64{j.Offsets[k] + j.Slopes[2*k]*x + j.Slopes[2*k+1]*y - constants[i],
					j.Slopes[2*k], j.Slopes[2*k+1], j.Damping[3*k+1], j.Damping[3*k+2]}
				want := []float64{d[0], d[1], d[2], told[0], told[1]}
				for n := range got {
					if math.Abs(got[n]-want[n]) > 1e-5*(1+math.Abs(want[n])) {
						t.Errorf("%s: tile %d, channel %d has %g, want %g", name, i, c, got, want)
						break
					}
				}
				if j.Damping[3*k] != damping {
					t.Errorf("%s: tile %d, channel %d has damping %g, want %g", name, i, c, j.Damping[3*k], damping)
				}
				if !math.IsInf(damping, 1) {
					sloped++
				}
			}
		}
		if (sloped == 0) != (name == "no slopes") {
			t.Errorf("%s: %d planes slope", name, sloped)
		}
		mosaic, _ := slowCoadd(j)
		for k, v := range j.Mosaic.Pix {
			if want := mosaic.Pix[k]; (v == v) != (want == want) || math.Abs(float64(v-want)) > 1e-3 {
				t.Fatalf("%s: sample %d of the mosaic is %g, want %g", name, k, v, want)
			}
		}
	}
}

// Without it a mosaic would hang on the machine, as soon as it has planes.
func TestBackgroundPlanesHaveTheSameBitsForAnyWorkersAndChunks(t *testing.T) {
	want := sloping(5, 3, 3, 30, 40, 3, 0.6)
	want.Workers = 1
	if err := Run(want, RunAll); err != nil {
		t.Fatal(err)
	}
	if math.IsInf(want.Damping[0], 1) {
		t.Fatal("the first tile has a constant")
	}
	numbers := func(j *Job) []float64 {
		all := slices.Concat(j.Offsets, j.Slopes, j.Damping)
		for _, p := range j.Mosaic.Pix {
			all = append(all, float64(p))
		}
		return all
	}
	for n, change := range []func(j *Job){
		func(j *Job) { j.Workers, j.RowsPerChunk = 7, 3 },
		func(j *Job) { j.Workers, j.MaxChunkBytes = 3, leastFor(t, j, RunAll) },
		func(j *Job) { *j = *new(disk).away(j, func(_, part int) bool { return part == 0 }) },
	} {
		j := sloping(5, 3, 3, 30, 40, 3, 0.6)
		change(j)
		if err := Run(j, RunAll); err != nil {
			t.Fatal(n, err)
		}
		all := numbers(want)
		for k, x := range numbers(j) {
			if math.Float64bits(x) != math.Float64bits(all[k]) && x == x {
				t.Fatalf("change %d gives %g in the place of %g", n, x, all[k])
			}
		}
	}
}

// Without it an option that finds nothing would change the mosaic.
func TestWhereSlopesTellNothingThePlanesAreTheConstants(t *testing.T) {
	for name, j := range map[string]*Job{
		"levels":    sloping(8, 3, 3, 30, 40, 2, 0),
		"a chain":   sloping(9, 5, 1, 30, 40, 1, 0.5), // no loop: nothing tells an overlap
		"one tile":  sloping(10, 1, 1, 30, 40, 1, 0.5),
		"two tiles": sloping(11, 2, 1, 30, 40, 1, 0.5),
	} {
		level := *j
		level.Background, level.Slopes, level.Damping = ConstantBackground, nil, nil
		level.Offsets, level.Mosaic = slices.Clone(j.Offsets), NewView(j.Mosaic.H, j.Mosaic.W, j.Mosaic.C)
		for _, job := range []*Job{&level, j} {
			if err := Run(job, RunAll); err != nil {
				t.Fatal(name, err)
			}
		}
		if !slices.Equal(j.Offsets, level.Offsets) || slices.ContainsFunc(j.Slopes, func(s float64) bool { return s != 0 }) {
			t.Errorf("%s: offsets %v and slopes %v, want %v and none", name, j.Offsets, j.Slopes, level.Offsets)
		}
		for k, v := range j.Mosaic.Pix {
			if math.Float32bits(v) != math.Float32bits(level.Mosaic.Pix[k]) {
				t.Fatalf("%s: sample %d is %g, with constants %g", name, k, v, level.Mosaic.Pix[k])
			}
		}
		for k := 0; k < len(j.Damping); k += 3 {
			if !math.IsInf(j.Damping[k], 1) || (name == "levels") == math.IsNaN(j.Damping[k+1]) {
				t.Errorf("%s: damping %v", name, j.Damping[k:k+3])
			}
		}
	}
}

// Without it a resumed mosaic would have other planes than were found.
func TestKnownPlanesAreSubtracted(t *testing.T) {
	want := sloping(12, 3, 2, 30, 40, 2, 0.6)
	if err := Run(want, RunAll); err != nil {
		t.Fatal(err)
	}
	j := *want
	j.Mosaic, j.OffsetsKnown, j.Damping = NewView(j.Mosaic.H, j.Mosaic.W, 2), true, nil
	if err := Run(&j, RunCoadd); err != nil {
		t.Fatal(err)
	}
	for k, v := range j.Mosaic.Pix {
		if math.Float32bits(v) != math.Float32bits(want.Mosaic.Pix[k]) && v == v {
			t.Fatalf("sample %d is %g, want %g", k, v, want.Mosaic.Pix[k])
		}
	}
}

// Without it a caller would get constants, or a window's planes, for those he asked for.
func TestPlanesAreRefusedWhereTheyCantBe(t *testing.T) {
	for want, change := range map[string]func(j *Job){
		"background = 2, want 0 (constant) or 1 (plane)":                func(j *Job) { j.Background = 2 },
		"slopes or damping are given, and background is 0 (constant)":   func(j *Job) { j.Background = ConstantBackground },
		"background = 1 (plane) for a part of a mosaic, want the whole": func(j *Job) { j.PairsWanted = [][2]int{{0, 1}} },
		"slopes is absent, and offsets_known is set":                    func(j *Job) { j.OffsetsKnown, j.Slopes = true, nil },
		"slopes[1] = +Inf, want a finite number":                        func(j *Job) { j.OffsetsKnown, j.Slopes[1] = true, math.Inf(1) },
	} {
		j := sloping(13, 2, 2, 20, 30, 1, 0)
		change(j)
		if err := Run(j, RunCoadd); !errors.Is(err, ErrArgument) || err.Error() != fmt.Sprintf("%v: %s", ErrArgument, want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
