package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"sync"

	"zetwopass/capi/group"
	"zetwopass/core"
)

const (
	// garbage is what may lie about beside the scratch of a plan.
	garbage = 16 << 20
	// arena is the grain in which Go's heap takes addresses (heapArenaBytes), tables what
	// it keeps about them.
	arena, tables = 64 << 20, 8 << 20
)

// room makes sure that the process may have so many bytes more, until the call ends or asks
// anew, beside the outputs.
func (h *host) room(bytes int64) error {
	if all := machine(); bytes > all {
		return fmt.Errorf("%w: the call wants %d bytes of memory, the machine has %d", core.ErrBudget, bytes, all)
	}
	bytes = max(0, bytes)
	if err := hold(h.call, bytes+garbage); err != nil {
		return err
	}
	outputs := int64(0)
	for _, o := range h.outputs {
		outputs += int64(o.end - o.start)
	}
	if bytes+outputs < garbage { // not worth to ask
		return nil
	}
	left, limit := group.Room()
	if bytes+outputs <= left {
		return nil
	}
	for _, o := range h.outputs {
		bytes += o.untouched()
	}
	if bytes <= left {
		return nil
	}
	return fmt.Errorf("%w: memory of the control group (%s): %d bytes are left, want %d",
		core.ErrLimit, limit, left, bytes)
}

// machine is the memory of the machine, swap included, in bytes; as much as numbers can say where
// the system does not.
func machine() int64 {
	if n := int64(C.guard_machine()); n > 0 {
		return n
	}
	return math.MaxInt64
}

// hold holds what Go's heap will take of the system, less what it has already.
func hold(call *C.guard_call, bytes int64) error {
	if holds(call, bytes) {
		return nil
	}
	if more := bytes - heapFree(); holds(call, max(0, more)) {
		return nil
	}
	return fmt.Errorf("%w: %s", core.ErrLimit, C.GoString(&call.why[0]))
}

// holds holds what Go's heap takes of the system for so many bytes.
func holds(call *C.guard_call, bytes int64) bool {
	return C.guard_hold(call, C.size_t((bytes+arena-1)/arena*arena+tables)) != 0
}

// heapFree is what Go's heap has of the system and does not use.
func heapFree() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() + samples[1].Value.Uint64())
}

// lowered is the number of processors that Go would use if there were threads for them; 0 =
// it uses as many as it would.
var lowered struct {
	sync.Mutex
	from int
}

// useThreads has Go use as many processors as there are threads for.
func useThreads() {
	lowered.Lock()
	defer lowered.Unlock()
	now := runtime.GOMAXPROCS(0)
	wanted := max(now, lowered.from)
	found := int(C.guard_threads(C.int(wanted+C.GUARD_THREADS_BESIDE))) - C.GUARD_THREADS_BESIDE
	if found < wanted {
		lowered.from = wanted
	} else {
		lowered.from = 0
	}
	if n := max(1, min(found, wanted)); n != now {
		runtime.GOMAXPROCS(n)
	}
}
