package core

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
)

// Without it outputs on disk could differ from those in memory, or have pixels written twice
// or never.
func TestTargetsGetEachPixelOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	scenes := jobs()
	scenes["wide"] = wide(4, 3)
	for name, j := range scenes {
		if err := Run(j, RunAll); err != nil {
			t.Fatal(err)
		}
		want := bits(j)
		for kind := range 3 {
			got := new(disk).away(j, func(tile, _ int) bool { return kind > 0 })
			mosaic, coverage := newScreen(j.Mosaic), newScreen(j.CoverageOut)
			got.Workers, got.RowsPerChunk = 1+rng.IntN(4), rng.IntN(50)
			got.MosaicTarget, got.Mosaic.Pix = mosaic, nil
			if kind != 1 {
				got.CoverageTarget, got.CoverageOut.Pix = coverage, nil
				coverage.times[0] -= 1
			}
			if err := Run(got, RunAll); err != nil {
				t.Fatal(name, err)
			}
			if got.Mosaic = mosaic.view; kind != 1 {
				coverage.times[0]++
				got.CoverageOut = coverage.view
			}
			if !slices.Equal(bits(got), want) {
				t.Errorf("%s: targets get other bits", name)
			}
			if slices.Min(mosaic.times) != 1 || slices.Max(mosaic.times) != 1 {
				t.Errorf("%s: pixels are written %d to %d times", name, slices.Min(mosaic.times), slices.Max(mosaic.times))
			}
		}
	}
}

// Without it a mosaic that goes on after a stop could differ from one made at once, or be made
// all over again.
func TestACoaddGoesOnFromTheChunksDone(t *testing.T) {
	for _, away := range []bool{false, true} {
		whole := wide(5, 2)
		whole.Tiles[7].Map = PixelMap{} // shows nothing
		if err := Run(whole, RunAll); err != nil {
			t.Fatal(err)
		}
		j := new(disk).away(whole, func(int, int) bool { return away })
		j.Workers, j.RowsPerChunk = 2, 13
		mosaic := newScreen(j.Mosaic)
		j.MosaicTarget, j.Mosaic.Pix = mosaic, nil
		if away {
			j.MaxChunkBytes = leastFor(t, j, RunCoadd)
		}
		if err := Run(j, RunMatch); err != nil {
			t.Fatal(err)
		}
		plan, err := NewPlan(j, RunCoadd)
		if err != nil {
			t.Fatal(err)
		}
		j.OffsetsKnown, j.Shown, j.ChunksDone = true, make([]uint8, len(j.Tiles)), make([]uint8, plan.ChunkTotal)
		var writes atomic.Int64
		mosaic.fail = func(y, x int) error {
			if writes.Add(1) > 6 {
				return errors.New("stopped")
			}
			return nil
		}
		if err := Run(j, RunCoadd); !errors.Is(err, ErrWrite) {
			t.Fatal(err)
		}
		done := slices.Clone(j.ChunksDone)
		if mosaic.fail = nil; slices.Max(done) != 1 || slices.Min(done) != 0 {
			t.Fatalf("away: %t: done are %v", away, done)
		}
		again := newScreen(j.Mosaic)
		again.view = mosaic.view
		j.MosaicTarget = again
		if err := Run(j, RunCoadd); err != nil {
			t.Fatal(err)
		}
		l := plan.layout
		for chunk, d := range done {
			b := l.box(chunk)
			if n := again.times[b.y0*j.Mosaic.W+b.x0]; n != 1-int(d) {
				t.Errorf("away: %t: chunk %d is written %d times, done is %d", away, chunk, n, d)
			}
		}
		if j.Mosaic = again.view; !slices.Equal(bits(j), bits(whole)) {
			t.Errorf("away: %t: going on gives other bits", away)
		}
		for i, s := range j.Shown {
			if (s != 0) != (whole.Groups[i] >= 0) {
				t.Errorf("away: %t: tile %d is shown: %d", away, i, s)
			}
		}
	}
}

