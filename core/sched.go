package core

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// pass is one running call: its job, plan, budget and progress.
type pass struct {
	job    *Job
	plan   Plan
	ctx    context.Context
	budget *semaphore.Weighted // bytes of scratch
	progress
	findings
}

// findings is what the stages tell each other, per tile.
type findings struct {
	offsets []float64     // [T*C], of the background
	group   []int         // [T], tied by overlaps in channel 0
	shown   []atomic.Bool // [T], gave channel 0 a pixel
}

func newPass(ctx context.Context, j *Job, plan Plan) *pass {
	p := &pass{job: j, plan: plan, ctx: ctx, budget: semaphore.NewWeighted(plan.Budget)}
	p.begun, p.events = time.Now(), make(chan Stats)
	p.total = plan.blurWork + plan.gainWork + plan.matchWork + plan.coaddWork
	p.now.TilesTotal, p.now.Workers, p.now.RowsPerChunk = len(j.Tiles), plan.Workers, plan.RowsPerChunk
	p.offsets = make([]float64, len(j.Tiles)*j.Mosaic.C)
	p.group = make([]int, len(j.Tiles))
	p.shown = make([]atomic.Bool, len(j.Tiles))
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

// parallel calls task(scratch, i) for every i in [0,n), started in ascending
// order. Each of at most plan.Workers goroutines makes itself one scratch of the
// given bytes; as many run as the budget admits, at least one. The error is that
// of the lowest i that failed; a cancelled call starts no further task.
func parallel[S any](p *pass, n int, bytes int64, scratch func(worker int) S,
	task func(s S, i int) error) error {
	var (
		next   atomic.Int64
		wait   sync.WaitGroup
		mu     sync.Mutex
		failed = n
		first  error
	)
	fail := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		if i < failed {
			failed, first = i, err
		}
		next.Store(int64(n))
	}
	work := func(worker int) {
		defer wait.Done()
		defer p.release(bytes)
		var s S
		made := false
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			err := p.once(func() error {
				if !made {
					s, made = scratch(worker), true
				}
				return task(s, i)
			})
			if err != nil {
				fail(i, err)
				return
			}
		}
	}
	for worker := range min(p.plan.Workers, n) {
		if err := p.acquire(bytes); err != nil {
			if worker == 0 {
				return err
			}
			break
		}
		wait.Add(1)
		go work(worker)
	}
	wait.Wait()
	return first
}

// once runs f unless the call is cancelled; a panic becomes its error.
func (p *pass) once(f func() error) (err error) {
	defer recovered(&err)
	if p.ctx.Err() != nil {
		return ErrCancelled
	}
	return f()
}
