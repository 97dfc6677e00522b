package core

import (
	"context"
	"fmt"
	"sync"
)

// resident holds the pixels of the tiles that a pass has read from their sources, as a
// schedule says.
type resident struct {
	*schedule
	tiles []Tile // the pass's own: their pixels come and go
	kinds int    // which parts of tiles are read

	mu    sync.Mutex
	moved *sync.Cond // a task is done, a tile is read, or err is set
	left  int        // the first task that is not done
	done  []bool
	err   error // of the first task that failed: none begins any more
	store store
	letGo func([]float32) // told of memory whose tile is gone; for tests
}

// The parts of tiles that a sweep reads: what coadds want, or the masks alone.
const (
	readsImages = iota
	readsMasks
)

func newResident(tiles []Tile, s *schedule, kinds int) *resident {
	r := &resident{schedule: s, tiles: tiles, kinds: kinds, done: make([]bool, s.tasks()), store: store{most: s.most}}
	r.moved = sync.NewCond(&r.mu)
	return r
}

// sourced returns the parts of a tile that sweeps of a kind read.
func (t *Tile) sourced(kinds int) []part {
	var from []part
	for _, p := range t.parts() {
		if (p.view == &t.Mask) == (kinds == readsMasks) && *p.source != nil {
			from = append(from, p)
		}
	}
	return from
}

// sourceBytes returns what each tile takes that sweeps of a kind have read.
func (j *Job) sourceBytes(kinds int) (bytes []int64, some bool) {
	bytes = make([]int64, len(j.Tiles))
	for i := range j.Tiles {
		for _, p := range j.Tiles[i].sourced(kinds) {
			bytes[i] += 4 * int64(p.view.samples())
		}
		some = some || bytes[i] > 0
	}
	return bytes, some
}

// ownTiles returns the job itself, or, where tiles have sources, a copy whose tiles are
// its own.
func (j *Job) ownTiles() *Job {
	if !j.hasSources() {
		return j
	}
	own := *j
	own.Tiles = append([]Tile(nil), j.Tiles...)
	return &own
}

// during calls f, the work of a task, while the tiles that it needs are here. Without a
// schedule they always are.
func (r *resident) during(ctx context.Context, task int, f func() error) (err error) {
	if r == nil {
		return f()
	}
	err = fmt.Errorf("%w: a task did not end", ErrInternal) // if f panics
	defer func() { r.end(task, err) }()
	if err = r.begin(ctx, task); err == nil {
		err = f()
	}
	return err
}

// watch has whoever waits look up when ctx ends, until stop.
func (r *resident) watch(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.moved.Broadcast()
	})
}

// begin waits until the task may start and its tiles are here; it reads those that nobody
// else does.
func (r *resident) begin(ctx context.Context, task int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for task >= r.limit(r.left) {
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
	for m := r.start[task]; m < r.start[task+1]; m++ {
		if r.stay[m] < 0 {
			continue
		}
		s := &r.stays[r.stay[m]]
		if s.state == stayAhead {
			s.state = stayReading
			if err := r.load(ctx, int(s.tile)); err != nil {
				return err
			}
			s.state = stayHere
			r.moved.Broadcast()
		}
		for s.state != stayHere {
			if err := r.wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// wait waits until something moved, or returns why nothing will.
func (r *resident) wait(ctx context.Context) error {
	if r.err == nil && ctx.Err() == nil {
		r.moved.Wait()
	}
	if r.err == nil && ctx.Err() != nil {
		return ErrCancelled
	}
	return r.err
}

// load reads the parts of a tile. It is called, and returns, with r.mu held, but reads
// without.
func (r *resident) load(ctx context.Context, i int) (err error) {
	from := r.tiles[i].sourced(r.kinds)
	pix := make([][]float32, len(from))
	for k, p := range from {
		pix[k] = r.store.take(p.view.samples())
	}
	r.mu.Unlock()
	defer r.mu.Lock()
	for k, p := range from {
		if err := p.read(ctx, i, pix[k]); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads all tiles that lie on the output, where the plan has room for them.
func (p *pass) fetch() error {
	if p.plan.whole == 0 {
		return nil
	}
	if err := p.acquire(p.plan.whole); err != nil {
		return err
	}
	tiles := p.job.Tiles
	return parallel(p, len(tiles), 0, func(int) struct{} { return struct{}{} }, func(_ struct{}, i int) error {
		if tiles[i].Map.area(p.job.Mosaic.H, p.job.Mosaic.W) == 0 {
			return nil
		}
		for _, from := range tiles[i].sourced(readsImages) {
			if err := from.read(p.ctx, i, make([]float32, from.view.samples())); err != nil {
				return err
			}
		}
		return nil
	})
}

// read reads a part of tile i, which its view then shows.
func (p *part) read(ctx context.Context, i int, to []float32) (err error) {
	defer recovered(&err)
	if ctx.Err() != nil {
		return ErrCancelled
	}
	err = (*p.source).Read(ctx, to)
	switch {
	case err == nil:
		p.view.Pix = to
		return nil
	case ctx.Err() != nil:
		return ErrCancelled
	}
	return fmt.Errorf("%w: tiles[%d].%s: %w", ErrFile, i, p.name, err)
}

// end counts a task as done and lets the tiles go whose stay it ends.
func (r *resident) end(task int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.moved.Broadcast()
	if err != nil {
		if r.err == nil {
			r.err = err
		}
		return
	}
	for m := r.start[task]; m < r.start[task+1]; m++ {
		if r.stay[m] < 0 {
			continue
		}
		s := &r.stays[r.stay[m]]
		if s.uses--; s.uses == 0 {
			r.drop(int(s.tile))
		}
	}
	r.done[task] = true
	for r.left < len(r.done) && r.done[r.left] {
		r.left++
	}
}

func (r *resident) drop(i int) {
	for _, p := range r.tiles[i].sourced(r.kinds) {
		if r.letGo != nil {
			r.letGo(p.view.Pix)
		}
		r.store.giveBack(p.view.Pix)
		p.view.Pix = nil
	}
}

// store keeps memory for tiles: what one leaves serves the next of its size, since the
// collector would return it later than it is asked for again.
type store struct {
	most int64 // bytes in use and kept, at most
	held int64
	free map[int][][]float32 // by their lengths
}

func (s *store) take(n int) []float32 {
	if free := s.free[n]; len(free) > 0 {
		last := len(free) - 1
		s.free[n] = free[:last]
		return free[last]
	}
	s.held += 4 * int64(n)
	for size, free := range s.free {
		for len(free) > 0 && s.held > s.most {
			free = free[:len(free)-1]
			s.held -= 4 * int64(size)
		}
		if s.free[size] = free; len(free) == 0 {
			delete(s.free, size)
		}
	}
	return make([]float32, n)
}

func (s *store) giveBack(pix []float32) {
	if s.free == nil {
		s.free = map[int][][]float32{}
	}
	s.free[len(pix)] = append(s.free[len(pix)], pix)
}
