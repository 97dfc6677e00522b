package main

/*
#include "guard.h"
*/
import "C"

import (
	"errors"
	"io/fs"
	"unicode/utf8"
	"unsafe"

	"zetwopass/core"
	"zetwopass/core/fitstile"
)

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
	{core.ErrLimit, C.ZTP_LIMIT},
	{core.ErrCancelled, C.ZTP_CANCELLED},
	{core.ErrDevice, C.ZTP_DEVICE},
	{core.ErrDeviceMemory, C.ZTP_DEVICE},
	{core.ErrFile, C.ZTP_FILE},
	{fitstile.ErrFile, C.ZTP_FILE},
	{core.ErrWrite, C.ZTP_WRITE},
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
		if status == C.ZTP_FILE && errors.Is(err, fs.ErrNotExist) {
			status = C.ZTP_MISSING
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

// statsCaller returns the function that hands core's snapshots to a callback; nil
// where there is none.
func statsCaller(call C.ztp_stats_fn, user unsafe.Pointer, guard *C.guard_call) func(core.Stats) {
	if call == nil {
		return nil
	}
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
		C.guard_stats(guard, call, &stats, user)
	}
}
