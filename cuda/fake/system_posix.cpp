#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "system.h"

size_t page_bytes() { return sysconf(_SC_PAGESIZE); }

char *map_pages(size_t bytes) {
  void *start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? nullptr : static_cast<char *>(start);
}

void close_page(char *start) { mprotect(start, page_bytes(), PROT_NONE); }

void unmap_pages(char *start, size_t bytes) { munmap(start, bytes); }

std::string environment(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != nullptr && *value != 0 ? value : otherwise;
}
