package main

/*
#include "zetwopass.h"

static const char *ztp_version_text(void) { return "0.1.0"; }

static const char *ztp_name_of(ztp_status status) {
  switch (status) {
    case ZTP_OK: return "ZTP_OK";
    case ZTP_BAD_ARGUMENT: return "ZTP_BAD_ARGUMENT";
    case ZTP_BAD_SHAPE: return "ZTP_BAD_SHAPE";
    case ZTP_BAD_STRIDE: return "ZTP_BAD_STRIDE";
    case ZTP_OVERLAP: return "ZTP_OVERLAP";
    case ZTP_BAD_STRUCT: return "ZTP_BAD_STRUCT";
    case ZTP_BUDGET: return "ZTP_BUDGET";
    case ZTP_CANCELLED: return "ZTP_CANCELLED";
    case ZTP_DEVICE: return "ZTP_DEVICE";
    case ZTP_INTERNAL: return "ZTP_INTERNAL";
    default: return "unknown status";
  }
}

// The callback crosses to C once, here.
static void ztp_call_stats(ztp_stats_fn f, const ztp_stats *stats, void *user) { f(stats, user); }
*/
import "C"

import (
	"errors"
	"unicode/utf8"
	"unsafe"

	"zetwopass/core"
)

func version() *C.char { return C.ztp_version_text() }

func statusName(status C.ztp_status) *C.char { return C.ztp_name_of(status) }

// errStruct is the one failure that core knows nothing of.
var errStruct = errors.New("bad struct")

var statuses = []struct {
	err    error
	status C.ztp_status
}{
	{core.ErrArgument, C.ZTP_BAD_ARGUMENT},
	{core.ErrShape, C.ZTP_BAD_SHAPE},
	{core.ErrStride, C.ZTP_BAD_STRIDE},
	{core.ErrOverlap, C.ZTP_OVERLAP},
	{errStruct, C.ZTP_BAD_STRUCT},
	{core.ErrBudget, C.ZTP_BUDGET},
	{core.ErrCancelled, C.ZTP_CANCELLED},
	{core.ErrDevice, C.ZTP_DEVICE},
	{core.ErrDeviceMemory, C.ZTP_DEVICE},
}

// report writes err to *e, where there is one, and returns its status.
func report(e *C.ztp_error, err error) C.ztp_status {
	status, text := C.ztp_status(C.ZTP_OK), ""
	if err != nil {
		status, text = C.ZTP_INTERNAL, err.Error()
		for _, s := range statuses {
			if errors.Is(err, s.err) {
				status = s.status
			}
		}
	}
	if e != nil {
		e.status = status
		putText(e.message[:], text)
	}
	return status
}

// putText writes as many whole characters of the text as there is room for, and a 0.
func putText(to []C.char, text string) {
	buf := unsafe.Slice((*byte)(unsafe.Pointer(&to[0])), len(to))
	n := min(len(text), len(buf)-1)
	for n < len(text) && n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	copy(buf, text[:n])
	buf[n] = 0
}

// statsCaller returns the function that hands core's snapshots to the job's
// callback; nil where there is none.
func statsCaller(job *C.ztp_job) func(core.Stats) {
	if job.on_stats == nil {
		return nil
	}
	call, user := job.on_stats, job.user
	return func(s core.Stats) {
		stats := C.ztp_stats{
			struct_size:     C.sizeof_ztp_stats,
			stage:           C.int32_t(s.Stage),
			tiles_done:      C.int64_t(s.TilesDone),
			tiles_total:     C.int64_t(s.TilesTotal),
			chunk_index:     C.int64_t(s.ChunkIndex),
			chunk_total:     C.int64_t(s.ChunkTotal),
			rows_per_chunk:  C.int64_t(s.RowsPerChunk),
			scratch_bytes:   C.int64_t(s.ScratchBytes),
			workers:         C.int32_t(s.Workers),
			fraction:        C.double(s.Fraction),
			elapsed_seconds: C.double(s.Elapsed.Seconds()),
			eta_seconds:     C.double(s.ETA.Seconds()),

			gpu_rows_per_chunk: C.int64_t(s.DeviceRowsPerChunk),
			cpu_rows:           C.int64_t(s.RowsHere),
			gpu_rows:           C.int64_t(s.RowsThere),
			gpu_bytes:          C.int64_t(s.DeviceUse.Bytes),
			gpu_seconds:        C.double(s.DeviceUse.Busy.Seconds()),
		}
		if s.DeviceRan {
			stats.gpu_ran = 1
		}
		C.ztp_call_stats(call, &stats, user)
	}
}
