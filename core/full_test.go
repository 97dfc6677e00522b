package core

import (
	"math"
	"slices"
	"testing"
)

// masked gives all tiles of a job masks and weights of a value, the last sample of which is
// another.
func masked(j *Job, value, last float32) *Job {
	for i := range j.Tiles {
		t := &j.Tiles[i]
		t.Mask = NewView(t.Image.H, t.Image.W, 1)
		for k := range t.Mask.Pix {
			t.Mask.Pix[k] = value
		}
		t.Mask.Set(t.Image.H-1, t.Image.W-1, 0, last)
		t.Weight = t.Mask
	}
	return j
}

// Without it masks that hide nothing could change gains and offsets, or a hole in them be
// overlooked.
func TestMasksThatHideNothingChangeNothing(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, trial := range []struct {
		value, last float32
		full        bool
	}{{1, 1, true}, {0.5, fullLeast, true}, {1, math.MaxFloat32, true}, {1, 0, false}, {1, -1, false}, {1, nan, false}, {1, inf, false}} {
		plain, other := scene(3, 2, 2, 40, 50, 3), masked(scene(3, 2, 2, 40, 50, 3), trial.value, trial.last)
		if full := other.Tiles[0].Mask.full(); full != trial.full {
			t.Errorf("%v and %v: full = %v", trial.value, trial.last, full)
		}
		if !trial.full {
			continue
		}
		for _, j := range []*Job{plain, other} {
			if err := Run(j, RunGains|RunMatch); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(plain.Gains, other.Gains) || !slices.Equal(plain.Offsets, other.Offsets) {
			t.Errorf("%v and %v: gains %v, offsets %v, want %v, %v", trial.value, trial.last,
				other.Gains, other.Offsets, plain.Gains, plain.Offsets)
		}
	}
}

// Without it a mask that is not looked at, as the offsets are known or its file is not in memory,
// would give another coverage than one that is.
func TestOnesThatAreSampledCountAsOne(t *testing.T) {
	jobs := [3]*Job{scene(3, 2, 2, 40, 50, 3)}
	jobs[1], jobs[2] = masked(scene(3, 2, 2, 40, 50, 3), 0.5, 1), masked(scene(3, 2, 2, 40, 50, 3), 0.5, 1)
	for k, j := range jobs {
		j.BinaryWeights = true
		for i := range j.Tiles {
			j.Tiles[i].WeightScale = 1.3
		}
		if k == 2 {
			j.OffsetsKnown = true
			copy(j.Offsets, jobs[0].Offsets)
		}
		stages := RunMatch | RunCoadd
		if j.OffsetsKnown {
			stages = RunCoadd
		}
		if err := Run(j, stages); err != nil {
			t.Fatal(err)
		}
		sameAnswer(t, j, jobs[0])
	}
}

// Without it samples that do not lie side by side would be read as others.
func TestAMaskOfApartColumnsIsNotTakenForFull(t *testing.T) {
	v := View{Pix: []float32{1, 0, 1, 0}, H: 2, W: 1, C: 1, RowStride: 2, ColStride: 2, ChanStride: 1}
	if v.full() {
		t.Error("columns apart, full")
	}
}
