//go:build cuda

package cuda

import (
	"context"
	"fmt"
	"time"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// session is an open GPU and a job. A context of CUDA belongs to a thread, so all calls
// of the driver are made by the goroutine of serve.
type session struct {
	ctx   context.Context
	job   *core.Job
	calls chan func()

	gpu           *driver.Device
	in, work, out *driver.Stream // sending, computing, fetching
	memory
	slots [2]slot
	turn  int           // the slot of the last call
	busy  time.Duration // that kernels ran
	sums  buffer        // of a coadd whose tiles come in groups
	taps  buffer        // of the blur
	crop  crop
}

// serve makes the calls of the session, on a thread of its own.
func (s *session) serve() {
	for f := range s.calls {
		f()
	}
}

// do has serve make a call. After one that failed nothing is under way.
func (s *session) do(f func() error) error {
	done := make(chan error)
	s.calls <- func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", core.ErrInternal, p)
			}
			done <- err
		}()
		if err = f(); err != nil {
			s.settle()
		}
	}
	return wrapped(<-done)
}

// settle waits for all that is under way, whatever becomes of it.
func (s *session) settle() {
	for _, stream := range []*driver.Stream{s.in, s.work, s.out} {
		if stream != nil {
			_ = stream.Wait() // the caller reports the first error
		}
	}
}

// open readies the GPU, within bytes of its memory.
func (s *session) open(bytes int64) (err error) {
	if s.gpu, err = driver.Open(ptx); err != nil {
		return err
	}
	for _, stream := range []**driver.Stream{&s.in, &s.work, &s.out} {
		if *stream, err = s.gpu.NewStream(); err != nil {
			return err
		}
	}
	return s.limit(bytes)
}

// Use implements core.Session.
func (s *session) Use() (u core.Use) {
	_ = s.do(func() error { // it can't fail
		u = core.Use{Bytes: s.gpu.Held(), Busy: s.busy}
		return nil
	})
	return u
}

// Close frees all that the session holds and ends its thread.
func (s *session) Close() error {
	defer close(s.calls)
	return s.do(func() error {
		if s.gpu == nil {
			return nil
		}
		return s.gpu.Close()
	})
}

// slot is what one call in flight holds: while the GPU works on it, the next is made
// ready in the other.
type slot struct {
	args    buffer
	blob    pinned // of the arguments, not sent yet
	used    int64  // bytes of it
	result  buffer
	fetched pinned
	timed   bool
	begun   driver.Event // its kernels
	ended   driver.Event
	done    driver.Event
}

// next returns the slot of the next call, with room for bytes of arguments.
func (s *session) next(bytes int64) (*slot, error) {
	s.turn = 1 - s.turn
	t := &s.slots[s.turn]
	t.used, t.timed = 0, false
	if err := s.grow(&t.args, bytes); err != nil {
		return nil, err
	}
	return t, s.hold(&t.blob, bytes)
}

// place puts arguments into the slot and returns where the GPU will find them, and how
// many bytes into the slot that is.
func (t *slot) place(args []byte) (driver.Ptr, int64) {
	at := t.used
	copy(t.blob.bytes[at:], args)
	t.used += int64(len(args))
	return t.args.at + driver.Ptr(at), at
}

// sendArgs sends the arguments placed from byte first on; what is launched next comes
// after them and all else that was sent.
func (s *session) sendArgs(t *slot, first int64) error {
	err := s.in.Upload(t.args.at+driver.Ptr(first), t.blob.bytes[first:t.used])
	if err == nil {
		err = follow(s.work, s.in)
	}
	if err == nil && !t.timed {
		t.begun, err = s.work.Record()
		t.timed = err == nil
	}
	return err
}

// launch starts a kernel on at least so many threads, in blocks of block.
func (s *session) launch(kernel string, threads, block [2]int, args driver.Ptr) error {
	blocks := func(i int) int { return (threads[i] + block[i] - 1) / block[i] }
	return s.work.Launch(kernel, [3]int{blocks(0), blocks(1), 1}, [3]int{block[0], block[1], 1}, args)
}

// fetch has a slot's result come when it is computed, and notes that moment.
func (s *session) fetch(t *slot, from driver.Ptr, bytes int64) (err error) {
	if err := s.hold(&t.fetched, bytes); err != nil {
		return err
	}
	if t.timed {
		if t.ended, err = s.work.Record(); err != nil {
			return err
		}
	}
	if err := follow(s.out, s.work); err != nil {
		return err
	}
	if err := s.out.Download(t.fetched.bytes[:bytes], from); err != nil {
		return err
	}
	t.done, err = s.out.Record()
	return err
}

// await waits until a slot's result has come.
func (s *session) await(t *slot) error {
	defer t.done.Release()
	if err := t.done.Wait(); err != nil || !t.timed {
		return err
	}
	t.timed = false
	defer t.begun.Release()
	defer t.ended.Release()
	busy, err := t.ended.Since(t.begun)
	s.busy += busy
	return err
}

// finish waits until a slot's result has come and calls f.
func (s *session) finish(t *slot, f func()) error {
	return s.do(func() error {
		err := s.await(t)
		if err == nil {
			f()
		}
		return err
	})
}

// follow has what comes next in a stream wait for what is in another.
func follow(next, before *driver.Stream) error {
	e, err := before.Record()
	if err != nil {
		return err
	}
	defer e.Release()
	return next.After(e)
}
