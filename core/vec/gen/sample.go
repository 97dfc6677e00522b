package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// located is what four positions give: the offsets of their stencils in bytes and
// their weights, NaN outside the image.
type located struct {
	offset VecVirtual
	weight [4]VecVirtual // of the stencil's upper and lower pixels, left to right
}

// Places in the table of limits, in groups of four numbers; see limits in Go.
const (
	least = 32 * iota
	mostU
	mostV
	endU
	endV
	lastU   // int32, in the first half
	lastV   //
	colStep // int64, bytes
	rowStep
)

// positions loads four positions and says which are outside the image.
func positions(u, v, limits Register) (fu, fv, outside VecVirtual) {
	fu, fv, outside = YMM(), YMM(), YMM()
	t := YMM()
	limit := func(at int) Mem { return Mem{Base: limits, Disp: at} }
	VMOVUPD(Mem{Base: u}, fu)
	VMOVUPD(Mem{Base: v}, fv)
	VCMPPD(notAtLeast, limit(least), fu, outside)
	for _, test := range []struct {
		predicate U8
		limit     int
		of        VecVirtual
	}{{notAtMost, mostU, fu}, {notAtLeast, least, fv}, {notAtMost, mostV, fv}} {
		VCMPPD(test.predicate, limit(test.limit), test.of, t)
		VORPD(t, outside, outside)
	}
	return fu, fv, outside
}

// footprint is 1 inside, else 0.
func footprint() {
	text("footprintAVX2", "func(weight, u, v []float64, limits *[36]float64)")
	weight, u, v := pointer("weight"), pointer("u"), pointer("v")
	limits := Load(Param("limits"), GP64())
	n := Load(Param("weight").Len(), GP64())
	one := YMM()
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
	loop(n, 4, func() {
		_, _, outside := positions(u, v, limits)
		VANDNPD(one, outside, outside)
		VMOVUPD(outside, Mem{Base: weight})
		advanceBy(32, weight, u, v)
	})
	end()
}

func locate(u, v, limits Register) located {
	fu, fv, outside := positions(u, v, limits)
	t := YMM()
	limit := func(at int) Mem { return Mem{Base: limits, Disp: at} }
	VXORPD(t, t, t)
	VMAXPD(t, fu, fu) // 0 also where NaN
	VMAXPD(t, fv, fv)
	VMINPD(limit(endU), fu, fu)
	VMINPD(limit(endV), fv, fv)
	ku, kv, back := XMM(), XMM(), YMM()
	VCVTTPD2DQY(fu, ku)
	VCVTTPD2DQY(fv, kv)
	VPMINSD(limit(lastU), ku, ku)
	VPMINSD(limit(lastV), kv, kv)
	VCVTDQ2PD(ku, back)
	VSUBPD(back, fu, fu)
	VCVTDQ2PD(kv, back)
	VSUBPD(back, fv, fv)
	wide, offset := YMM(), YMM()
	VPMOVZXDQ(ku, wide)
	VPMULUDQ(limit(colStep), wide, wide)
	VPMOVZXDQ(kv, offset)
	VPMULUDQ(limit(rowStep), offset, offset)
	VPADDQ(wide, offset, offset)
	VORPD(outside, fu, fu)
	one, gu, gv := YMM(), YMM(), YMM()
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
	VSUBPD(fu, one, gu)
	VSUBPD(fv, one, gv)
	l := located{offset: offset}
	for i, pair := range [4][2]VecVirtual{{gv, gu}, {gv, fu}, {fv, gu}, {fv, fu}} {
		l.weight[i] = YMM()
		VMULPD(pair[0], pair[1], l.weight[i])
	}
	return l
}

const sampleArguments = "value, u, v []float64, pix []float32, dx, dy int, limits *[36]float64, gain float32"

