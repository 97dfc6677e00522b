package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"zetwopass/core"
)

// recovered turns a panic of the calling goroutine into an error; those of the work
// are caught in core, each in its own goroutine. Call it deferred, directly.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", core.ErrInternal, p)
	}
}

// run fetches a job and computes the stages of it.
func run(job *C.ztp_job, stages core.Stages, call *C.guard_call) (err error) {
	defer recovered(&err)
	useThreads()
	f := fetcher{host: host{call: call}, job: job, stages: stages}
	defer f.close(&err)
	j, err := f.fetch()
	if err != nil {
		return err
	}
	err = core.Run(j, stages)
	if knowsDevice(job) {
		report(job.device_error, j.DeviceError)
	}
	return err
}

// planJob fetches a job and writes its plan.
func planJob(job *C.ztp_job, out *C.ztp_plan_info, call *C.guard_call) (err error) {
	defer recovered(&err)
	if out == nil {
		return fmt.Errorf("%w: plan is NULL", core.ErrArgument)
	}
	const first, second = unsafe.Offsetof(out.gpu_rows_per_chunk), unsafe.Offsetof(out.columns_per_chunk)
	if err := sized("plan.struct_size", out.struct_size, C.sizeof_ztp_plan_info, first, second); err != nil {
		return err
	}
	f := fetcher{host: host{call: call}, job: job, stages: core.RunAll, plan: true}
	j, err := f.fetch()
	if err != nil {
		return err
	}
	if err := j.Validate(core.RunAll); err != nil {
		return err
	}
	plan, err := core.NewPlan(j, core.RunAll)
	if err != nil {
		return err
	}
	out.workers = C.int32_t(plan.Workers)
	out.rows_per_chunk = C.int64_t(plan.RowsPerChunk)
	out.chunk_total = C.int64_t(plan.ChunkTotal)
	out.chunk_bytes = C.int64_t(plan.ChunkBytes)
	out.bytes = C.int64_t(plan.Bytes)
	if uintptr(out.struct_size) > first {
		out.gpu_rows_per_chunk = C.int64_t(plan.DeviceRows)
	}
	if uintptr(out.struct_size) > second {
		out.columns_per_chunk = C.int64_t(plan.ColumnsPerChunk)
		out.read_bytes = C.int64_t(plan.ReadBytes)
		out.pair_count = C.int64_t(plan.PairTotal)
	}
	return nil
}
