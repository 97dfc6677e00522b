//go:build cuda

package driver

// #include <cuda.h>
import "C"

import (
	"errors"
	"fmt"
	"reflect"
)

var (
	// ErrAbsent means that the machine has no NVIDIA driver or no device that it can use.
	ErrAbsent = errors.New("no CUDA device")
	// ErrMemory means that the device, or what the driver can pin of the host, has
	// not the memory asked for.
	ErrMemory = errors.New("out of GPU memory")
)

// failed is the error of a call that the driver answered with code: nil for 0.
// tried says what for, and is formatted with args.
func failed(code int, tried string, args ...any) error {
	if code == C.CUDA_SUCCESS {
		return nil
	}
	text := fmt.Sprintf(tried, args...) + ": " + spell(code)
	if code == C.CUDA_ERROR_OUT_OF_MEMORY {
		return fmt.Errorf("%w: %s", ErrMemory, text)
	}
	return errors.New(text)
}

// spell is the code's name and meaning as the driver knows them.
func spell(code int) string {
	var name, meaning *C.char
	if C.cuGetErrorName(C.CUresult(code), &name) != C.CUDA_SUCCESS ||
		C.cuGetErrorString(C.CUresult(code), &meaning) != C.CUDA_SUCCESS {
		return fmt.Sprintf("CUDA error %d", code)
	}
	return fmt.Sprintf("%s (%s)", C.GoString(name), C.GoString(meaning))
}

// code is the driver's code in an error of cu, whose type is an integer that cu
// does not export: 0 for nil.
func code(err error) int {
	if err == nil {
		return C.CUDA_SUCCESS
	}
	return int(reflect.ValueOf(err).Int())
}
