/* A host in C whose address space is too small for a call, and then isn't any more. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "zetwopass.h"

static float from[16 * 16], to[16 * 16];

static ztp_status blur(ztp_error *error) {
  const ztp_image image = {from, 16, 16, 1, 64, 4, 4};
  ztp_job job;
  memset(&job, 0, sizeof job);
  job.struct_size = sizeof job;
  job.tile_size = sizeof(ztp_tile);
  job.coverage = job.blurred = image;
  job.blurred.data = to;
  job.sigma = 2;
  return ztp_blur_coverage(&job, error);
}

int main(void) {
  struct rlimit limit;
  ztp_error error;
  getrlimit(RLIMIT_AS, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = (rlim_t)500 << 20;
  setrlimit(RLIMIT_AS, &limit);
  if (blur(&error) != ZTP_LIMIT || error.status != ZTP_LIMIT || blur(NULL) != ZTP_LIMIT) return 1;
  printf("%s %s\n", ztp_status_name(error.status), error.message);
  limit.rlim_cur = before;
  setrlimit(RLIMIT_AS, &limit);
  if (blur(&error) == ZTP_OK) return 0;
  puts(error.message);
  return 1;
}
