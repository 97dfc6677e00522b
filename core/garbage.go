package core

import (
	"runtime/debug"
	"sync"
)

const (
	// largeScratch is the most that a call leaves to the collector; more it gives back
	// to the system at its end.
	largeScratch = 32 << 20
	// someGarbage is the garbage that may gather in any case.
	someGarbage = 5 << 20
	// leastGarbage is the garbage that may gather, in percent of what is held.
	leastGarbage = 5
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
// held: by someGarbage for small calls, by leastGarbage for large ones, and an untouched
// ballast, which takes no memory, keeps it from running hundreds of times a second while a
// large call holds little. It is small, as it takes addresses, which may be limited.
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
	percent := max(leastGarbage, int(100*someGarbage/(int64(len(held.ballast))+held.bytes)))
	if percent != held.percent {
		held.percent = percent
		debug.SetGCPercent(percent)
	}
}
