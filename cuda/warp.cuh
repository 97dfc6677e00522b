// Where output pixels lie in tiles, and what the tiles show there.
#pragma once

typedef unsigned long long count_t;

enum { MAX_CHANNELS = 4 };

// Unrolled, so that what is kept of each channel stays in registers.
#define EACH_CHANNEL(c, channels)                 \
  _Pragma("unroll") for (int c = 0; c < MAX_CHANNELS; c++) \
    if (c < (channels))

enum { MAP_PLANE = 0, MAP_GRID = 1, MAP_POSITIONS = 2 };
enum { FINITE_ONLY = 0, NUMBER_ONLY = 1, ZERO_OR_ONE = 2 };

#define NOT_A_FLOAT (__int_as_float(0x7fc00000))

// Map tells where output pixels lie in an image of h x w pixels: core.PixelMap.
struct Map {
  const double *nodes;  // of a grid or of positions
  double plane[9];
  double origin_x, origin_y, step_x, step_y;
  double slack;          // how well positions are known
  int x0, y0, x1, y1;    // box of output pixels, cut to the output
  int left, top, width;  // of the box before: where positions begin
  int h, w;
  int kind, nx, ny;
};
static_assert(sizeof(Map) == 168, "as in layout.go");

// Tile is a tile on the device: core.Tile.
struct Tile {
  const float *image;   // [map.h,map.w,channels]
  const float *mask;    // likewise, or NULL
  const float *weight;  // likewise, or as weight_map says
  Map map, weight_map;  // the latter where weight_apart
  double weight_scale;
  double offset[MAX_CHANNELS];
  int weight_apart;     // else the weight lies on the image
  int index;
  float gain;
  int pad;
};
static_assert(sizeof(Tile) == 416, "as in layout.go");

__device__ __forceinline__ int at_most(int a, int b) { return a < b ? a : b; }
__device__ __forceinline__ int at_least(int a, int b) { return a > b ? a : b; }

// first_node returns the first of the four nodes for coordinate t.
__device__ __forceinline__ int first_node(double t, int n) {
  int c = at_most(at_least((int)t, 0), n - 2);
  return at_most(at_least(c - 1, 0), n - 4);
}

// first_pixel is the first pixel of a row that does not lie before node k.
__device__ __forceinline__ int first_pixel(const Map &m, int k) {
  return (int)ceil(m.origin_x + (double)k * m.step_x);
}

// first_node_in_row is first_node of pixel x, whatever rounding makes of one on a node.
__device__ __forceinline__ int first_node_in_row(const Map &m, int x) {
  int s = first_node(((double)x - m.origin_x) / m.step_x, m.nx);
  while (s > 0 && x < first_pixel(m, s + 1)) s--;
  while (s < m.nx - 4 && x >= first_pixel(m, s + 2)) s++;
  return s;
}

// cubic returns, at t, the cubic through f0 to f3 at 0 to 3.
__device__ __forceinline__ double cubic(double f0, double f1, double f2, double f3, double t) {
  double d1 = f1 - f0, d2 = f2 - 2 * f1 + f0, d3 = f3 - 3 * f2 + 3 * f1 - f0;
  double c1 = d1 - d2 / 2 + d3 / 3, c2 = d2 / 2 - d3 / 2, c3 = d3 / 6;
  return f0 + t * (c1 + t * (c2 + t * c3));
}

// grid_position interpolates the nodes in y, then in x.
__device__ void grid_position(const Map &m, int x, int y, double *u, double *v) {
  double ty = ((double)y - m.origin_y) / m.step_y, inverse = 1 / m.step_x;
  int sy = first_node(ty, m.ny), sx = first_node_in_row(m, x);
  double tx = inverse * (double)x - (m.origin_x * inverse + (double)sx);
  ty -= (double)sy;
  double a = ty - 1, b = ty - 2, c = ty - 3;
  double w0 = -a * b * c / 6, w1 = ty * b * c / 2, w2 = -ty * a * c / 2, w3 = ty * a * b / 6;
  double line[8];
  size_t row = 2 * (size_t)m.nx;
  const double *r0 = m.nodes + sy * row + 2 * (size_t)sx;
  for (int i = 0; i < 8; i++) {
    line[i] = w0 * r0[i] + w1 * r0[i + row] + w2 * r0[i + 2 * row] + w3 * r0[i + 3 * row];
  }
  *u = cubic(line[0], line[2], line[4], line[6], tx);
  *v = cubic(line[1], line[3], line[5], line[7], tx);
}