// Without it a report on the overlaps would tell of other steps than were levelled.
func TestAMatchByItselfTellsOffsetsGroupsAndPairs(t *testing.T) {
	for name, want := range jobs() {
		if err := Run(want, RunAll); err != nil {
			t.Fatal(err)
		}
		for _, away := range []bool{false, true} {
			j := new(disk).away(want, func(int, int) bool { return away })
			j.Mosaic.Pix, j.CoverageOut = nil, View{}
			clear(j.Offsets)
			var pairs []PairStep
			j.Pairs = func(p PairStep) { pairs = append(pairs, p) }
			if err := Run(j, RunMatch); err != nil {
				t.Fatal(name, err)
			}
			if !slices.Equal(j.Offsets, want.Offsets) {
				t.Errorf("%s: offsets %v, want %v", name, j.Offsets, want.Offsets)
			}
			if name == "lone tiles" && fmt.Sprint(j.Groups) != "[0 1 2]" {
				t.Errorf("groups = %v, want [0 1 2]", j.Groups)
			}
			n := 0
			for a := range j.Tiles {
				for b := a + 1; b < len(j.Tiles); b++ {
					if slowMedian(want, a, b, 0) != slowMedian(want, a, b, 0) {
						continue
					}
					if n == len(pairs) || pairs[n].I != a || pairs[n].J != b || pairs[n].Pixels < 1 {
						t.Fatalf("%s: pair %d of %v, want %d and %d", name, n, pairs, a, b)
					}
					for c, s := range pairs[n].Step {
						m := math.NaN()
						if c < j.Mosaic.C {
							m = slowMedian(want, a, b, c)
						}
						if math.IsNaN(m) != math.IsNaN(s) || math.Abs(s-m) > 1e-9*math.Abs(m)+1e-6 {
							t.Errorf("%s: step %d of tiles %d and %d is %g, want %g", name, c, a, b, s, m)
						}
					}
					n++
				}
			}
			if n != len(pairs) {
				t.Errorf("%s: %d pairs, want %d", name, len(pairs), n)
			}
		}
	}
}

// slowFirst counts the tiles on each pixel.
func slowFirst(j *Job) View {
	count := NewView(j.CoverageOut.H, j.CoverageOut.W, 1)
	for i := range j.Tiles {
		t := &j.Tiles[i]
		for y := range count.H {
			for x := range count.W {
				m := slowSample(&t.Map, x, y, t.Image.H, t.Image.W, func(y, x int) float64 {
					if t.Mask.Absent() {
						return 1
					}
					return float64(covered(t.Mask.At(y, x, 0)))
				})
				if m > 0 {
					count.Set(y, x, 0, count.At(y, x, 0)+1)
				}
			}
		}
	}
	return count
}

// Without it the gains from files would follow another coverage than the tiles have.
func TestTheFirstCoverageIsTheNumberOfTiles(t *testing.T) {
	scenes := jobs()
	scenes["wide"] = wide(6, 1)
	for name, j := range scenes {
		want := slowFirst(j)
		for kind := range 4 {
			d := &disk{}
			got := d.away(j, func(_, part int) bool { return kind%2 == 1 && part == 1 })
			got.Mosaic, got.Gains, got.Offsets, got.Groups = View{}, nil, nil, nil
			got.Workers, got.RowsPerChunk = 1+kind, kind*7
			out := newScreen(got.CoverageOut)
			if kind > 1 {
				got.CoverageTarget, got.CoverageOut.Pix = out, nil
				got.MaxChunkBytes = leastFor(t, got, RunFirst)
			}
			plan, err := runSpoiling(got, RunFirst, d)
			if err != nil {
				t.Fatal(name, err)
			}
			if kind > 1 {
				got.CoverageOut = out.view
			}
			if !slices.Equal(got.CoverageOut.Pix, want.Pix) {
				t.Errorf("%s, %d: the coverage differs from its slow twin", name, kind)
			}
			if d.bytes.Load() != plan.ReadBytes {
				t.Errorf("%s: %d bytes are read, %d were planned", name, d.bytes.Load(), plan.ReadBytes)
			}
		}
	}
}
