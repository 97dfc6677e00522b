//go:build cuda

#include "shim.h"

#include <dlfcn.h>
#include <stddef.h>

static void *driver;

const char *driver_load(void) {
  driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  return driver != NULL ? NULL : dlerror();
}

driver_function driver_find(const char *name) { return (driver_function)dlsym(driver, name); }
