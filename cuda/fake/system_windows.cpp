#include <windows.h>

#include "system.h"

size_t page_bytes() { return 4096; }

char *map_pages(size_t bytes) {
  return static_cast<char *>(VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
}

void close_page(char *start) {
  DWORD before;
  VirtualProtect(start, page_bytes(), PAGE_NOACCESS, &before);
}

void unmap_pages(char *start, size_t) { VirtualFree(start, 0, MEM_RELEASE); }

// The C library's getenv is a copy, made when the process began.
std::string environment(const char *name, const char *otherwise) {
  char value[256];
  const DWORD length = GetEnvironmentVariableA(name, value, sizeof value);
  return length > 0 && length < sizeof value ? value : otherwise;
}
