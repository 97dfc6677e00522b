// Random and mutated jobs for every function of the library, each array between two pages that
// nobody may touch. The parent has a child do them, and says of which seed it died.
//
//   fuzz LIBRARY SEED COUNT SECONDS    jobs of the seeds SEED to SEED + COUNT, till SECONDS are over
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/wait.h>
#include <time.h>

#include "held.h"
#include "job.h"

static struct state {
  uint64_t seed, done, ok, again;
  uint64_t status[1000];
  held early, late; // after the first jobs, and at the end
} *state;

enum { EARLY = 4000 };

typedef ztp_status (*job_function)(const ztp_job *, ztp_error *);
static const char *const names[] = {"ztp_blur_coverage",    "ztp_tile_gains",      "ztp_first_coverage",
                                    "ztp_match_backgrounds", "ztp_reproject_coadd", "ztp_second_pass"};
static job_function functions[6];
static __typeof__(&ztp_plan) plan;
static __typeof__(&ztp_reproject) reproject;
static __typeof__(&ztp_offsets_from_pairs) offsets_from_pairs;
static __typeof__(&ztp_device_info) device_info;
static __typeof__(&ztp_status_name) status_name;

static void load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "fuzz: %s\n", dlerror());
    exit(3);
  }
  for (int i = 0; i < 6; i++) functions[i] = (job_function)dlsym(library, names[i]);
  plan = (__typeof__(plan))dlsym(library, "ztp_plan");
  reproject = (__typeof__(reproject))dlsym(library, "ztp_reproject");
  offsets_from_pairs = (__typeof__(offsets_from_pairs))dlsym(library, "ztp_offsets_from_pairs");
  device_info = (__typeof__(device_info))dlsym(library, "ztp_device_info");
  status_name = (__typeof__(status_name))dlsym(library, "ztp_status_name");
}

static void fail(const char *what, const ztp_error *error) {
  fprintf(stderr, "fuzz: %s, status %d: %s\n", what, error->status, error->message);
  exit(4);
}

static void judge(const char *name, ztp_status status, const ztp_error *error) {
  if (status < 0 || status >= 1000 || strcmp(status_name(status), "unknown status") == 0) fail("no status", error);
  state->status[status]++;
  if (status == ZTP_OK) state->ok++;
  if (status == ZTP_INTERNAL) fail(name, error);
  if (error->status != status) fail("error and status differ", error);
  if (memchr(error->message, 0, sizeof error->message) == NULL) fail("the message has no end", error);
  if ((status == ZTP_OK) != (error->message[0] == 0)) fail("a message of success, or none of failure", error);
  const char *wrong = pool_check();
  if (wrong != NULL) fail(wrong, error);
}

static int32_t threads(void) { return (int32_t)(one_in(3) ? below(4) : 1); }

