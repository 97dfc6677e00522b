//go:build !linux

// Where there is no guard: signals and limits are as Go takes them.
#include "guard.h"

int guard_enter(guard_call *call) {
  call->why[0] = 0;
  return 1;
}

void guard_leave(guard_call *call) { (void)call; }

void guard_window(guard_call *call) { (void)call; }

void guard_stats(guard_call *call, ztp_stats_fn f, const ztp_stats *stats, void *user) {
  (void)call;
  f(stats, user);
}

int guard_hold(guard_call *call, size_t bytes) {
  (void)call;
  (void)bytes;
  return 1;
}

size_t guard_untouched(uintptr_t start, size_t bytes) {
  (void)start;
  (void)bytes;
  return 0;
}

int guard_threads(int wanted) { return wanted; }
