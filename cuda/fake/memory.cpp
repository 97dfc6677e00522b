// Device memory and pinned memory.
#include <cstring>

#include "fake.h"
#include "system.h"

static size_t round_up(size_t x, size_t unit) { return (x + unit - 1) / unit * unit; }

Block::Block(size_t bytes) : bytes_(bytes) {
  const size_t page = page_bytes(), aligned = round_up(bytes, 256); // as the driver aligns
  mapped_ = round_up(aligned, page) + page;
  base_ = map_pages(mapped_);
  if (base_ == nullptr) return;
  char *end = base_ + mapped_ - page;
  close_page(end);
  memset(end - aligned, 0xFF, aligned); // NaN as float and as double
  address_ = uintptr_t(end - aligned);
}

Block::~Block() {
  if (address_ != 0) unmap_pages(base_, mapped_);
}

bool within(const Blocks &blocks, uintptr_t address, size_t bytes) {
  auto after = blocks.upper_bound(address);
  if (after == blocks.begin()) return false;
  const Block &block = *std::prev(after)->second;
  size_t from = address - block.address();
  return from <= block.bytes() && bytes <= block.bytes() - from;
}

static uintptr_t allocate(Blocks &blocks, size_t bytes) {
  auto block = std::make_unique<Block>(bytes);
  uintptr_t address = block->address();
  if (address != 0) blocks[address] = std::move(block);
  return address;
}

CUresult cuMemGetInfo(size_t *free, size_t *total) {
  BEGIN_IN_CONTEXT;
  *free = fake.memory - fake.used;
  *total = fake.memory;
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr *address, size_t bytes) {
  BEGIN_IN_CONTEXT;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > fake.memory - fake.used) return CUDA_ERROR_OUT_OF_MEMORY;
  *address = allocate(fake.blocks, bytes);
  if (*address == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  fake.used += bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemFree(CUdeviceptr address) {
  BEGIN_IN_CONTEXT;
  auto block = fake.blocks.find(address);
  if (block == fake.blocks.end()) return CUDA_ERROR_INVALID_VALUE;
  fake.drain();
  fake.used -= block->second->bytes();
  fake.blocks.erase(block);
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void **address, size_t bytes, unsigned int) {
  BEGIN_IN_CONTEXT;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > SIZE_MAX / 2) return CUDA_ERROR_OUT_OF_MEMORY;
  *address = reinterpret_cast<void *>(allocate(fake.pinned, bytes));
  return *address != nullptr ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemFreeHost(void *address) {
  BEGIN_IN_CONTEXT;
  auto block = fake.pinned.find(uintptr_t(address));
  if (block == fake.pinned.end()) return CUDA_ERROR_INVALID_VALUE;
  fake.drain();
  fake.pinned.erase(block);
  return CUDA_SUCCESS;
}
