//go:build !noasm

package vec

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// limits is the table that the AVX2 samplers read, groups of 32 bytes: the least
// position, the greatest ones, the last columns and rows to interpolate from and in,
// the steps in bytes, and what tells that a position is, or may be, near a line of centres.
type limits = [60]float64

func (m *ImageOf[T]) limits(slack float64) (t limits) {
	_, dy := m.steps()
	size := m.sampleBytes()
	fill := func(group int, value float64) {
		for i := range 4 {
			t[4*group+i] = value
		}
	}
	fill(0, -0.5-EdgeSlack)
	fill(1, float64(m.W)-0.5+EdgeSlack)
	fill(2, float64(m.H)-0.5+EdgeSlack)
	fill(3, float64(m.W-1))
	fill(4, float64(m.H-1))
	pair := func(i int) float64 { return math.Float64frombits(uint64(i)<<32 | uint64(i)) }
	fill(5, pair(max(m.W-2, 0)))
	fill(6, pair(max(m.H-2, 0)))
	fill(7, math.Float64frombits(uint64(size*m.ColStride)))
	fill(8, math.Float64frombits(uint64(size*dy)))
	fill(9, 0.26*slack) // fu (1-fu) fv (1-fv) is at most slack/4 there
	fill(10, slack)
	fill(11, 1-slack)
	fill(12, -slack)
	fill(13, float64(m.W-1)+slack)
	fill(14, float64(m.H-1)+slack)
	return t
}

// sampleBytes is the size of a sample.
func (m *ImageOf[T]) sampleBytes() int {
	if _, ok := any(m.Pix).([]float64); ok {
		return 8
	}
	return 4
}

// nearness has a byte for every four positions that an AVX2 sampler was given, a bit for
// each that may lie on a line of pixel centres.
type nearness [128]uint8

// many reports whether so many of n do that the loop would be slow.
func (k *nearness) many(n int) bool {
	any := uint64(0)
	for i := 0; i < n; i += 32 {
		any |= binary.LittleEndian.Uint64(k[i/4:])
	}
	if any == 0 {
		return false
	}
	count := 0
	for _, b := range k[:(n+3)/4] {
		count += bits.OnesCount8(b)
	}
	return count > n/16
}

// next returns the first run [a,b) of such positions from the i-th on, of n; a = n if there
// is none.
func (k *nearness) next(i, n int) (a, b int) {
	for i < n {
		if i%32 == 0 && binary.LittleEndian.Uint64(k[i/4:]) == 0 {
			i += 32
			continue
		}
		if k[i/4]>>(i%4)&1 == 0 {
			i++
			continue
		}
		for b = i; b < n && k[b/4]>>(b%4)&1 != 0; {
			b++
		}
		return i, b
	}
	return n, n
}

// suits reports whether the AVX2 samplers take the image: more than one column, and
// so small that 32 bits hold its coordinates and steps.
func (m *ImageOf[T]) suits() bool {
	const most = 1 << 28
	return simd && m.W > 1 && m.W < most && m.H < most && m.RowStride < most && m.ColStride < most
}
