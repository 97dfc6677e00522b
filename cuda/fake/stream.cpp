// Streams, what is done on them, and events.
#include <chrono>
#include <cstring>

#include "fake.h"

void CUstream_st::step() {
  auto next = std::move(work.front());
  work.pop_front();
  next();
}

static void finish(CUstream stream) {
  while (!stream->work.empty()) stream->step();
}

static void reach(const Point &point) {
  while (!point.reached) point.stream->step();
}

void Fake::drain() {
  for (CUstream s : streams) finish(s);
  for (CUstream s : ended) finish(s);
  for (CUstream s : ended) delete s;
  ended.clear();
}

#define BEGIN_ON(stream) \
  BEGIN_IN_CONTEXT;      \
  if (fake.streams.count(stream) == 0) return CUDA_ERROR_INVALID_HANDLE

CUresult cuStreamCreate(CUstream *stream, unsigned int) {
  BEGIN_IN_CONTEXT;
  *stream = *fake.streams.insert(new CUstream_st).first;
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream stream) {
  BEGIN_ON(stream);
  fake.streams.erase(stream);
  fake.ended.insert(stream);
  return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  BEGIN_ON(stream);
  if (!within(fake.blocks, to, bytes) || !within(fake.pinned, uintptr_t(from), bytes))
    return CUDA_ERROR_INVALID_VALUE;
  stream->work.push_back([=] { memcpy(reinterpret_cast<void *>(to), from, bytes); });
  return CUDA_SUCCESS;
}

CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  BEGIN_ON(stream);
  if (!within(fake.pinned, uintptr_t(to), bytes) || !within(fake.blocks, from, bytes))
    return CUDA_ERROR_INVALID_VALUE;
  stream->work.push_back([=] { memcpy(to, reinterpret_cast<const void *>(from), bytes); });
  return CUDA_SUCCESS;
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  BEGIN_ON(stream);
  if (!within(fake.blocks, to, count)) return CUDA_ERROR_INVALID_VALUE;
  stream->work.push_back([=] { memset(reinterpret_cast<void *>(to), value, count); });
  return CUDA_SUCCESS;
}

// The bounds are those of every GPU of compute capability 3.0 and above.
static bool launchable(const unsigned int grid[3], const unsigned int block[3]) {
  bool some = grid[0] && grid[1] && grid[2] && block[0] && block[1] && block[2];
  return some && grid[0] < 1u << 31 && grid[1] < 1u << 16 && grid[2] < 1u << 16 && block[0] <= 1024 &&
         block[1] <= 1024 && block[2] <= 64 && uint64_t(block[0]) * block[1] * block[2] <= 1024;
}

CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                        unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared,
                        CUstream stream, void **parameters, void **) {
  BEGIN_ON(stream);
  const auto *kernel = reinterpret_cast<const Kernel *>(function);
  const unsigned int grid[3] = {grid_x, grid_y, grid_z}, block[3] = {block_x, block_y, block_z};
  const auto args = *static_cast<const CUdeviceptr *>(parameters[0]);
  if (shared != 0 || !launchable(grid, block) || !within(fake.blocks, args, 1)) return CUDA_ERROR_INVALID_VALUE;
  stream->work.push_back([=] { run_kernel(kernel, reinterpret_cast<const void *>(args), grid, block); });
  return CUDA_SUCCESS;
}

static double now() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

CUresult cuEventCreate(CUevent *event, unsigned int) {
  BEGIN_IN_CONTEXT;
  *event = *fake.events.insert(new CUevent_st).first;
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent event) {
  BEGIN_IN_CONTEXT;
  if (fake.events.erase(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  BEGIN_ON(stream);
  if (fake.events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  auto point = std::make_shared<Point>();
  point->stream = stream;
  event->point = point;
  stream->work.push_back([point] { point->reached = true, point->when = now(); });
  return CUDA_SUCCESS;
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int) {
  BEGIN_ON(stream);
  if (fake.events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (auto point = event->point) stream->work.push_back([point] { reach(*point); });
  return CUDA_SUCCESS;
}

// Each question brings the work a piece further.
CUresult cuEventQuery(CUevent event) {
  BEGIN_IN_CONTEXT;
  if (fake.events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (event->point == nullptr || event->point->reached) return CUDA_SUCCESS;
  event->point->stream->step();
  return CUDA_ERROR_NOT_READY;
}

CUresult cuEventSynchronize(CUevent event) {
  BEGIN_IN_CONTEXT;
  if (fake.events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (event->point != nullptr) reach(*event->point);
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent from, CUevent to) {
  BEGIN_IN_CONTEXT;
  if (fake.events.count(from) == 0 || fake.events.count(to) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (from->point == nullptr || to->point == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (!from->point->reached || !to->point->reached) return CUDA_ERROR_NOT_READY;
  *milliseconds = float(to->point->when - from->point->when);
  return CUDA_SUCCESS;
}
