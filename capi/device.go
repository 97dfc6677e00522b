package main

/*
#include "zetwopass.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"zetwopass/core"
	"zetwopass/core/vec"
)

// describe writes what there is of a GPU, or why there is none, and what the CPU uses.
func describe(out *C.ztp_device) (err error) {
	defer recovered(&err)
	if out == nil {
		return fmt.Errorf("%w: device is NULL", core.ErrArgument)
	}
	const first = unsafe.Offsetof(out.simd) // the size without what came later
	if err := sized("device.struct_size", out.struct_size, C.sizeof_ztp_device, first); err != nil {
		return err
	}
	clear(unsafe.Slice((*byte)(unsafe.Pointer(&out.usable)), uintptr(out.struct_size)-unsafe.Offsetof(out.usable)))
	if uintptr(out.struct_size) > first {
		putText(out.simd[:], vec.SIMD())
	}
	info, reason := core.DeviceInfo{}, core.ErrNoBackend
	if d := device(); d != nil {
		info, reason = d.Info()
	}
	if reason != nil {
		putText(out.reason[:], reason.Error())
		return nil
	}
	out.usable = 1
	out.total_bytes, out.free_bytes = C.int64_t(info.Total), C.int64_t(info.Free)
	out.compute_major, out.compute_minor = C.int32_t(info.Major), C.int32_t(info.Minor)
	out.cuda_driver = C.int32_t(info.Driver)
	putText(out.name[:], info.Name)
	return nil
}
