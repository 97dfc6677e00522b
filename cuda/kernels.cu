// The second pass on a GPU: what core computes on the CPU, operation by operation, in
// float64 and without contraction, so that all but the blur comes out bit by bit the
// same. The structs are those of layout.go. No kernel uses shared memory or shuffles, so
// that the same source, compiled as C++, runs on a CPU one thread after the other.

#include "blur.cuh"
#include "coadd.cuh"
#include "reproject.cuh"
#include "sieve.cuh"

// The kernels by name, for the emulation.
#define ZTP_KERNELS(X) X(coadd) X(differences) X(scales) X(blur_columns) X(ratio) X(reproject)

