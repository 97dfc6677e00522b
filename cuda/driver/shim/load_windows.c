//go:build cuda

#include "shim.h"

#include <stdio.h>
#include <windows.h>

static HMODULE driver;

// Only the system's folder is searched, where NVIDIA's installer puts it: a file of that name
// beside the program, in its working folder or on PATH is never loaded.
const char *driver_load(void) {
  static char reason[64];
  driver = LoadLibraryExA("nvcuda.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (driver != NULL) return NULL;
  snprintf(reason, sizeof reason, "nvcuda.dll can't be loaded: Windows error %lu", GetLastError());
  return reason;
}

driver_function driver_find(const char *name) {
  return (driver_function)(void *)GetProcAddress(driver, name);
}
