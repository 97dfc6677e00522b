package core

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// The sentinels that every error of this package wraps.
var (
	ErrArgument  = errors.New("bad argument")
	ErrShape     = errors.New("bad shape")
	ErrStride    = errors.New("bad stride")
	ErrOverlap   = errors.New("overlapping memory")
	ErrBudget    = errors.New("budget too small")
	ErrLimit     = errors.New("limit of the process")
	ErrCancelled = errors.New("cancelled")
	ErrFile      = errors.New("can't read")  // an image from its source
	ErrWrite     = errors.New("can't write") // an output to its target
	ErrInternal  = errors.New("internal error")
)

// recovered turns a panic of the calling goroutine into an ErrInternal with the
// stack. Call it deferred, directly.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v\n%s", ErrInternal, p, debug.Stack())
	}
}
