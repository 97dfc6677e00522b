/* zetwopass: the second pass of mosaic assembly.
 *
 * From a first-pass coverage map and the tiles of a mosaic it computes
 *
 *   gains     coverage [H,W] blurred, one gain per tile from the median of
 *             blurred / coverage over the tile's pixels
 *   offsets   one background constant, or plane, per tile and channel, from the
 *             exact medians of the differences of overlapping tiles
 *   coadd     mosaic [H,W,C] = weighted mean of (tile * gain - offset), each
 *             tile reprojected bilinearly, and its coverage [H,W] = sum of weights
 *
 * Conventions
 *
 * - Images are float32 in native byte order (planes float32 or float64), addressed
 *   by byte strides, so that views need no copy. Pixel (0,0) is the centre of the
 *   first pixel; x runs along the width, y along the height.
 * - Tiles may be in FITS files (ztp_file) and outputs go to files (ztp_target), with
 *   the same bits; what is in memory of them at a time keeps to max_chunk_bytes.
 * - The caller owns every array. Inputs are only read. Outputs are written in
 *   place, serve as scratch before that, and may not meet the addresses of an input,
 *   of each other or, by their strides, of themselves, but for `blurred`, which may
 *   begin where `coverage_out` does and share its memory. After a failure their
 *   contents are undefined.
 * - Set struct_size (and tile_size) to sizeof of the struct compiled against and
 *   zero what is not used: 0 or NULL is the default wherever one is given.
 *   Structs that carry a size grow at their end only; the others never change.
 * - Functions return ZTP_OK or a status, with a message in *error (may be NULL)
 *   that names the argument, what came and what was wanted. Nothing is printed.
 * - Any number of threads may call at once. Results are the same bits for any
 *   number of workers and any chunk size. A GPU gives the same bits too, but for
 *   the blur, which keeps to the same bounds.
 * - A process forked from one that has called the library may not call it.
 *
 * Limits. Loading starts nothing. The first call of a function that may fail starts
 * Go's runtime, which takes some 1.3 GB of addresses, hardly any memory, and eight
 * threads more than processors. What a limit of the process does not allow, then or
 * for the scratch of a later call, is ZTP_LIMIT before anything is computed: address
 * space, data (ulimit -v, -d), threads (ulimit -u, pids.max), a control group's
 * memory. Another call may try again. With few threads it runs on fewer processors.
 *
 * Signals (Linux). Go computes on small stacks, where a handler without SA_ONSTACK
 * would overwrite the heap. So the library's threads block all signals, and a call
 * blocks them on its thread, lets in those that wait some 50 times a second and
 * during on_stats, and leaves the mask as it was. Go keeps unblocked SIGCHLD, SIGPROF,
 * SIGURG, SIGSTKFLT, 32 to 34 and the faults (SIGSEGV and the like): to their handlers
 * a call adds SA_ONSTACK, at its begin and when it lets signals in, and they run on
 * 256 kB. A handler that is installed without it meanwhile is safe from then on. A
 * program that blocks SIGCHLD or SIGPROF everywhere to wait for it (sigwait, signalfd)
 * may miss one to a thread of Go's: that has no cure.
 */
#ifndef ZETWOPASS_H
#define ZETWOPASS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZTP_ABI_VERSION 1
#define ZTP_VERSION "0.2.0" /* of this header */

/* Status codes are permanent; a family shares its hundreds. */
typedef int32_t ztp_status;
enum {
  ZTP_OK = 0,
  ZTP_BAD_ARGUMENT = 100, /* a value out of range, a NULL that is needed     */
  ZTP_BAD_SHAPE = 101,    /* shapes that do not fit together                 */
  ZTP_BAD_STRIDE = 102,   /* negative, misaligned or absurd strides          */
  ZTP_OVERLAP = 103,      /* an output shares memory or a file with another  */
  ZTP_BAD_STRUCT = 104,   /* struct_size or tile_size of no known version    */
  ZTP_BUDGET = 200,       /* max_chunk_bytes, or the machine's memory, is too
                             small for one chunk                             */
  ZTP_LIMIT = 201,        /* a limit of the process: memory, threads          */
  ZTP_CANCELLED = 300,    /* *cancel became non-zero                         */
  ZTP_DEVICE = 400,       /* no usable GPU, or it failed: in device_error only */
  ZTP_FILE = 500,         /* a file can't be read, or holds no such image    */
  ZTP_WRITE = 501,        /* an output can't be written: no room, I/O        */
  ZTP_MISSING = 502,      /* a file to read is not there                     */
  ZTP_INTERNAL = 900      /* a defect of the library; the message says where */
};

