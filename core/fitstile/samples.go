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

// convert writes sample i of raw to to[i*stride]: some at a time, first what is stored,
// then its value, each in a loop without a choice.
func (v *samples) convert(to []float32, stride int, raw []byte) {
	var whole [256]int64
	var real [256]float64
	size := v.bytes()
	for i := 0; i*size < len(raw); i += len(whole) {
		part := raw[i*size : min((i+len(whole))*size, len(raw))]
		n := len(part) / size
		switch {
		case v.bitpix > 0:
			v.integers(whole[:n], part)
			v.ofIntegers(to[i*stride:], stride, whole[:n])
		case v.bitpix == -32 && v.asStored:
			for k := range n {
				to[(i+k)*stride] = sample(part, k)
			}
		default:
			v.reals(real[:n], part)
			v.ofReals(to[i*stride:], stride, real[:n])
		}
	}
}

func (v *samples) integers(stored []int64, raw []byte) {
	switch v.bitpix {
	case 8:
		for i := range stored {
			stored[i] = int64(raw[i])
		}
	case 16:
		for i := range stored {
			stored[i] = int64(int16(binary.BigEndian.Uint16(raw[2*i:])))
		}
	case 32:
		for i := range stored {
			stored[i] = int64(int32(binary.BigEndian.Uint32(raw[4*i:])))
		}
	case 64:
		for i := range stored {
			stored[i] = int64(binary.BigEndian.Uint64(raw[8*i:]))
		}
	}
}

func (v *samples) ofIntegers(to []float32, stride int, stored []int64) {
	switch {
	case v.asStored:
		for i, x := range stored {
			to[i*stride] = float32(x)
		}
	case v.unsigned:
		for i, x := range stored {
			to[i*stride] = float32(uint64(x) ^ 1<<63)
		}
	default:
		for i, x := range stored {
			to[i*stride] = float32(float64(v.scale*float64(x)) + v.zero)
		}
	}
	if !v.blanks {
		return
	}
	for i, x := range stored {
		if x == v.blank {
			to[i*stride] = float32(math.NaN())
		}
	}
}

func (v *samples) reals(stored []float64, raw []byte) {
	if v.bitpix == -32 {
		for i := range stored {
			stored[i] = float64(sample(raw, i))
		}
		return
	}
	for i := range stored {
		stored[i] = math.Float64frombits(binary.BigEndian.Uint64(raw[8*i:]))
	}
}

func (v *samples) ofReals(to []float32, stride int, stored []float64) {
	for i, x := range stored { // 1*x + 0 would make 0 of -0
		if !v.asStored {
			x = float64(v.scale*x) + v.zero
		}
		to[i*stride] = float32(x)
	}
}
