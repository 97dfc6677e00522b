package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// add adds pixels of four values, or of one, up: four values at a time.
func add(name string, lanes int) {
	text(name, "func(sum, norm, value, weight []float64, offset *[4]float64)")
	sum, norm, value, weight := pointer("sum"), pointer("norm"), pointer("value"), pointer("weight")
	n := Load(Param("value").Len(), GP64())
	offset := YMM()
	VMOVUPD(Mem{Base: Load(Param("offset"), GP64())}, offset)
	loop(n, 4, func() {
		v, is, w := YMM(), YMM(), YMM()
		VMOVUPD(Mem{Base: value}, v)
		VCMPPD(number, v, v, is)
		if lanes == 1 {
			VMOVUPD(Mem{Base: weight}, w)
			ADDQ(U8(32), weight)
		} else {
			VBROADCASTSD(Mem{Base: weight}, w)
			ADDQ(U8(8), weight)
		}
		VSUBPD(offset, v, v)
		VMULPD(w, v, v)
		VANDPD(is, v, v)
		VANDPD(is, w, w)
		VADDPD(Mem{Base: sum}, v, v)
		VADDPD(Mem{Base: norm}, w, w)
		VMOVUPD(v, Mem{Base: sum})
		VMOVUPD(w, Mem{Base: norm})
		advanceBy(32, sum, norm, value)
	})
	end()
}

// mosaic divides the sums of pixels of three channels, or of one.
func mosaic(name string, channels int) {
	text(name, "func(dst, coverage []float32, sum, norm []float64, blank float32, keep uint32)")
	dst, coverage, sum, norm := pointer("dst"), pointer("coverage"), pointer("sum"), pointer("norm")
	n := Load(Param("norm").Len(), GP64())
	blank, keep := broadcast("blank", VBROADCASTSS), broadcast("keep", VBROADCASTSS)
	zero, largest, size, nan := XMM(), XMM(), XMM(), XMM()
	VXORPS(zero, zero, zero)
	VMOVUPS(floats("largest", 0x7f7fffff), largest)
	VMOVUPS(floats("sizeBits", 0x7fffffff), size)
	VMOVUPS(floats("quietNaN", 0x7fc00000), nan)
	zeros := YMM()
	VXORPD(zeros, zeros, zeros)
	loop(n, 4, func() {
		weight, value, some, high, ok := YMM(), YMM(), YMM(), XMM(), XMM()
		VMOVUPD(Mem{Base: norm}, weight)
		VMOVUPD(Mem{Base: sum}, value)
		VDIVPD(weight, value, value)
		VCMPPD(less, weight, zeros, some)
		VEXTRACTF128(U8(1), some, high)
		VSHUFPS(U8(0x88), high, some.AsX(), ok)
		VCVTPD2PSY(value, value.AsX())
		VBLENDVPS(ok, value.AsX(), blank.AsX(), value.AsX())
		cover := XMM()
		VCVTPD2PSY(weight, cover)
		covered, finite := XMM(), XMM()
		VANDPS(size, cover, finite)
		VCMPPS(atMost, largest, finite, finite)
		VORPS(keep.AsX(), finite, finite)
		VANDPS(finite, cover, cover)
		covering := cover
		if channels > 1 {
			covering = XMM()
			VBROADCASTSS(cover, covering)
		}
		VCMPPS(less, covering, zero, covered)
		VANDPS(size, value.AsX(), finite)
		VCMPPS(atMost, largest, finite, finite)
		VANDPS(covered, finite, finite)
		VORPS(keep.AsX(), finite, finite)
		VBLENDVPS(finite, value.AsX(), nan, value.AsX())
		if channels == 1 {
			VMOVUPS(value.AsX(), Mem{Base: dst})
			VMOVUPS(cover, Mem{Base: coverage})
			advanceBy(16, dst, coverage)
		} else {
			VMOVSD(value.AsX(), Mem{Base: dst})
			VEXTRACTPS(U8(2), value.AsX(), Mem{Base: dst, Disp: 8})
			VMOVSS(cover, Mem{Base: coverage})
			advanceBy(12, dst)
			advanceBy(4, coverage)
		}
		advanceBy(32, sum, norm)
	})
	end()
}

func sums() {
	add("add4AVX2", 4)
	add("add1AVX2", 1)
	mosaic("mosaic3AVX2", 3)
	mosaic("mosaic1AVX2", 1)
}
