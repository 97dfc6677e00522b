// Threads for Go.
//
// Where a thread can't be created Go ends the process. So the runtime does not start when
// the library is loaded but with the first call, and gets all its threads from here, where
// as many as it can need are created before. The linker's --wrap brings its calls here.
#define _GNU_SOURCE
#include "guard_linux.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "_cgo_export.h"

enum {
  // The C library's own choice where `ulimit -s` is unlimited, so every library can do with it.
  STACK = 2 << 20,
  // What of a stack lies above Go's part: the C library's, that for signals, ours.
  ABOVE = GUARD_SIGNAL_STACK + (64 << 10),
  // Spare threads at the begin of a call: Go sometimes starts one a moment before another
  // has come to rest.
  AT_HAND = 4,
  LEAST = 1 + GUARD_THREADS_BESIDE,
  LEFT = 2, // to the program, where there are no more
};

// What the runtime maps when it starts, measured and rounded up: address space that it
// only reserves, and memory.
static const size_t start_reserves = (size_t)1232 << 20, start_maps = (size_t)48 << 20;

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_attr_init(pthread_attr_t *);

// A thread that waits for what Go wants done.
struct spare {
  void *(*work)(void *);
  void *argument;
  sem_t go;
  struct spare *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t parked = PTHREAD_COND_INITIALIZER;
static struct spare *spares; // that nobody has taken
static int idle;             // how many these are
static int made;             // threads, all in all
static long begun, come;     // ever created, and come to wait

static void *(*runtime)(void *); // what starts the runtime, since the library was loaded
static int started;

static void *spare(void *unused) {
  (void)unused;
  char stack[GUARD_SIGNAL_STACK];
  const stack_t signals = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&signals, NULL);
  struct spare self = {0};
  sem_init(&self.go, 0, 0);
  pthread_mutex_lock(&lock);
  self.next = spares;
  spares = &self;
  idle++;
  come++;
  pthread_cond_broadcast(&parked);
  pthread_mutex_unlock(&lock);
  while (sem_wait(&self.go) != 0) {
  }
  void *result = self.work(self.argument);
  const stack_t none = {.ss_flags = SS_DISABLE};
  sigaltstack(&none, NULL);
  return result;
}

// add creates a spare thread, which takes no signal but a fault that Go knows nothing of,
// and waits until it is one. The lock is held.
static int add(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGSYS);
  __real_pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK + ABOVE);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failure = __real_pthread_create(&thread, &attributes, spare, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (failure != 0) return 0;
  made++;
  const long number = ++begun;
  while (come < number) pthread_cond_wait(&parked, &lock);
  return 1;
}

// take takes a spare thread, which does the work; 0 = there is none. The lock is held.
static int take(void *(*work)(void *), void *argument) {
  struct spare *s = spares;
  if (s == NULL) return 0;
  spares = s->next;
  idle--;
  s->work = work;
  s->argument = argument;
  sem_post(&s->go);
  return 1;
}

static void *nothing(void *unused) { return unused; }

// dismiss ends so many spare threads, or as many as there are beyond those that are to stay.
static void dismiss(int count, int stay) {
  for (; count > 0 && made > stay && take(nothing, NULL); count--) made--;
}

int guard_threads(int wanted) {
  pthread_mutex_lock(&lock);
  while ((made < wanted || idle < AT_HAND) && add()) {
  }
  if (made < wanted) {
    dismiss(LEFT, LEAST);
  } else if (idle < AT_HAND) {
    dismiss(LEFT, wanted);
  }
  const int found = made;
  pthread_mutex_unlock(&lock);
  return found;
}

// The threads of this library are those of Go. The first, which the library asks for while
// it is loaded, has to wait for threads_start.
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
                          void *argument) {
  (void)attributes;
  *thread = 0; // detached
  if (runtime == NULL) {
    runtime = work;
    return 0;
  }
  pthread_mutex_lock(&lock);
  const int taken = take(work, argument) || (add() && take(work, argument));
  pthread_mutex_unlock(&lock);
  return taken ? 0 : EAGAIN;
}

// Go asks here how much stack its threads have.
int __wrap_pthread_attr_init(pthread_attr_t *attributes) {
  const int failure = __real_pthread_attr_init(attributes);
  return failure != 0 ? failure : pthread_attr_setstacksize(attributes, STACK);
}

static void threads_why(char why[ZTP_MESSAGE_SIZE], int found, int wanted) {
  guard_room stack = {0};
  if (!room_hold(&stack, STACK + ABOVE, PROT_READ | PROT_WRITE)) {
    room_why(why, STACK + ABOVE);
    return;
  }
  room_release(&stack);
  struct rlimit processes = {0, 0};
  getrlimit(RLIMIT_NPROC, &processes);
  snprintf(why, ZTP_MESSAGE_SIZE,
           "%d threads could be created, want %d; RLIMIT_NPROC (ulimit -u) is %lld, and pids.max of the "
           "control group bounds them too",
           found, wanted, (long long)processes.rlim_cur);
}

// start starts the runtime and waits until it is there.
static int start(char why[ZTP_MESSAGE_SIZE]) {
  guard_room reserved = {0}, mapped = {0};
  int ok = 0;
  if (!room_hold(&reserved, start_reserves, PROT_NONE)) {
    room_why(why, start_reserves + start_maps);
  } else if (!room_hold(&mapped, start_maps, PROT_READ | PROT_WRITE)) {
    room_why(why, start_maps);
  } else if (guard_threads(LEAST) < LEAST) {
    threads_why(why, made, LEAST);
    pthread_mutex_lock(&lock);
    dismiss(made, 0);
    pthread_mutex_unlock(&lock);
  } else {
    pthread_t unused;
    ok = __wrap_pthread_create(&unused, NULL, runtime, NULL) == 0;
    goReady();
  }
  room_release(&mapped);
  room_release(&reserved);
  return ok;
}

int threads_start(char why[ZTP_MESSAGE_SIZE]) {
  static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
  if (__atomic_load_n(&started, __ATOMIC_ACQUIRE)) return 1;
  pthread_mutex_lock(&starting);
  if (!started && start(why)) __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
  const int done = started;
  pthread_mutex_unlock(&starting);
  return done;
}
