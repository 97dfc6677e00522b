package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Without it a job that could not be done from files would crash in the loops.
func TestEveryBadSourceIsRefusedByName(t *testing.T) {
	for _, c := range []struct {
		stages Stages
		spoil  func(j *Job)
		want   error
		names  string
	}{
		{RunAll, func(j *Job) { j.Tiles[2].Image.Pix = make([]float32, 1e5) }, ErrArgument, "tiles[2].image has pixels and a source"},
		{RunAll, func(j *Job) { j.Tiles[2].Mask.Pix = make([]float32, 1e5) }, ErrArgument, "tiles[2].mask has pixels and a source"},
		{RunAll, func(j *Job) { j.Tiles[1].Image.RowStride++ }, ErrStride, "tiles[1].image has strides (131,1,1), want (130,1,1)"},
		{RunAll, func(j *Job) { j.Tiles[0].Weight.H++ }, ErrShape, "tiles[0].weight has shape [31,130,1]"},
		{RunAll, func(j *Job) { j.Tiles[1].ImageSource = nil }, ErrArgument, "tiles[1].image is absent"},
		{RunAll, func(j *Job) { j.MosaicTarget = newScreen(j.Mosaic) }, ErrArgument, "mosaic has memory and a target"},
		{RunFirst, func(j *Job) { j.CoverageTarget = newScreen(j.CoverageOut) }, ErrArgument, "coverage_out has memory and a target"},
		{RunFirst, func(j *Job) { j.CoverageOut.Pix = nil }, ErrArgument, "coverage_out is absent"},
		{RunFirst, func(j *Job) { j.CoverageOut.H = 0 }, ErrShape, "coverage_out has shape [0,"},
		{RunFirst | RunBlur, func(j *Job) {}, ErrArgument, "the first pass's by itself"},
		{RunCoadd, func(j *Job) { j.Shown = make([]uint8, 3) }, ErrShape, "3 shown for 48 tiles"},
		{RunCoadd, func(j *Job) { j.ChunksDone = make([]uint8, 1000) }, ErrShape, "1000 chunks_done for"},
		{RunAll, func(j *Job) { j.OffsetsKnown = true }, ErrArgument, "offsets_known is set, but the match"},
		{RunCoadd, func(j *Job) { j.OffsetsKnown, j.KeepBackground = true, true }, ErrArgument, "keep_background"},
		{RunCoadd, func(j *Job) { j.OffsetsKnown, j.Offsets = true, nil }, ErrArgument, "offsets is absent"},
		{RunCoadd, func(j *Job) { j.OffsetsKnown, j.Offsets[5] = true, math.NaN() }, ErrArgument, "offsets[5] = NaN"},
		{RunCoadd, func(j *Job) { j.MaxChunkBytes = 1000 }, ErrBudget, "max_chunk_bytes = 1000, want at least"},
	} {
		j := new(disk).away(wide(1, 1), allParts)
		c.spoil(j)
		err := Run(j, c.stages)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.names) {
			t.Errorf("got %v, want %v with %q", err, c.want, c.names)
		}
	}
	j := planesScene()
	j.Tiles[0].ImageSource = fileOf{}
	if err := Run(j, RunCoadd); !errors.Is(err, ErrArgument) || !strings.Contains(err.Error(), "planes in memory") {
		t.Errorf("planes with a source: %v", err)
	}
}

// planesScene is a job of one plane.
func planesScene() *Job {
	p := Planes{F32: make([]float32, 9), N: 1, H: 3, W: 3, PlaneStride: 9, RowStride: 3, ColStride: 1}
	return &Job{Profile: V42, MosaicPlanes: p, CoveragePlanes: p, Tiles: []Tile{{Planes: p, WeightScale: 1}}}
}

