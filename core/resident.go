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
	holes *Job   // whose tiles' holes are wanted with them, or nil

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
	r := &resident{schedule: s, tiles: tiles, kinds: kinds, done: make([]bool, s.tasks()), store: newStore(s.most)}
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

// ownTiles returns the job itself, or, where what tiles hold comes and goes, a copy whose tiles
// are its own.
func (j *Job) ownTiles() *Job {
	if !j.hasSources() && j.Feather == 0 {
		return j
	}
	own := *j
	own.Tiles = append([]Tile(nil), j.Tiles...)
	return &own
}

// residentBytes returns what each tile takes in such a sweep: what is read, and its holes.
func (j *Job) residentBytes(kinds int) (bytes []int64, some bool) {
	bytes, some = j.sourceBytes(kinds)
	for i := range bytes {
		if j.Feather > 0 && kinds == readsImages {
			bytes[i] += 4 * int64(j.holeWords(&j.Tiles[i]))
		}
	}
	return bytes, some
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
	var holes []uint32
	if r.holes != nil {
		holes = r.store.takeWords(r.holes.holeWords(&r.tiles[i]))
	}
	r.mu.Unlock()
	defer r.mu.Lock()
	for k, p := range from {
		if err := p.read(ctx, i, pix[k]); err != nil {
			return err
		}
	}
	if r.holes == nil {
		return nil
	}
	return r.holes.mark(ctx, &r.tiles[i], holes)
}

// fetch reads all tiles that lie on the output and finds their holes, where the plan has room
// for them.
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
		if p.job.Feather == 0 {
			return nil
		}
		return p.job.mark(p.ctx, &tiles[i], make([]uint32, p.job.holeWords(&tiles[i])))
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
	if r.holes != nil {
		r.store.giveWordsBack(r.tiles[i].holes.bits)
		r.tiles[i].holes = holes{}
	}
}