enum { ZTP_MESSAGE_SIZE = 508 };
typedef struct ztp_error {
  ztp_status status;
  char message[ZTP_MESSAGE_SIZE]; /* UTF-8, always NUL-terminated */
} ztp_error;

/* An image [height, width, channels]; its size is fixed for ever. */
typedef struct ztp_image {
  float *data;                      /* 4-byte aligned; NULL = absent          */
  int64_t height, width, channels;  /* pixels, pixels, samples a pixel: >= 1  */
  int64_t stride_y, stride_x, stride_c; /* bytes, >= 0, multiples of 4        */
} ztp_image;

/* Where an output pixel (x,y) lies in a tile: (u,v) in tile pixels. Its size is
 * fixed for ever. Outside the box the tile shows nothing. A position that is
 * NaN, or lies more than half a pixel outside the tile, shows nothing either.
 * Positions are taken to be known to 1e-9 pixels (PLANE) or 1e-5 (GRID,
 * POSITIONS): one that lies within that of a line of pixel centres lies on it,
 * and the pixels on its other side have no say, NaN or not. So a tile on the
 * output's own grid comes through whole. */
enum {
  ZTP_MAP_PLANE = 0,    /* (X,Y,W) = plane * (x,y,1); u = X/W, v = Y/W; W > 0   */
  ZTP_MAP_GRID = 1,     /* u,v at nodes, 4-point cubic Lagrange in x and in y   */
  ZTP_MAP_POSITIONS = 2 /* u,v of every pixel of the box                        */
};
typedef struct ztp_map {
  int64_t x0, y0, x1, y1; /* half-open box of output pixels; empty = no tile     */
  int32_t kind;           /* ZTP_MAP_...                                         */
  int32_t reserved;       /* 0                                                   */
  double plane[9];        /* row by row                                          */
  const double *nodes;    /* GRID: [ny][nx][2]; POSITIONS: [y1-y0][x1-x0][2]     */
  int64_t nx, ny;         /* GRID: nodes, at least 4 in each direction           */
  double origin_x, origin_y, step_x, step_y; /* GRID: output pixels; node (i,j)
                             lies at x = origin_x + i step_x, y likewise         */
} ztp_map;

/* Images that lie alike, [planes, height, width]; its size is fixed for ever. */
enum { ZTP_FLOAT32 = 0, ZTP_FLOAT64 = 1 };
typedef struct ztp_planes {
  void *data;                     /* aligned to its samples; NULL = absent       */
  int32_t type;                   /* ZTP_FLOAT32, ZTP_FLOAT64                    */
  int32_t reserved;               /* 0                                           */
  int64_t planes, height, width;  /* >= 1                                        */
  int64_t stride_n, stride_y, stride_x; /* bytes, >= 0, multiples of a sample    */
} ztp_planes;

/* An image in a FITS file. Its size is fixed for ever. Any BITPIX, BSCALE, BZERO and
 * BLANK, [h,w], [c,h,w] or [h,w,c] in NumPy's order of axes, also gzipped as a whole;
 * no tiled compression. A file that changes during the call is ZTP_FILE. */
typedef struct ztp_file {
  const char *path;     /* UTF-8; NULL = none                                    */
  const char *hdu_name; /* its EXTNAME, in upper or lower case; NULL = by number */
  int32_t hdu;          /* its number, from 0                                    */
  int32_t reserved;     /* 0                                                     */
} ztp_file;

/* Where a file takes an output: planes [C,H,W] of big-endian float32, FITS's. The file
 * exists, is long enough and no tile's; none of its other bytes is touched. Its size is
 * fixed for ever. */
