// How much memory the machine has.
#include "guard.h"

#if defined(_WIN32)

#include <windows.h>

uint64_t guard_machine(void) {
  MEMORYSTATUSEX status = {.dwLength = sizeof status};
  return GlobalMemoryStatusEx(&status) ? status.ullTotalPageFile : 0;
}

#elif defined(__linux__)

#include <sys/sysinfo.h>

uint64_t guard_machine(void) {
  struct sysinfo info;
  if (sysinfo(&info) != 0) return 0;
  return ((uint64_t)info.totalram + info.totalswap) * info.mem_unit;
}

#else

#include <unistd.h>

uint64_t guard_machine(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

#endif
