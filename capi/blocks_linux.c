// Small blocks for Go's threads.
//
// At its first malloc a thread gets an arena of the C library's, which reserves 64 MB of
// addresses. Go's threads ask for some 24 bytes each time they start another thread: these
// come from here.
#include <stdint.h>
#include <stdlib.h>

void *__real_malloc(size_t);
void __real_free(void *);

enum { BLOCKS = 64, BLOCK = 32 }; // bytes

static struct {
  _Alignas(16) char bytes[BLOCK];
} blocks[BLOCKS];
static uint64_t used; // bit by bit

void *__wrap_malloc(size_t bytes) {
  uint64_t now = __atomic_load_n(&used, __ATOMIC_RELAXED);
  while (bytes <= BLOCK && ~now != 0) {
    const int i = __builtin_ctzll(~now);
    if (__atomic_compare_exchange_n(&used, &now, now | (uint64_t)1 << i, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return &blocks[i];
  }
  return __real_malloc(bytes);
}

void __wrap_free(void *block) {
  const uintptr_t offset = (uintptr_t)block - (uintptr_t)blocks;
  if (offset >= sizeof blocks) {
    __real_free(block);
    return;
  }
  __atomic_fetch_and(&used, ~((uint64_t)1 << (offset / BLOCK)), __ATOMIC_RELEASE);
}