typedef struct ztp_target {
  const char *path; /* UTF-8; NULL = none                                        */
  int64_t offset;   /* of the first sample, bytes                                */
} ztp_target;

/* Two tiles with common pixels. Its size is fixed for ever. */
typedef struct ztp_pair {
  int64_t i, j;   /* tiles, i < j; pairs come by i, then j                       */
  int64_t pixels; /* that both show, in the channel with most                    */
  double step[4]; /* a channel's median of tile i less tile j, times their gains;
                     NaN = none                                                  */
} ztp_pair;

typedef struct ztp_tile {
  ztp_image image;  /* [h,w,c]                                                   */
  ztp_image mask;   /* [h,w,1] coverage of the tile, for its gain; absent = ones.
                       NaN and infinities count as 0                             */
  ztp_image weight; /* [h,w,1] for the coadd; absent = ones; NaN counts as 0     */
  double weight_scale; /* factor of the weights; 0 = 1                           */
  ztp_map map;
  ztp_map weight_map;  /* of the weight, which then has a shape of its own and is
                          0 beyond its box; empty box = it lies on the image. A
                          header that ends before this field has none            */
  ztp_planes planes, weight_planes; /* [N,h,w] and [1 or N,h,w], of either type, in the
                          place of image and weight in a job of planes           */
  ztp_file image_file, mask_file, weight_file; /* in the place of data, with sizes as
                          the file has, or 0; not in a job of planes. A header that
                          ends before these fields has none                      */
} ztp_tile;

enum { ZTP_PROFILE_V45 = 0, ZTP_PROFILE_V42 = 1 }; /* generations of the maths */
/* What a pixel is of the tiles there. From FIRST on for planes alone, and of tiles with
 * a weight > 0: the first, the last, the first of those with the least (largest) value,
 * unless that is infinite, with its weight as coverage; the median of the values, with
 * the sum of all weights. */
enum {
  ZTP_COMBINE_MEAN = 0, ZTP_COMBINE_SUM = 1, ZTP_COMBINE_FIRST = 2, ZTP_COMBINE_LAST = 3,
  ZTP_COMBINE_MIN = 4, ZTP_COMBINE_MAX = 5, ZTP_COMBINE_MEDIAN = 6
};
/* What is subtracted: an offset, or offset + slopes (x,y) in output pixels as far as overlaps
 * prove slopes. Planes are for the CPU, and for whole mosaics. */
enum { ZTP_BACKGROUND_CONSTANT = 0, ZTP_BACKGROUND_PLANE = 1 };
enum {
  ZTP_DEVICE_AUTO = 0,  /* GPU and CPU where that pays, else the CPU              */
  ZTP_DEVICE_CPU = 1,
  ZTP_DEVICE_GPU = 2,   /* the GPU, and the CPU for what its memory can't hold    */
  ZTP_DEVICE_HYBRID = 3 /* both, each as much as it can                           */
};
enum {
  ZTP_STAGE_START = 0, ZTP_STAGE_BLUR = 1, ZTP_STAGE_GAINS = 2, ZTP_STAGE_GAINS_DONE = 3,
  ZTP_STAGE_BACKGROUND = 4, ZTP_STAGE_REPROJECT = 5, ZTP_STAGE_DONE = 6
};

/* A snapshot of a running call. */
typedef struct ztp_stats {
  uint32_t struct_size;
  int32_t stage;                    /* ZTP_STAGE_...                          */
  int64_t tiles_done, tiles_total;  /* of this stage                          */
  int64_t chunk_index, chunk_total; /* of this stage                          */
  int64_t rows_per_chunk;           /* output rows                            */
  int64_t scratch_bytes;            /* held now                               */
  int32_t workers;                  /* goroutines                             */
  int32_t reserved;
  double fraction;                  /* of the whole call, 0 to 1, never falls */
  double elapsed_seconds;
  double eta_seconds;               /* negative = not known yet               */
  int32_t gpu_ran;                  /* 1 = a kernel has really run            */
  int32_t reserved2;
  int64_t gpu_rows_per_chunk;       /* output rows                            */
  int64_t cpu_rows, gpu_rows;       /* of the mosaic, added up by each        */
  int64_t gpu_bytes;                /* of the GPU's memory, held now          */
  double gpu_seconds;               /* that the GPU's kernels ran             */
} ztp_stats;
typedef void (*ztp_stats_fn)(const ztp_stats *stats, void *user);

