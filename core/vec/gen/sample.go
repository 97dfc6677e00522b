package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	sampleArguments = "value, u, v []float64, pix []float32, dx, dy int, limits *[60]float64, gain float32, near []uint8"
	mapArguments    = "value, u, v []float64, pix []float32, dy int, limits *[60]float64, scale float64, near []uint8"
	doubleArguments = "value, u, v, pix []float64, dy int, limits *[60]float64, near []uint8"
)

// sample3 samples three channels that lie side by side. It locates some pixels ahead of those that
// it samples, and fetches what these need: of a rotated tile each may lie on lines of its own, and
// memory answers while others are sampled.
func sample3(name string, near lines) {
	const (
		ahead  = 8          // groups of four pixels
		places = 32 * ahead // bytes of their offsets, and of one of their weights
	)
	TEXT(name, 0, "func("+sampleArguments+")")
	Pragma("noescape")
	value, u, v := pointer("value"), pointer("u"), pointer("v")
	limits, tell := Load(Param("limits"), GP64()), pointer("near")
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
	sampled, located := Load(Param("u").Len(), GP64()), GP64() // groups to be, times 32
	SHLQ(U8(3), sampled)
	gain := broadcast("gain", VBROADCASTSS).AsX()
	stack := Mem{Base: GP64()} // aligned, so that what is stored can be loaded at once
	kept := 5                  // the offset, weights and, where lines are onto, who has no say
	if near == onto {
		kept = 9
	}
	LEAQ(AllocLocal(kept*places+32).Offset(31), stack.Base)
	ANDQ(I8(-32), stack.Base)
	place := func(left Register) GPVirtual { // of a group, in the stack
		here := GP64()
		MOVQ(left, here)
		ANDQ(U32(places-32), here)
		ADDQ(stack.Base, here)
		return here
	}
	CMPQ(sampled, U8(0))
	JE(LabelRef("done"))
	MOVQ(sampled, located)

	Label("next")
	CMPQ(located, U8(0))
	JE(LabelRef("sample"))
	l := locate(u, v, limits, near)
	if near == told {
		l.tell(tell, limits)
	}
	here, p := place(located), GP64()
	VMOVDQU(l.offset, Mem{Base: here})
	for k, w := range l.weight {
		VMOVUPD(w, Mem{Base: here, Disp: places * (k + 1)})
		if near == onto {
			VMOVUPD(l.mute[k], Mem{Base: here, Disp: places * (k + 5)})
		}
	}
	for pixel := range 4 {
		MOVQ(Mem{Base: here, Disp: 8 * pixel}, p)
		PREFETCHT0(at(corner[0], p, 0))
		PREFETCHT0(at(corner[2], p, 0))
	}
	advanceBy(32, u, v)
	SUBQ(U8(32), located)
	LEAQ(Mem{Base: located, Disp: places}, p)
	CMPQ(p, sampled)
	JG(LabelRef("next"))

	Label("sample")
	here = place(sampled)
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
			if near == onto {
				VBROADCASTSD(Mem{Base: here, Disp: places*(k+5) + 8*pixel}, weight)
				VANDNPD(product, weight, product)
			}
			if k == 0 {
				sum = product
				continue
			}
			VADDPD(product, sum, sum)
		}
		VMOVUPD(sum, Mem{Base: value, Disp: 32 * pixel})
	}
	SUBQ(I8(-128), value)
	SUBQ(U8(32), sampled)
	JNZ(LabelRef("next"))
	Label("done")
	end()
}

