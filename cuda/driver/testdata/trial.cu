// Kernels for the tests of package driver.

struct TrialScaleArgs {
  float *data;
  unsigned long long count;
  float factor;
};

extern "C" __global__ void trial_scale(const TrialScaleArgs *args) {
  unsigned long long i = blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x;
  if (i < args->count) args->data[i] *= args->factor;
}

// Where each thread is, along x, y and z: adds 1 to its own cell, and to a total.
struct TrialVisitArgs {
  unsigned int *cells;
  unsigned long long *total;
};

extern "C" __global__ void trial_visit(const TrialVisitArgs *args) {
  unsigned int x = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned int y = blockIdx.y * blockDim.y + threadIdx.y;
  unsigned int z = blockIdx.z * blockDim.z + threadIdx.z;
  args->cells[(z * gridDim.y * blockDim.y + y) * gridDim.x * blockDim.x + x] += 1;
  atomicAdd(args->total, 1ull);
}

#define ZTP_TRIAL_KERNELS(X) X(trial_scale) X(trial_visit)
