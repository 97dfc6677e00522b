//go:build cuda

package driver

// #include <cuda.h>
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// Ptr is an address in the memory of a device; 0 is none. Addresses within an
// allocation are computed by adding bytes.
type Ptr uint64

// Device is an open device with its kernels. It and all that it makes belong to
// the goroutine that opened it, which is tied to its thread until Close.
type Device struct {
	info    Info
	leave   func() error // nil when closed
	module  cu.Module
	kernels map[string]cu.Function

	held    int64
	blocks  map[Ptr]int64 // bytes
	pinned  map[unsafe.Pointer]bool
	streams map[*Stream]bool
	events  []cu.Event // all that were made
	idle    []cu.Event // those of them that nobody uses
}

// Open makes the device of [Probe] ready to launch the kernels of ptx, text that
// the driver compiles for the device. It shares the context of the rest of the
// process. Close the device on the same goroutine.
func Open(ptx string) (*Device, error) {
	dev, err := first()
	if err != nil {
		return nil, err
	}
	info, err := describe(dev)
	if err != nil {
		return nil, err
	}
	leave, err := enter(dev)
	if err != nil {
		return nil, err
	}
	d := &Device{
		info:    info,
		leave:   leave,
		kernels: map[string]cu.Function{},
		blocks:  map[Ptr]int64{},
		pinned:  map[unsafe.Pointer]bool{},
		streams: map[*Stream]bool{},
	}
	if d.info.Free, err = free(); err != nil {
		leave()
		return nil, err
	}
	if d.module, err = cu.LoadData(ptx); err != nil {
		leave()
		return nil, failed(code(err), "loading the kernels for %s (sm_%d%d, CUDA %d)",
			info.Name, info.Major, info.Minor, info.DriverVersion)
	}
	return d, nil
}

// Close waits for the work under way, frees all that the device still holds, and
// unties the goroutine from its thread. It does all of that in any case and
// returns the first error. A second Close does nothing.
func (d *Device) Close() error {
	if d.leave == nil {
		return nil
	}
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	for s := range d.streams {
		keep(s.Close())
	}
	for _, e := range d.events {
		keep(failed(code(cu.DestroyEvent(&e)), "destroying an event"))
	}
	for p := range d.blocks {
		keep(d.Release(p))
	}
	for p := range d.pinned {
		keep(d.unpin(p))
	}
	keep(failed(code(d.module.Unload()), "unloading the kernels"))
	keep(d.leave())
	d.leave, d.events, d.idle = nil, nil, nil
	return first
}

// Info describes the device; Free is as it was before the kernels were loaded.
func (d *Device) Info() Info { return d.info }

// Free returns the bytes of device memory that nobody uses at the moment.
func (d *Device) Free() (int64, error) { return free() }

// Held returns the bytes of device memory allocated and not released.
func (d *Device) Held() int64 { return d.held }

// Alloc returns bytes of device memory, 1 or more, aligned to 256 bytes, with
// anything in it. The error wraps [ErrMemory] when there is not that much.
func (d *Device) Alloc(bytes int64) (Ptr, error) {
	p, err := cu.MemAlloc(bytes)
	if err != nil {
		return 0, failed(code(err), "allocating %d bytes beside %d", bytes, d.held)
	}
	d.blocks[Ptr(p)] = bytes
	d.held += bytes
	return Ptr(p), nil
}

// Release frees what Alloc returned, after the work under way.
func (d *Device) Release(p Ptr) error {
	bytes, ok := d.blocks[p]
	if !ok {
		return fmt.Errorf("releasing %#x: not allocated", uint64(p))
	}
	delete(d.blocks, p)
	d.held -= bytes
	return failed(code(cu.MemFree(cu.DevicePtr(p))), "releasing %d bytes", bytes)
}

// Pin returns bytes of host memory, 1 or more, that the device can copy from and
// to by itself. Go's collector knows nothing of it: Unpin it or close the device.
// The error wraps [ErrMemory] when there is not that much.
func (d *Device) Pin(bytes int64) ([]byte, error) {
	var p unsafe.Pointer
	answer := C.cuMemHostAlloc(&p, C.size_t(bytes), 0)
	if err := failed(int(answer), "pinning %d bytes", bytes); err != nil {
		return nil, err
	}
	d.pinned[p] = true
	return unsafe.Slice((*byte)(p), bytes), nil
}

// Unpin frees what Pin returned, after the work under way.
func (d *Device) Unpin(b []byte) error {
	return d.unpin(unsafe.Pointer(unsafe.SliceData(b)))
}

func (d *Device) unpin(p unsafe.Pointer) error {
	if !d.pinned[p] {
		return fmt.Errorf("unpinning %p: not pinned", p)
	}
	delete(d.pinned, p)
	return failed(code(cu.MemFreeHost(p)), "unpinning memory")
}

// kernel finds a kernel by its name.
func (d *Device) kernel(name string) (cu.Function, error) {
	if fn, ok := d.kernels[name]; ok {
		return fn, nil
	}
	fn, err := d.module.Function(name)
	if err != nil {
		return fn, failed(code(err), "looking for the kernel %s", name)
	}
	d.kernels[name] = fn
	return fn, nil
}
