//go:build cuda

// Package shim stands between gorgonia.org/cu and the NVIDIA driver, so that a
// library linked with cu loads, and a process lives, on a machine without one.
//
// It defines every function of the driver that cu links to (names.h). Each jumps
// to the driver's own once [Open] has loaded it, and answers
// CUDA_ERROR_NOT_INITIALIZED before. cuInit answers 0 to cu's package init, which
// would end the process otherwise, and is called in earnest by [Open].
package shim

// #cgo linux LDFLAGS: -ldl
// #include "shim.h"
import "C"

import (
	"errors"
	"sync"
)

var load = sync.OnceValue(func() error {
	if reason := C.ztp_driver_open(); reason != nil {
		return errors.New(C.GoString(reason))
	}
	return nil
})

// Open loads the driver, once for the process, and initialises it: code is what
// cuInit returned. The error says why there is no driver. Further calls are cheap.
func Open() (code int, err error) {
	if err := load(); err != nil {
		return 0, err
	}
	return int(C.ztp_driver_init()), nil
}
