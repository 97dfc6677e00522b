package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	statsEvery  = 100 * time.Millisecond
	cancelEvery = 20 * time.Millisecond
)

// Run computes the stages of a job and returns when no goroutine of it is left.
// On its own goroutine it calls j.OnStats at every new stage and every 100 ms,
// and j.Cancelled at these and every 20 ms; true from that ends the call with
// ErrCancelled.
func Run(j *Job, stages Stages) error {
	if err := j.Validate(stages); err != nil {
		return err
	}
	if err := j.present(stages); err != nil {
		return err
	}
	plan, err := NewPlan(j, stages)
	if err != nil {
		return err
	}
	if n := len(j.ChunksDone); j.ChunksDone != nil && n != plan.ChunkTotal {
		return fmt.Errorf("%w: %d chunks_done for %d chunks", ErrShape, n, plan.ChunkTotal)
	}
	if err := j.room(plan.Bytes); err != nil {
		return err
	}
	defer frugal(plan.Bytes)()
	j.DeviceError = nil
	p := newPass(j.ownTiles(), plan)
	err = p.start(func() error { return p.run(stages) })
	j.DeviceError = p.job.DeviceError
	if errors.Is(err, ErrDevice) || errors.Is(err, ErrDeviceMemory) {
		j.DeviceError = err
		if p, err = p.again(stages); err == nil {
			err = p.start(func() error { return p.run(stages) })
		}
	}
	return err
}

// again returns a fresh pass after one that failed, on the CPU alone. What has been
// told of the progress stands.
func (p *pass) again(stages Stages) (*pass, error) {
	plan, err := NewPlan(p.job, stages)
	if err != nil {
		return nil, err
	}
	fresh := newPass(p.job, plan)
	fresh.mode = CPU
	fresh.begun, fresh.now.Fraction = p.begun, p.now.Fraction
	return fresh, nil
}

// start runs the work while this goroutine serves the job's callbacks.
func (p *pass) start(work func() error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.ctx = ctx
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer recovered(&err)
		err = work()
	}()
	return p.attend(done, cancel)
}

// attend serves the job's callbacks until the work is done.
func (p *pass) attend(done <-chan error, cancel func()) error {
	poll := func() {
		if p.job.Cancelled != nil && p.job.Cancelled() {
			cancel()
		}
	}
	tell := func(s Stats) {
		if p.job.OnStats != nil {
			p.job.OnStats(s)
		}
		poll()
	}
	poll()
	stats, look := time.NewTicker(statsEvery), time.NewTicker(cancelEvery)
	defer stats.Stop()
	defer look.Stop()
	for {
		select {
		case s := <-p.events:
			tell(s)
		case <-stats.C:
			tell(p.snapshot())
		case <-look.C:
			poll()
		case err := <-done:
			return err
		}
	}
}

func (p *pass) run(stages Stages) error {
	p.open()
	defer p.close()
	return p.inStages([]step{
		{anyStage, func() error { return p.stage(StageStart, 0, 0, nothing) }},
		{RunBlur | RunGains, p.blur},
		{RunGains, p.gains},
		{RunGains, func() error { return p.stage(StageGainsDone, 0, 0, nothing) }},
		{RunMatch | RunCoadd, p.fetch},
		{RunMatch | RunCoadd, p.match},
		{RunCoadd, p.coadd},
		{RunMatch | RunCoadd, func() error { return p.report(stages) }},
		{RunFirst, p.first},
		{anyStage, func() error { return p.stage(StageDone, 0, 0, nothing) }},
	}, stages)
}

func nothing() error { return nil }

const anyStage = RunAll | RunFirst

// step is a part of a run, and in which stages it is wanted.
type step struct {
	when Stages
	run  func() error
}

// inStages runs the steps that the stages want, until one fails or the call is cancelled.
func (p *pass) inStages(steps []step, stages Stages) error {
	for _, s := range steps {
		if stages&s.when == 0 {
			continue
		}
		if p.ctx.Err() != nil {
			return ErrCancelled
		}
		if err := s.run(); err != nil {
			return err
		}
	}
	if p.ctx.Err() != nil { // since a stage was told that ended before anybody looked
		return ErrCancelled
	}
	return nil
}

// report writes offsets and groups to the job. After a coadd, tiles that gave no pixel are
// in no group; the others' groups are numbered in the order of their first tiles.
func (p *pass) report(stages Stages) error {
	copy(p.job.Offsets, p.offsets)
	copy(p.job.Slopes, p.slopes)
	if p.job.Groups == nil {
		return nil
	}
	number := map[int]int32{}
	for i, g := range p.group {
		p.job.Groups[i] = -1
		if stages&RunCoadd != 0 && !p.shown[i] {
			continue
		}
		if _, ok := number[g]; !ok {
			number[g] = int32(len(number))
		}
		p.job.Groups[i] = number[g]
	}
	return nil
}

// Gain is the factor of tile i in the coadd.
func (j *Job) Gain(i int) float32 {
	if j.Gains == nil {
		return 1
	}
	return float32(j.Gains[i])
}
