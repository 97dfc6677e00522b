package fitstile

import (
	"encoding/binary"
	"math"
)

// samples says what the stored numbers of an image mean.
type samples struct {
	bitpix      int // bits of a sample, negative for floating point
	scale, zero float64
	asStored    bool // scale 1, zero 0
	unsigned    bool // 64 bits whose zero is 2^63, which float64 would round
	blank       int64
	blanks      bool // whether blank means NaN
}

func newSamples(bitpix int, scale, zero float64) samples {
	return samples{
		bitpix: bitpix, scale: scale, zero: zero,
		asStored: scale == 1 && zero == 0,
		unsigned: scale == 1 && zero == 1<<63 && bitpix == 64,
	}
}

// bytes is how many a sample takes.
func (v *samples) bytes() int { return max(v.bitpix, -v.bitpix) / 8 }

// spread writes sample i of raw[p] to to[i*stride+p], p < stride.
func (v *samples) spread(to []float32, stride int, raw [][]byte) {
	if v.bitpix == -32 && v.asStored && stride == len(raw) {
		switch stride {
		case 1:
			swap(to, raw[0])
			return
		case 3:
			interleave(to, raw[0], raw[1], raw[2])
			return
		}
	}
	for p := range raw {
		v.convert(to[p:], stride, raw[p])
	}
}

// convert writes sample i of raw to to[i*stride].
func (v *samples) convert(to []float32, stride int, raw []byte) {
	order, n := binary.BigEndian, len(raw)/v.bytes()
	switch v.bitpix {
	case 8:
		for i := range n {
			to[i*stride] = v.integer(int64(raw[i]))
		}
	case 16:
		for i := range n {
			to[i*stride] = v.integer(int64(int16(order.Uint16(raw[2*i:]))))
		}
	case 32:
		for i := range n {
			to[i*stride] = v.integer(int64(int32(order.Uint32(raw[4*i:]))))
		}
	case 64:
		for i := range n {
			to[i*stride] = v.integer(int64(order.Uint64(raw[8*i:])))
		}
	case -32:
		for i := range n {
			to[i*stride] = v.single(math.Float32frombits(order.Uint32(raw[4*i:])))
		}
	case -64:
		for i := range n {
			to[i*stride] = float32(v.scaled(math.Float64frombits(order.Uint64(raw[8*i:]))))
		}
	}
}

func (v *samples) integer(stored int64) float32 {
	switch {
	case v.blanks && stored == v.blank:
		return float32(math.NaN())
	case v.asStored:
		return float32(stored)
	case v.unsigned:
		return float32(uint64(stored) ^ 1<<63)
	}
	return float32(v.scaled(float64(stored)))
}

func (v *samples) single(stored float32) float32 {
	if v.asStored {
		return stored
	}
	return float32(v.scaled(float64(stored)))
}

func (v *samples) scaled(stored float64) float64 {
	if v.asStored {
		return stored
	}
	return float64(v.scale*stored) + v.zero
}
