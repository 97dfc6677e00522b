package core

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
)

// Without it bad input would reach the loops, which check nothing.
func TestEveryBadJobIsRefusedByName(t *testing.T) {
	nan := math.NaN()
	view := func(h, w, c int) View { return NewView(h, w, c) }
	for _, c := range []struct {
		spoil func(j *Job)
		want  error
		names string
	}{
		{func(j *Job) { j.Profile = 7 }, ErrArgument, "profile = 7"},
		{func(j *Job) { j.Workers = -1 }, ErrArgument, "workers = -1"},
		{func(j *Job) { j.Workers = math.MaxInt32 }, ErrArgument, "workers = 2147483647, want 0 to 1024"},
		{func(j *Job) { j.RowsPerChunk = -1 }, ErrArgument, "rows_per_chunk = -1"},
		{func(j *Job) { j.MaxChunkBytes = -1 }, ErrArgument, "max_chunk_bytes = -1"},
		{func(j *Job) { j.Coverage.Pix = nil }, ErrArgument, "coverage is absent"},
		{func(j *Job) { j.Blurred.Pix = nil }, ErrArgument, "blurred is absent"},
		{func(j *Job) { j.Mosaic.Pix = nil }, ErrArgument, "mosaic is absent"},
		{func(j *Job) { j.CoverageOut.Pix = nil }, ErrArgument, "coverage_out is absent"},
		{func(j *Job) { j.Sigma = -1 }, ErrArgument, "sigma = -1"},
		{func(j *Job) { j.Sigma = MaxSigma + 1 }, ErrArgument, "sigma = 1001"},
		{func(j *Job) { j.Coverage.H = 0 }, ErrShape, "coverage has shape [0,"},
		{func(j *Job) { j.Coverage.RowStride = -1 }, ErrStride, "coverage has strides (-1,"},
		{func(j *Job) { j.Coverage.RowStride++ }, ErrStride, "coverage reaches sample"},
		{func(j *Job) { j.Blurred.W = 0 }, ErrShape, "blurred has shape"},
		{func(j *Job) { j.Blurred = view(3, 3, 1) }, ErrShape, "blurred has shape [3,3,1]"},
		{func(j *Job) { j.Tiles = nil }, ErrArgument, "tile_count = 0"},
		{func(j *Job) { j.GainMin = nan }, ErrArgument, "gain clip [NaN"},
		{func(j *Job) { j.GainMin = 3 }, ErrArgument, "gain clip [3, 2]"},
		{func(j *Job) { j.GainMax = nan }, ErrArgument, "gain clip [0.5, NaN]"},
		{func(j *Job) { j.GainMin, j.GainMax = math.Inf(1), math.Inf(1) }, ErrArgument, "gain clip [+Inf, +Inf]"},
		{func(j *Job) { j.GainMin, j.GainMax = math.Inf(-1), math.Inf(-1) }, ErrArgument, "gain clip [-Inf, -Inf]"},
		{func(j *Job) { j.Threshold = nan }, ErrArgument, "threshold = NaN"},
		{func(j *Job) { j.Gains = j.Gains[:1] }, ErrShape, "1 gains for 4 tiles"},
		{func(j *Job) { j.Tiles[2].Image.C = 0 }, ErrShape, "tiles[2].image has shape"},
		{func(j *Job) { j.Tiles[2].Mask = view(3, 4, 1) }, ErrShape, "tiles[2].mask has shape [3,4,1]"},
		{func(j *Job) { j.Tiles[2].Weight = View{Pix: []float32{1}} }, ErrShape, "tiles[2].weight"},
		{func(j *Job) { j.Tiles[1].WeightScale = nan }, ErrArgument, "tiles[1].weight_scale = NaN"},
		{func(j *Job) { j.Tiles[1].Map.Plane[4] = nan }, ErrArgument, "tiles[1].map.plane"},
		{func(j *Job) { j.Tiles[1].Map.Kind = 9 }, ErrArgument, "tiles[1].map.kind = 9"},
		{func(j *Job) { j.Tiles[1].Map.Kind = MapGrid }, ErrShape, "0 x 0 nodes"},
		{func(j *Job) {
			j.Tiles[1].Map.Kind, j.Tiles[1].Map.NX, j.Tiles[1].Map.NY = MapGrid, 4, 4
		}, ErrArgument, "steps (0,0)"},
		{func(j *Job) { j.Tiles[1].Map.Kind = MapPositions }, ErrShape, "0 node values"},
		{func(j *Job) { j.Mosaic.H = 0 }, ErrShape, "mosaic has shape"},
		{func(j *Job) { j.Mosaic = view(9, 9, 5) }, ErrShape, "mosaic has 5 channels"},
		{func(j *Job) { j.CoverageOut.H = 0 }, ErrShape, "coverage_out has shape"},
		{func(j *Job) { j.CoverageOut = view(2, 2, 1) }, ErrShape, "coverage_out has shape [2,2,1]"},
		{func(j *Job) { j.Mosaic = view(j.Mosaic.H, j.Mosaic.W, 3) }, ErrShape, "tiles[0].image has 1 channels"},
		{func(j *Job) { j.Combine = 5 }, ErrArgument, "combine = 5"},
		{func(j *Job) { j.Offsets = j.Offsets[:1] }, ErrShape, "1 offsets for 4 tiles"},
		{func(j *Job) { j.Groups = j.Groups[:1] }, ErrShape, "1 groups for 4 tiles"},
		{func(j *Job) { j.MaxChunkBytes = 1000 }, ErrBudget, "max_chunk_bytes = 1000, want at least"},
	} {
		j := scene(1, 2, 2, 20, 20, 1)
		c.spoil(j)
		err := Run(j, RunAll)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.names) {
			t.Errorf("got %v, want %v with %q", err, c.want, c.names)
		}
	}
	j := scene(1, 2, 2, 20, 20, 1)
	j.Gains = j.Gains[:1]
	if err := Run(j, RunCoadd); !errors.Is(err, ErrShape) {
		t.Errorf("coadd with 1 gain for 4 tiles: %v", err)
	}
}

