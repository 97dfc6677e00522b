//go:build cuda

package cuda

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// errRoom says that the budget has no room for what a call needs at once.
var errRoom = errors.New("no room")

// margin is what others, such as the desktop, may still want of the memory.
const margin = 256 << 20

// memory is the GPU's memory that a session may hold, and the tiles' part of it.
type memory struct {
	budget int64 // bytes
	arrays map[key]*array
	clock  int64 // of the arrays' last use
}

// buffer is memory of the GPU that grows.
type buffer struct {
	at    driver.Ptr
	bytes int64
}

// stage is pinned memory that a piece of an array is sent from.
type stage struct {
	pinned
	sent *driver.Event // of its last piece; nil = none under way
}

// stageBytes is the size of a stage. No row of an image is longer.
const stageBytes = 8 << 20

// limit sets the budget: bytes, or what is free, less a margin.
func (s *session) limit(bytes int64) error {
	free, err := s.gpu.Free()
	if err != nil {
		return err
	}
	s.arrays = map[key]*array{}
	s.budget = free - min(margin, free/4)
	if bytes > 0 {
		s.budget = min(s.budget, bytes)
	}
	return nil
}

// grow makes a buffer hold bytes; its contents are lost.
func (s *session) grow(b *buffer, bytes int64) error {
	if b.bytes >= bytes {
		return nil
	}
	if err := s.drop(b); err != nil {
		return err
	}
	at, err := s.alloc(bytes)
	if err == nil {
		*b = buffer{at, bytes}
	}
	return err
}

// drop frees a buffer; the driver waits for what uses it.
func (s *session) drop(b *buffer) error {
	if b.bytes == 0 {
		return nil
	}
	at := b.at
	*b = buffer{}
	return s.gpu.Release(at)
}

// alloc returns memory of the GPU, if need be in the place of arrays that the current
// call does not use.
func (s *session) alloc(bytes int64) (driver.Ptr, error) {
	for {
		err := errRoom
		if s.gpu.Held()+bytes <= s.budget {
			var at driver.Ptr
			if at, err = s.gpu.Alloc(bytes); !errors.Is(err, driver.ErrMemory) {
				return at, err
			}
		}
		gone, failed := s.evict()
		if failed != nil {
			return 0, failed
		}
		if !gone {
			return 0, fmt.Errorf("%w for %d bytes beside %d of %d", err, bytes, s.gpu.Held(), s.budget)
		}
	}
}

// evict frees the array that was used longest ago, if there is one that the current call
// does not use.
func (s *session) evict() (bool, error) {
	var oldest *array
	var name key
	for k, a := range s.arrays {
		if a.used < s.clock && (oldest == nil || a.used < oldest.used) {
			oldest, name = a, k
		}
	}
	if oldest == nil {
		return false, nil
	}
	delete(s.arrays, name)
	return true, s.drop(&oldest.buffer)
}

// pinned is host memory that the GPU copies from and to by itself, and that grows.
type pinned struct{ bytes []byte }

// hold makes p hold at least n bytes; its contents are lost.
func (c *card) hold(p *pinned, n int64) error {
	if int64(len(p.bytes)) >= n {
		return nil
	}
	if old := p.bytes; old != nil {
		p.bytes = nil
		if err := c.gpu.Unpin(old); err != nil {
			return err
		}
	}
	b, err := c.gpu.Pin(n)
	p.bytes = b
	return err
}

// send sends rows of so many float32 to the GPU, in pieces; pack writes row y of them.
func (s *session) send(to driver.Ptr, rows, width int, pack func(dst []float32, y int)) error {
	most := max(stageBytes/4/width, 1)
	for y := 0; y < rows; y += most {
		if s.ctx.Err() != nil {
			return core.ErrCancelled
		}
		piece := &s.stages[s.turns%len(s.stages)]
		s.turns++
		if err := s.free(piece); err != nil {
			return err
		}
		n := min(most, rows-y)
		if err := s.hold(&piece.pinned, max(stageBytes, int64(4*width))); err != nil {
			return err
		}
		host := piece.bytes[:4*n*width]
		eachRow(n, func(i int) { pack(floats(host)[i*width:][:width], y+i) })
		if err := s.in.Upload(to+driver.Ptr(4*y*width), host); err != nil {
			return err
		}
		e, err := s.in.Record()
		if err != nil {
			return err
		}
		piece.sent = &e
	}
	return nil
}

// free waits until a stage's last piece is sent.
func (s *session) free(p *stage) error {
	if p.sent == nil {
		return nil
	}
	e := *p.sent
	p.sent = nil
	defer e.Release()
	return e.Wait()
}

// copiers is how many goroutines copy rows: more than a few don't copy faster.
const copiers = 4

// eachRow calls f for the rows [0,n), on several goroutines where that pays.
func eachRow(n int, f func(y int)) {
	if n < 2*copiers {
		for y := range n {
			f(y)
		}
		return
	}
	var wait sync.WaitGroup
	for k := range copiers {
		wait.Go(func() {
			for y := n * k / copiers; y < n*(k+1)/copiers; y++ {
				f(y)
			}
		})
	}
	wait.Wait()
}

// floats is pinned memory as samples.
func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// bytesOf is a struct, or several, as the GPU reads them.
func bytesOf[T any](s []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(one)))
}
