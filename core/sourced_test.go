package core

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// disk is where the sources of a test's tiles read from, and what it saw of it.
type disk struct {
	bytes, held, most atomic.Int64
	fail              func(n int64) error // of the n-th read
	reads             atomic.Int64
	wait              func()
}

// fileOf is a source of one image.
type fileOf struct {
	disk *disk
	view View
}

func (f fileOf) Read(ctx context.Context, to []float32) error {
	d := f.disk
	if f.disk.wait != nil {
		f.disk.wait()
	}
	if n := d.reads.Add(1); d.fail != nil {
		if err := d.fail(n); err != nil {
			return err
		}
	}
	v := f.view
	if len(to) != v.samples() {
		panic("a source is given other room than its image has")
	}
	i := 0
	for y := range v.H {
		for x := range v.W {
			for c := range v.C {
				to[i] = v.At(y, x, c)
				i++
			}
		}
	}
	bytes := int64(4 * len(to))
	d.bytes.Add(bytes)
	for held := d.held.Add(bytes); held > d.most.Load(); {
		d.most.CompareAndSwap(d.most.Load(), held)
	}
	return ctx.Err()
}

// letGo spoils the memory of a tile that is gone.
func (d *disk) letGo(pix []float32) {
	d.held.Add(int64(-4 * len(pix)))
	for i := range pix {
		pix[i] = 1e30
	}
}

// away returns the job with tiles of these parts, of image, mask and weight, on a disk.
func (d *disk) away(j *Job, parts func(tile, part int) bool) *Job {
	own := *j
	own.Tiles = slices.Clone(j.Tiles)
	own.Gains, own.Offsets, own.Groups = slices.Clone(j.Gains), slices.Clone(j.Offsets), slices.Clone(j.Groups)
	own.Mosaic, own.CoverageOut = NewView(j.Mosaic.H, j.Mosaic.W, j.Mosaic.C), NewView(j.Mosaic.H, j.Mosaic.W, 1)
	for i := range own.Tiles {
		for k, p := range own.Tiles[i].parts() {
			if v := *p.view; !v.Absent() && parts(i, k) {
				*p.source = fileOf{d, v}
				*p.view = View{H: v.H, W: v.W, C: v.C, RowStride: v.W * v.C, ColStride: v.C, ChanStride: 1}
			}
		}
	}
	return &own
}

func allParts(int, int) bool { return true }

// screen is a target that counts how often each pixel is written.
type screen struct {
	mu    sync.Mutex
	view  View
	times []int
	fail  func(y, x int) error
}

func newScreen(v View) *screen {
	return &screen{view: NewView(v.H, v.W, v.C), times: make([]int, v.H*v.W)}
}

func (s *screen) Write(y0, x0 int, block View) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(y0, x0); err != nil {
			return err
		}
	}
	for y := range block.H {
		for x := range block.W {
			s.times[(y0+y)*s.view.W+x0+x]++
			for c := range block.C {
				s.view.Set(y0+y, x0+x, c, block.At(y, x, c))
			}
		}
	}
	return nil
}

// tighten shrinks the boxes of maps to what their tiles show.
func tighten(j *Job) {
	for i := range j.Tiles {
		t := &j.Tiles[i]
		if t.Map.Kind == MapPositions || t.Map.Empty() {
			continue
		}
		b := box{math.MaxInt, math.MaxInt, 0, 0}
		for y := range j.Mosaic.H {
			for x := range j.Mosaic.W {
				if u, v := slowPosition(&t.Map, x, y); inside(u, v, t.Image.H, t.Image.W) {
					b = box{min(b.y0, y), min(b.x0, x), max(b.y1, y+1), max(b.x1, x+1)}
				}
			}
		}
		t.Map.X0, t.Map.Y0, t.Map.X1, t.Map.Y1 = b.x0, b.y0, b.x1, b.y1
	}
}

// wide is a scene of several blocks of columns, with masks.
func wide(seed uint64, channels int) *Job {
	j := scene(seed, 12, 4, 30, 130, channels)
	for i := range j.Tiles {
		t := &j.Tiles[i]
		t.Mask = NewView(t.Image.H, t.Image.W, 1)
		for k := range t.Mask.Pix {
			t.Mask.Pix[k] = float32(k / 40 % 7)
		}
		if i%3 == 0 {
			t.Weight = t.Mask
		}
	}
	tighten(j)
	return j
}

// runSpoiling is Run, with the memory of tiles spoiled that are let go.
func runSpoiling(j *Job, stages Stages, d *disk) (Plan, error) {
	if err := j.Validate(stages); err != nil {
		return Plan{}, err
	}
	plan, err := NewPlan(j, stages)
	if err != nil {
		return plan, err
	}
	p := newPass(j.ownTiles(), plan)
	if p.tiles != nil {
		p.tiles.letGo = d.letGo
	}
	return plan, p.start(func() error { return p.run(stages) })
}