// a_job makes a job of the size that a header has. What the function does not look at may be
// written: that is no input.
static void a_job(int of_planes, int64_t which) {
  const int reads_coverage = which <= 1 || which == 5, reads_tiles = which != 0, offsets_matter = which >= 3;
  static const size_t jobs[] = {offsetof(ztp_job, device), offsetof(ztp_job, mosaic_planes),
                                offsetof(ztp_job, mosaic_file), sizeof(ztp_job)};
  static const size_t sizes[] = {offsetof(ztp_tile, weight_map), offsetof(ztp_tile, planes),
                                 offsetof(ztp_tile, image_file), sizeof(ztp_tile)};
  ztp_job j = {0};
  const int64_t h = 1 + below(12), w = 1 + below(14), c = 1 + below(4), n = 1 + below(5), layers = 1 + below(3);
  size_t size = jobs[one_in(6) ? below(4) : 3], step = sizes[one_in(6) ? below(4) : 3];
  j.tile_count = n;
  j.profile = of_planes || one_in(2) ? ZTP_PROFILE_V42 : ZTP_PROFILE_V45;
  j.sigma = (int32_t)(one_in(50) ? 900 + below(103) : below(6));
  j.gain_min = 0.2, j.gain_max = 5, j.threshold = (double)below(3);
  j.combine = (int32_t)below(of_planes ? 7 : 2);
  j.keep_background = one_in(3), j.binary_weights = one_in(3), j.blank_nan = one_in(3);
  j.signed_weights = of_planes && one_in(3);
  j.workers = threads();
  j.rows_per_chunk = below(4), j.max_chunk_bytes = one_in(3) ? below(1 << 24) : 0;
  j.device = one_in(4) ? (int32_t)below(4) : ZTP_DEVICE_CPU;
  j.offsets_known = one_in(12), j.blurred_known = one_in(12);
  j.row0 = one_in(8) ? below(9) : 0, j.col0 = one_in(8) ? below(9) : 0;
  int64_t *whole[] = {&j.rows_per_chunk, &j.max_chunk_bytes, &j.gpu_rows_per_chunk, &j.gpu_max_chunk_bytes, &j.row0, &j.col0};
  for (int i = 0; i < 6; i++) vary(whole[i]);
  int32_t *half[] = {&j.profile, &j.sigma, &j.combine, &j.workers, &j.device, &j.keep_background, &j.offsets_known};
  for (int i = 0; i < 7; i++) vary32(half[i]);
  double *reals[] = {&j.gain_min, &j.gain_max, &j.threshold};
  for (int i = 0; i < 3; i++)
    if (spoil(30)) *reals[i] = odd_real();
  if (of_planes) {
    j.mosaic_planes = planes(layers, h, w, 0);
    j.coverage_planes = planes(layers, h, w, 0);
  } else {
    j.coverage = image(h, w, 1, reads_coverage);
    if (!one_in(3)) j.blurred = image(h, w, 1, 0);
    j.mosaic = image(h, w, c, 0);
    j.coverage_out = image(h, w, 1, 0);
    if (one_in(9)) j.blurred.data = j.coverage_out.data, j.blurred = j.coverage_out;
  }
  ztp_tile *all = pool_take(step * (size_t)n, 8);
  for (int64_t i = 0; i < n; i++) {
    ztp_tile t = {0};
    const int64_t th = 1 + below(10), tw = 1 + below(10);
    if (of_planes) {
      t.planes = planes(layers, th, tw, reads_tiles);
      if (one_in(3)) t.weight_planes = planes(one_in(2) ? 1 : layers, th, tw, reads_tiles);
    } else {
      t.image = image(th, tw, one_in(3) ? 4 : c, reads_tiles);
      if (one_in(3)) t.mask = image(th, tw, 1, reads_tiles);
      if (one_in(3)) t.weight = image(th, tw, 1, reads_tiles);
    }
    t.weight_scale = one_in(3) ? 1.5 : 0;
    if (spoil(60)) t.weight_scale = odd_real();
    t.map = map_to(h, w, reads_tiles);
    if (one_in(8)) t.weight_map = map_to(h, w, reads_tiles);
    if (spoil(60)) t.image_file.path = "/nowhere/at all.fits", t.image_file.hdu = (int32_t)odd_number();
    memcpy((uint8_t *)all + (size_t)i * step, &t, step);
  }
  j.tiles = spoil(60) ? NULL : all;
  if (spoil(60)) j.tile_count = one_in(2) ? odd_number() : below(n);
  if (j.tile_count > n && j.tile_count <= 1 << 20) j.tile_count = n;
  const __int128 count = j.tile_count, channels = of_planes ? 1 : j.mosaic.channels;
  if (!of_planes) j.gains = numbers(count, 8, 0);
  j.offsets = numbers(count * (channels < 1 ? 1 : channels), 8, offsets_matter && j.offsets_known && size == sizeof j);
  j.groups = numbers(count, 4, 0);
  j.shown = one_in(4) ? numbers(count, 1, 0) : NULL;
  j.pair_room = below(12);
  j.pairs = one_in(2) ? numbers(j.pair_room, sizeof(ztp_pair), 0) : NULL;
  j.pair_count = one_in(2) || j.pairs ? numbers(1, 8, 0) : NULL;
  j.chunk_count = one_in(2) ? (h + (j.rows_per_chunk > 0 ? j.rows_per_chunk : 1) - 1) / (j.rows_per_chunk > 0 ? j.rows_per_chunk : 1) : 1 + below(9);
  j.chunks_done = one_in(6) ? numbers(j.chunk_count, 1, 0) : NULL;
  j.pairs_wanted_count = below(5);
  int64_t *wanted = one_in(5) ? numbers((__int128)j.pairs_wanted_count * 2, 8, 0) : NULL;
  for (int64_t k = 0; wanted != NULL && k < 2 * j.pairs_wanted_count; k++)
    wanted[k] = spoil(9) ? odd_number() : k % 2 ? 1 + below(n) : below(n);
  j.pairs_wanted = wanted;
  if (spoil(60)) j.pair_room = -below(1LL << 62), j.pairs_wanted_count = odd_number() | 1LL << 50, j.chunk_count = -1;
  flag = one_in(30);
  j.cancel = one_in(3) ? &flag : NULL;
  j.struct_size = (uint32_t)size, j.tile_size = (uint32_t)step;
  if (spoil(60)) j.struct_size = (uint32_t)odd_number();
  if (spoil(60)) j.tile_size = (uint32_t)odd_number();
  for (int i = 0; i < 4; i++) { // sizes that other headers have would be taken at their word
    if (j.struct_size == jobs[i]) j.struct_size = (uint32_t)size;
    if (j.tile_size == sizes[i]) j.tile_size = (uint32_t)step;
  }
  job = at_guard(&j, size);
  twice = !j.chunks_done && !j.shown;
}