// Without it a budget that admits one worker could fail, or be exceeded.
func TestTheSmallestBudgetSufficesAndIsKept(t *testing.T) {
	j := scene(1, 2, 2, 50, 50, 3)
	j.MaxChunkBytes = 1
	plan, err := NewPlan(j, RunAll)
	if !errors.Is(err, ErrBudget) {
		t.Fatal(err)
	}
	j.MaxChunkBytes, j.Workers = least(t, j), 8
	if plan, err = NewPlan(j, RunAll); err != nil {
		t.Fatal(err)
	}
	j.OnStats = func(s Stats) {
		if s.ScratchBytes > j.MaxChunkBytes {
			t.Errorf("%d bytes are held of %d", s.ScratchBytes, j.MaxChunkBytes)
		}
	}
	if err := Run(j, RunAll); err != nil {
		t.Error(err)
	}
	if plan.Bytes > j.MaxChunkBytes || plan.RowsPerChunk < 1 || plan.RowsPerChunk*plan.ChunkTotal < j.Mosaic.H {
		t.Errorf("plan %+v for %d rows", plan, j.Mosaic.H)
	}
}

// least finds the smallest budget that is not refused.
func least(t *testing.T, j *Job) int64 { return leastFor(t, j, RunAll) }

func leastFor(t *testing.T, j *Job, stages Stages) int64 {
	t.Helper()
	lo, hi := int64(1), int64(1<<40)
	for lo < hi {
		j.MaxChunkBytes = (lo + hi) / 2
		if _, err := NewPlan(j, stages); err != nil {
			lo = j.MaxChunkBytes + 1
		} else {
			hi = j.MaxChunkBytes
		}
	}
	return lo
}

