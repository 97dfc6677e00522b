/* zetwopass: the second pass of mosaic assembly.
 *
 * From a first-pass coverage map and the tiles of a mosaic it computes
 *
 *   gains     coverage [H,W] blurred, one gain per tile from the median of
 *             blurred / coverage over the tile's pixels
 *   offsets   one background constant per tile and channel, from the exact
 *             medians of the differences of overlapping tiles
 *   coadd     mosaic [H,W,C] = weighted mean of (tile * gain - offset), each
 *             tile reprojected bilinearly, and its coverage [H,W] = sum of weights
 *
 * Conventions
 *
 * - Images are float32 in native byte order, addressed by byte strides, so that
 *   views need no copy. Pixel (0,0) is the centre of the first pixel; x runs
 *   along the width, y along the height.
 * - The caller owns every array. Inputs are only read. Outputs are written in
 *   place and may not meet the addresses of an input or of each other, but for
 *   `blurred`, which may be the memory of `coverage_out`. After a failure their
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
 */
#ifndef ZETWOPASS_H
#define ZETWOPASS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZTP_ABI_VERSION 1

/* Status codes are permanent; a family shares its hundreds. */
typedef int32_t ztp_status;
enum {
  ZTP_OK = 0,
  ZTP_BAD_ARGUMENT = 100, /* a value out of range, a NULL that is needed     */
  ZTP_BAD_SHAPE = 101,    /* shapes that do not fit together                 */
  ZTP_BAD_STRIDE = 102,   /* negative, misaligned or absurd strides          */
  ZTP_OVERLAP = 103,      /* an output shares memory with another array      */
  ZTP_BAD_STRUCT = 104,   /* struct_size or tile_size of no known version    */
  ZTP_BUDGET = 200,       /* max_chunk_bytes is too small for one chunk      */
  ZTP_CANCELLED = 300,    /* *cancel became non-zero                         */
  ZTP_DEVICE = 400,       /* no usable GPU, or it failed: in device_error only */
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
 * NaN, or lies more than half a pixel outside the tile, shows nothing either. */
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

typedef struct ztp_tile {
  ztp_image image;  /* [h,w,c]                                                   */
  ztp_image mask;   /* [h,w,1] coverage of the tile, for its gain; absent = ones.
                       NaN and infinities count as 0                             */
  ztp_image weight; /* [h,w,1] for the coadd; absent = ones; NaN counts as 0     */
  double weight_scale; /* factor of the weights; 0 = 1                           */
  ztp_map map;
} ztp_tile;

enum { ZTP_PROFILE_V45 = 0, ZTP_PROFILE_V42 = 1 }; /* the two generations of the maths */
enum { ZTP_COMBINE_MEAN = 0, ZTP_COMBINE_SUM = 1 };
enum {
  ZTP_DEVICE_AUTO = 0,  /* GPU and CPU where that pays, else the CPU              */
  ZTP_DEVICE_CPU = 1,
  ZTP_DEVICE_GPU = 2,   /* the GPU, and the CPU for what its memory can't hold    */
  ZTP_DEVICE_HYBRID = 3 /* both, each as much as it can                           */
};
enum {
  ZTP_STAGE_START = 0,
  ZTP_STAGE_BLUR = 1,
  ZTP_STAGE_GAINS = 2,
  ZTP_STAGE_GAINS_DONE = 3,
  ZTP_STAGE_BACKGROUND = 4,
  ZTP_STAGE_REPROJECT = 5,
  ZTP_STAGE_DONE = 6
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
  double gain_min, gain_max; /* clip of the gains, gain_min <= gain_max          */
  double threshold;     /* V45: lowest blurred coverage of a valid pixel;
                           0 = 2, negative = none. V42 has none                  */
  const ztp_tile *tiles;
  int64_t tile_count;
  ztp_image coverage;     /* in  [Hc,Wc,1]: coverage of the first pass           */
  ztp_image blurred;      /* out [Hc,Wc,1]: the blurred coverage. ztp_second_pass
                             takes coverage_out's memory where it is absent and
                             the shapes are equal                                */
  ztp_image mosaic;       /* out [H,W,C], C from 1 to 4                          */
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
  int32_t reserved;
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
  int64_t gpu_max_chunk_bytes; /* bound of the GPU's memory, bytes; 0 = what is
                                  free, less a margin                            */
  ztp_error *device_error; /* out, or NULL: why the GPU was not used although
                              asked for, or failed midway, when the CPU has done
                              all of the work. ZTP_OK = nothing to say           */
} ztp_job;

typedef struct ztp_plan_info {
  uint32_t struct_size;
  int32_t workers;         /* goroutines that the budget admits                  */
  int64_t rows_per_chunk;  /* output rows                                        */
  int64_t chunk_total;     /* row chunks of the mosaic                           */
  int64_t chunk_bytes;     /* scratch of one worker on one chunk, at most        */
  int64_t bytes;           /* scratch of the whole call, at most                 */
  int64_t gpu_rows_per_chunk; /* output rows on a GPU at a time                  */
} ztp_plan_info;

enum { ZTP_NAME_SIZE = 256 };
typedef struct ztp_device {
  uint32_t struct_size;
  int32_t usable;                       /* 1 = yes; 0 = no, reason says why, and
                                           all else is 0                         */
  int64_t total_bytes, free_bytes;      /* of its memory; free is 0 until this
                                           process has used the GPU              */
  int32_t compute_major, compute_minor; /* compute capability                    */
  int32_t cuda_driver;                  /* the CUDA that its driver has, as
                                           1000 major + 10 minor                 */
  char name[ZTP_NAME_SIZE];             /* UTF-8, always NUL-terminated          */
  char reason[ZTP_MESSAGE_SIZE];        /* likewise                              */
} ztp_device;

/* ztp_blur_coverage writes the blurred coverage: job->blurred from job->coverage
 * and job->sigma. V45: normalised by the blurred mask of covered pixels, 0 where
 * that is 0. V42: the plain Gaussian. */
ztp_status ztp_blur_coverage(const ztp_job *job, ztp_error *error);

/* ztp_tile_gains writes job->blurred and one gain per tile to job->gains. It
 * needs tiles, coverage, blurred, gains and the clip. A tile that shows too few
 * valid pixels has gain 1. */
ztp_status ztp_tile_gains(const ztp_job *job, ztp_error *error);

/* ztp_reproject_coadd writes mosaic and coverage_out, and offsets and groups
 * where given, from the tiles and job->gains. */
ztp_status ztp_reproject_coadd(const ztp_job *job, ztp_error *error);

/* ztp_second_pass is ztp_tile_gains followed by ztp_reproject_coadd. */
ztp_status ztp_second_pass(const ztp_job *job, ztp_error *error);

/* ztp_plan checks the job as ztp_second_pass would, and computes nothing. On
 * success *plan tells the chunks and the scratch; set its struct_size before.
 * Images that the planned call would write may be absent in data, not in shape. */
ztp_status ztp_plan(const ztp_job *job, ztp_plan_info *plan, ztp_error *error);

/* ztp_device_info describes the GPU that a job would use; set struct_size before.
 * That there is none is no failure: ZTP_OK, and *device says why. */
ztp_status ztp_device_info(ztp_device *device, ztp_error *error);

/* ztp_abi_version returns ZTP_ABI_VERSION of the library. */
uint32_t ztp_abi_version(void);

/* ztp_version returns the version of the library, such as "0.1.0". */
const char *ztp_version(void);

/* ztp_status_name returns the name of a status, such as "ZTP_OVERLAP", or
 * "unknown status". */
const char *ztp_status_name(ztp_status status);

#ifdef __cplusplus
}
#endif

#endif