static void call_job(void) {
  const int of_planes = one_in(6);
  const int64_t which = of_planes ? 4 : below(6);
  a_job(of_planes, which);
  ztp_error error = {-1, "?"};
  const ztp_job *given = spoil(300) ? NULL : job;
  if (one_in(4)) {
    ztp_plan_info info = {.struct_size = sizeof info};
    if (spoil(20)) info.struct_size = (uint32_t)odd_number();
    judge("ztp_plan", plan(given, &info, &error), &error);
    return;
  }
  judge(names[which], functions[which](given, &error), &error);
  if (error.status != ZTP_OK || !one_in(8) || given == NULL || !twice) return;
  pool_keep_outputs();
  job->workers = 1 + job->workers % 3; // other workers, the same bits
  if (functions[which](job, &error) != ZTP_OK || !pool_same()) fail("not the same again", &error);
  state->again++;
}

static void call_reproject(void) {
  ztp_reprojection r = {.struct_size = sizeof r, .order = (int32_t)below(2), .workers = threads()};
  const int64_t n = 1 + below(3), h = 1 + below(12), w = 1 + below(14);
  r.image = planes(n, 1 + below(9), 1 + below(9), 1);
  r.out = planes(n, h, w, 0);
  if (one_in(2)) r.footprint = planes(n, h, w, 0);
  r.map = map_to(h, w, 1);
  r.rows_per_chunk = below(5);
  r.device = one_in(4) ? (int32_t)below(4) : ZTP_DEVICE_CPU;
  vary(&r.rows_per_chunk), vary(&r.gpu_max_chunk_bytes), vary32(&r.workers), vary32(&r.order), vary32(&r.device);
  if (spoil(40)) r.struct_size = (uint32_t)odd_number();
  ztp_error error = {-1, "?"};
  judge("ztp_reproject", reproject(at_guard(&r, sizeof r), &error), &error);
}

static void call_offsets(void) {
  int64_t n = 1 + below(9), count = below(12);
  int32_t channels = (int32_t)(1 + below(4));
  ztp_pair *pairs = pool_take((size_t)count * sizeof *pairs, 8);
  for (int64_t k = 0; k < count; k++) {
    pairs[k].i = spoil(20) ? odd_number() : below(n), pairs[k].j = spoil(20) ? odd_number() : k % 9 + 1;
    for (int c = 0; c < 4; c++) pairs[k].step[c] = one_in(9) ? odd_real() : (double)below(100);
  }
  if (spoil(30)) n = n > 1 ? below(n) : odd_number() - (1LL << 62);
  if (spoil(30)) count = count > 1 ? below(count) : -5;
  if (spoil(30)) channels = (int32_t)odd_number();
  if (channels > 4) channels = 1 << 20;
  double *offsets = numbers((__int128)n * (channels > 4 ? 0 : channels), 8, 0);
  int32_t *groups = numbers(n, 4, 0);
  ztp_error error = {-1, "?"};
  judge("ztp_offsets_from_pairs", offsets_from_pairs(pairs, count, n, channels, offsets, groups, NULL, &error), &error);
}

static void one(uint64_t seed) {
  dice = seed, taken = 0;
  wild = !one_in(3);
  switch (below(12)) {
    case 0: call_offsets(); break;
    case 1: case 2: call_reproject(); break;
    default: call_job();
  }
}

static void child(const char *library, uint64_t seed, uint64_t count, double seconds) {
  load(library);
  pool_make();
  const time_t end = time(NULL) + (time_t)seconds;
  for (uint64_t i = 0; i < count && time(NULL) < end; i++) {
    state->seed = seed + i;
    alarm(60);
    one(seed + i);
    if (++state->done == EARLY) state->early = held_now();
  }
  state->late = held_now();
  exit(0);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "fuzz LIBRARY SEED COUNT SECONDS\n");
    return 2;
  }
  state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t pid = fork(); // before the library is loaded
  if (pid == 0) child(argv[1], strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0), atof(argv[4]));
  int how = 0;
  waitpid(pid, &how, 0);
  printf("%llu jobs, %llu right, %llu again;", (unsigned long long)state->done, (unsigned long long)state->ok,
         (unsigned long long)state->again);
  for (int i = 0; i < 1000; i++)
    if (state->status[i]) printf(" %d: %llu", i, (unsigned long long)state->status[i]);
  printf("\n");
  const held *a = &state->early, *z = &state->late;
  printf("held: %ld kB, %ld threads, %ld files; at the end %ld kB, %ld threads, %ld files\n", a->kilobytes, a->threads,
         a->files, z->kilobytes, z->threads, z->files);
  if (how == 0) return 0;
  printf("the job of seed %llu ended the child: %s %d\n", (unsigned long long)state->seed,
         WIFSIGNALED(how) ? "signal" : "exit", WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
  return 1;
}
