//go:build cuda

package driver

import (
	"time"
	"unsafe"

	"gorgonia.org/cu"
)

// Stream is a queue of work for the device: in order within it, at the same time
// as the work of other streams. Its methods return when the work is queued, with
// an error of their own or of earlier work.
type Stream struct {
	device *Device
	stream cu.Stream
}

// NewStream returns an empty stream. It does not wait for the process's default
// stream, nor that for it.
func (d *Device) NewStream() (*Stream, error) {
	stream, err := cu.MakeStream(cu.NonBlocking)
	if err != nil {
		return nil, failed(code(err), "making a stream")
	}
	s := &Stream{d, stream}
	d.streams[s] = true
	return s, nil
}

// Close waits for the stream's work and ends it.
func (s *Stream) Close() error {
	waited := s.Wait()
	delete(s.device.streams, s)
	destroyed := failed(code(s.stream.Destroy()), "closing a stream")
	if waited != nil {
		return waited
	}
	return destroyed
}

// Upload copies src, pinned memory that stays as it is until then, to dst.
func (s *Stream) Upload(dst Ptr, src []byte) error {
	bytes := int64(len(src))
	err := cu.MemcpyHtoDAsync(cu.DevicePtr(dst), unsafe.Pointer(unsafe.SliceData(src)), bytes, s.stream)
	return failed(code(err), "uploading %d bytes", bytes)
}

// Download copies from src as many bytes as dst has, which is pinned memory that
// nobody touches until then.
func (s *Stream) Download(dst []byte, src Ptr) error {
	bytes := int64(len(dst))
	err := cu.MemcpyDtoHAsync(unsafe.Pointer(unsafe.SliceData(dst)), cu.DevicePtr(src), bytes, s.stream)
	return failed(code(err), "downloading %d bytes", bytes)
}

// Zero clears bytes of device memory.
func (s *Stream) Zero(dst Ptr, bytes int64) error {
	err := cu.MemsetD8Async(cu.DevicePtr(dst), 0, bytes, s.stream)
	return failed(code(err), "clearing %d bytes", bytes)
}

// Launch runs a kernel on grid blocks of block threads each, along x, y and z. Its
// one parameter is args, the address of its arguments in device memory.
func (s *Stream) Launch(kernel string, grid, block [3]int, args Ptr) error {
	fn, err := s.device.kernel(kernel)
	if err != nil {
		return err
	}
	parameter := uint64(args) // of 8 bytes, because cu reads as many
	err = fn.Launch(grid[0], grid[1], grid[2], block[0], block[1], block[2], 0, s.stream,
		[]unsafe.Pointer{unsafe.Pointer(&parameter)})
	return failed(code(err), "launching %s, %d blocks of %d", kernel, grid, block)
}

// Wait returns when all of the stream's work is done. The thread sleeps meanwhile.
func (s *Stream) Wait() error {
	e, err := s.Record()
	if err != nil {
		return err
	}
	defer e.Release()
	return e.Wait()
}

// After lets the stream's further work begin only when e has come.
func (s *Stream) After(e Event) error {
	return failed(code(s.stream.Wait(e.event, 0)), "waiting on the device for an event")
}

// Event is a point in the work of a stream.
type Event struct {
	device *Device
	event  cu.Event
}

// Record returns the event that the work queued so far is done.
func (s *Stream) Record() (Event, error) {
	e, err := s.device.event()
	if err != nil {
		return Event{}, err
	}
	if err := e.event.Record(s.stream); err != nil {
		e.Release()
		return Event{}, failed(code(err), "recording an event")
	}
	return e, nil
}

// event returns an unused event. Waiting for it puts the thread to sleep: the
// driver's other way, a busy loop, would take a processor from the CPU's workers.
func (d *Device) event() (Event, error) {
	if n := len(d.idle); n > 0 {
		e := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return Event{d, e}, nil
	}
	e, err := cu.MakeEvent(cu.BlockingSyncEvent)
	if err != nil {
		return Event{}, failed(code(err), "making an event")
	}
	d.events = append(d.events, e)
	return Event{d, e}, nil
}

// Done tells whether the event has come, without waiting.
func (e Event) Done() (bool, error) {
	err := e.event.Query()
	if err == cu.NotReady {
		return false, nil
	}
	return err == nil, failed(code(err), "asking for an event")
}

// Wait returns when the event has come. The thread sleeps meanwhile.
func (e Event) Wait() error {
	return failed(code(e.event.Synchronize()), "waiting for the device")
}

// Since returns the time that the device took from one event to e; both have come.
func (e Event) Since(start Event) (time.Duration, error) {
	ms, err := start.event.Elapsed(e.event)
	return time.Duration(ms * float64(time.Millisecond)), failed(code(err), "asking for the time between events")
}

// Release gives the event back for a later Record. Streams that wait for it go on
// to do so. It is not to be used again.
func (e Event) Release() { e.device.idle = append(e.device.idle, e.event) }