typedef struct ztp_job {
  uint32_t struct_size; /* sizeof(ztp_job)                                       */
  uint32_t tile_size;   /* sizeof(ztp_tile): the step from one tile to the next  */
  int32_t profile;      /* ZTP_PROFILE_...                                       */
  int32_t sigma;        /* blur, output pixels, 0 = no blur; at most 1000        */
  double gain_min, gain_max; /* clip of the gains, gain_min <= gain_max;
                           -INFINITY and INFINITY are no bounds                  */
  double threshold;     /* V45: lowest blurred coverage of a valid pixel; 0 = 2,
                           negative = none, INFINITY = no pixel. V42 has none    */
  const ztp_tile *tiles;
  int64_t tile_count;
  ztp_image coverage;     /* in  [Hc,Wc,1]: coverage of the first pass           */
  ztp_image blurred;      /* out [Hc,Wc,1]: the blurred coverage. ztp_second_pass
                             takes coverage_out's memory where it is absent and
                             the shapes are equal                                */
  ztp_image mosaic;       /* out [H,W,C], C from 1 to 4; of a match its shape alone */
  ztp_image coverage_out; /* out [H,W,1]: sum of the weights of channel 0        */
  double *gains;          /* [tile_count], out of the gains, into the coadd
                             (there NULL = ones)                                 */
  double *offsets;        /* out [tile_count][C], subtracted backgrounds; or NULL */
  int32_t *groups;        /* out [tile_count], or NULL: tiles with the same number
                             are tied by overlaps in channel 0; -1 = shows nothing.
                             Between groups the background level is not matched  */
  int32_t combine;         /* ZTP_COMBINE_...                                    */
  int32_t keep_background; /* 1 = ztp_reproject_coadd matches no backgrounds     */
  int32_t binary_weights;  /* 1 = a weight is 1 where the map is > 0, else 0     */
  int32_t blank_nan;       /* 1 = NaN where no tile is; 0 = the profile's:
                              V45 NaN, V42 0                                     */
  int32_t workers;         /* goroutines, at most 1024; 0 = one a core           */
  int32_t signed_weights;  /* planes: 1 = weights below 0 count in sums and means
                              as they are, and in coverage; 0 = they are 0       */
  int64_t rows_per_chunk;  /* output rows; 0 = from max_chunk_bytes, or chosen   */
  int64_t max_chunk_bytes; /* bound of the scratch, bytes; 0 = chosen            */
  ztp_stats_fn on_stats;   /* called on the calling thread, about ten times a
                              second and at every new stage; or NULL             */
  void *user;              /* handed to on_stats                                 */
  const int32_t *cancel;   /* polled; set it non-zero from any thread; or NULL   */
  int32_t device;          /* ZTP_DEVICE_...: who computes. A header that ends
                              before this field has ZTP_DEVICE_AUTO              */
  int32_t reserved2;
  int64_t gpu_rows_per_chunk;  /* output rows on the GPU at a time, in whole chunks
                                  of rows_per_chunk; 0 = chosen                  */
  int64_t gpu_max_chunk_bytes; /* bound of the GPU's memory; 0 = free less a margin */
  ztp_error *device_error; /* out, or NULL: why the GPU asked for was not used, or
                              failed midway and the CPU did it all; else ZTP_OK  */
  ztp_planes mosaic_planes, coverage_planes; /* out [N,H,W] in the place of mosaic and
                              coverage_out: a job of planes, for ztp_reproject_coadd,
                              of profile V42, gains NULL. Each plane has a coverage of
                              its own; one constant per tile levels all of them. The
                              GPU takes one float32 plane, by mean or sum. A header
                              that ends before these, or those below, has none   */
  ztp_target mosaic_file, coverage_file; /* in the place of data of mosaic and coverage_out */
  uint8_t *chunks_done;    /* [chunk_count], or NULL, of ztp_reproject_coadd alone:
                              chunks that are not 0 are left out; the others become
                              1 when they are written, whatever comes of the call */
  int64_t chunk_count;     /* the plan's chunk_total                             */
  uint8_t *shown;          /* in and out [tile_count], or NULL, likewise: 1 = gives
                              channel 0 a pixel, in this call or before          */
  int32_t offsets_known;   /* 1 = ztp_reproject_coadd takes offsets, and groups if any,
                              as ztp_match_backgrounds has written them          */
  int32_t blurred_known;   /* 1 = ztp_tile_gains takes blurred, as ztp_blur_coverage has
                              written it                                         */
  ztp_pair *pairs;         /* out [pair_room], or NULL                           */
  int64_t pair_room;       /* the plan's pair_count is enough                    */
  int64_t *pair_count;     /* out: how many there are; NULL only with pairs      */
  int64_t row0, col0;      /* The job is one of a window of a canvas that begins at this
                              pixel: all images of it, in and out, have the window's
                              shape, the tiles' maps are those of the canvas, and what is
                              written has the bits that a job of the canvas gives there.
                              For the CPU alone                                  */
  const int64_t *pairs_wanted; /* [pairs_wanted_count][2]: tiles i < j, by i, then j, the
                              only pairs that are matched; NULL = all            */
  int64_t pairs_wanted_count;
  int32_t background;      /* ZTP_BACKGROUND_...: what is subtracted; 0              */
  int32_t feather;         /* pixels of a tile over which its weight in a mean or sum falls
                              to 0, towards its border, NaN and weights of 0; at most 65536,
                              0 = none, as of an older header. No weight_map; CPU alone */
  double *slopes;          /* of planes, in or out [tile_count][C][2] as offsets; or NULL */
  double *damping;         /* out [tile_count][C][3], or NULL: of the slopes, INFINITY
                              where a plane is a constant; rms errors of constants, and of
                              the planes, in overlaps that were left out, NaN where no loop
                              of overlaps lets one be told                       */
} ztp_job;