// position finds where output pixel (x,y) lies in the image, and whether it lies inside,
// by the edge's slack of core/vec.
__device__ bool position(const Map &m, int x, int y, double *u, double *v) {
  if (x < m.x0 || x >= m.x1 || y < m.y0 || y >= m.y1) return false;
  if (m.kind == MAP_PLANE) {
    const double *p = m.plane;
    double fx = x, fy = y;
    double w = p[6] * fx + (p[7] * fy + p[8]);
    if (!(w > 0)) return false;
    double r = 1 / w;
    *u = (p[0] * fx + (p[1] * fy + p[2])) * r;
    *v = (p[3] * fx + (p[4] * fy + p[5])) * r;
  } else if (m.kind == MAP_GRID) {
    grid_position(m, x, y, u, v);
  } else {
    const double *n = m.nodes + 2 * ((size_t)(y - m.top) * m.width + (x - m.left));
    *u = n[0];
    *v = n[1];
  }
  const double slack = 1e-7;
  return *u >= -0.5 - slack && *u <= (double)m.w - 0.5 + slack && *v >= -0.5 - slack &&
         *v <= (double)m.h - 0.5 + slack;
}

// Stencil is the four pixels around a position, their weights, and which have no say.
struct Stencil {
  size_t at, right, below;  // pixels
  double w00, w01, w10, w11;
  bool m00, m01, m10, m11;
};

// Axis is a stencil along one axis: its first pixel, the fraction of the way to the
// second, and which of the two has no say.
struct Axis {
  int first;
  double part;
  bool mute0, mute1;
};

__device__ __forceinline__ double clamped(double x, double end) {
  return x < 0 ? 0 : x > end ? end : x;
}

// along is core/vec's: within slack of a line of pixel centres a position is on it.
__device__ __forceinline__ Axis along(double u, int n, double slack) {
  double p = clamped(u, (double)(n - 1));
  Axis a = {at_most((int)p, at_least(n - 2, 0)), 0, false, false};
  a.part = p - (double)a.first;
  if (a.part <= slack && u >= -slack) {
    a.part = 0;
    a.mute1 = true;
  } else if (a.part >= 1 - slack && u <= (double)(n - 1) + slack) {
    a.part = 1;
    a.mute0 = true;
  }
  return a;
}

__device__ Stencil stencil(const Map &m, double u, double v) {
  Axis x = along(u, m.w, m.slack), y = along(v, m.h, m.slack);
  double fx = x.part, fy = y.part, gx = 1 - fx, gy = 1 - fy;
  Stencil s;
  s.at = (size_t)y.first * m.w + x.first;
  s.right = m.w > 1 ? 1 : 0;
  s.below = m.h > 1 ? m.w : 0;
  s.w00 = gy * gx;
  s.w01 = gy * fx;
  s.w10 = fy * gx;
  s.w11 = fy * fx;
  s.m00 = y.mute0 || x.mute0;
  s.m01 = y.mute0 || x.mute1;
  s.m10 = y.mute1 || x.mute0;
  s.m11 = y.mute1 || x.mute1;
  return s;
}

// part is what a sample of a stencil brings.
__device__ __forceinline__ double part(bool mute, double weight, double sample) {
  return mute ? 0 : weight * sample;
}

__device__ __forceinline__ double cleaned(float s, int clean) {
  if (clean == ZERO_OR_ONE) return s > 0 ? 1 : 0;
  if (clean == NUMBER_ONLY ? s != s : s - s != 0) return 0;
  return (double)s;
}

// map_sample samples a mask or weight map, cleaned.
__device__ double map_sample(const float *map, const Stencil &s, int clean) {
  const float *p = map + s.at;
  return part(s.m00, s.w00, cleaned(p[0], clean)) + part(s.m01, s.w01, cleaned(p[s.right], clean)) +
         part(s.m10, s.w10, cleaned(p[s.below], clean)) + part(s.m11, s.w11, cleaned(p[s.below + s.right], clean));
}

// warp samples all channels of a tile at (x,y) and returns the weight; false where it
// shows nothing. A channel that is NaN shows nothing either.
__device__ bool warp(const Tile &t, int channels, int clean, int x, int y, double *value,
                     double *weight) {
  double u, v;
  if (!position(t.map, x, y, &u, &v)) return false;
  Stencil s = stencil(t.map, u, v);
  *weight = t.weight_scale;
  if (t.weight) {
    Stencil where = s;
    if (t.weight_apart) {
      if (!position(t.weight_map, x, y, &u, &v)) return false;
      where = stencil(t.weight_map, u, v);
    }
    *weight = t.weight_scale * map_sample(t.weight, where, clean);
    if (!(*weight > 0)) return false;
  }
  const float *p = t.image + s.at * channels;
  size_t right = s.right * channels, below = s.below * channels;
  EACH_CHANNEL(c, channels) {
    value[c] = part(s.m00, s.w00, (double)(p[c] * t.gain)) + part(s.m01, s.w01, (double)(p[c + right] * t.gain)) +
               part(s.m10, s.w10, (double)(p[c + below] * t.gain)) +
               part(s.m11, s.w11, (double)(p[c + below + right] * t.gain));
  }
  return true;
}
