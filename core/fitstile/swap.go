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
// by loads of 64 bits.
func swap(to []float32, raw []byte) {
	to = to[:len(raw)/4]
	i := 0
	for ; i+8 <= len(to); i += 8 {
		from, eight := (*[32]byte)(raw[4*i:]), (*[8]float32)(to[i:])
		a, b := binary.BigEndian.Uint64(from[0:]), binary.BigEndian.Uint64(from[8:])
		c, d := binary.BigEndian.Uint64(from[16:]), binary.BigEndian.Uint64(from[24:])
		eight[0], eight[1], eight[2], eight[3] = high(a), low(a), high(b), low(b)
		eight[4], eight[5], eight[6], eight[7] = high(c), low(c), high(d), low(d)
	}
	for ; i < len(to); i++ {
		to[i] = sample(raw, i)
	}
}

// interleave is
//
//	for i := range len(a)/4 {
//		to[3*i], to[3*i+1], to[3*i+2] = sample(a, i), sample(b, i), sample(c, i)
//	}
//
// by loads of 64 bits. a, b and c have equal lengths.
func interleave(to []float32, a, b, c []byte) {
	n := len(a) / 4
	i := 0
	for ; i+4 <= n; i += 4 {
		p, q, r := (*[16]byte)(a[4*i:]), (*[16]byte)(b[4*i:]), (*[16]byte)(c[4*i:])
		pixels := (*[12]float32)(to[3*i:])
		x, y, z := binary.BigEndian.Uint64(p[0:]), binary.BigEndian.Uint64(q[0:]), binary.BigEndian.Uint64(r[0:])
		pixels[0], pixels[1], pixels[2] = high(x), high(y), high(z)
		pixels[3], pixels[4], pixels[5] = low(x), low(y), low(z)
		x, y, z = binary.BigEndian.Uint64(p[8:]), binary.BigEndian.Uint64(q[8:]), binary.BigEndian.Uint64(r[8:])
		pixels[6], pixels[7], pixels[8] = high(x), high(y), high(z)
		pixels[9], pixels[10], pixels[11] = low(x), low(y), low(z)
	}
	for ; i < n; i++ {
		to[3*i], to[3*i+1], to[3*i+2] = sample(a, i), sample(b, i), sample(c, i)
	}
}

func high(v uint64) float32 { return math.Float32frombits(uint32(v >> 32)) }

func low(v uint64) float32 { return math.Float32frombits(uint32(v)) }

// sample is the big-endian float32 at byte 4*i.
func sample(raw []byte, i int) float32 {
	return math.Float32frombits(binary.BigEndian.Uint32(raw[4*i:]))
}
