// Package vec holds the inner loops of core. Each exported function is documented by
// its loop, which is its specification, its fallback where there is no AVX2, and the
// oracle of its AVX2 body: written by the generator in gen, chosen at run time, equal
// to the loop but for the rounding of fused products. The tag noasm leaves these out.
//
// Functions index their slices as their loops do; lengths are the caller's care, as
// the AVX2 bodies do not check them.
package vec
