// Jobs that are right, and what is then made wrong with them. Sizes are those of arrays that are
// there, or such that no memory has: what a caller claims within reason nobody can check.
#ifndef FUZZ_JOB_H
#define FUZZ_JOB_H

#include <stddef.h>

#include "pool.h"
#include "zetwopass.h"

static ztp_job *job;
static int32_t flag;
static int twice; // the job gives the same when it is done again

static int wild;            // how much is made wrong: 0 = nothing
static int spoil(int often) { return wild && one_in(often); }

// vary changes a number of a struct now and then.
static void vary(int64_t *n) {
  if (spoil(40)) *n = odd_number();
}

static void vary32(int32_t *n) {
  if (spoil(40)) *n = (int32_t)odd_number();
}

// extent is how many bytes an array reaches over; -1 = so many, or so odd, that it is refused.
static __int128 extent(const int64_t n[3], const int64_t stride[3], int64_t size) {
  __int128 last = 0, samples = 1;
  for (int i = 0; i < 3; i++) {
    if (n[i] < 1 || n[i] > INT32_MAX || stride[i] < 0 || stride[i] % size) return -1;
    last += (__int128)(n[i] - 1) * stride[i];
    samples *= n[i];
  }
  return last + size > ((__int128)1 << 48) || samples * size > ((__int128)1 << 48) ? -1 : last + size;
}

// place gives an array of a shape and strides memory; where they ask for more than a buffer it
// makes them small.
static void *place(int64_t n[3], int64_t stride[3], int64_t size, int input) {
  static const int orders[3][3] = {{0, 1, 2}, {2, 0, 1}, {1, 0, 2}};
  const int *order = orders[one_in(3) ? below(3) : 0];
  int64_t step = size * (one_in(4) ? 1 + below(3) : 1);
  for (int i = 2; i >= 0; i--) {
    stride[order[i]] = step;
    step *= n[order[i]] > 0 && n[order[i]] < 4096 ? n[order[i]] : 1;
    if (one_in(8)) step += size * below(4);
  }
  for (int i = 0; i < 3; i++) {
    if (spoil(30)) n[i] = one_in(2) ? odd_number() : 1 + below(9);
    if (spoil(30)) stride[i] = one_in(2) ? 0 : one_in(2) ? odd_number() : size * below(64);
  }
  __int128 bytes = extent(n, stride, size);
  if (bytes > (__int128)room()) {
    for (int i = 0; i < 3; i++) {
      n[i] = n[i] > 8 ? 8 : n[i];
      stride[i] = size * (i == 0 ? 64 : i == 1 ? 8 : 1);
    }
    bytes = extent(n, stride, size);
  }
  const int from = taken;
  uint8_t *data = pool_take(bytes < 0 ? (size_t)size : (size_t)bytes, (size_t)size);
  if (data == NULL) return NULL;
  fill(data, (bytes < 0 ? (size_t)size : (size_t)bytes) / (size_t)size, size == 8);
  if (input) pool_keep(from);
  if (spoil(60)) return NULL;
  if (spoil(60)) return data + 1 + below(3); // refused, or it would be beyond the end
  if (spoil(60) && bytes > 64) return (void *)(UINTPTR_MAX - 63);
  if (spoil(50) && taken > 1) { // on another array, where it fits
    const int other = (int)below(taken - 1);
    if (bytes > 0 && (size_t)bytes <= pool[other].used) return pool[other].data + (pool[other].used - (size_t)bytes) / 8 * 8;
  }
  return data;
}

static ztp_image image(int64_t h, int64_t w, int64_t c, int input) {
  int64_t n[3] = {h, w, c}, s[3];
  ztp_image im = {0};
  im.data = place(n, s, 4, input);
  im.height = n[0], im.width = n[1], im.channels = n[2];
  im.stride_y = s[0], im.stride_x = s[1], im.stride_c = s[2];
  return im;
}

