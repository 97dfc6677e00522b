// Adding tiles up.
#pragma once

#include "warp.cuh"

struct CoaddArgs {
  const Tile *tiles;
  double *sum, *norm;       // [rows,width,channels], used where not all tiles come at once
  float *mosaic, *coverage; // [rows,width,channels] and [rows,width]
  int *shown;               // [tiles of the rows]
  int tile_count, channels, width, y0, y1;
  int begin, end;           // the first tiles, the last tiles
  int clean, divide, clear;
  float blank;
};
static_assert(sizeof(CoaddArgs) == 96, "as in layout.go");

// finish writes a pixel of the mosaic and its coverage: core/vec.Mosaic.
__device__ void finish(const CoaddArgs &a, size_t at, const double *sum, const double *norm) {
  float cover = (float)norm[0];
  if (a.clear && cover - cover != 0) cover = 0;
  EACH_CHANNEL(c, a.channels) {
    float value = a.blank;
    if (norm[c] > 0) value = (float)(a.divide ? sum[c] / norm[c] : sum[c]);
    if (a.clear && (value - value != 0 || !(cover > 0))) value = NOT_A_FLOAT;
    a.mosaic[at * a.channels + c] = value;
  }
  a.coverage[at] = cover;
}

// coadd adds tiles up in their order, a thread a pixel.
extern "C" __global__ void coadd(const CoaddArgs *args) {
  const CoaddArgs &a = *args;
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = a.y0 + blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= a.width || y >= a.y1) return;
  size_t at = (size_t)(y - a.y0) * a.width + x;
  double sum[MAX_CHANNELS] = {0, 0, 0, 0}, norm[MAX_CHANNELS] = {0, 0, 0, 0};
  if (!a.begin) {
    EACH_CHANNEL(c, a.channels) {
      sum[c] = a.sum[at * a.channels + c];
      norm[c] = a.norm[at * a.channels + c];
    }
  }
  for (int i = 0; i < a.tile_count; i++) {
    const Tile &t = a.tiles[i];
    double value[MAX_CHANNELS], weight;
    if (!warp(t, a.channels, a.clean, x, y, value, &weight)) continue;
    if (value[0] == value[0]) a.shown[t.index] = 1;
    EACH_CHANNEL(c, a.channels) {
      if (value[c] != value[c]) continue;
      sum[c] += (value[c] - t.offset[c]) * weight;
      norm[c] += weight;
    }
  }
  if (a.end) {
    finish(a, at, sum, norm);
    return;
  }
  EACH_CHANNEL(c, a.channels) {
    a.sum[at * a.channels + c] = sum[c];
    a.norm[at * a.channels + c] = norm[c];
  }
}
