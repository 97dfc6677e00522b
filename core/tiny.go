package core

import (
	"math"
	"slices"
)

// tiny is below what the step of float32's subnormals, 2^-149, can be seen.
const tiny = 0x1p-122

// enlarge reports whether a numerator was tiny and could be larger, and sets the scale
// that makes it as large as the coverage allows, for a fresh run.
func (b *blurrer) enlarge() bool {
	if !slices.ContainsFunc(b.lines, func(l *blurLines) bool { return l != nil && l.tiny }) {
		return false
	}
	most := float32(0)
	for y := range b.cov.H {
		for x := range b.cov.W {
			if c := b.cov.At(y, x, 0); c > most && c <= math.MaxFloat32 {
				most = c
			}
		}
	}
	_, exponent := math.Frexp(float64(most))
	b.scale = math.Ldexp(1, 127-exponent)
	clear(b.sliders)
	return b.scale > 1
}

// multiply multiplies samples by what float32 need not hold.
func multiply(x []float32, scale float64) {
	if scale == 1 {
		return
	}
	for i, s := range x {
		x[i] = float32(float64(s) * scale)
	}
}
