/* A caller of every release. It uses what was in 0.1.0, and more where its header has more; each
 * struct that the library reads or writes ends where memory does. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "zetwopass.h"

enum { H = 8, W = 20, TILE_W = 11, TILES = 2 };

/* Zeroed memory with a page behind it that may not be touched. */
static void *guarded(size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
  char *at = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED || mprotect(at + pages * page, page, PROT_NONE)) exit(9);
  return at + pages * page - size;
}

static void expect(int right, const char *what) {
  if (right) return;
  printf("%s\n", what);
  exit(1);
}

static ztp_image image(float *data, int64_t height, int64_t width) {
  ztp_image out = {data, height, width, 1, 4 * width, 4, 4};
  return out;
}

static float *pixels(int64_t count, float value) {
  float *out = guarded(count * sizeof *out);
  for (int64_t i = 0; i < count; i++) out[i] = value;
  return out;
}

static void place(ztp_map *map, double x) {
  map->x1 = W;
  map->y1 = H;
  map->plane[0] = map->plane[4] = map->plane[8] = 1;
  map->plane[2] = -x;
}

static int told;
static void watch(const ztp_stats *stats, void *user) {
  expect(stats->struct_size >= sizeof *stats, "ztp_stats is shorter than it was");
  expect(stats->fraction >= 0 && stats->fraction <= 1 && user == &told, "ztp_stats has moved");
  told++;
}

static void check_pass(const ztp_job *job) {
  for (int i = 0; i < H * W; i++) {
    const float want = i % W < TILE_W && i % W >= W - TILE_W ? 2 : 1;
    expect(job->mosaic.data[i] == 2 && job->coverage_out.data[i] == want, "pixels");
  }
  expect(fabs(job->offsets[0] + 1) < 1e-12 && fabs(job->offsets[1] - 1) < 1e-12, "offsets");
  expect(job->groups[0] == job->groups[1] && job->gains[0] == 1 && job->gains[1] == 1, "gains");
  memset(job->mosaic.data, 0, H * W * sizeof(float));
}

static ztp_job *new_job(void) {
  ztp_tile *tiles = guarded(TILES * sizeof *tiles);
  for (int t = 0; t < TILES; t++) {
    tiles[t].image = image(pixels(H * TILE_W, 1 + 2 * t), H, TILE_W);
    place(&tiles[t].map, t * (W - TILE_W));
  }
  ztp_job *job = guarded(sizeof *job);
  job->struct_size = sizeof *job;
  job->tile_size = sizeof *tiles;
  job->gain_min = 0.85;
  job->gain_max = 1.18;
  job->tiles = tiles;
  job->tile_count = TILES;
  job->coverage = image(pixels(H * W, 2), H, W);
  job->blurred = image(pixels(H * W, 0), H, W);
  job->mosaic = image(pixels(H * W, 0), H, W);
  job->coverage_out = image(pixels(H * W, 0), H, W);
  job->gains = guarded(TILES * sizeof *job->gains);
  job->offsets = guarded(TILES * sizeof *job->offsets);
  job->groups = guarded(TILES * sizeof *job->groups);
  job->on_stats = watch;
  job->user = &told;
  return job;
}

/* Everything that 0.1.0 had. */
static void first_release(void) {
  ztp_job *job = new_job();
  ztp_error *error = guarded(sizeof *error), *device_error = guarded(sizeof *device_error);
  job->device = ZTP_DEVICE_HYBRID;
  job->device_error = device_error;
  ztp_plan_info *plan = guarded(sizeof *plan);
  plan->struct_size = sizeof *plan;
  expect(ztp_plan(job, plan, error) == ZTP_OK && plan->bytes > 0, error->message);
  expect(plan->gpu_rows_per_chunk > 0 && plan->struct_size == sizeof *plan, "ztp_plan_info");
  ztp_device *device = guarded(sizeof *device);
  device->struct_size = sizeof *device;
  expect(ztp_device_info(device, error) == ZTP_OK, error->message);
  expect(device->usable ? device->name[0] : device->reason[0], "ztp_device");

  expect(ztp_second_pass(job, error) == ZTP_OK, error->message);
  expect(device_error->status == (device->usable ? ZTP_OK : ZTP_DEVICE), "device_error");
  check_pass(job);
  expect(ztp_blur_coverage(job, error) == ZTP_OK && job->blurred.data[0] == 2, error->message);
  expect(ztp_tile_gains(job, error) == ZTP_OK, error->message);
  expect(ztp_reproject_coadd(job, error) == ZTP_OK, error->message);
  check_pass(job);
  expect(told > 3, "on_stats");

  const int32_t set = 1;
  job->cancel = &set;
  expect(ztp_second_pass(job, error) == ZTP_CANCELLED, "cancel");
  job->cancel = NULL;
  job->coverage_out.data = job->mosaic.data;
  expect(ztp_second_pass(job, error) == ZTP_OVERLAP && error->status == ZTP_OVERLAP, "overlap");
  expect(!strcmp(ztp_status_name(ZTP_OVERLAP), "ZTP_OVERLAP"), "ztp_status_name");
  expect(ztp_abi_version() == ZTP_ABI_VERSION, "ztp_abi_version");
}

#ifdef ZTP_VERSION
/* What came with 0.2.0. */
static ztp_planes planes(int64_t width, float value) {
  ztp_planes out = {pixels(H * width, value), ZTP_FLOAT32, 0, 1, H, width, 4 * H * width, 4 * width, 4};
  return out;
}

static void second_release(void) {
  ztp_error *error = guarded(sizeof *error);
  ztp_reprojection *one = guarded(sizeof *one);
  one->struct_size = sizeof *one;
  one->image = planes(TILE_W, 3);
  place(&one->map, 0);
  one->out = planes(W, 0);
  one->footprint = planes(W, 0);
  expect(ztp_reproject(one, error) == ZTP_OK, error->message);
  for (int i = 0; i < H * W; i++) {
    const float out = ((float *)one->out.data)[i], there = ((float *)one->footprint.data)[i];
    expect(i % W < TILE_W ? out == 3 && there == 1 : out != out && there == 0, "ztp_reproject");
  }

  ztp_job *job = new_job();
  ztp_tile *tiles = guarded(TILES * sizeof *tiles);
  memcpy(tiles, job->tiles, TILES * sizeof *tiles);
  for (int t = 0; t < TILES; t++) {
    memset(&tiles[t].image, 0, sizeof tiles[t].image);
    tiles[t].planes = planes(TILE_W, 1 + 2 * t);
  }
  job->tiles = tiles;
  job->profile = ZTP_PROFILE_V42;
  job->combine = ZTP_COMBINE_MAX;
  job->keep_background = 1;
  job->gains = NULL;
  job->mosaic_planes = planes(W, 0);
  job->coverage_planes = planes(W, 0);
  expect(ztp_reproject_coadd(job, error) == ZTP_OK, error->message);
  for (int i = 0; i < H * W; i++) {
    expect(((float *)job->mosaic_planes.data)[i] == (i % W < W - TILE_W ? 1 : 3), "planes");
  }
}
#endif

int main(void) {
  first_release();
#ifdef ZTP_VERSION
  second_release();
#endif
  printf("kept by %s\n", ztp_version());
  return 0;
}
