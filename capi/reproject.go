package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"

	"zetwopass/core"
)

// reproject fetches a reprojection and computes it.
func reproject(job *C.ztp_reprojection, call *C.guard_call) (err error) {
	defer recovered(&err)
	useThreads()
	if job == nil {
		return fmt.Errorf("%w: job is NULL", core.ErrArgument)
	}
	if err := sized("job.struct_size", job.struct_size, C.sizeof_ztp_reprojection); err != nil {
		return err
	}
	h := host{call: call, cancel: job.cancel}
	r := core.Reprojection{
		Order: core.Order(job.order), Zeroed: job.zeroed != 0,
		Workers: int(job.workers), RowsPerChunk: int(job.rows_per_chunk),
		OnStats: statsCaller(job.on_stats, job.user, call), Cancelled: h.cancelled, Room: h.room,
		Mode: core.Mode(job.device), Device: device(), DeviceBytes: int64(job.gpu_max_chunk_bytes),
		Memory: machine(),
	}
	if r.Map, err = pixelMap("map", &job._map); err != nil {
		return err
	}
	inputs := []extent{sliceExtent("map.nodes", r.Map.Nodes), extentOfOne("job", job), extentOfOne("cancel", job.cancel)}
	if job.device_error != nil {
		h.outputs = []extent{extentOfOne("device_error", job.device_error)}
	}
	of, err := planes("image", &job.image, &r.Image)
	if err != nil {
		return err
	}
	inputs = append(inputs, of)
	if err := h.written("out", &job.out, &r.Out); err != nil {
		return err
	}
	if job.footprint.data != nil {
		if err := h.written("footprint", &job.footprint, &r.Footprint); err != nil {
			return err
		}
	}
	if err := disjoint(h.outputs, inputs); err != nil {
		return err
	}
	err = core.Reproject(&r)
	report(job.device_error, r.DeviceError)
	return err
}
