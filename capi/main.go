// Package main is the C ABI of zetwopass: include/zetwopass.h is its contract
// and manual. C in, C out; the work is done in core.
package main

/*
#cgo CFLAGS: -I${SRCDIR}/../include
#include "zetwopass.h"

// cgo can't spell const in an export's parameters.
typedef const ztp_job ztp_job_in;
typedef const char ztp_text;
*/
import "C"

import "zetwopass/core"

func main() {}

//export ztp_blur_coverage
func ztp_blur_coverage(job *C.ztp_job_in, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunBlur))
}

//export ztp_tile_gains
func ztp_tile_gains(job *C.ztp_job_in, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunGains))
}

//export ztp_reproject_coadd
func ztp_reproject_coadd(job *C.ztp_job_in, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunCoadd))
}

//export ztp_second_pass
func ztp_second_pass(job *C.ztp_job_in, e *C.ztp_error) C.ztp_status {
	return report(e, run(job, core.RunAll))
}

//export ztp_plan
func ztp_plan(job *C.ztp_job_in, plan *C.ztp_plan_info, e *C.ztp_error) C.ztp_status {
	return report(e, planJob(job, plan))
}

//export ztp_device_info
func ztp_device_info(device *C.ztp_device, e *C.ztp_error) C.ztp_status {
	return report(e, describe(device))
}

//export ztp_abi_version
func ztp_abi_version() C.uint32_t { return C.ZTP_ABI_VERSION }

//export ztp_version
func ztp_version() *C.ztp_text { return version() }

//export ztp_status_name
func ztp_status_name(status C.ztp_status) *C.ztp_text { return statusName(status) }
