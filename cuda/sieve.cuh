// Looking for medians: what of a stream of numbers lies where.
#pragma once

#include "warp.cuh"

// Sieve is a sieve of core with what it has found.
struct Sieve {
  double lo, hi;
  double *kept;  // [room]
  count_t below, at_lo, at_hi, above, shown, count, room;
  int none, all, wanted, pad;
};
static_assert(sizeof(Sieve) == 96, "as in layout.go");

// Counts is a thread's part of a sieve's counts.
struct Counts {
  unsigned below, at_lo, at_hi, above;
};

__device__ void sift(Sieve *s, Counts *n, double d) {
  if (!s->all) {
    if (d < s->lo) { n->below++; return; }
    if (d > s->hi) { n->above++; return; }
    if (d == s->lo) { n->at_lo++; return; }
    if (d == s->hi) { n->at_hi++; return; }
  }
  count_t at = atomicAdd(&s->count, (count_t)1);
  if (at < s->room) s->kept[at] = d;
}

__device__ void add_counts(Sieve *s, const Counts &n) {
  if (n.below) atomicAdd(&s->below, (count_t)n.below);
  if (n.at_lo) atomicAdd(&s->at_lo, (count_t)n.at_lo);
  if (n.at_hi) atomicAdd(&s->at_hi, (count_t)n.at_hi);
  if (n.above) atomicAdd(&s->above, (count_t)n.above);
}

// Lattice is the pixels that a launch visits: a thread a column, and so many rows of it.
struct Lattice {
  int x0, y0, x1, y1;  // of output pixels, x0 and y0 on the lattice
  int step_x, step_y, rows;
};

__device__ bool column(const Lattice &l, int *x, int *y, int *end) {
  *x = l.x0 + (int)(blockIdx.x * blockDim.x + threadIdx.x) * l.step_x;
  *y = l.y0 + (int)(blockIdx.y * blockDim.y + threadIdx.y) * l.rows * l.step_y;
  *end = at_most(l.y1, *y + l.rows * l.step_y);
  return *x < l.x1;
}

struct DifferenceArgs {
  Tile first, second;
  Lattice lattice;
  int channels, clean;
  Sieve *sieves;  // [channels]
};
static_assert(sizeof(DifferenceArgs) == 880, "as in layout.go");

// differences sifts first - second, channel by channel.
extern "C" __global__ void differences(const DifferenceArgs *args) {
  const DifferenceArgs &a = *args;
  int x, y, end;
  if (!column(a.lattice, &x, &y, &end)) return;
  Counts n[MAX_CHANNELS] = {};
  for (; y < end; y += a.lattice.step_y) {
    double p[MAX_CHANNELS], q[MAX_CHANNELS], weight;
    if (!warp(a.first, a.channels, a.clean, x, y, p, &weight)) continue;
    if (!warp(a.second, a.channels, a.clean, x, y, q, &weight)) continue;
    EACH_CHANNEL(c, a.channels) {
      if (!a.sieves[c].wanted || p[c] != p[c] || q[c] != q[c]) continue;
      double d = p[c] - q[c];
      if (d == d) sift(&a.sieves[c], &n[c], d);
      else if (!a.sieves[c].all) a.sieves[c].none = 1;
    }
  }
  EACH_CHANNEL(c, a.channels) add_counts(&a.sieves[c], n[c]);
}

struct ScaleArgs {
  Tile tile;
  Lattice lattice;
  const float *coverage, *blurred;  // of the box from (left,top) on, width pixels a row
  int left, top, width;
  float threshold, most;
  Sieve *sieve;
};
static_assert(sizeof(ScaleArgs) == 496, "as in layout.go");

// scales sifts the scales of a tile's valid pixels: core/gain.go and vec.Scales.
extern "C" __global__ void scales(const ScaleArgs *args) {
  const ScaleArgs &a = *args;
  const Tile &t = a.tile;
  int x, y, end;
  if (!column(a.lattice, &x, &y, &end)) return;
  Counts n = {};
  unsigned shown = 0;
  for (; y < end; y += a.lattice.step_y) {
    double u, v;
    if (!position(t.map, x, y, &u, &v)) continue;
    if (t.mask && !(map_sample(t.mask, stencil(t.map, u, v), FINITE_ONLY) > 1e-3)) continue;
    shown++;
    size_t at = (size_t)(y - a.top) * a.width + (x - a.left);
    float c = a.coverage[at], b = a.blurred[at];
    if (!(c > 0 && c <= a.most) || b < a.threshold) continue;
    const float epsilon = 1.1920928955078125e-7f;
    float s = b / (c < epsilon ? epsilon : c);
    if (s < 0.5f) s = 0.5f;
    if (s > 2.0f) s = 2.0f;
    if (s == s) sift(a.sieve, &n, (double)s);
    else a.sieve->none = 1;
  }
  add_counts(a.sieve, n);
  if (shown) atomicAdd(&a.sieve->shown, (count_t)shown);
}
