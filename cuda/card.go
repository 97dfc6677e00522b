//go:build cuda

package cuda

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// card is the GPU. It stays open for a while after a session, for the next: to open it
// takes some tenths of a second. A context of CUDA belongs to a thread, so all calls of
// the driver are made by the goroutine of serve.
type card struct {
	keep time.Duration // how long it stays open for the next session

	mu    sync.Mutex // of the next two
	used  bool       // by a session
	idle  *time.Timer
	begin sync.Once
	calls chan func()

	gpu           *driver.Device // nil = closed
	in, work, out *driver.Stream // sending, computing, fetching
	stages        [3]stage
	turns         int // of the stages
	slots         [2]slot
	turn          int  // the slot of the last call
	failed        bool // the session has met what a card does not recover from
}

// Info implements core.Device.
func (c *card) Info() (core.DeviceInfo, error) {
	info, err := driver.Probe()
	return core.DeviceInfo{Name: info.Name, Major: info.Major, Minor: info.Minor,
		Total: info.Total, Free: info.Free, Driver: info.DriverVersion}, wrapped(err)
}

// errBusy says that the card works for another call: it has one user at a time.
var errBusy = errors.New("the GPU works for another call")

// Open implements core.Device.
func (c *card) Open(ctx context.Context, j *core.Job, bytes int64) (core.Session, error) {
	if !c.take() {
		return nil, wrapped(errBusy)
	}
	s := &session{card: c, ctx: ctx, job: j}
	err := c.do(func() error {
		if err := c.open(); err != nil {
			return err
		}
		return s.limit(bytes)
	})
	if err != nil {
		c.failed = true
		c.leave()
		return nil, err
	}
	return s, nil
}

// open opens the card unless it is open.
func (c *card) open() (err error) {
	if c.gpu != nil {
		return nil
	}
	if c.gpu, err = driver.Open(ptx); err != nil {
		return err
	}
	for _, stream := range []**driver.Stream{&c.in, &c.work, &c.out} {
		if *stream, err = c.gpu.NewStream(); err != nil {
			return err
		}
	}
	return nil
}

// take makes the caller the card's user, if it has none.
func (c *card) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used {
		return false
	}
	if c.idle != nil {
		c.idle.Stop()
	}
	c.used = true
	return true
}

// leave ends a session: the card stays open for a while, or is closed after a failure.
func (c *card) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = false
	if c.failed {
		_ = c.shut() // the failure is known
		return
	}
	c.idle = time.AfterFunc(c.keep, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.used {
			_ = c.shut() // nobody is left to be told
		}
	})
}

// shut closes the card, of which nothing is left.
func (c *card) shut() error {
	return c.do(func() (err error) {
		if c.gpu != nil {
			err = c.gpu.Close()
		}
		c.gpu, c.in, c.work, c.out, c.failed = nil, nil, nil, nil, false
		c.stages, c.slots = [3]stage{}, [2]slot{}
		return err
	})
}

// do has serve make a call.
func (c *card) do(f func() error) error {
	c.begin.Do(func() {
		c.calls = make(chan func())
		go c.serve()
	})
	done := make(chan error)
	c.calls <- func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", core.ErrInternal, p)
			}
			done <- err
		}()
		err = f()
	}
	return wrapped(<-done)
}

// serve makes the calls of the driver, on a thread of its own.
func (c *card) serve() {
	for f := range c.calls {
		f()
	}
}

// settle waits for all that is under way, whatever becomes of it.
func (c *card) settle() {
	for _, stream := range []*driver.Stream{c.in, c.work, c.out} {
		if stream != nil {
			_ = stream.Wait() // the caller reports the first error
		}
	}
}

// wrapped gives an error of the driver core's sentinel.
func wrapped(err error) error {
	switch {
	case err == nil || errors.Is(err, core.ErrCancelled) || errors.Is(err, core.ErrInternal):
		return err
	case noRoom(err):
		return fmt.Errorf("%w: %w", core.ErrDeviceMemory, err)
	}
	return fmt.Errorf("%w: %w", core.ErrDevice, err)
}

// noRoom reports whether a smaller call might do.
func noRoom(err error) bool { return errors.Is(err, errRoom) || errors.Is(err, driver.ErrMemory) }
