// The two ends of the shim that Go calls; neither is visible outside the library.
#ifndef ZTP_SHIM_H
#define ZTP_SHIM_H

// ztp_driver_open loads libcuda.so.1 and fills the functions of names.h in; one
// that the driver lacks answers CUDA_ERROR_NOT_FOUND. NULL, or why there is no
// driver. Call it once, before any other function of the driver.
__attribute__((visibility("hidden"))) const char *ztp_driver_open(void);

// ztp_driver_init is the driver's cuInit(0): its CUresult.
__attribute__((visibility("hidden"))) int ztp_driver_init(void);

#endif
