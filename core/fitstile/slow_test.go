package fitstile

import (
	"math"
	"math/big"
	"slices"
)

// The slow twin: sample by sample, in exact arithmetic, rounded where the package says.

// slow is what the pixels of a part are, [h,w,c].
func slow(bitpix int, axes []int, data []byte, scale, zero float64, blank *int64) (h, w, c int, to []float32) {
	for len(axes) > 3 {
		axes = axes[1:] // of length 1
	}
	if len(axes) == 2 {
		axes = append(slices.Clone(axes), 1)
	}
	first, last := axes[0], axes[2]
	known := func(n int, of ...int) bool { return slices.Contains(of, n) }
	planar := known(first, 1, 3) && !known(last, 1, 3) || known(first, 2, 4) && !known(last, 1, 2, 3, 4)
	if h, w, c = axes[0], axes[1], axes[2]; planar {
		h, w, c = axes[1], axes[2], axes[0]
	}
	size := max(bitpix, -bitpix) / 8
	for y := range h {
		for x := range w {
			for k := range c {
				i := (y*w+x)*c + k
				if planar {
					i = (k*h+y)*w + x
				}
				to = append(to, slowValue(bitpix, data[i*size:(i+1)*size], scale, zero, blank))
			}
		}
	}
	return h, w, c, to
}

func slowValue(bitpix int, raw []byte, scale, zero float64, blank *int64) float32 {
	bits := new(big.Int).SetBytes(raw)
	switch bitpix {
	case -32:
		x := math.Float32frombits(uint32(bits.Uint64()))
		if scale == 1 && zero == 0 {
			return x
		}
		return float32(slowScaled(float64(x), scale, zero))
	case -64:
		x := math.Float64frombits(bits.Uint64())
		if scale == 1 && zero == 0 {
			return float32(x)
		}
		return float32(slowScaled(x, scale, zero))
	}
	if bitpix > 8 && raw[0] >= 128 {
		bits.Sub(bits, new(big.Int).Lsh(big.NewInt(1), uint(bitpix)))
	}
	if blank != nil && bits.Cmp(big.NewInt(*blank)) == 0 {
		return float32(math.NaN())
	}
	unsigned := zero == math.Ldexp(1, bitpix-1)
	if scale == 1 && (zero == 0 || unsigned) {
		if unsigned {
			bits.Add(bits, new(big.Int).Lsh(big.NewInt(1), uint(bitpix-1)))
		}
		x, _ := exact().SetInt(bits).Float32()
		return x
	}
	x, _ := exact().SetInt(bits).Float64()
	return float32(slowScaled(x, scale, zero))
}

func slowScaled(x, scale, zero float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return x*scale + zero
	}
	product, _ := exact().Mul(exact().SetFloat64(x), exact().SetFloat64(scale)).Float64()
	if math.IsInf(product, 0) {
		return product
	}
	sum, _ := exact().Add(exact().SetFloat64(product), exact().SetFloat64(zero)).Float64()
	return sum
}

// exact holds any sum or product of two float64.
func exact() *big.Float { return new(big.Float).SetPrec(4400) }
