// The driver, its device, its context and its modules.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fake.h"
#include "system.h"

Fake fake;

static thread_local std::vector<CUcontext> current_contexts;

CUresult cuInit(unsigned int flags) {
  std::lock_guard<std::recursive_mutex> lock(fake.mutex);
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  if (int code = atoi(environment("ZTP_FAKE_INIT", "0").c_str())) return CUresult(code);
  fake.devices = atoi(environment("ZTP_FAKE_DEVICES", "1").c_str());
  fake.memory = strtoull(environment("ZTP_FAKE_MEMORY", "1073741824").c_str(), nullptr, 10);
  std::string fail = environment("ZTP_FAKE_FAIL", "");
  if (fail != fake.fail) {
    fake.fail = fail;
    fake.calls_to_failure = fail.empty() ? 0 : atol(fail.c_str() + fail.find(':') + 1);
  }
  fake.initialised = true;
  return CUDA_SUCCESS;
}

CUresult Fake::fault(const char *function) {
  if (calls_to_failure == 0) return CUDA_SUCCESS;
  std::string name = fail.substr(0, fail.find(':'));
  if (name != function && name + "_v2" != function) return CUDA_SUCCESS; // cuda.h adds _v2
  if (--calls_to_failure > 0) return CUDA_SUCCESS;
  CUresult code = CUresult(atoi(fail.c_str() + fail.rfind(':') + 1));
  bool loses = code >= CUDA_ERROR_ILLEGAL_ADDRESS && code <= CUDA_ERROR_LAUNCH_FAILED &&
               code != CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
  if (loses) lost = code;
  return code;
}

CUresult cuDriverGetVersion(int *version) {
  *version = 11080;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
  BEGIN;
  *count = fake.devices;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  BEGIN;
  if (ordinal < 0 || ordinal >= fake.devices) return CUDA_ERROR_INVALID_DEVICE;
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice) {
  BEGIN;
  snprintf(name, length, "a fake of the host's processors");
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
  BEGIN;
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 6; return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 1; return CUDA_SUCCESS;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
}

CUresult cuDeviceTotalMem(size_t *bytes, CUdevice) {
  BEGIN;
  *bytes = fake.memory;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxGetState(CUdevice, unsigned int *flags, int *active) {
  BEGIN;
  *flags = 0;
  *active = fake.retained > 0;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) {
  BEGIN;
  static uintptr_t last = 0;
  if (fake.retained++ == 0) fake.context = CUcontext(++last);
  *context = fake.context;
  return CUDA_SUCCESS;
}

// It lets go of the context even where it is told to fail: nobody else would.
CUresult cuDevicePrimaryCtxRelease(CUdevice) {
  std::lock_guard<std::recursive_mutex> lock(fake.mutex);
  CUresult fault = fake.fault(__func__);
  if (fake.retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
  if (--fake.retained > 0) return fault;
  int left = fake.lost ? 0 : fake_live_allocations();
  if (left > 0)
    fprintf(stderr, "fake: left behind: %zu allocations, %zu pinned, %zu streams, %zu events, %zu modules\n",
            fake.blocks.size(), fake.pinned.size(), fake.streams.size(), fake.events.size(), fake.modules.size());
  fake.clear();
  return left > 0 ? CUDA_ERROR_ILLEGAL_STATE : fault;
}

CUresult cuCtxPushCurrent(CUcontext context) {
  BEGIN;
  if (fake.retained == 0 || context != fake.context) return CUDA_ERROR_INVALID_CONTEXT;
  current_contexts.push_back(context);
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent(CUcontext *context) {
  BEGIN;
  if (current_contexts.empty()) return CUDA_ERROR_INVALID_CONTEXT;
  *context = current_contexts.back();
  current_contexts.pop_back();
  return CUDA_SUCCESS;
}

CUresult Fake::current() const {
  if (current_contexts.empty()) return CUDA_ERROR_INVALID_CONTEXT;
  if (retained == 0 || current_contexts.back() != context) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return lost;
}

void Fake::clear() {
  for (CUstream s : streams) delete s;
  for (CUstream s : ended) delete s;
  for (CUevent e : events) delete e;
  for (CUmodule m : modules) delete m;
  streams.clear(), ended.clear(), events.clear(), modules.clear(), blocks.clear(), pinned.clear();
  used = 0;
  lost = CUDA_SUCCESS;
}

int fake_live_allocations(void) {
  std::lock_guard<std::recursive_mutex> lock(fake.mutex);
  return int(fake.blocks.size() + fake.pinned.size() + fake.streams.size() + fake.events.size() +
             fake.modules.size()) + fake.retained;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  BEGIN_IN_CONTEXT;
  std::string ptx = static_cast<const char *>(image);
  for (const char *part : {".version", ".target", ".address_size 64"})
    if (ptx.find(part) == std::string::npos) return CUDA_ERROR_INVALID_PTX;
  *module = *fake.modules.insert(new CUmod_st{ptx}).first;
  return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
  BEGIN_IN_CONTEXT;
  if (fake.modules.erase(module) == 0) return CUDA_ERROR_INVALID_HANDLE;
  fake.drain();
  delete module;
  return CUDA_SUCCESS;
}

// A kernel is both in the PTX and in the source that the fake was built from.
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  BEGIN_IN_CONTEXT;
  if (fake.modules.count(module) == 0) return CUDA_ERROR_INVALID_HANDLE;
  const Kernel *kernel = find_kernel(name);
  if (kernel == nullptr) return CUDA_ERROR_NOT_FOUND;
  if (module->ptx.find(".entry " + std::string(name) + "(") == std::string::npos) return CUDA_ERROR_NOT_FOUND;
  *function = reinterpret_cast<CUfunction>(const_cast<Kernel *>(kernel));
  return CUDA_SUCCESS;
}

static const struct {
  CUresult code;
  const char *name, *meaning;
} errors[] = {
#define ERROR(name, meaning) {name, #name, meaning}
    ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    ERROR(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    ERROR(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "the provided PTX was compiled with an unsupported toolchain."),
    ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    ERROR(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state"),
    ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    ERROR(CUDA_ERROR_NOT_READY, "device not ready"),
    ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    ERROR(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    ERROR(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed"),
    ERROR(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
};

CUresult cuGetErrorName(CUresult code, const char **name) {
  for (const auto &e : errors)
    if (e.code == code) return *name = e.name, CUDA_SUCCESS;
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult code, const char **meaning) {
  for (const auto &e : errors)
    if (e.code == code) return *meaning = e.meaning, CUDA_SUCCESS;
  return CUDA_ERROR_INVALID_VALUE;
}
