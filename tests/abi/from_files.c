/* A caller in C: two FITS tiles of 1 and 3 side by side, one column in common, stage by
 * stage to a mosaic in a file. The folder for the files is the argument. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zetwopass.h"

enum { H = 8, W = 20, TILE_W = 11, BLOCK = 2880, NAME = 1024 };

/* FITS is big-endian. */
static void put(unsigned char *to, float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  for (int i = 0; i < 4; i++) to[i] = (unsigned char)(bits >> (24 - 8 * i));
}

static float get(const unsigned char *from) {
  const uint32_t bits = (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static int save(const char *path, const unsigned char *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  if (file == NULL) return 1;
  const size_t written = fwrite(bytes, 1, size, file);
  return fclose(file) != 0 || written != size;
}

static int save_tile(const char *path, float value) {
  static unsigned char file[2 * BLOCK];
  const char *cards[] = {"SIMPLE  =                    T", "BITPIX  =                  -32",
                         "NAXIS   =                    2", "NAXIS1  =                   11",
                         "NAXIS2  =                    8", "END"};
  memset(file, ' ', BLOCK);
  for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
    memcpy(file + 80 * i, cards[i], strlen(cards[i]));
  for (int i = 0; i < H * TILE_W; i++) put(file + BLOCK + 4 * i, value);
  return save(path, file, sizeof file);
}

static ztp_tile tile(const char *path, double x) {
  ztp_tile out;
  memset(&out, 0, sizeof out);
  out.image_file.path = path;
  out.map.x1 = W;
  out.map.y1 = H;
  out.map.plane[0] = out.map.plane[4] = out.map.plane[8] = 1;
  out.map.plane[2] = -x;
  return out;
}

static int check(const char *path, const float *first) {
  static unsigned char bytes[2 * H * W * 4 + 5];
  FILE *file = fopen(path, "rb");
  const size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
  if (file == NULL || fclose(file) != 0 || size != sizeof bytes) return 1;
  for (int i = 0; i < H * W; i++) {
    const float want = i % W < TILE_W && i % W >= W - TILE_W ? 2 : 1;
    const float mosaic = get(bytes + 5 + 4 * i), coverage = get(bytes + 5 + 4 * (H * W + i));
    if (mosaic != 2 || coverage != want || first[i] != want) {
      printf("pixel %d: %g of coverage %g, %g\n", i, mosaic, coverage, first[i]);
      return 1;
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  static float first[H * W], blurred[H * W];
  static unsigned char room[2 * H * W * 4 + 5];
  char left[NAME], right[NAME], out[NAME];
  if (argc != 2) return 2;
  snprintf(left, NAME, "%s/left.fits", argv[1]);
  snprintf(right, NAME, "%s/right.fits", argv[1]);
  snprintf(out, NAME, "%s/mosaic", argv[1]);
  if (save_tile(left, 1) || save_tile(right, 3) || save(out, room, sizeof room)) return 1;
  const ztp_tile tiles[2] = {tile(left, 0), tile(right, W - TILE_W)};
  const ztp_image shape = {NULL, H, W, 1, 4 * W, 4, 4};
  double gains[2], offsets[2];
  int32_t groups[2];
  ztp_pair pairs[1];
  int64_t pair_count = -1;

  ztp_job job;
  memset(&job, 0, sizeof job);
  job.struct_size = sizeof job;
  job.tile_size = sizeof tiles[0];
  job.gain_min = 0.85;
  job.gain_max = 1.18;
  job.tiles = tiles;
  job.tile_count = 2;
  job.coverage = job.blurred = job.mosaic = job.coverage_out = shape;
  job.gains = gains;
  job.offsets = offsets;
  job.groups = groups;
  job.pairs = pairs;
  job.pair_room = 1;
  job.pair_count = &pair_count;

  ztp_error error;
  ztp_plan_info plan;
  memset(&plan, 0, sizeof plan);
  plan.struct_size = sizeof plan;
  const ztp_status planned = ztp_plan(&job, &plan, &error);
  uint8_t *chunks_done = planned == ZTP_OK ? calloc((size_t)plan.chunk_total, 1) : NULL;
  if (chunks_done == NULL || plan.pair_count != 1 || plan.read_bytes < 2 * H * TILE_W * 4) {
    printf("ztp_plan: %s\n", error.message);
    return 1;
  }
  job.blurred.data = blurred;
  job.coverage_out.data = first;
  const ztp_status counted = ztp_first_coverage(&job, &error);
  job.coverage.data = first;
  job.coverage_out.data = NULL;
  if (counted != ZTP_OK || ztp_tile_gains(&job, &error) != ZTP_OK ||
      ztp_match_backgrounds(&job, &error) != ZTP_OK) {
    printf("stages: %s\n", error.message);
    return 1;
  }
  if (pair_count != 1 || pairs[0].i != 0 || pairs[0].j != 1 || pairs[0].pixels != 2 * H ||
      pairs[0].step[0] != -2 || fabs(offsets[0] + 1) > 1e-12) {
    printf("pair: %g of %d pixels\n", pairs[0].step[0], (int)pairs[0].pixels);
    return 1;
  }
  job.mosaic_file.path = job.coverage_file.path = out;
  job.mosaic_file.offset = 5;
  job.coverage_file.offset = 5 + 4 * H * W;
  job.offsets_known = 1;
  job.chunks_done = chunks_done;
  job.chunk_count = plan.chunk_total;
  if (ztp_reproject_coadd(&job, &error) != ZTP_OK) {
    printf("ztp_reproject_coadd: %s\n", error.message);
    return 1;
  }
  if (!chunks_done[plan.chunk_total - 1] || groups[0] != groups[1] || check(out, first)) return 1;
  free(chunks_done);
  if (remove(left) != 0) return 1;
  const ztp_status status = ztp_match_backgrounds(&job, &error);
  printf("%s %s", ztp_status_name(status), error.message);
  return status != ZTP_MISSING;
}
