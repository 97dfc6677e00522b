// Images reprojected one by one.
#pragma once

#include "warp.cuh"

struct ReprojectArgs {
  Map map;
  const void *image;  // [planes,map.h,map.w], of float or of double
  double *out;        // [planes,y1-y0,map.x1-map.x0]
  int planes, is_double, nearest;
  int y0, y1;         // rows of the output
  int pad;
};
static_assert(sizeof(ReprojectArgs) == 208, "as in layout.go");

// plane_sample returns what a plane shows at a position; nearest: core/vec.Nearest.
template <typename T>
__device__ double plane_sample(const T *p, const Map &m, const Stencil &s, double u, double v, int nearest) {
  if (nearest) {
    int col = (int)clamped(u + 0.5, (double)(m.w - 1)), row = (int)clamped(v + 0.5, (double)(m.h - 1));
    return (double)p[(size_t)row * m.w + col];
  }
  p += s.at;
  return part(s.m00, s.w00, (double)p[0]) + part(s.m01, s.w01, (double)p[s.right]) +
         part(s.m10, s.w10, (double)p[s.below]) + part(s.m11, s.w11, (double)p[s.below + s.right]);
}

// reproject samples all planes at a pixel of the map's box, a thread a pixel.
extern "C" __global__ void reproject(const ReprojectArgs *args) {
  const ReprojectArgs &a = *args;
  const Map &m = a.map;
  int width = m.x1 - m.x0;
  int x = m.x0 + (int)(blockIdx.x * blockDim.x + threadIdx.x), y = a.y0 + (int)(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= m.x1 || y >= a.y1) return;
  double u = 0, v = 0;
  bool inside = position(m, x, y, &u, &v);
  Stencil s = {};
  if (inside) s = stencil(m, u, v);
  size_t step = (size_t)(a.y1 - a.y0) * width, size = (size_t)m.h * m.w;
  double *to = a.out + (size_t)(y - a.y0) * width + (x - m.x0);
  for (int n = 0; n < a.planes; n++, to += step) {
    double value = (double)NOT_A_FLOAT;
    if (inside && a.is_double) value = plane_sample((const double *)a.image + n * size, m, s, u, v, a.nearest);
    if (inside && !a.is_double) value = plane_sample((const float *)a.image + n * size, m, s, u, v, a.nearest);
    *to = value;
  }
}
