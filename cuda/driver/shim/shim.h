// The two ends of the shim that Go calls, and what it asks of the system; none of it is visible
// outside the library.
#ifndef ZTP_SHIM_H
#define ZTP_SHIM_H

#ifdef _WIN32
#define HIDDEN
#else
#define HIDDEN __attribute__((visibility("hidden")))
#endif

// ztp_driver_open loads the driver and fills the functions of names.h in; one that it lacks
// answers CUDA_ERROR_NOT_FOUND. NULL, or why there is no driver. Call it once, before any other
// function of the driver.
HIDDEN const char *ztp_driver_open(void);

// ztp_driver_init is the driver's cuInit(0): its CUresult.
HIDDEN int ztp_driver_init(void);

typedef int (*driver_function)(void);

// driver_load loads the driver from where the system has it: libcuda.so.1, or nvcuda.dll. NULL,
// or why it can't.
HIDDEN const char *driver_load(void);

// driver_find is a function of the loaded driver; NULL = it has none of that name.
HIDDEN driver_function driver_find(const char *name);

#endif
