// The kernels, compiled as plain C++, and how they are run.
#include "emulate.h"

#include "../driver/testdata/trial.cu"
#include "../kernels.cu"

#include <atomic>
#include <thread>
#include <vector>

#include "fake.h"

thread_local dim3 threadIdx, blockIdx, blockDim, gridDim;

static const Kernel kernels[] = {
#define ENTRY(name) {#name, reinterpret_cast<void (*)(const void *)>(name)},
    ZTP_KERNELS(ENTRY) ZTP_TRIAL_KERNELS(ENTRY)
#undef ENTRY
};

const Kernel *find_kernel(const std::string &name) {
  for (const Kernel &k : kernels)
    if (name == k.name) return &k;
  return nullptr;
}

static void run_block(const Kernel *kernel, const void *args) {
  for (unsigned int z = 0; z < blockDim.z; z++)
    for (unsigned int y = 0; y < blockDim.y; y++)
      for (unsigned int x = 0; x < blockDim.x; x++) {
        threadIdx = {x, y, z};
        kernel->run(args);
      }
}

void run_kernel(const Kernel *kernel, const void *args, const unsigned int grid[3], const unsigned int block[3]) {
  const uint64_t row = grid[0], plane = row * grid[1], blocks = plane * grid[2];
  std::atomic<uint64_t> next{0};
  auto work = [&] {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    for (uint64_t i = next++; i < blocks; i = next++) {
      blockIdx = {unsigned(i % row), unsigned(i % plane / row), unsigned(i / plane)};
      run_block(kernel, args);
    }
  };
  std::vector<std::thread> helpers;
  while (helpers.size() + 1 < std::min<uint64_t>(blocks, std::thread::hardware_concurrency()))
    helpers.emplace_back(work);
  work();
  for (auto &helper : helpers) helper.join();
}