enum { ZTP_ORDER_BILINEAR = 0, ZTP_ORDER_NEAREST = 1 };
typedef struct ztp_reprojection {
  uint32_t struct_size;  /* sizeof(ztp_reprojection)                             */
  int32_t order;         /* ZTP_ORDER_...                                        */
  ztp_planes image;      /* in  [N,h,w]                                          */
  ztp_map map;           /* where output pixels lie in all its planes            */
  ztp_planes out;        /* out [N,H,W], NaN where the image shows nothing       */
  ztp_planes footprint;  /* out [N,H,W], 1 where out is not NaN, else 0; or absent */
  int32_t zeroed;        /* 1 = the footprint is 0 everywhere already            */
  int32_t workers;       /* goroutines, at most 1024; 0 = one a core             */
  int64_t rows_per_chunk; /* output rows; 0 = chosen                             */
  ztp_stats_fn on_stats; /* this and all below: as in ztp_job                    */
  void *user;
  const int32_t *cancel;
  int32_t device, reserved;
  int64_t gpu_max_chunk_bytes;
  ztp_error *device_error;
} ztp_reprojection;

typedef struct ztp_plan_info {
  uint32_t struct_size;
  int32_t workers;         /* goroutines that the budget admits                  */
  int64_t rows_per_chunk;  /* output rows                                        */
  int64_t chunk_total;     /* chunks of the mosaic: of rows, and of columns within */
  int64_t chunk_bytes;     /* scratch of one worker on one chunk, at most        */
  int64_t bytes;           /* scratch of the whole call, at most                 */
  int64_t gpu_rows_per_chunk; /* output rows on a GPU at a time                  */
  int64_t columns_per_chunk; /* output columns                                   */
  int64_t read_bytes;      /* of tiles' files, by the whole call                 */
  int64_t pair_count;      /* pairs of tiles to match, at most                   */
} ztp_plan_info;