// sample1 samples one channel whose columns lie side by side. clean, if any, is
// applied to eight raw samples at once; what follows it is scaled. ones is whether what lies
// between ones is one, to the last bit.
func sample1(name, arguments string, near lines, gained bool, clean func(raw VecVirtual), ones bool) {
	text(name, "func("+arguments+")")
	value, u, v, pix := pointer("value"), pointer("u"), pointer("v"), pointer("pix")
	dy, limits, tell := Load(Param("dy"), GP64()), Load(Param("limits"), GP64()), pointer("near")
	n := Load(Param("u").Len(), GP64())
	var factor VecVirtual
	if gained {
		factor = broadcast("gain", VBROADCASTSS)
	} else {
		factor = broadcast("scale", VBROADCASTSD)
	}
	loop(n, 4, func() {
		l := locate(u, v, limits, near)
		if near == told {
			l.tell(tell, limits)
		}
		p := l.places(pix)
		var sum VecVirtual
		all := YMM() // bit by bit, what the samples have in common
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
				if corner := 2*line + side; ones {
					common := part
					if near == onto {
						common = YMM()
						VORPD(l.mute[corner], part, common)
					}
					if corner == 0 {
						VMOVAPD(common, all)
					} else {
						VANDPD(common, all, all)
					}
				}
				sum = l.added(sum, part, 2*line+side, near)
			}
		}
		if ones { // all is 1 or 0, and the sum is less than 1 where it is 0
			one := YMM()
			VMOVUPD(doubles("one", 1, 1, 1, 1), one)
			VMINPD(sum, one, sum) // of NaN, NaN
			VMAXPD(sum, all, sum)
		}
		if !gained {
			VMULPD(factor, sum, sum)
		}
		VMOVUPD(sum, Mem{Base: value})
		advanceBy(32, u, v, value)
	})
	end()
}

// sample64 samples one channel of float64 whose columns lie side by side; of numbers
// alone, NaN counts as 0.
func sample64(name string, near lines, numbers bool) {
	text(name, "func("+doubleArguments+")")
	value, u, v, pix := pointer("value"), pointer("u"), pointer("v"), pointer("pix")
	dy, limits, tell := Load(Param("dy"), GP64()), Load(Param("limits"), GP64()), pointer("near")
	n := Load(Param("u").Len(), GP64())
	loop(n, 4, func() {
		l := locate(u, v, limits, near)
		if near == told {
			l.tell(tell, limits)
		}
		p := l.places(pix)
		var sum VecVirtual
		for line := range 2 {
			at := func(i int) Mem {
				if line == 1 {
					return Mem{Base: p[i]}.Idx(dy, 1)
				}
				return Mem{Base: p[i]}
			}
			first, second := YMM(), YMM() // of pixels 0 and 2, 1 and 3: left right left right
			for i, pair := range []VecVirtual{first, second} {
				VMOVUPD(at(i), pair.AsX())
				VINSERTF128(U8(1), at(i+2), pair, pair)
			}
			for side, unpack := range []func(...Op){VUNPCKLPD, VUNPCKHPD} {
				part := YMM()
				unpack(second, first, part)
				if numbers {
					known := YMM()
					VCMPPD(number, part, part, known)
					VANDPD(known, part, part)
				}
				sum = l.added(sum, part, 2*line+side, near)
			}
		}
		VMOVUPD(sum, Mem{Base: value})
		advanceBy(32, u, v, value)
	})
	end()
}

// added returns the sum so far, nil at first, and a corner's part by its weight.
func (l *located) added(sum, part VecVirtual, corner int, near lines) VecVirtual {
	VMULPD(l.weight[corner], part, part)
	if near == onto {
		VANDNPD(part, l.mute[corner], part)
	}
	if sum == nil {
		return part
	}
	VADDPD(part, sum, sum)
	return sum
}

// places returns where the stencils of four positions begin.
func (l *located) places(pix Register) (p [4]GPVirtual) {
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
	return p
}

func samples() {
	footprint()
	keep := func(greatest Mem) func(VecVirtual) {
		return func(raw VecVirtual) {
			size := YMM()
			VANDPS(floats("sizeBits", 0x7fffffff), raw, size)
			VCMPPS(atMost, greatest, size, size)
			VANDPS(size, raw, raw)
		}
	}
	binary := func(raw VecVirtual) {
		zero := YMM()
		VXORPS(zero, zero, zero)
		VCMPPS(less, raw, zero, raw)
		VANDPS(floats("unity", 0x3f800000), raw, raw)
	}
	for near, end := range []string{told: "AVX2", onto: "OntoAVX2"} {
		sample3("sample3"+end, lines(near))
		sample1("sample1"+end, sampleArguments, lines(near), true, nil, false)
		sample64("sample64"+end, lines(near), false)
		sample64("sampleNumber64"+end, lines(near), true)
		sample1("sampleFinite"+end, mapArguments, lines(near), false, keep(floats("largest", 0x7f7fffff)), false)
		sample1("sampleNumber"+end, mapArguments, lines(near), false, keep(floats("infinity", 0x7f800000)), false)
		sample1("sampleBinary"+end, mapArguments, lines(near), false, binary, true)
	}
}
