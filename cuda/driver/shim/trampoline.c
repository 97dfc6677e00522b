//go:build cuda

#include "shim.h"

#include <stddef.h>

enum { NOT_INITIALIZED = 3, NOT_FOUND = 500 }; // of cuda.h, which this file can do without

static int not_opened(void) { return NOT_INITIALIZED; }
static int not_found(void) { return NOT_FOUND; }

// Each function jumps to the address in its slot. It touches neither registers
// nor stack, so it needs no types: the driver sees the caller's arguments.
#if defined(__x86_64__)
#define JUMP(name) "jmp *slot_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name)           \
  "adrp x16, slot_" #name "\n" \
  "ldr x16, [x16, :lo12:slot_" #name "]\n" \
  "br x16\n"
#else
#error "trampoline.c: write JUMP for this processor"
#endif

#ifdef _WIN32 // COFF has no visibility: what Go does not export is not seen
#define SYMBOL(name) ".globl " #name "\n"
#define SIZE(name)
#else
#define SYMBOL(name) ".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n"
#define SIZE(name) ".size " #name ", .-" #name "\n"
#endif

#define FORWARD(name)                         \
  HIDDEN int (*slot_##name)(void) = not_opened; \
  __asm__(".text\n.p2align 4\n" SYMBOL(name) #name ":\n" JUMP(name) SIZE(name));
#include "names.h"
#undef FORWARD

static const struct {
  const char *name;
  int (**slot)(void);
} functions[] = {
#define FORWARD(name) {#name, &slot_##name},
#include "names.h"
#undef FORWARD
};

static int (*init)(unsigned flags);

// What cu's package init calls. That ends the process when the answer is not 0,
// so the answer is 0, and ztp_driver_init is the real one.
HIDDEN int cuInit(unsigned flags) {
  (void)flags;
  return 0;
}

const char *ztp_driver_open(void) {
  const char *reason = driver_load();
  if (reason != NULL) return reason;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    int (*found)(void) = driver_find(functions[i].name);
    *functions[i].slot = found != NULL ? found : not_found;
  }
  init = (int (*)(unsigned))driver_find("cuInit");
  return init != NULL ? NULL : "the driver has no cuInit";
}

int ztp_driver_init(void) { return init != NULL ? init(0) : NOT_INITIALIZED; }
