package core

import (
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

// Planes is a strided stack of images [N,H,W] of one type: sample (n,y,x) is at
// n*PlaneStride + y*RowStride + x*ColStride of F32 or of F64. Absent without either.
type Planes struct {
	F32                               []float32
	F64                               []float64
	N, H, W                           int
	PlaneStride, RowStride, ColStride int // samples, >= 0
}

// Absent reports whether there are no samples.
func (p *Planes) Absent() bool { return p.F32 == nil && p.F64 == nil }

func (p *Planes) check(name string) error {
	if p.N < 1 || p.H < 1 || p.W < 1 {
		return fmt.Errorf("%w: %s has shape [%d,%d,%d], want at least 1 in each direction",
			ErrShape, name, p.N, p.H, p.W)
	}
	if p.PlaneStride < 0 || p.RowStride < 0 || p.ColStride < 0 {
		return fmt.Errorf("%w: %s has strides (%d,%d,%d), want none negative",
			ErrStride, name, p.PlaneStride, p.RowStride, p.ColStride)
	}
	last := (p.N-1)*p.PlaneStride + (p.H-1)*p.RowStride + (p.W-1)*p.ColStride
	if held := len(p.F32) + len(p.F64); last >= held {
		return fmt.Errorf("%w: %s reaches sample %d of %d", ErrStride, name, last, held)
	}
	return nil
}

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
	OnStats      func(Stats) // as of a Job
	Cancelled    func() bool
	Room         func(bytes int64) error
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
		if err := p.planes.check(p.name); err != nil {
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
	if r.Workers < 0 || r.Workers > maxWorkers || r.RowsPerChunk < 0 {
		return fmt.Errorf("%w: workers = %d, rows_per_chunk = %d, want 0 to %d, 0 or more",
			ErrArgument, r.Workers, r.RowsPerChunk, maxWorkers)
	}
	return r.Map.check("map")
}

// reprojectRows is how many rows a worker takes at a time where the caller has no wish.
const reprojectRows = 128

// Reproject computes a reprojection and returns when no goroutine of it is left. What it
// calls, and when it ends early, is as of Run.
func Reproject(r *Reprojection) error {
	if err := r.Validate(); err != nil {
		return err
	}
	rows, workers := r.RowsPerChunk, r.Workers
	if rows == 0 {
		rows = reprojectRows
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	tile := Tile{Image: View{H: r.Image.H, W: r.Image.W, C: 1}, Map: r.Map}
	j := &Job{Tiles: []Tile{tile}, Mosaic: View{H: r.Out.H, W: r.Out.W, C: 1},
		OnStats: r.OnStats, Cancelled: r.Cancelled, Room: r.Room, Mode: CPU}
	chunks := (r.Out.H + rows - 1) / rows
	plan := Plan{Workers: workers, RowsPerChunk: rows, ChunkTotal: chunks, coaddWork: 1}
	bytes := warpBytes(r.Map.NX)
	plan.Budget = bytes * int64(workers)
	if err := j.room(plan.Budget); err != nil {
		return err
	}
	defer frugal(plan.Budget)()
	p := newPass(j, plan)
	task := func(w *warper, i int) error {
		y0, y1 := i*rows, min((i+1)*rows, r.Out.H)
		for y := y0; y < y1; y += blockRows {
			if p.ctx.Err() != nil {
				return ErrCancelled
			}
			r.rows(w, &j.Tiles[0], y, min(y+blockRows, y1))
		}
		p.chunkDone()
		return nil
	}
	return p.start(func() error {
		return p.inStages([]step{
			{RunCoadd, func() error {
				return p.stage(StageReproject, chunks, 1, func() error {
					return parallel(p, chunks, bytes, func(int) *warper { return newWarper(r.Map.NX) }, task)
				})
			}},
			{RunCoadd, func() error { return p.stage(StageDone, 0, 0, nothing) }},
		}, RunCoadd)
	})
}

// rows writes the rows [y0,y1), at most blockRows.
func (r *Reprojection) rows(w *warper, t *Tile, y0, y1 int) {
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
	eachBlock(y0, y1, left, right, func(y, a, b int) {
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
		case r.Image.F64 != nil:
			m := plane(&r.Image, r.Image.F64, n)
			if r.Order == Nearest {
				vec.Nearest(value, u, v, &m)
			} else {
				vec.Sample64(value, u, v, &m, t.Map.Slack())
			}
		default:
			m := plane(&r.Image, r.Image.F32, n)
			if r.Order == Nearest {
				vec.Nearest(value, u, v, &m)
			} else {
				vec.Sample(value, u, v, &m, t.Map.Slack(), 1)
			}
		}
		r.Out.put(n, y, from, value)
		if !r.Footprint.Absent() {
			for i, s := range value {
				if value[i] = 1; s != s {
					value[i] = 0
				}
			}
			r.Footprint.put(n, y, from, value)
		}
	}
}

// plane is the n-th plane of p, whose samples are pix.
func plane[T vec.Float](p *Planes, pix []T, n int) vec.ImageOf[T] {
	return vec.ImageOf[T]{Pix: pix[n*p.PlaneStride:], H: p.H, W: p.W, Channels: 1,
		RowStride: p.RowStride, ColStride: p.ColStride}
}

// put writes values to the pixels from x on of row y of plane n.
func (p *Planes) put(n, y, x int, value []float64) {
	at := n*p.PlaneStride + y*p.RowStride + x*p.ColStride
	switch {
	case len(value) == 0:
	case p.F64 != nil && p.ColStride == 1:
		copy(p.F64[at:], value)
	case p.F64 != nil:
		scatter(p.F64[at:], p.ColStride, value)
	default:
		scatter(p.F32[at:], p.ColStride, value)
	}
}

func scatter[T vec.Float](to []T, stride int, value []float64) {
	for i, s := range value {
		to[i*stride] = T(s)
	}
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

func (p *Planes) fill(n, y, a, b int, value float64) {
	at := n*p.PlaneStride + y*p.RowStride + a*p.ColStride
	if p.F64 != nil {
		spread(p.F64[at:], p.ColStride, b-a, value)
	} else {
		spread(p.F32[at:], p.ColStride, b-a, float32(value))
	}
}

func spread[T vec.Float](to []T, stride, count int, value T) {
	if stride == 1 {
		to = to[:count]
		for i := range to {
			to[i] = value
		}
		return
	}
	for i := range count {
		to[i*stride] = value
	}
}
