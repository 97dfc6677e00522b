// Package main is the C ABI of zetwopass: include/zetwopass.h is its contract
// and manual. C in, C out; the work is done in core.
//
// The functions of the header are C (entry.c): they keep signals and limits of the
// process from Go (guard.h), and call the exports below, which are not visible outside.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../include
#cgo linux LDFLAGS: -Wl,--wrap=pthread_create -Wl,--wrap=pthread_attr_init
#cgo linux LDFLAGS: -Wl,--wrap=mmap -Wl,--wrap=malloc -Wl,--wrap=free
#include "guard.h"

// cgo can't spell const in an export's parameters.
typedef const ztp_job ztp_job_in;
typedef const ztp_reprojection ztp_reprojection_in;
typedef const ztp_pair ztp_pair_in;
typedef const int32_t flag_in;
*/
import "C"

import "zetwopass/core"

func main() {}

//export goReady
func goReady() { useThreads() }

//export goBlur
func goBlur(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunBlur, call))
}

//export goGains
func goGains(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunGains, call))
}

//export goFirst
func goFirst(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunFirst, call))
}

//export goMatch
func goMatch(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunMatch, call))
}

//export goCoadd
func goCoadd(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunCoadd, call))
}

//export goAll
func goAll(job *C.ztp_job_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunAll, call))
}

//export goOffsets
func goOffsets(pairs *C.ztp_pair_in, pairCount, tileCount C.int64_t, channels C.int32_t, offsets *C.double, groups *C.int32_t, cancel *C.flag_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	s := solving{pairs: pairs, pairCount: int64(pairCount), tileCount: int64(tileCount), channels: int64(channels), offsets: offsets, groups: groups}
	s.host = host{call: call, cancel: (*C.int32_t)(cancel)}
	return report(e, s.solve())
}

//export goReproject
func goReproject(job *C.ztp_reprojection_in, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, reproject(job, call))
}

//export goPlan
func goPlan(job *C.ztp_job_in, plan *C.ztp_plan_info, call *C.guard_call, e *C.ztp_error) C.ztp_status {
	return report(e, planJob(job, plan, call))
}

//export goDevice
func goDevice(device *C.ztp_device, e *C.ztp_error) C.ztp_status {
	return report(e, describe(device))
}
