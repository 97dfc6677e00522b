package core

import (
	"runtime/debug"
	"sync"
)

const (
	// largeScratch is the most that a call leaves to the collector; more it gives back
	// to the system at its end.
	largeScratch = 32 << 20
	// little is the garbage that may gather in any case.
	little = 5 << 20
	// least is the garbage that may gather, in percent of what is held.
	least = 4
)

// held is the scratch of the calls that run, and what the collector was told of it.
var held struct {
	sync.Mutex
	bytes   int64
	percent int
	ballast []byte
}

// frugal has the collector follow the scratch of a call, so many bytes at most, closely,
// until done. That is a few large slices without pointers, so collecting costs nothing, and
// garbage would else be half of the memory held. The collector goes by shares of what is
// held: a share of which little makes some megabytes, lest it run hundreds of times a
// second. An untouched ballast, which takes no memory, lets it keep to that where scratch
// comes and goes; it takes no addresses either, as it lies in the first 64 MB that Go's heap
// reserves.
func frugal(bytes int64) (done func()) {
	follow(bytes)
	return func() {
		follow(-bytes)
		if bytes > largeScratch {
			debug.FreeOSMemory()
		}
	}
}

func follow(bytes int64) {
	held.Lock()
	defer held.Unlock()
	if held.ballast == nil {
		held.ballast = make([]byte, 32<<20)
	}
	held.bytes += bytes
	percent := max(least, int(100*little/(int64(len(held.ballast))+held.bytes)))
	if percent != held.percent {
		held.percent = percent
		debug.SetGCPercent(percent)
	}
}
