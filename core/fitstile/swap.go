package fitstile

import (
	"encoding/binary"
	"math"
)

// swap is
//
//	for i := range len(raw)/4 {
//		to[i] = sample(raw, i)
//	}
//
// where sample i is the big-endian float32 at byte 4*i.
func swap(to []float32, raw []byte) {
	for ; len(raw) >= 16; to, raw = to[4:], raw[16:] {
		a, b := binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])
		four := to[:4:4]
		four[0], four[1] = high(a), low(a)
		four[2], four[3] = high(b), low(b)
	}
	for i := range len(raw) / 4 {
		to[i] = sample(raw, i)
	}
}

// interleave is
//
//	for i := range len(a)/4 {
//		to[3*i], to[3*i+1], to[3*i+2] = sample(a, i), sample(b, i), sample(c, i)
//	}
//
// a, b and c have equal lengths.
func interleave(to []float32, a, b, c []byte) {
	for ; len(a) >= 8 && len(b) >= 8 && len(c) >= 8; to, a, b, c = to[6:], a[8:], b[8:], c[8:] {
		x, y, z := binary.BigEndian.Uint64(a), binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(c)
		six := to[:6:6]
		six[0], six[1], six[2] = high(x), high(y), high(z)
		six[3], six[4], six[5] = low(x), low(y), low(z)
	}
	for i := range len(a) / 4 {
		to[3*i], to[3*i+1], to[3*i+2] = sample(a, i), sample(b, i), sample(c, i)
	}
}

func high(v uint64) float32 { return math.Float32frombits(uint32(v >> 32)) }

func low(v uint64) float32 { return math.Float32frombits(uint32(v)) }

func sample(raw []byte, i int) float32 {
	return math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:]))
}