// sample3 samples three channels that lie side by side: it locates some pixels, then
// samples these one by one, so that neither waits for the other.
func sample3() {
	const (
		most   = 32       // pixels located at a time
		places = 8 * most // bytes of their offsets, and of one of their weights
	)
	TEXT("sample3AVX2", 0, "func("+sampleArguments+")")
	Pragma("noescape")
	value, u, v := pointer("value"), pointer("u"), pointer("v")
	limits := Load(Param("limits"), GP64())
	var corner [4]GPVirtual // the stencil's; those on the right from one sample before
	for i := range corner {
		corner[i] = pointer("pix")
		if i%2 == 1 {
			ADDQ(Load(Param("dx"), GP64()), corner[i])
			SUBQ(U8(4), corner[i])
		}
		if i/2 == 1 {
			ADDQ(Load(Param("dy"), GP64()), corner[i])
		}
	}
	n := Load(Param("u").Len(), GP64())
	SHRQ(U8(2), n) // groups of four
	gain := broadcast("gain", VBROADCASTSS).AsX()
	stack := Mem{Base: GP64()} // aligned, so that what is stored can be loaded at once
	LEAQ(AllocLocal(5*places+32).Offset(31), stack.Base)
	ANDQ(I8(-32), stack.Base)
	m, i, here := GP64(), GP64(), GP64()

	Label("some")
	CMPQ(n, U8(0))
	JE(LabelRef("done"))
	MOVQ(U32(most/4), m)
	CMPQ(n, m)
	CMOVQLT(n, m)
	SUBQ(m, n)
	MOVQ(m, i)
	MOVQ(stack.Base, here)
	Label("locate")
	l := locate(u, v, limits)
	VMOVDQU(l.offset, Mem{Base: here})
	for k, w := range l.weight {
		VMOVUPD(w, Mem{Base: here, Disp: places * (k + 1)})
	}
	for pixel := range 4 { // of a rotated tile each may lie on lines of its own
		p := GP64()
		MOVQ(Mem{Base: here, Disp: 8 * pixel}, p)
		PREFETCHT0(at(corner[0], p, 0))
		PREFETCHT0(at(corner[2], p, 0))
	}
	advanceBy(32, u, v, here)
	DECQ(i)
	JNZ(LabelRef("locate"))

	MOVQ(stack.Base, here)
	Label("sample")
	for pixel := range 4 {
		p, sum := GP64(), YMM()
		MOVQ(Mem{Base: here, Disp: 8 * pixel}, p)
		for k := range 4 {
			raw, product, weight := XMM(), YMM(), YMM()
			if k%2 == 0 {
				VMULPS(at(corner[k], p, 0), gain, raw)
			} else { // from one before, so as not to read beyond the image's last sample
				VPERMILPS(U8(0xf9), at(corner[k], p, 0), raw)
				VMULPS(raw, gain, raw)
			}
			VCVTPS2PD(raw, product)
			VBROADCASTSD(Mem{Base: here, Disp: places*(k+1) + 8*pixel}, weight)
			VMULPD(weight, product, product)
			if k == 0 {
				sum = product
				continue
			}
			VADDPD(product, sum, sum)
		}
		VMOVUPD(sum, Mem{Base: value, Disp: 32 * pixel})
	}
	advanceBy(32, here)
	SUBQ(I8(-128), value)
	DECQ(m)
	JNZ(LabelRef("sample"))
	JMP(LabelRef("some"))
	Label("done")
	end()
}

// sample1 samples one channel whose columns lie side by side. clean, if any, is
// applied to eight raw samples at once; what follows it is scaled.
func sample1(name, arguments string, gained bool, clean func(raw VecVirtual)) {
	text(name, "func("+arguments+")")
	value, u, v, pix := pointer("value"), pointer("u"), pointer("v"), pointer("pix")
	dy, limits := Load(Param("dy"), GP64()), Load(Param("limits"), GP64())
	n := Load(Param("u").Len(), GP64())
	var factor VecVirtual
	if gained {
		factor = broadcast("gain", VBROADCASTSS)
	} else {
		factor = broadcast("scale", VBROADCASTSD)
	}
	loop(n, 4, func() {
		l := locate(u, v, limits)
		var p [4]GPVirtual
		high := XMM()
		VEXTRACTI128(U8(1), l.offset, high)
		for i := range p {
			p[i] = GP64()
			if half := []VecVirtual{l.offset, high}[i/2]; i%2 == 0 {
				VMOVQ(half.AsX(), p[i])
			} else {
				VPEXTRQ(U8(1), half.AsX(), p[i])
			}
			ADDQ(pix, p[i])
		}
		var sum VecVirtual
		for line := range 2 {
			first, second := XMM(), XMM() // pixels 0 and 1, 2 and 3: left right left right
			for i, pair := range []VecVirtual{first, second} {
				a, b := Mem{Base: p[2*i]}, Mem{Base: p[2*i+1]}
				if line == 1 {
					a, b = a.Idx(dy, 1), b.Idx(dy, 1)
				}
				VMOVSD(a, pair)
				VMOVHPS(b, pair, pair)
			}
			both := YMM() // lefts, then rights
			rights := XMM()
			VSHUFPS(U8(0x88), second, first, both.AsX())
			VSHUFPS(U8(0xdd), second, first, rights)
			VINSERTF128(U8(1), rights, both, both)
			if gained {
				VMULPS(factor, both, both)
			}
			if clean != nil {
				clean(both)
			}
			for side := range 2 {
				part := YMM()
				if side == 1 {
					VEXTRACTF128(U8(1), both, both.AsX())
				}
				VCVTPS2PD(both.AsX(), part)
				VMULPD(l.weight[2*line+side], part, part)
				if sum == nil {
					sum = part
					continue
				}
				VADDPD(part, sum, sum)
			}
		}
		if !gained {
			VMULPD(factor, sum, sum)
		}
		VMOVUPD(sum, Mem{Base: value})
		advanceBy(32, u, v, value)
	})
	end()
}

const mapArguments = "value, u, v []float64, pix []float32, dy int, limits *[36]float64, scale float64"

func samples() {
	footprint()
	sample3()
	sample1("sample1AVX2", "value, u, v []float64, pix []float32, dy int, limits *[36]float64, gain float32", true, nil)
	keep := func(greatest Mem) func(VecVirtual) {
		return func(raw VecVirtual) {
			size := YMM()
			VANDPS(floats("sizeBits", 0x7fffffff), raw, size)
			VCMPPS(atMost, greatest, size, size)
			VANDPS(size, raw, raw)
		}
	}
	sample1("sampleFiniteAVX2", mapArguments, false, keep(floats("largest", 0x7f7fffff)))
	sample1("sampleNumberAVX2", mapArguments, false, keep(floats("infinity", 0x7f800000)))
	sample1("sampleBinaryAVX2", mapArguments, false, func(raw VecVirtual) {
		zero := YMM()
		VXORPS(zero, zero, zero)
		VCMPPS(less, raw, zero, raw)
		VANDPS(floats("unity", 0x3f800000), raw, raw)
	})
}