static ztp_planes planes(int64_t count, int64_t h, int64_t w, int input) {
  int64_t n[3] = {count, h, w}, s[3];
  ztp_planes p = {0};
  p.type = one_in(2) ? ZTP_FLOAT64 : ZTP_FLOAT32;
  p.data = place(n, s, p.type == ZTP_FLOAT64 ? 8 : 4, input);
  p.planes = n[0], p.height = n[1], p.width = n[2];
  p.stride_n = s[0], p.stride_y = s[1], p.stride_x = s[2];
  return p;
}

static void *numbers(__int128 count, size_t size, int input) {
  if (one_in(5) || count < 1) return NULL;
  if (count > (__int128)1 << 60) count = (__int128)1 << 60;
  const int from = taken;
  const int known = count * (__int128)size <= (__int128)room();
  void *to = pool_take(known ? (size_t)count * size : size, size < 8 ? size : 8);
  if (to == NULL || (!known && count < ((__int128)1 << 41))) return NULL;
  memset(to, 0, known ? (size_t)count * size : size);
  if (size == 8 && known) fill(to, (size_t)count, 1);
  if (input) pool_keep(from);
  return to;
}

static ztp_map map_to(int64_t h, int64_t w, int input) { // of an output
  ztp_map m = {0};
  m.x0 = below(w), m.y0 = below(h), m.x1 = m.x0 + 1 + below(w), m.y1 = m.y0 + 1 + below(h);
  m.kind = one_in(2) ? ZTP_MAP_PLANE : (int32_t)below(3);
  const double plane[9] = {1, 0.01, -(double)m.x0, -0.01, 1, -(double)m.y0, 0, 0, 1};
  for (int i = 0; i < 9; i++) m.plane[i] = plane[i] + (one_in(3) ? (double)below(100) / 50 - 1 : 0);
  for (int i = 0; i < 9; i++)
    if (spoil(60)) m.plane[i] = odd_real();
  m.nx = 4 + below(6), m.ny = 4 + below(6);
  m.step_x = m.step_y = 0.5 + (double)below(40);
  double *reals[] = {&m.origin_x, &m.origin_y, &m.step_x, &m.step_y};
  for (int i = 0; i < 4; i++)
    if (spoil(60)) *reals[i] = odd_real();
  int64_t *sizes[] = {&m.x0, &m.y0, &m.x1, &m.y1, &m.nx, &m.ny};
  for (int i = 0; i < 6; i++) vary(sizes[i]);
  vary32(&m.kind);
  __int128 rows = m.ny, cols = m.nx;
  if (m.kind == ZTP_MAP_POSITIONS) rows = (__int128)m.y1 - m.y0, cols = (__int128)m.x1 - m.x0;
  const __int128 most = (__int128)1 << 60;
  __int128 bytes = rows < 1 || cols < 1 ? 16 : rows > most || cols > most ? most : rows * cols * 16;
  if (bytes > (__int128)room() && bytes <= ((__int128)1 << 48)) { // it would be taken at its word
    m.kind = ZTP_MAP_GRID, m.nx = m.ny = 4;
    bytes = 256;
  }
  const int from = taken;
  double *nodes = pool_take(bytes > (__int128)room() ? 16 : (size_t)bytes, 8);
  if (nodes != NULL) {
    for (size_t i = 0; i < (bytes > (__int128)room() ? 16u : (size_t)bytes) / 8; i++)
      nodes[i] = spoil(40) ? odd_real() : (double)below(200) / 10 - 2;
    if (input) pool_keep(from);
  }
  m.nodes = spoil(60) ? NULL : nodes;
  return m;
}

// at_guard moves a struct, as much of it as a header knows, to a buffer's end.
static void *at_guard(const void *from, size_t size) {
  const int first = taken;
  uint8_t *to = pool_take(size, 8);
  if (to == NULL) exit(3);
  memcpy(to, from, size);
  pool_keep(first);
  return to;
}

#endif
