// A CUDA driver for tests that has no device: its memory is the host's, and its
// kernels run on the host's processors, with the same bits as on a GPU.
//
// It is stricter than a driver. What a driver leaves undefined, or may do, is an
// error here, or happens:
//   - streams do their work as late as they may: a missing wait reads old data;
//   - device memory begins as NaN, and ends at a page that can't be touched;
//   - copies stay within one allocation, and their host memory is pinned;
//   - a context that goes while something in it lives answers
//     CUDA_ERROR_ILLEGAL_STATE, and stderr says what.
//
// It is told what to be by the environment, which each cuInit reads:
//   ZTP_FAKE_INIT=code            what cuInit answers; 0 otherwise
//   ZTP_FAKE_DEVICES=0            no device; 1 otherwise
//   ZTP_FAKE_MEMORY=bytes         of the device; 1 GiB otherwise
//   ZTP_FAKE_FAIL=name:n:code     the n-th call of that function, counted from 1
//                                 and from the last change of ZTP_FAKE_FAIL, fails.
//                                 A code that loses the context on a GPU does so.
#ifndef ZTP_FAKE_H
#define ZTP_FAKE_H

#pragma GCC visibility push(default)
#include <cuda.h>
// How much is alive: allocations, pinned memory, streams, events, modules and
// retained contexts.
extern "C" int fake_live_allocations(void);
#pragma GCC visibility pop

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

// Memory that ends at a page which can't be touched.
class Block {
 public:
  explicit Block(size_t bytes); // filled with NaN; address() is 0 when there is none
  Block(const Block &) = delete;
  ~Block();
  uintptr_t address() const { return address_; }
  size_t bytes() const { return bytes_; }

 private:
  uintptr_t address_ = 0;
  size_t bytes_, mapped_;
  char *base_;
};

using Blocks = std::map<uintptr_t, std::unique_ptr<Block>>;

// The point in a stream's work that an event stands for.
struct Point {
  CUstream stream; // valid until reached
  bool reached = false;
  double when = 0; // milliseconds
};

struct CUstream_st {
  std::deque<std::function<void()>> work;
  void step(); // does the next piece of work
};

struct CUevent_st {
  std::shared_ptr<Point> point; // null: never recorded
};

struct Kernel {
  const char *name;
  void (*run)(const void *args);
};

struct CUmod_st {
  std::string ptx;
};

struct Fake {
  std::recursive_mutex mutex;
  bool initialised = false;
  int devices = 1;
  size_t memory = 0, used = 0; // bytes
  std::string fail;            // ZTP_FAKE_FAIL as last read
  long calls_to_failure = 0;

  CUcontext context = nullptr; // the primary one; each new one has another value
  int retained = 0;
  CUresult lost = CUDA_SUCCESS; // what every call answers since it was lost

  Blocks blocks, pinned;
  std::set<CUstream> streams, ended; // ended: destroyed, perhaps with work to do
  std::set<CUevent> events;
  std::set<CUmodule> modules;

  CUresult fault(const char *function); // of ZTP_FAKE_FAIL
  CUresult current() const;             // whether this thread has the context
  void drain();                         // does all work of all streams
  void clear();                         // forgets all that is alive
};

extern Fake fake;

const Kernel *find_kernel(const std::string &name);

// Runs a kernel on all blocks, on all processors.
void run_kernel(const Kernel *kernel, const void *args, const unsigned int grid[3], const unsigned int block[3]);

// within tells whether bytes from address on lie in one of the blocks.
bool within(const Blocks &blocks, uintptr_t address, size_t bytes);

// Each function begins with one of these.
#define BEGIN                                           \
  std::lock_guard<std::recursive_mutex> lock(fake.mutex); \
  if (CUresult fault = fake.fault(__func__)) return fault; \
  if (!fake.initialised) return CUDA_ERROR_NOT_INITIALIZED
#define BEGIN_IN_CONTEXT \
  BEGIN;                 \
  if (CUresult wrong = fake.current()) return wrong

#endif
