package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"zetwopass/core/vec"
)

// Order is how values between pixels are found.
type Order int

const (
	Bilinear Order = iota // from the four pixels around
	Nearest               // the pixel whose centre is nearest
)

// Reprojection says what to reproject and where to put it: images that lie alike.
type Reprojection struct {
	Image     Planes // in  [N,h,w]
	Map       PixelMap
	Order     Order
	Out       Planes // out [N,H,W], NaN where the image shows nothing
	Footprint Planes // out [N,H,W], 1 where Out is a number or infinite, else 0; or absent
	Zeroed    bool   // the footprint is 0 everywhere already

	Workers      int
	RowsPerChunk int

	Mode        Mode // as of a Job, and all below
	Device      Device
	DeviceBytes int64
	DeviceError error

	OnStats   func(Stats)
	Cancelled func() bool
	Room      func(bytes int64) error
	Memory    int64
}

// Validate checks all of it.
func (r *Reprojection) Validate() error {
	for _, p := range []struct {
		name   string
		planes *Planes
	}{{"image", &r.Image}, {"out", &r.Out}, {"footprint", &r.Footprint}} {
		if p.planes == &r.Footprint && p.planes.Absent() {
			continue
		}
		if p.planes.Absent() {
			return fmt.Errorf("%w: %s is absent", ErrArgument, p.name)
		}
		check := p.planes.checkWritten
		if p.planes == &r.Image {
			check = p.planes.check
		}
		if err := check(p.name); err != nil {
			return err
		}
	}
	o, f := &r.Out, &r.Footprint
	if o.N != r.Image.N {
		return fmt.Errorf("%w: out has %d planes, the image %d", ErrShape, o.N, r.Image.N)
	}
	if !f.Absent() && (f.N != o.N || f.H != o.H || f.W != o.W) {
		return fmt.Errorf("%w: footprint has shape [%d,%d,%d], want [%d,%d,%d]",
			ErrShape, f.N, f.H, f.W, o.N, o.H, o.W)
	}
	if r.Order != Bilinear && r.Order != Nearest {
		return fmt.Errorf("%w: order = %d, want 0 (bilinear) or 1 (nearest)", ErrArgument, r.Order)
	}
	if r.Mode < Auto || r.Mode > Hybrid || r.DeviceBytes < 0 {
		return fmt.Errorf("%w: device = %d, gpu_max_chunk_bytes = %d, want 0 (auto), 1 (cpu), 2 (gpu) or 3 (hybrid), 0 or more",
			ErrArgument, r.Mode, r.DeviceBytes)
	}
	if r.Workers < 0 || r.Workers > maxWorkers || r.RowsPerChunk < 0 {
		return fmt.Errorf("%w: workers = %d, rows_per_chunk = %d, want 0 to %d, 0 or more",
			ErrArgument, r.Workers, r.RowsPerChunk, maxWorkers)
	}
	return r.Map.check("map")
}

// reprojectRows is how many rows a worker takes at a time where the caller has no wish.
const reprojectRows = 128

// Reproject computes a reprojection and returns when no goroutine of it is left. What it
// calls, when it ends early, and what a device that fails costs is as of Run.
func Reproject(r *Reprojection) error {
	if err := r.Validate(); err != nil {
		return err
	}
	j, plan := r.job(), r.plan()
	if r.Memory > 0 && plan.ChunkBytes > r.Memory {
		return fmt.Errorf("%w: the map's rows of %d nodes want %d bytes of scratch, the machine has %d bytes of memory",
			ErrBudget, r.Map.NX, plan.ChunkBytes, r.Memory)
	}
	if err := j.room(plan.Budget); err != nil {
		return err
	}
	defer frugal(plan.Budget)()
	err := r.run(newPass(j, plan))
	if errors.Is(err, ErrDevice) || errors.Is(err, ErrDeviceMemory) {
		j.DeviceError, j.Mode = err, CPU
		err = r.run(newPass(j, plan))
	}
	r.DeviceError = j.DeviceError
	return err
}

// job is the reprojection as a job's frame sees it: one tile.
func (r *Reprojection) job() *Job {
	tile := Tile{Image: View{H: r.Image.H, W: r.Image.W, C: 1}, Planes: r.Image, Map: r.Map}
	return &Job{Tiles: []Tile{tile}, Mosaic: View{H: r.Out.H, W: r.Out.W, C: 1},
		OnStats: r.OnStats, Cancelled: r.Cancelled, Room: r.Room,
		Mode: r.Mode, Device: r.Device, DeviceBytes: r.DeviceBytes}
}

