package core

import (
	"errors"
	"math"
	"testing"
)

// Without it a plan beyond the machine's memory ends the process, which the system kills or Go.
func TestAPlanKeepsToTheMachinesMemory(t *testing.T) {
	j := scene(1, 2, 2, 30, 30, 1)
	j.Workers = 8
	plan, err := NewPlan(j, RunAll)
	if err != nil {
		t.Fatal(err)
	}
	j.Memory = plan.Bytes - 1
	if fewer, err := NewPlan(j, RunAll); err != nil || fewer.Budget > j.Memory {
		t.Errorf("budget %d, %v, want the machine's %d at most", fewer.Budget, err, j.Memory)
	}
	for _, j.MaxChunkBytes = range []int64{0, math.MaxInt64} {
		j.Memory = 1000
		if _, err := NewPlan(j, RunAll); !errors.Is(err, ErrBudget) {
			t.Errorf("max_chunk_bytes %d: got %v, want %v", j.MaxChunkBytes, err, ErrBudget)
		}
	}
}

// Without it a long row of nodes takes more than there is.
func TestAReprojectionKeepsToTheMachinesMemory(t *testing.T) {
	r := &Reprojection{
		Image: Planes{F32: make([]float32, 4), N: 1, H: 2, W: 2, RowStride: 2, ColStride: 1},
		Out:   Planes{F32: make([]float32, 4), N: 1, H: 2, W: 2, RowStride: 2, ColStride: 1},
		Map:   PixelMap{X1: 2, Y1: 2, Plane: [9]float64{0: 1, 4: 1, 8: 1}}, Workers: 4,
	}
	r.Memory = warpBytes(0, blockPixels)
	if err := Reproject(r); err != nil {
		t.Errorf("with room for one worker: %v", err)
	}
	r.Memory--
	if err := Reproject(r); !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want %v", err, ErrBudget)
	}
}

// Without it two workers write to one place of an output.
func TestAnOutputOnItselfIsRefused(t *testing.T) {
	j := scene(1, 2, 2, 30, 30, 1)
	for _, v := range []*View{&j.Mosaic, &j.CoverageOut, &j.Blurred} {
		right := *v
		v.RowStride = 1
		if err := Run(j, RunAll); !errors.Is(err, ErrOverlap) {
			t.Errorf("got %v, want %v", err, ErrOverlap)
		}
		*v = right
	}
	if err := Run(j, RunAll); err != nil {
		t.Error(err)
	}
}
