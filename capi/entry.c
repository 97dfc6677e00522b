// The functions of include/zetwopass.h, which cross to Go and back.
#include "_cgo_export.h"
#include "guard.h"

#include <stdio.h>

// refused reports the limit that keeps Go from starting.
static ztp_status refused(const guard_call *call, ztp_error *error) {
  if (error != NULL) {
    error->status = ZTP_LIMIT;
    snprintf(error->message, sizeof error->message, "limit of the process: %s", call->why);
  }
  return ZTP_LIMIT;
}

typedef ztp_status (*go_stages)(ztp_job_in *, guard_call *, ztp_error *);

static ztp_status run(go_stages stages, const ztp_job *job, ztp_error *error) {
  guard_call call;
  if (!guard_enter(&call)) return refused(&call, error);
  const ztp_status status = stages(job, &call, error);
  guard_leave(&call);
  return status;
}

ztp_status ztp_blur_coverage(const ztp_job *job, ztp_error *error) { return run(goBlur, job, error); }

ztp_status ztp_tile_gains(const ztp_job *job, ztp_error *error) { return run(goGains, job, error); }

ztp_status ztp_first_coverage(const ztp_job *job, ztp_error *error) { return run(goFirst, job, error); }

ztp_status ztp_match_backgrounds(const ztp_job *job, ztp_error *error) { return run(goMatch, job, error); }

ztp_status ztp_reproject_coadd(const ztp_job *job, ztp_error *error) { return run(goCoadd, job, error); }

ztp_status ztp_second_pass(const ztp_job *job, ztp_error *error) { return run(goAll, job, error); }

ztp_status ztp_offsets_from_pairs(const ztp_pair *pairs, int64_t pair_count, int64_t tile_count,
                                  int32_t channels, double *offsets, int32_t *groups,
                                  const int32_t *cancel, ztp_error *error) {
  guard_call call;
  if (!guard_enter(&call)) return refused(&call, error);
  const ztp_status status =
      goOffsets(pairs, pair_count, tile_count, channels, offsets, groups, cancel, &call, error);
  guard_leave(&call);
  return status;
}

ztp_status ztp_reproject(const ztp_reprojection *job, ztp_error *error) {
  guard_call call;
  if (!guard_enter(&call)) return refused(&call, error);
  const ztp_status status = goReproject(job, &call, error);
  guard_leave(&call);
  return status;
}

ztp_status ztp_plan(const ztp_job *job, ztp_plan_info *plan, ztp_error *error) {
  guard_call call;
  if (!guard_enter(&call)) return refused(&call, error);
  const ztp_status status = goPlan(job, plan, &call, error);
  guard_leave(&call);
  return status;
}

ztp_status ztp_device_info(ztp_device *device, ztp_error *error) {
  guard_call call;
  if (!guard_enter(&call)) return refused(&call, error);
  const ztp_status status = goDevice(device, error);
  guard_leave(&call);
  return status;
}

uint32_t ztp_abi_version(void) { return ZTP_ABI_VERSION; }

const char *ztp_version(void) { return ZTP_VERSION; }

const char *ztp_status_name(ztp_status status) {
  switch (status) {
    case ZTP_OK: return "ZTP_OK";
    case ZTP_BAD_ARGUMENT: return "ZTP_BAD_ARGUMENT";
    case ZTP_BAD_SHAPE: return "ZTP_BAD_SHAPE";
    case ZTP_BAD_STRIDE: return "ZTP_BAD_STRIDE";
    case ZTP_OVERLAP: return "ZTP_OVERLAP";
    case ZTP_BAD_STRUCT: return "ZTP_BAD_STRUCT";
    case ZTP_BUDGET: return "ZTP_BUDGET";
    case ZTP_LIMIT: return "ZTP_LIMIT";
    case ZTP_CANCELLED: return "ZTP_CANCELLED";
    case ZTP_DEVICE: return "ZTP_DEVICE";
    case ZTP_FILE: return "ZTP_FILE";
    case ZTP_WRITE: return "ZTP_WRITE";
    case ZTP_MISSING: return "ZTP_MISSING";
    case ZTP_INTERNAL: return "ZTP_INTERNAL";
    default: return "unknown status";
  }
}
