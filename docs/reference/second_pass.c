/* Two tiles side by side, of 1 and of 3, with two columns in common: the second
 * pass finds a background for each and makes one mosaic of 2. */
#include <stdio.h>
#include <string.h>
#include <zetwopass.h>

enum { H = 2, W = 8, TILE_W = 5 };

/* A plane [height, width] that lies row by row in memory. */
static ztp_image plane(float *data, int64_t height, int64_t width) {
  ztp_image out = {data, height, width, 1, 4 * width, 4, 4};
  return out;
}

/* A tile whose first column is column x of the mosaic. */
static ztp_tile tile(float *data, double x) {
  ztp_tile out;
  memset(&out, 0, sizeof out);
  out.image = plane(data, H, TILE_W);
  out.map.x1 = W; /* it may show anywhere */
  out.map.y1 = H;
  out.map.kind = ZTP_MAP_PLANE; /* u = x - column, v = y */
  out.map.plane[0] = out.map.plane[4] = out.map.plane[8] = 1;
  out.map.plane[2] = -x;
  return out;
}

int main(void) {
  float left[H * TILE_W], right[H * TILE_W], seen[H * W];
  float mosaic[H * W], coverage[H * W];
  double gains[2], offsets[2];
  for (int i = 0; i < H * TILE_W; i++) left[i] = 1, right[i] = 3;
  for (int i = 0; i < H * W; i++) seen[i] = i % W == 3 || i % W == 4 ? 2 : 1;
  const ztp_tile tiles[2] = {tile(left, 0), tile(right, 3)};

  ztp_job job;
  memset(&job, 0, sizeof job); /* 0 is the default of all that is not set */
  job.struct_size = sizeof job;
  job.tile_size = sizeof tiles[0];
  job.sigma = 50;
  job.gain_min = 0.85;
  job.gain_max = 1.18;
  job.tiles = tiles;
  job.tile_count = 2;
  job.coverage = plane(seen, H, W);
  job.mosaic = plane(mosaic, H, W);
  job.coverage_out = plane(coverage, H, W);
  job.gains = gains;
  job.offsets = offsets;

  ztp_error error;
  if (ztp_second_pass(&job, &error) != ZTP_OK) {
    fprintf(stderr, "%s: %s\n", ztp_status_name(error.status), error.message);
    return 1;
  }
  for (int i = 0; i < W; i++) printf("%g of %g, ", mosaic[i], coverage[i]);
  printf("backgrounds %g and %g\n", offsets[0], offsets[1]);
  return 0;
}