enum { ZTP_NAME_SIZE = 256, ZTP_SIMD_SIZE = 16 };
typedef struct ztp_device {
  uint32_t struct_size;
  int32_t usable;                       /* 0 = no GPU: reason says why, all but simd
                                           is 0                                  */
  int64_t total_bytes, free_bytes;      /* of its memory; free is 0 until this
                                           process has used the GPU              */
  int32_t compute_major, compute_minor; /* compute capability                    */
  int32_t cuda_driver;                  /* the CUDA that its driver has, as
                                           1000 major + 10 minor                 */
  char name[ZTP_NAME_SIZE];             /* UTF-8, always NUL-terminated          */
  char reason[ZTP_MESSAGE_SIZE];        /* likewise                              */
  char simd[ZTP_SIMD_SIZE];             /* vector instructions that the CPU's loops
                                           use, GPU or not: "AVX2", "none"       */
} ztp_device;

/* ztp_blur_coverage writes the blurred coverage: job->blurred from job->coverage
 * and job->sigma. V45: normalised by the blurred mask of covered pixels, 0 where
 * that is 0. V42: the plain Gaussian. */
ztp_status ztp_blur_coverage(const ztp_job *job, ztp_error *error);

/* ztp_tile_gains writes job->blurred and one gain per tile to job->gains. It
 * needs tiles, coverage, blurred, gains and the clip. A tile that shows too few
 * valid pixels has gain 1. */
ztp_status ztp_tile_gains(const ztp_job *job, ztp_error *error);

/* ztp_first_coverage writes coverage_out, or coverage_file: the number of tiles on each
 * pixel, from tiles and their masks. It needs nothing else. */
ztp_status ztp_first_coverage(const ztp_job *job, ztp_error *error);

/* ztp_match_backgrounds writes offsets, groups and pairs, where given, from the tiles
 * and job->gains, as ztp_reproject_coadd finds them. */
ztp_status ztp_match_backgrounds(const ztp_job *job, ztp_error *error);

/* ztp_reproject_coadd writes mosaic and coverage_out, or the planes that are in their
 * place, and offsets, groups and pairs where given, from the tiles and job->gains. */
ztp_status ztp_reproject_coadd(const ztp_job *job, ztp_error *error);

/* ztp_second_pass is ztp_tile_gains followed by ztp_reproject_coadd. */
ztp_status ztp_second_pass(const ztp_job *job, ztp_error *error);

/* ztp_offsets_from_pairs writes offsets [tile_count][channels], and groups [tile_count], from
 * pairs, as ztp_match_backgrounds would that has found them. They may come from several calls
 * with pairs_wanted, in any order. cancel is as in ztp_job. */
ztp_status ztp_offsets_from_pairs(const ztp_pair *pairs, int64_t pair_count, int64_t tile_count,
                                  int32_t channels, double *offsets, int32_t *groups,
                                  const int32_t *cancel, ztp_error *error);

/* ztp_reproject writes out, and footprint where given, from the image, in the
 * types that they have: positions and products are float64. Bilinear by the rules
 * of the coadd, or the pixel whose centre is nearest. */
ztp_status ztp_reproject(const ztp_reprojection *job, ztp_error *error);

/* ztp_plan checks the job as ztp_second_pass would, and computes nothing, till *cancel; whether the
 * process may have the scratch, and whether the files of outputs are there, is not asked.
 * On success *plan tells the chunks and the scratch; set its struct_size before. Coverage
 * and images that the planned call would write may be absent in data, not in shape: they
 * count as dense ones, whose memory a match takes before scratch of its own. */
ztp_status ztp_plan(const ztp_job *job, ztp_plan_info *plan, ztp_error *error);

/* ztp_device_info describes who would do a job; set struct_size before.
 * That there is no GPU is no failure: ZTP_OK, and *device says why. */
ztp_status ztp_device_info(ztp_device *device, ztp_error *error);

/* ztp_abi_version returns ZTP_ABI_VERSION of the library. */
uint32_t ztp_abi_version(void);

/* ztp_version returns the ZTP_VERSION of the library. */
const char *ztp_version(void);

/* ztp_status_name returns the name of a status, such as "ZTP_OVERLAP", or
 * "unknown status". */
const char *ztp_status_name(ztp_status status);

#ifdef __cplusplus
}
#endif

#endif
