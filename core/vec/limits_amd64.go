//go:build !noasm

package vec

import "math"

// limits is the table that the AVX2 samplers read, groups of 32 bytes: the least
// position, the greatest ones, the last columns and rows to interpolate from and in,
// and the steps in bytes.
func (m *Image) limits() (t [36]float64) {
	_, dy := m.steps()
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
	fill(7, math.Float64frombits(uint64(4*m.ColStride)))
	fill(8, math.Float64frombits(uint64(4*dy)))
	return t
}

// suits reports whether the AVX2 samplers take the image: more than one column, and
// so small that 32 bits hold its coordinates and steps.
func (m *Image) suits() bool {
	const most = 1 << 29
	return simd && m.W > 1 && m.W < most && m.H < most && m.RowStride < most && m.ColStride < most
}
