// What the fake driver asks of the operating system.
#ifndef ZTP_FAKE_SYSTEM_H
#define ZTP_FAKE_SYSTEM_H

#include <cstddef>
#include <string>

size_t page_bytes();
char *map_pages(size_t bytes); // null when there is no memory
void close_page(char *start);  // to every touch
void unmap_pages(char *start, size_t bytes);

// environment is a variable of the process as it is now, otherwise where it is unset or empty.
std::string environment(const char *name, const char *otherwise);

#endif
