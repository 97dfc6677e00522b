// Signals, while Go runs on a thread.
//
// Go computes on stacks of a few kB. A handler without SA_ONSTACK would run on one of them
// and overwrite what lies beside it. So all threads of Go, and a thread that has called,
// block every signal but those that Go unblocks itself and needs, and for these SA_ONSTACK
// is added to the handlers, as Go does when it starts. What waits for a calling thread is
// let in at every poll of core.
#define _GNU_SOURCE
#include "guard_linux.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// What Go's runtime unblocks on every thread (_SigUnblock in its sigtab_linux_generic.go,
// and SIGURG, with which it preempts), and SIGSYS, which is no less synchronous than SIGSEGV.
static const int unblocked[] = {SIGILL,    SIGTRAP, SIGBUS,  SIGFPE, SIGSEGV, SIGSYS, 32, 33, 34,
                                SIGSTKFLT, SIGCHLD, SIGPROF, SIGURG};

enum { COUNT = sizeof unblocked / sizeof *unblocked };

// The kernel's sigaction. The C library's refuses the signals that it keeps for itself.
struct action {
  uintptr_t handler; // 0 = SIG_DFL, 1 = SIG_IGN
  unsigned long flags;
  void *restorer;
  uint64_t mask;
};

static void put_handlers_on_their_stack(void) {
  for (int i = 0; i < COUNT; i++) {
    struct action a;
    if (syscall(SYS_rt_sigaction, unblocked[i], NULL, &a, sizeof a.mask) != 0) continue;
    if (a.handler <= 1 || (a.flags & SA_ONSTACK) != 0) continue;
    a.flags |= SA_ONSTACK;
    syscall(SYS_rt_sigaction, unblocked[i], &a, NULL, sizeof a.mask);
  }
}

// shut blocks the signals that may wait, and returns the mask before.
static void shut(sigset_t *before) {
  sigset_t blocked;
  sigfillset(&blocked);
  for (int i = 0; i < COUNT; i++) sigdelset(&blocked, unblocked[i]);
  put_handlers_on_their_stack();
  pthread_sigmask(SIG_SETMASK, &blocked, before);
}

// signal_stack gives the thread a stack for signals where it has none. Go's own would do for
// Go's handlers, but not for all.
static void *signal_stack(void) {
  stack_t now;
  if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return NULL;
  void *start = mmap(NULL, GUARD_SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  const stack_t ours = {.ss_sp = start, .ss_size = GUARD_SIGNAL_STACK};
  sigaltstack(&ours, NULL);
  return start;
}

int guard_enter(guard_call *call) {
  call->room.size = 0;
  shut(&call->mask);
  call->stack = signal_stack();
  if (threads_start(call->why)) return 1;
  guard_leave(call);
  return 0;
}

void guard_leave(guard_call *call) {
  room_release(&call->room);
  if (call->stack != NULL) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(call->stack, GUARD_SIGNAL_STACK);
  }
  pthread_sigmask(SIG_SETMASK, &call->mask, NULL);
}

void guard_window(guard_call *call) {
  pthread_sigmask(SIG_SETMASK, &call->mask, NULL);
  shut(&call->mask);
}

void guard_stats(guard_call *call, ztp_stats_fn f, const ztp_stats *stats, void *user) {
  pthread_sigmask(SIG_SETMASK, &call->mask, NULL);
  f(stats, user);
  shut(&call->mask);
}