// Without it the budget that an error asks for would be refused in its turn.
func TestTheBudgetThatIsAskedForSuffices(t *testing.T) {
	for _, stages := range []Stages{RunCoadd, RunMatch, RunFirst} {
		j := new(disk).away(wide(1, 1), allParts)
		j.MaxChunkBytes = 1
		_, err := NewPlan(j, stages)
		var most int64
		if _, text, ok := strings.Cut(fmt.Sprint(err), "want at least "); !ok {
			t.Fatal(err)
		} else if _, err := fmt.Sscan(text, &most); err != nil {
			t.Fatal(err)
		}
		if j.MaxChunkBytes = most; Run(j, stages) != nil {
			t.Errorf("stages %d: %d bytes do not suffice", stages, most)
		}
		if j.MaxChunkBytes = most - 1; !errors.Is(Run(j, stages), ErrBudget) {
			t.Errorf("stages %d: %d bytes suffice, too", stages, most-1)
		}
	}
}

var errDamaged = errors.New("damaged")

// Without it a damaged file would hang the call, end the process, or not be named; whoever
// waits for a tile or a turn has to learn of it.
func TestAReadThatFailsEndsTheCallAndNamesTheTile(t *testing.T) {
	scene := wide(2, 1)
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		panics, bad := rng.IntN(4) == 0, rng.Int64N(90)+1
		d := &disk{wait: func() { time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond) }}
		d.fail = func(n int64) error {
			switch {
			case n < bad || rand.IntN(3) == 0:
				return nil
			case panics:
				panic("a defect")
			}
			return errDamaged
		}
		j := d.away(scene, allParts)
		j.Workers, j.MaxChunkBytes = 1+rng.IntN(6), 0
		j.MaxChunkBytes = least(t, j)
		_, err := runSpoiling(j, RunAll, d)
		switch {
		case panics && errors.Is(err, ErrInternal):
		case !panics && errors.Is(err, ErrFile) && errors.Is(err, errDamaged) && strings.Contains(err.Error(), "tiles["):
		default:
			t.Errorf("read %d fails, by a panic: %t: %v", bad, panics, err)
		}
	}
}

// slowFile is a source that reads until its context ends.
type slowFile struct{ begun *atomic.Bool }

func (s slowFile) Read(ctx context.Context, _ []float32) error {
	s.begun.Store(true)
	<-ctx.Done()
	return errors.New("interrupted")
}

// Without it a cancelled call would wait for a slow disk.
func TestCancelEndsACallThatReads(t *testing.T) {
	for _, stages := range []Stages{RunGains, RunMatch, RunFirst, RunCoadd} {
		var begun atomic.Bool
		j := new(disk).away(wide(2, 1), allParts)
		for i := range j.Tiles {
			t := &j.Tiles[i]
			t.ImageSource, t.MaskSource = slowFile{&begun}, slowFile{&begun}
		}
		j.KeepBackground = stages == RunCoadd
		j.Workers, j.Cancelled = 3, begun.Load
		if err := Run(j, stages); !errors.Is(err, ErrCancelled) {
			t.Errorf("stages %d: %v", stages, err)
		}
	}
}

// Without it a GPU would look for pixels where there are none.
func TestADeviceLeavesTilesFromSourcesToTheWorkers(t *testing.T) {
	j := new(disk).away(wide(2, 1), allParts)
	j.Mode, j.Device = GPU, twin{func(call string, _ int) error { panic(call) }}
	if err := Run(j, RunCoadd); err != nil || !errors.Is(j.DeviceError, ErrDevice) {
		t.Errorf("%v, %v", err, j.DeviceError)
	}
	j.Mode = Auto
	if err := Run(j, RunCoadd); err != nil || j.DeviceError != nil {
		t.Errorf("%v, %v", err, j.DeviceError)
	}
}

// Without it a full disk would go unnoticed.
func TestAWriteThatFailsEndsTheCall(t *testing.T) {
	full := errors.New("no room")
	j := new(disk).away(wide(2, 2), allParts)
	for _, stages := range []Stages{RunFirst, RunCoadd} {
		s := newScreen(j.CoverageOut)
		s.fail = func(y, x int) error {
			if y > 50 {
				return full
			}
			return nil
		}
		j.CoverageTarget, j.CoverageOut.Pix = s, nil
		err := Run(j, stages)
		if !errors.Is(err, ErrWrite) || !errors.Is(err, full) || !strings.Contains(err.Error(), "coverage_out") {
			t.Errorf("stages %d: %v", stages, err)
		}
	}
}
