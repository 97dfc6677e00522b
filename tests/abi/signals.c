/* A host in C with one thread, which blocks SIGUSR2, has no stack for signals, and ends
 * a call by SIGALRM. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "zetwopass.h"

enum { SIDE = 2000 };

static volatile int32_t cancel;
static volatile int handled;

static void on_alarm(int number) {
  (void)number;
  handled = 1;
  cancel = 1;
}

static int threads(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/task");
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

/* What the thread has of signals: its mask, and whether it has a stack for them. */
static int as_it_was(const char *when) {
  sigset_t now;
  stack_t stack;
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  sigaltstack(NULL, &stack);
  for (int i = 1; i < NSIG; i++) {
    if ((sigismember(&now, i) == 1) != (i == SIGUSR2 || i == SIGPROF)) {
      printf("%s: signal %d is blocked: %d\n", when, i, sigismember(&now, i));
      return 0;
    }
  }
  if (!(stack.ss_flags & SS_DISABLE)) printf("%s: a stack for signals is left\n", when);
  return (stack.ss_flags & SS_DISABLE) != 0;
}

static int seen_in_callback;

static void watch(const ztp_stats *stats, void *user) {
  (void)stats;
  (void)user;
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  seen_in_callback = sigismember(&now, SIGALRM) == 0 && sigismember(&now, SIGUSR2) == 1;
}

int main(void) {
  if (threads() != 1) return printf("%d threads after loading\n", threads()), 1;
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGUSR2);
  sigaddset(&ours, SIGPROF);
  pthread_sigmask(SIG_SETMASK, &ours, NULL);
  signal(SIGALRM, on_alarm);

  const size_t bytes = sizeof(float) * SIDE * SIDE;
  float *from = malloc(bytes), *to = malloc(bytes);
  for (int i = 0; i < SIDE * SIDE; i++) from[i] = (float)(i % 7);
  ztp_job job;
  memset(&job, 0, sizeof job);
  job.struct_size = sizeof job;
  job.tile_size = sizeof(ztp_tile);
  job.coverage = (ztp_image){from, SIDE, SIDE, 1, 4 * SIDE, 4, 4};
  job.blurred = (ztp_image){to, SIDE, SIDE, 1, 4 * SIDE, 4, 4};
  job.sigma = 50;
  job.on_stats = watch;
  job.cancel = (const int32_t *)&cancel;
  ztp_error error;
  if (ztp_blur_coverage(&job, &error) != ZTP_OK) return puts(error.message), 1;
  if (!as_it_was("after a call")) return 1;
  if (!seen_in_callback) return puts("the callback has not the caller's signals"), 1;

  const struct itimerval once = {{0, 0}, {0, 1000}};
  setitimer(ITIMER_REAL, &once, NULL);
  ztp_status status = ZTP_OK;
  while (status == ZTP_OK) status = ztp_blur_coverage(&job, &error);
  if (status != ZTP_CANCELLED || !handled) return printf("%d: %s\n", (int)status, error.message), 1;
  if (!as_it_was("after a cancelled call")) return 1;
  return 0;
}