// Without it rows_per_chunk could be ignored, or chosen where it was given.
func TestPlanTakesRowsThenBytesThenItsOwnChoice(t *testing.T) {
	j := scene(1, 2, 2, 400, 400, 1)
	rows := func() int {
		plan, err := NewPlan(j, RunAll)
		if err != nil {
			t.Fatal(err)
		}
		return plan.RowsPerChunk
	}
	j.Workers = 1
	if got, want := rows(), (j.Mosaic.H+3)/4; got != want {
		t.Errorf("free choice: %d rows, want %d", got, want)
	}
	j.MaxChunkBytes = 50 << 20
	if got, want := rows(), (j.Mosaic.H+3)/4; got != want {
		t.Errorf("50 MB: %d rows, want %d", got, want)
	}
	j.MaxChunkBytes = least(t, j)
	if got, most := rows(), int(j.MaxChunkBytes)/(8*j.Mosaic.W); got > most {
		t.Errorf("%d bytes: %d rows, want at most %d", j.MaxChunkBytes, got, most)
	}
	j.RowsPerChunk = 37
	if got := rows(); got != 37 {
		t.Errorf("rows_per_chunk = 37: %d rows", got)
	}
}

// Without it a user could not stop a run: whoever is told of a stage can end the call
// there, also where the stage is done before anybody has looked.
func TestCancelEndsTheCall(t *testing.T) {
	for _, size := range []int{20, 300} {
		for after := StageStart; after < StageDone; after++ {
			j := scene(1, 2, 2, size, size, 1)
			var now atomic.Bool
			j.OnStats = func(s Stats) {
				if s.Stage >= after {
					now.Store(true)
				}
			}
			j.Cancelled = now.Load
			if err := Run(j, RunAll); !errors.Is(err, ErrCancelled) {
				t.Errorf("cancelled in stage %d: %v", after, err)
			}
		}
	}
	j := scene(1, 2, 2, 20, 20, 1)
	j.Cancelled = func() bool { return true }
	if err := Run(j, RunAll); !errors.Is(err, ErrCancelled) {
		t.Errorf("cancelled before it begins: %v", err)
	}
}

// Without it a defect in a worker would end the host's process.
func TestAPanicInAWorkerIsAnError(t *testing.T) {
	j := scene(1, 2, 2, 20, 20, 1)
	j.Workers = 3
	plan, err := NewPlan(j, RunAll)
	if err != nil {
		t.Fatal(err)
	}
	p := newPass(j, plan)
	p.ctx = t.Context()
	err = parallel(p, 10, 0, func(int) int { return 0 }, func(_, i int) error {
		if i >= 4 {
			panic("task failed")
		}
		return nil
	})
	if !errors.Is(err, ErrInternal) || !strings.Contains(err.Error(), "task failed") {
		t.Errorf("got %v", err)
	}
	if p.now.ScratchBytes != 0 {
		t.Errorf("%d bytes are still held", p.now.ScratchBytes)
	}
}

// Without it a progress bar could run backwards, or a stage be missed.
func TestStatsTellEveryStageInOrder(t *testing.T) {
	j := scene(1, 2, 2, 40, 40, 3)
	var stages []Stage
	last := Stats{}
	j.OnStats = func(s Stats) {
		if s.Fraction < last.Fraction || s.Stage < last.Stage {
			t.Errorf("after %+v came %+v", last, s)
		}
		if len(stages) == 0 || stages[len(stages)-1] != s.Stage {
			stages = append(stages, s.Stage)
		}
		last = s
	}
	if err := Run(j, RunAll); err != nil {
		t.Fatal(err)
	}
	if len(stages) != int(StageDone)+1 {
		t.Errorf("stages %v, want 0 to %d", stages, StageDone)
	}
	if last.Fraction != 1 || last.TilesTotal != 4 || last.ETA != 0 {
		t.Errorf("the last stats are %+v", last)
	}
}
