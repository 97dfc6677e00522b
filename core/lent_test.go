package core

import (
	"math"
	"slices"
	"testing"
)

// Without it what is lent counts as the pool's own, or is lost when that shrinks.
func TestAPoolHandsOutWhatIsLentAndKeepsIt(t *testing.T) {
	pool := newPool(8*4*blockNumbers, make([]float64, 3*blockNumbers+7), nil, make([]float64, blockNumbers))
	if got := pool.slabs.bytes(); got != 8*4*blockNumbers {
		t.Errorf("%d bytes are lent, want four blocks", got)
	}
	for _, own := range []int64{4, 0, 2} {
		pool.bound(8 * own * blockNumbers)
		k, want := newKept(pool, blockNumbers), []float64{}
		for i := range (4 + own) * blockNumbers {
			want = append(want, float64(i))
			k.add(float64(i))
		}
		if k.refused || pool.made != own*blockNumbers {
			t.Errorf("room for %d blocks besides: refused %t, made %d", own, k.refused, pool.made)
		}
		if k.add(0); !k.refused {
			t.Errorf("room for %d blocks besides: a number more is not refused", own)
		}
		if got := k.drain(nil); !slices.Equal(got, want) {
			t.Errorf("room for %d blocks besides: other numbers came back", own)
		}
	}
}

// Without it a match takes memory of its own where the mosaic's lies idle, or writes to samples that
// are nobody's, or over chunks that are done.
func TestAMatchUsesTheMemoryOfOutputsThatAreYetToBeWritten(t *testing.T) {
	const idle = 4 * 4 // bytes of a pixel of the outputs
	bytes := func(change func(j *Job) Stages) (lent, planned int64) {
		j := scene(3, 3, 2, 90, 120, 3)
		plan, err := NewPlan(j, change(j))
		if err != nil {
			t.Fatal(err)
		}
		return plan.lent.bytes(), plan.medianRoom
	}
	pixels := int64(scene(3, 3, 2, 90, 120, 3).CoverageOut.samples())
	lent, room := bytes(func(*Job) Stages { return RunAll })
	if less := idle*pixels - lent; less < 0 || less > 2*8*blockNumbers {
		t.Errorf("%d bytes are lent of %d", lent, idle*pixels)
	}
	for name, change := range map[string]func(j *Job) Stages{
		"by itself":     func(*Job) Stages { return RunMatch },
		"a chunk done":  func(j *Job) Stages { j.ChunksDone = []uint8{0, 1}; return RunCoadd },
		"apart in rows": func(j *Job) Stages { apart(&j.Mosaic); apart(&j.CoverageOut); return RunAll },
	} {
		lent, own := bytes(change)
		if lent != 0 || own <= room {
			t.Errorf("%s: %d bytes are lent, and room for %d besides, want none, and more than %d", name, lent, own, room)
		}
	}
	absent := func(j *Job) Stages { j.Mosaic.Pix, j.CoverageOut.Pix = nil, nil; return RunAll }
	if got, own := bytes(absent); got != 0 || own > room || own < room-2*8*blockNumbers {
		t.Errorf("of outputs whose shapes are known alone %d bytes are lent, and room for %d besides, want 0 and %d", got, own, room)
	}
	none := func(j *Job) Stages { j.ChunksDone = []uint8{0, 0}; return RunAll }
	if got, own := bytes(none); got != lent || own != room {
		t.Errorf("no chunk done: %d bytes are lent, and room for %d besides, want %d and %d", got, own, lent, room)
	}
}

// apart gives v rows with samples in between that are not its own.
func apart(v *View) {
	v.RowStride++
	v.Pix = slices.Repeat([]float32{-7}, v.H*v.RowStride-1)
}

// Without it what pairs keep in the outputs' memory changes results, or what lies between their rows.
func TestOutputsAreTheSameWhereverThePairsKeepTheirNumbers(t *testing.T) {
	for _, room := range []int64{1 << 20, 1 << 10} { // of its own: for all pairs, and for none
		dense, apartToo := scene(5, 3, 2, 110, 130, 3), scene(5, 3, 2, 110, 130, 3)
		apart(&apartToo.Mosaic)
		apart(&apartToo.CoverageOut)
		for i := range dense.Mosaic.Pix {
			dense.Mosaic.Pix[i] = float32(math.NaN())
		}
		for _, j := range []*Job{dense, apartToo} {
			plan, err := NewPlan(j, RunAll)
			if err != nil {
				t.Fatal(err)
			}
			plan.medianRoom = min(plan.medianRoom, room)
			p := newPass(j, plan)
			if err := p.start(func() error { return p.run(RunAll) }); err != nil {
				t.Fatal(err)
			}
		}
		for y := range dense.Mosaic.H {
			for x := range dense.Mosaic.W {
				for c := range 3 {
					if a, b := dense.Mosaic.At(y, x, c), apartToo.Mosaic.At(y, x, c); math.Float32bits(a) != math.Float32bits(b) {
						t.Fatalf("pixel (%d,%d,%d) is %v in memory lent, %v in other", y, x, c, a, b)
					}
				}
			}
			if between := (y+1)*apartToo.Mosaic.RowStride - 1; y+1 < dense.Mosaic.H && apartToo.Mosaic.Pix[between] != -7 {
				t.Fatalf("row %d: the sample behind it is written", y)
			}
		}
	}
}
