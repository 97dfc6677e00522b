// Arrays that end, or begin, at a page that nobody may touch, and the dice that fill them.
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BUFFERS = 96, PAGES = 2, FILL = 0xA5 };

static struct {
  uint8_t *start; // of the pages between the two guards
  uint8_t *data;  // of what is in use
  size_t used;
  uint8_t was[PAGES * 4096]; // of an input, before the call
  int input;
} pool[BUFFERS];
static int taken;
static size_t page;
static uint64_t dice;
static uint8_t filled[PAGES * 4096];

static uint64_t roll(void) { // splitmix64
  uint64_t z = (dice += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int64_t below(int64_t n) { return (int64_t)(roll() % (uint64_t)n); }
static int one_in(int64_t n) { return below(n) == 0; }

static size_t room(void) { return PAGES * 4096; } // of pages that may be larger

static void pool_make(void) {
  page = (size_t)sysconf(_SC_PAGESIZE);
  memset(filled, FILL, sizeof filled);
  for (int i = 0; i < BUFFERS; i++) {
    uint8_t *all = mmap(NULL, (PAGES + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, PAGES * page, PROT_READ | PROT_WRITE) != 0) {
      perror("fuzz: mmap");
      exit(3);
    }
    pool[i].start = all + page + PAGES * page - room();
  }
}

// pool_take returns so many bytes, at most a buffer's, that touch a guard; NULL if there is none.
static void *pool_take(size_t bytes, size_t align) {
  if (taken == BUFFERS || bytes > room()) return NULL;
  const int i = taken++;
  const size_t end = room() - bytes;
  memset(pool[i].start, FILL, room());
  pool[i].data = pool[i].start + (one_in(4) ? 0 : end / align * align);
  pool[i].used = bytes;
  pool[i].input = 0;
  return pool[i].data;
}

// pool_keep marks the newest buffers, from one on, as inputs, which a call leaves as they are.
static void pool_keep(int from) {
  for (int i = from; i < taken; i++) {
    pool[i].input = 1;
    if (pool[i].used <= sizeof pool[i].was) memcpy(pool[i].was, pool[i].data, pool[i].used);
  }
}

// pool_check returns what a call has done to what was not its own; NULL = nothing.
static const char *pool_check(void) {
  for (int i = 0; i < taken; i++) {
    const size_t before = (size_t)(pool[i].data - pool[i].start), end = before + pool[i].used;
    if (memcmp(pool[i].start, filled, before) != 0 || memcmp(pool[i].start + end, filled, room() - end) != 0)
      return "bytes beside an array were written";
    if (pool[i].input && pool[i].used <= sizeof pool[i].was &&
        memcmp(pool[i].was, pool[i].data, pool[i].used) != 0)
      return "an input was written";
  }
  return NULL;
}

// pool_same tells, of a call that is done twice, whether the outputs are what they were at
// pool_keep_outputs.
static void pool_keep_outputs(void) {
  for (int i = 0; i < taken; i++)
    if (!pool[i].input) memcpy(pool[i].was, pool[i].data, pool[i].used);
}

static int pool_same(void) {
  for (int i = 0; i < taken; i++)
    if (!pool[i].input && memcmp(pool[i].was, pool[i].data, pool[i].used) != 0) return 0;
  return 1;
}

static int64_t odd_number(void) {
  static const int64_t odd[] = {0, 1, -1, 2, 3, 4, 5, 31, 32, 512, 65535, INT32_MAX, 1LL << 31, 1LL << 32,
                                1LL << 40, 1LL << 46, 1LL << 47, 1LL << 48, 1LL << 60, 1LL << 62, INT64_MAX,
                                INT64_MIN, INT64_MIN + 1, -4, -(1LL << 31), -(1LL << 32)};
  return odd[below(sizeof odd / sizeof *odd)] + (one_in(4) ? below(3) - 1 : 0);
}

static double odd_real(void) {
  static const double odd[] = {0, -0.0, 1, -1, 0.5, 1e-300, 1e300, 1e-5, -1e18, 9.3e18, 2147483647.5};
  switch (below(8)) {
    case 0: return NAN;
    case 1: return INFINITY;
    case 2: return -INFINITY;
    default: return odd[below(sizeof odd / sizeof *odd)];
  }
}

// fill writes samples, some of which are no ordinary numbers.
static void fill(void *to, size_t count, int doubles) {
  const int rare = one_in(3) ? 0 : (int)(4 + below(60));
  for (size_t i = 0; i < count; i++) {
    double x = (double)below(2000) / 400 + (one_in(5) ? 100 : 0);
    if (rare && one_in(rare)) x = odd_real();
    if (doubles) ((double *)to)[i] = x;
    else ((float *)to)[i] = (float)x;
  }
}

#endif