// Without it a mosaic from files could differ from one of the same pixels in memory, by what
// a budget, the workers or the disk's speed decide; or take other memory or reads than planned.
func TestTilesFromSourcesGiveTheSameBits(t *testing.T) {
	scenes := jobs()
	scenes["wide"] = wide(21, 1)
	scenes["wide, colour"] = wide(22, 3)
	rng := rand.New(rand.NewPCG(17, 0))
	for name, j := range scenes {
		j.Mode = CPU
		if err := Run(j, RunAll); err != nil {
			t.Fatal(err)
		}
		want := bits(j)
		for range 8 {
			d := &disk{}
			if rng.IntN(2) == 0 {
				d.wait = func() { time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) }
			}
			share := rng.IntN(3)
			got := d.away(j, func(tile, part int) bool { return share > 0 || (tile+part)%3 == 0 })
			anyCut(t, name, got, d, want, rng)
		}
	}
}

// anyCut runs a job whose tiles are on disk with workers, chunks and a budget at random, and holds
// its bits to those wanted, and what it holds and reads to its plan.
func anyCut(t *testing.T, name string, got *Job, d *disk, want []uint64, rng *rand.Rand) {
	t.Helper()
	got.Workers, got.RowsPerChunk = 1+rng.IntN(6), rng.IntN(3)*rng.IntN(50)
	if rng.IntN(3) > 0 {
		got.MaxChunkBytes = int64(float64(least(t, got)) * (1 + rng.Float64()*rng.Float64()*2))
	}
	got.OnStats = func(s Stats) {
		if plan, _ := NewPlan(got, RunAll); s.ScratchBytes > plan.Bytes {
			t.Errorf("%s: %d bytes are held, %d were planned", name, s.ScratchBytes, plan.Bytes)
		}
	}
	plan, err := runSpoiling(got, RunAll, d)
	if err != nil {
		t.Fatal(name, err)
	}
	if !slices.Equal(bits(got), want) {
		t.Errorf("%s: other bits with %d workers, %d rows, %d bytes, chunks of %d x %d", name, got.Workers,
			got.RowsPerChunk, got.MaxChunkBytes, plan.RowsPerChunk, plan.ColumnsPerChunk)
	}
	if d.bytes.Load() != plan.ReadBytes {
		t.Errorf("%s: %d bytes are read, %d were planned", name, d.bytes.Load(), plan.ReadBytes)
	}
}

// Without it tiles would be held beyond the room that the plan has for them.
func TestWhatIsResidentKeepsToThePlan(t *testing.T) {
	for seed := range uint64(6) {
		d := &disk{}
		j := d.away(wide(seed, 1), func(_, part int) bool { return part != 1 })
		j.Workers = 1 + int(seed)
		j.MaxChunkBytes = leastFor(t, j, RunCoadd) + int64(seed)*50_000
		plan, err := runSpoiling(j, RunCoadd, d)
		if err != nil {
			t.Fatal(err)
		}
		if d.most.Load() > plan.schedule.most || d.held.Load() != 0 {
			t.Errorf("%d bytes are held at most and %d at the end, planned are %d and 0", d.most.Load(), d.held.Load(), plan.schedule.most)
		}
	}
}

// Without it a small budget would read each tile many times, and a large one more than twice,
// for match and coadd.
func TestBlocksOfColumnsSaveReads(t *testing.T) {
	d := &disk{}
	j := d.away(wide(3, 1), func(_, part int) bool { return part == 0 })
	j.Workers = 1
	once := int64(0)
	for i := range j.Tiles {
		once += 4 * int64(j.Tiles[i].Image.samples())
	}
	plan := func() Plan {
		plan, err := NewPlan(j, RunCoadd)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	if p := plan(); p.ReadBytes != once || p.ColumnsPerChunk != j.Mosaic.W {
		t.Errorf("free: %d bytes of %d are read in chunks of %d columns", p.ReadBytes, once, p.ColumnsPerChunk)
	}
	j.MaxChunkBytes = leastFor(t, j, RunCoadd)
	if p := plan(); p.ReadBytes > 4*once || p.ColumnsPerChunk == j.Mosaic.W {
		t.Errorf("least: %d bytes of %d are read in chunks of %d columns", p.ReadBytes, once, p.ColumnsPerChunk)
	}
}

// Without it deep stacks that fit the memory would be warped anew for every pair, or a budget
// between would be refused.
func TestAllTilesAreReadBeforehandWhereTheyFit(t *testing.T) {
	d := &disk{}
	j := d.away(wide(5, 1), func(_, part int) bool { return part == 0 })
	least, whole := leastFor(t, j, RunCoadd), 0
	for k := range int64(40) {
		j.MaxChunkBytes = least + k*least/8
		plan, err := runSpoiling(j, RunCoadd, d)
		if err != nil {
			t.Fatal(err)
		}
		if plan.whole > 0 {
			whole++
		} else if whole > 0 {
			t.Errorf("%d bytes are not enough, fewer were", j.MaxChunkBytes)
		}
	}
	if whole == 0 || whole == 40 {
		t.Errorf("%d of 40 budgets hold all tiles", whole)
	}
}
