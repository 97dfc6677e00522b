package core

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// pass is one running call: its job, plan, budget and progress.
type pass struct {
	job    *Job
	plan   Plan
	ctx    context.Context
	budget *semaphore.Weighted // bytes of scratch
	mode   Mode
	tiles  *resident // those of sources; nil = there are none
	byRow  *byRow    // the tiles, on the output
	device
	progress
	findings
}

// findings is what the stages tell each other, per tile.
type findings struct {
	offsets []float64 // [T*C], of the background
	slopes  []float64 // [T*C*2], likewise; nil where there are none
	group   []int     // [T], tied by overlaps in channel 0
	shown   []bool    // [T], gave channel 0 a pixel
}

func newPass(j *Job, plan Plan) *pass {
	p := &pass{job: j, plan: plan, mode: j.Mode, budget: semaphore.NewWeighted(plan.Budget)}
	p.begun, p.events = time.Now(), make(chan Stats)
	p.total = plan.blurWork + plan.gainWork + plan.matchWork + plan.coaddWork
	p.now.TilesTotal, p.now.Workers, p.now.RowsPerChunk = len(j.Tiles), plan.Workers, plan.RowsPerChunk
	p.now.DeviceRowsPerChunk = plan.DeviceRows
	p.offsets = make([]float64, len(j.Tiles)*j.Mosaic.C)
	if j.Background == PlaneBackground && !j.KeepBackground {
		p.slopes = make([]float64, 2*len(p.offsets))
	}
	p.group = make([]int, len(j.Tiles))
	p.shown = make([]bool, len(j.Tiles))
	for i, s := range j.Shown {
		p.shown[i] = s != 0
	}
	if plan.schedule != nil {
		p.tiles = newResident(j.Tiles, plan.schedule, plan.kinds)
		if j.Feather > 0 && plan.kinds == readsImages {
			p.tiles.holes = j
		}
	} else {
		p.byRow = j.tilesByRow(plan.layout.h, plan.layout.w)
	}
	return p
}

// acquire takes bytes of the budget for the caller's scratch until release. It
// never waits: within a call whoever could return bytes may wait for the caller.
func (p *pass) acquire(bytes int64) error {
	if !p.budget.TryAcquire(bytes) {
		return fmt.Errorf("%w: max_chunk_bytes = %d, want %d more", ErrBudget, p.plan.Budget, bytes)
	}
	p.hold(bytes)
	return nil
}

func (p *pass) release(bytes int64) {
	p.hold(-bytes)
	p.budget.Release(bytes)
}

// withTiles calls f, a stage of tasks by the schedule, with the budget's share of tiles.
func (p *pass) withTiles(f func() error) error {
	if p.tiles == nil {
		return f()
	}
	bytes := p.tiles.bytes()
	if err := p.acquire(bytes); err != nil {
		return err
	}
	defer p.release(bytes)
	defer p.tiles.watch(p.ctx)()
	return f()
}

// load is the tasks of a stage, numbered from 0, and who can do them.
type load[S any] struct {
	tasks   int
	bytes   int64              // of a worker's scratch
	scratch func(worker int) S // made at its first task
	task    func(s S, i int) error

	// device begins the tasks [a,b), at most batch of them, on the pass's device; nil
	// where that can't do them.
	device func(a, b int) (finish func() error, err error)
	batch  int
}

// parallel calls task(scratch, i) for every i in [0,n), on the CPU alone; see share.
func parallel[S any](p *pass, n int, bytes int64, scratch func(worker int) S,
	task func(s S, i int) error) error {
	return share(p, load[S]{tasks: n, bytes: bytes, scratch: scratch, task: task})
}

// share does all tasks of a load, started in ascending order, by whom the pass's mode
// says: at most plan.Workers goroutines, as many as the budget admits scratch for, at
// least one, and the device. What the device's memory can't hold goes to the workers.
// The error is that of the lowest task that failed; a cancelled call starts no further
// task.
func share[S any](p *pass, l load[S]) error {
	q := newQueue(l.tasks)
	var wait sync.WaitGroup
	if p.session != nil && l.device != nil {
		wait.Add(1)
		go func() {
			defer wait.Done()
			l.onDevice(p, q)
		}()
		if p.mode == GPU {
			wait.Wait()
		}
	}
	l.onWorkers(p, q, &wait)
	wait.Wait()
	l.onWorkers(p, q, &wait) // if the device gave back the last tasks
	wait.Wait()
	return q.err
}

// onWorkers starts the workers, if there are tasks.
func (l *load[S]) onWorkers(p *pass, q *queue, wait *sync.WaitGroup) {
	work := func(worker int) {
		defer wait.Done()
		defer p.release(l.bytes)
		var s S
		made := false
		for {
			i, end := q.take(1)
			if i == end {
				return
			}
			err := p.once(func() error {
				if !made {
					s, made = l.scratch(worker), true
				}
				return l.task(s, i)
			})
			if err != nil {
				q.fail(i, err)
				return
			}
		}
	}
	for worker := range min(p.plan.Workers, q.count()) {
		if err := p.acquire(l.bytes); err != nil {
			if worker == 0 {
				q.fail(-1, err)
			}
			break
		}
		wait.Add(1)
		go work(worker)
	}
}

// once runs f unless the call is cancelled; a panic becomes its error.
func (p *pass) once(f func() error) (err error) {
	defer recovered(&err)
	if p.ctx.Err() != nil {
		return ErrCancelled
	}
	return f()
}
