// What the library does around a call into Go, so that neither a signal nor a limit of the
// process ends it. None of it is visible outside the library.
#ifndef ZTP_GUARD_H
#define ZTP_GUARD_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "zetwopass.h"

// Memory that is held back, so that it is there when Go asks the system for it.
typedef struct guard_room {
  void *start;
  size_t size; // 0 = nothing is held
  struct guard_room *next;
} guard_room;

// A call on its thread.
typedef struct guard_call {
#ifdef __linux__
  sigset_t mask;  // the caller's
  void *stack;    // for signals; NULL = the thread has its own
  guard_room room;
#endif
  char why[ZTP_MESSAGE_SIZE]; // which limit, after a failure
} guard_call;

// guard_enter readies thread and process for a call into Go; guard_leave undoes it. With 0 a
// limit of the process doesn't let Go's runtime start: call->why says which, and there is
// nothing to leave.
int guard_enter(guard_call *call);
void guard_leave(guard_call *call);

// guard_window lets the signals in that wait for the calling thread.
void guard_window(guard_call *call);

// guard_stats calls f with the caller's signals.
void guard_stats(guard_call *call, ztp_stats_fn f, const ztp_stats *stats, void *user);

// guard_hold holds so many bytes for Go, instead of what the call has held. 0 = a limit
// of the process forbids it, and call->why says which.
int guard_hold(guard_call *call, size_t bytes);

// guard_machine is the memory of the machine, in bytes, with its swap where the system says how
// much that is; 0 = not known.
uint64_t guard_machine(void);

// guard_untouched is how many bytes of memory are yet to be found by the system.
size_t guard_untouched(uintptr_t start, size_t bytes);

// guard_threads has so many threads ready for Go, those included that it has, and returns
// how many there are, which a limit of the process may make fewer.
int guard_threads(int wanted);

// The threads that Go's runtime needs beside one for each processor that it uses.
enum { GUARD_THREADS_BESIDE = 8 };

#endif
