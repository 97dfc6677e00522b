//go:build cuda

package cuda

import (
	"context"
	"errors"
	"time"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// session is a job on the open card.
type session struct {
	*card
	ctx context.Context
	job *core.Job
	memory
	busy  time.Duration // that kernels ran
	sums  buffer        // of a coadd whose tiles come in groups
	taps  buffer        // of the blur
	stack buffer        // the image of a reprojection
	crop  crop
}

// do has the card make a call. After one that failed nothing is under way.
func (s *session) do(f func() error) error {
	err := s.card.do(func() error {
		err := f()
		if err != nil {
			s.settle()
		}
		return err
	})
	if err != nil && !errors.Is(err, core.ErrDeviceMemory) && !errors.Is(err, core.ErrCancelled) {
		s.failed = true
	}
	return err
}

// Use implements core.Session.
func (s *session) Use() (u core.Use) {
	_ = s.do(func() error { // it can't fail
		u = core.Use{Bytes: s.gpu.Held(), Busy: s.busy}
		return nil
	})
	return u
}

// Close frees what the session holds and leaves the card to the next.
func (s *session) Close() error {
	defer s.leave()
	return s.do(func() error {
		s.settle()
		buffers := []*buffer{&s.sums, &s.taps, &s.stack, &s.crop.buffer}
		for i := range s.slots {
			buffers = append(buffers, &s.slots[i].args, &s.slots[i].result)
		}
		for _, a := range s.arrays {
			buffers = append(buffers, &a.buffer)
		}
		var first error
		for _, b := range buffers {
			if err := s.drop(b); first == nil {
				first = err
			}
		}
		return first
	})
}

// slot is what one call in flight holds: while the GPU works on it, the next is made
// ready in the other.
type slot struct {
	args    buffer
	blob    pinned // of the arguments
	used    int64  // bytes of it
	sent    int64  // of them
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
	if t.timed { // of a call that failed
		t.begun.Release()
	}
	t.used, t.sent, t.timed = 0, 0, false
	if err := s.grow(&t.args, bytes); err != nil {
		return nil, err
	}
	return t, s.hold(&t.blob, bytes)
}

// place puts arguments into the slot and returns where the GPU will find them.
func place[T any](t *slot, args ...T) driver.Ptr {
	at := t.used
	t.used += int64(copy(t.blob.bytes[at:], bytesOf(args)))
	return t.args.at + driver.Ptr(at)
}

// sendArgs sends the arguments placed since it last did; what is launched next comes
// after them and all else that was sent.
func (s *session) sendArgs(t *slot) error {
	err := s.in.Upload(t.args.at+driver.Ptr(t.sent), t.blob.bytes[t.sent:t.used])
	if err == nil {
		err = follow(s.work, s.in)
	}
	if err == nil && !t.timed {
		t.begun, err = s.work.Record()
		t.timed = err == nil
	}
	t.sent = t.used
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
