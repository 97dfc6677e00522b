/* A caller in C: two tiles of 1 and 3 side by side, one column in common. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "zetwopass.h"

enum { H = 8, W = 20, TILE_W = 11 };

static ztp_image image(float *data, int64_t height, int64_t width) {
  ztp_image out = {data, height, width, 1, 4 * width, 4, 4};
  return out;
}

static ztp_tile tile(float *data, double x) {
  ztp_tile out;
  memset(&out, 0, sizeof out);
  out.image = image(data, H, TILE_W);
  out.map.x1 = W;
  out.map.y1 = H;
  out.map.plane[0] = out.map.plane[4] = out.map.plane[8] = 1;
  out.map.plane[2] = -x;
  return out;
}

static int check(const float *mosaic, const float *coverage, const double *offsets) {
  for (int i = 0; i < H * W; i++) {
    const float want = i % W < TILE_W && i % W >= W - TILE_W ? 2 : 1;
    if (mosaic[i] != 2 || coverage[i] != want) {
      printf("pixel %d: %g of coverage %g\n", i, mosaic[i], coverage[i]);
      return 1;
    }
  }
  if (fabs(offsets[0] + 1) > 1e-12 || fabs(offsets[1] - 1) > 1e-12) {
    printf("offsets %.17g %.17g\n", offsets[0], offsets[1]);
    return 1;
  }
  return 0;
}

/* A GPU is described, or it is said why there is none, here and after the call. */
static int check_device(const ztp_error *after) {
  ztp_device device;
  ztp_error error;
  device.struct_size = sizeof device;
  if (ztp_device_info(&device, &error) != ZTP_OK) {
    printf("ztp_device_info: %s\n", error.message);
    return 1;
  }
  if (device.usable ? !device.name[0] : !device.reason[0] || after->status != ZTP_DEVICE) {
    printf("device: '%s', '%s', %d\n", device.name, device.reason, (int)after->status);
    return 1;
  }
  return 0;
}

int main(void) {
  static float left[H * TILE_W], right[H * TILE_W], seen[H * W], mosaic[H * W], coverage[H * W];
  double gains[2], offsets[2];
  int32_t groups[2];
  for (int i = 0; i < H * TILE_W; i++) left[i] = 1, right[i] = 3;
  for (int i = 0; i < H * W; i++) seen[i] = 2;
  const ztp_tile tiles[2] = {tile(left, 0), tile(right, W - TILE_W)};

  ztp_job job;
  memset(&job, 0, sizeof job);
  job.struct_size = sizeof job;
  job.tile_size = sizeof tiles[0];
  job.gain_min = 0.85;
  job.gain_max = 1.18;
  job.tiles = tiles;
  job.tile_count = 2;
  job.coverage = image(seen, H, W);
  job.mosaic = image(NULL, H, W);
  job.coverage_out = image(NULL, H, W);
  job.gains = gains;
  job.offsets = offsets;
  job.groups = groups;

  ztp_error error, device_error;
  job.device = ZTP_DEVICE_HYBRID;
  job.device_error = &device_error;
  ztp_plan_info plan;
  memset(&plan, 0, sizeof plan);
  plan.struct_size = sizeof plan;
  if (ztp_plan(&job, &plan, &error) != ZTP_OK || plan.rows_per_chunk < 1 ||
      plan.gpu_rows_per_chunk < 1) {
    printf("ztp_plan: %s\n", error.message);
    return 1;
  }
  job.mosaic.data = mosaic;
  job.coverage_out.data = coverage;
  if (ztp_second_pass(&job, &error) != ZTP_OK) {
    printf("ztp_second_pass: %s\n", error.message);
    return 1;
  }
  if (groups[0] != groups[1] || gains[0] != 1 || check(mosaic, coverage, offsets)) return 1;
  if (check_device(&device_error)) return 1;

  job.coverage_out.data = mosaic;
  const ztp_status status = ztp_second_pass(&job, &error);
  printf("%s %s %s", ztp_version(), ztp_status_name(status), error.message);
  return status != ZTP_OVERLAP || error.status != status;
}
