// Memory for Go.
//
// Where the system refuses memory Go ends the process. So what a call will need is asked for
// before, and held until Go has got it: the linker's --wrap brings Go's own requests here,
// and one that the system refuses is served from what is held.
#define _GNU_SOURCE
#include "guard_linux.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

void *__real_mmap(void *, size_t, int, int, int, off_t);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static guard_room *rooms; // that hold something

int room_hold(guard_room *room, size_t bytes, int protection) {
  void *start = __real_mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return 0;
  pthread_mutex_lock(&lock);
  *room = (guard_room){start, bytes, rooms};
  rooms = room;
  pthread_mutex_unlock(&lock);
  return 1;
}

void room_release(guard_room *room) {
  pthread_mutex_lock(&lock);
  for (guard_room **at = &rooms; *at != NULL; at = &(*at)->next) {
    if (*at == room) {
      *at = room->next;
      break;
    }
  }
  if (room->size > 0) munmap(room->start, room->size);
  room->size = 0;
  pthread_mutex_unlock(&lock);
}

// yield gives some of what is held back to the system, for a request of so many bytes. 0 =
// nothing is held any more.
static int yield(size_t bytes) {
  pthread_mutex_lock(&lock);
  guard_room *room = rooms;
  if (room != NULL) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t whole = (bytes + page - 1) / page * page;
    const size_t part = whole < room->size ? whole : room->size;
    room->size -= part;
    munmap((char *)room->start + room->size, part);
    if (room->size == 0) rooms = room->next;
  }
  pthread_mutex_unlock(&lock);
  return room != NULL;
}

void *__wrap_mmap(void *start, size_t bytes, int protection, int flags, int file, off_t offset) {
  for (;;) {
    void *found = __real_mmap(start, bytes, protection, flags, file, offset);
    if (found != MAP_FAILED || errno != ENOMEM || !yield(bytes)) return found;
  }
}

// used reads the pages of a column of /proc/self/statm; 0 = it can't be read.
static size_t used(int column) {
  unsigned long pages[6] = {0};
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  for (int i = 0; i < 6; i++) {
    if (fscanf(file, "%lu", &pages[i]) != 1) pages[i] = 0;
  }
  fclose(file);
  return pages[column] * (size_t)sysconf(_SC_PAGESIZE);
}

void room_why(char why[ZTP_MESSAGE_SIZE], size_t bytes) {
  static const struct {
    const char *name;
    int which, column;
  } limits[] = {{"address space (RLIMIT_AS, ulimit -v)", RLIMIT_AS, 0}, {"data (RLIMIT_DATA, ulimit -d)", RLIMIT_DATA, 5}};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct rlimit limit = {RLIM_INFINITY, 0};
    getrlimit(limits[i].which, &limit);
    const size_t now = used(limits[i].column);
    if (limit.rlim_cur == RLIM_INFINITY || now + bytes <= limit.rlim_cur) continue;
    snprintf(why, ZTP_MESSAGE_SIZE, "%s is limited to %llu bytes, of which %zu are used, want %zu more",
             limits[i].name, (unsigned long long)limit.rlim_cur, now, bytes);
    return;
  }
  snprintf(why, ZTP_MESSAGE_SIZE, "the system has no %zu bytes of memory for this process", bytes);
}

int guard_hold(guard_call *call, size_t bytes) {
  room_release(&call->room);
  if (bytes == 0 || room_hold(&call->room, bytes, PROT_READ | PROT_WRITE)) return 1;
  room_why(call->why, bytes);
  return 0;
}

size_t guard_untouched(uintptr_t start, size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const char *at = (const char *)((uintptr_t)start / page * page), *end = (const char *)start + bytes;
  unsigned char there[4096];
  size_t found = 0;
  while (at < end) {
    size_t pages = ((size_t)(end - at) + page - 1) / page;
    if (pages > sizeof there) pages = sizeof there;
    if (mincore((void *)at, pages * page, there) != 0) return found;
    for (size_t i = 0; i < pages; i++) found += (there[i] & 1) ? 0 : page;
    at += pages * page;
  }
  return found;
}