func (r *Reprojection) plan() Plan {
	plan := Plan{Workers: r.Workers, RowsPerChunk: r.RowsPerChunk}
	if plan.Workers == 0 {
		plan.Workers = runtime.GOMAXPROCS(0)
	}
	if plan.RowsPerChunk == 0 {
		plan.RowsPerChunk = reprojectRows
	}
	plan.RowsPerChunk = min(plan.RowsPerChunk, r.Out.H)
	plan.ChunkTotal = (r.Out.H + plan.RowsPerChunk - 1) / plan.RowsPerChunk
	plan.ChunkBytes = warpBytes(r.Map.NX, blockPixels)
	plan.Budget = plan.ChunkBytes * int64(plan.Workers)
	if r.Memory > 0 {
		plan.Budget = min(plan.Budget, r.Memory)
	}
	plan.Bytes = plan.Budget
	area, n := r.Map.area(r.Out.H, r.Out.W), r.Out.N
	plan.coaddWork = float64(6*area*n + r.Out.H*r.Out.W*n)
	bytes := int64(8 * n * max(area/r.Out.H, 1)) // of a row
	plan.DeviceRows = deviceRows(&Job{}, plan.RowsPerChunk, r.Out.H, bytes)
	return plan
}

func (r *Reprojection) run(p *pass) error {
	rows := p.plan.RowsPerChunk
	work := load[*warper]{
		tasks: p.plan.ChunkTotal, bytes: p.plan.ChunkBytes,
		scratch: func(int) *warper { return newWarper(r.Map.NX, blockPixels) },
		task: func(w *warper, i int) error {
			y0, y1 := i*rows, min((i+1)*rows, r.Out.H)
			for y := y0; y < y1; y += blockRows {
				if p.ctx.Err() != nil {
					return ErrCancelled
				}
				r.rows(p.ctx, w, &p.job.Tiles[0], y, min(y+blockRows, y1))
			}
			p.rowsDone(y1-y0, false)
			p.chunkDone()
			return nil
		},
		batch: p.batch(),
		device: func(a, b int) (func() error, error) {
			y0, y1 := a*rows, min(b*rows, r.Out.H)
			finish, err := p.session.Reproject(r, y0, y1)
			return func() error {
				if err := finish(); err != nil {
					return err
				}
				p.used()
				p.rowsDone(y1-y0, true)
				p.chunksDone(b - a)
				return nil
			}, err
		},
	}
	return p.start(func() error {
		p.open()
		defer p.close()
		return p.inStages([]step{
			{RunCoadd, func() error {
				return p.stage(StageReproject, work.tasks, p.plan.coaddWork, func() error { return share(p, work) })
			}},
			{RunCoadd, func() error { return p.stage(StageDone, 0, 0, nothing) }},
		}, RunCoadd)
	})
}

// rows writes the rows [y0,y1), at most blockRows, until ctx ends.
func (r *Reprojection) rows(ctx context.Context, w *warper, t *Tile, y0, y1 int) {
	var spans [blockRows][2]int
	outline := newOutline(t, r.Out.W)
	left, right := r.Out.W, 0
	for y := y0; y < y1; y++ {
		reach := outline.row(y)
		if reach.a >= reach.b {
			reach.a, reach.b = r.Out.W, r.Out.W
		} else {
			left, right = min(left, reach.a), max(right, reach.b)
		}
		spans[y-y0] = [2]int{reach.a, reach.b}
		for n := range r.Out.N {
			r.blank(n, y, 0, reach.a)
			r.blank(n, y, reach.b, r.Out.W)
		}
	}
	eachBlock(ctx, y0, y1, left, right, func(y, a, b int) {
		if a, b = max(a, spans[y-y0][0]), min(b, spans[y-y0][1]); a < b {
			r.block(w, t, y, a, b)
		}
	})
}

// block writes the pixels [a,b) of row y, at most blockPixels of its span.
func (r *Reprojection) block(w *warper, t *Tile, y, a, b int) {
	from, to, u, v := w.locate(t, y, a, b)
	value := w.weight[:to-from]
	for n := range r.Out.N {
		r.blank(n, y, a, from)
		r.blank(n, y, to, b)
		switch {
		case r.Order == Bilinear:
			t.sample(value, u, v, n, 1, 1)
		case r.Image.F64 != nil:
			m := plane(&r.Image, r.Image.F64, n)
			vec.Nearest(value, u, v, &m)
		default:
			m := plane(&r.Image, r.Image.F32, n)
			vec.Nearest(value, u, v, &m)
		}
		r.put(n, y, from, value)
	}
}

// put writes values, which become the footprint's, to the pixels from x on of row y of plane n.
func (r *Reprojection) put(n, y, x int, value []float64) {
	r.Out.put(n, y, x, value)
	if r.Footprint.Absent() {
		return
	}
	for i, s := range value {
		if value[i] = 1; s != s {
			value[i] = 0
		}
	}
	r.Footprint.put(n, y, x, value)
}

// Put writes a row of plane n that a device has computed: value, which it may change, from
// pixel x on, and nothing beside it.
func (r *Reprojection) Put(n, y, x int, value []float64) {
	r.blank(n, y, 0, x)
	r.put(n, y, x, value)
	r.blank(n, y, x+len(value), r.Out.W)
}

// blank writes to the pixels [a,b) of row y of plane n that nothing is there.
func (r *Reprojection) blank(n, y, a, b int) {
	if a >= b {
		return
	}
	r.Out.fill(n, y, a, b, math.NaN())
	if !r.Footprint.Absent() && !r.Zeroed {
		r.Footprint.fill(n, y, a, b, 0)
	}
}
