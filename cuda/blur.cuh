// The Gaussian blur of the coverage.
#pragma once

#include "warp.cuh"

enum { OUTPUTS = 8 };   // of a thread
enum { PARTIAL = 4 };   // products that are summed in float32 before they are added up
enum { PADDING = 32 };  // zeros on either side of the taps
enum { PLAIN = 0, COVERED = 1, MASK = 2 };

struct BlurArgs {
  const float *src;     // [rows that are held,width]
  float *dst;           // [width,to-from]: transposed
  const float *taps;    // [PADDING + 2*radius+1 + PADDING]
  int first, height;    // the first row that is held; of the image, which mirrors
  int from, to;         // rows of the image to be written
  int width, radius, use;
};
static_assert(sizeof(BlurArgs) == 56, "as in layout.go");

// folded reflects i into [0,n): d c b a | a b c d | d c b a.
__device__ int folded(int i, int n) {
  i %= 2 * n;
  if (i < 0) i += 2 * n;
  return i >= n ? 2 * n - 1 - i : i;
}

// sample returns what the blur takes of row j of column x.
__device__ __forceinline__ float sample(const BlurArgs &a, int j, int x) {
  int row = j >= 0 && j < a.height ? j : folded(j, a.height);
  float c = a.src[(size_t)(row - a.first) * a.width + x];
  if (a.use == PLAIN) return c;
  bool covered = c > 0 && c <= 3.402823466e38f;
  return a.use == MASK ? (covered ? 1.0f : 0.0f) : (covered ? c : 0.0f);
}

// Sum is a float32 sum with what its roundings lost (Knuth's two-sum).
struct Sum {
  float high, low;
};

__device__ __forceinline__ void add(Sum *s, float x) {
  float t = s->high + x, y = t - s->high;
  s->low += (s->high - (t - y)) + (x - y);
  s->high = t;
}

// blur_columns filters columns with the Gaussian and turns them into rows, a thread for
// OUTPUTS pixels of a column. A window that holds one value gives that value.
extern "C" __global__ void blur_columns(const BlurArgs *args) {
  const BlurArgs &a = *args;
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = a.from + (int)(blockIdx.y * blockDim.y + threadIdx.y) * OUTPUTS;
  if (x >= a.width || y >= a.to) return;
  Sum sum[OUTPUTS] = {};
  float last = 0;
  unsigned flat = 0;
  int begin = y - a.radius, end = at_most(y + OUTPUTS, a.to) - 1 + a.radius, steady = begin;
  for (int block = begin; block <= end; block += PARTIAL) {
    float s[PARTIAL], partial[OUTPUTS] = {};
    bool finite = true;
#pragma unroll
    for (int i = 0; i < PARTIAL; i++) {
      int j = block + i;
      s[i] = sample(a, at_most(j, end), x);
      finite = finite && s[i] - s[i] == 0;
      if (s[i] != last) steady = j;  // from here on all are equal
      last = s[i];
      int o = j - y - a.radius;  // the output whose window ends here
      if (o >= 0 && o < OUTPUTS && steady <= j - 2 * a.radius) flat |= 1u << o;
    }
    const float *taps = a.taps + (block - begin) + PADDING;
    if (finite) {
      float w[PARTIAL + OUTPUTS - 1];
#pragma unroll
      for (int i = 0; i < PARTIAL + OUTPUTS - 1; i++) w[i] = taps[i - (OUTPUTS - 1)];
#pragma unroll
      for (int i = 0; i < PARTIAL; i++) {
#pragma unroll
        for (int o = 0; o < OUTPUTS; o++) partial[o] = __fmaf_rn(w[i - o + OUTPUTS - 1], s[i], partial[o]);
      }
    } else {  // what is not finite may not meet the zeros beyond the taps
      for (int i = 0; i < PARTIAL; i++) {
        for (int o = 0; o < OUTPUTS; o++) {
          if (taps[i - o] != 0) partial[o] += taps[i - o] * s[i];
        }
      }
    }
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++) add(&sum[o], partial[o]);
  }
  float *to = a.dst + (size_t)x * (a.to - a.from) + (y - a.from);
#pragma unroll
  for (int o = 0; o < OUTPUTS; o++) {
    if (y + o >= a.to) continue;
    float both = sum[o].high + sum[o].low;
    if (sum[o].high - sum[o].high != 0) both = sum[o].high;
    to[o] = flat >> o & 1 ? sample(a, y + o, x) : both;
  }
}

struct RatioArgs {
  float *num;        // [count]
  const float *den;  // [count]
  count_t count;
};
static_assert(sizeof(RatioArgs) == 24, "as in layout.go");

// ratio divides num by den, 0 where that is not above 0.
extern "C" __global__ void ratio(const RatioArgs *args) {
  count_t i = (count_t)blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= args->count) return;
  float den = args->den[i];
  args->num[i] = den > 0 ? args->num[i] / den : 0;
}
