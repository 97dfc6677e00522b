package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func sift() {
	text("siftAVX2", "func(within []int32, a, b []float32, exactA, exactB []float64, lo, hi *[4]float32, below, above *[4]int, bits *[256][8]uint8) int")
	first, a, b := pointer("within"), pointer("a"), pointer("b")
	n := Load(Param("a").Len(), GP64())
	lo, hi, under, over := YMM(), YMM(), YMM(), YMM()
	VBROADCASTF128(Mem{Base: Load(Param("lo"), GP64())}, lo)
	VBROADCASTF128(Mem{Base: Load(Param("hi"), GP64())}, hi)
	VPXOR(under, under, under)
	VPXOR(over, over, over)
	to, i, eight, table := GP64(), YMM(), YMM(), Load(Param("bits"), GP64())
	MOVQ(first, to)
	VPXOR(i, i, i)
	exact := [2]Register{pointer("exactA"), pointer("exactB")}
	listedLast := [2]Register{GP64(), GP64()}
	for k := range exact {
		MOVQ(exact[k], listedLast[k])
	}
	VPCMPEQD(eight, eight, eight)
	VPSRLD(U8(31), eight, eight)
	VPSLLD(U8(3), eight, eight)
	loop(n, 8, func() {
		x, y, d, out, t := YMM(), YMM(), YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: a}, x)
		VMOVUPS(Mem{Base: b}, y)
		VSUBPS(y, x, d)
		VCMPPS(less, lo, d, out)
		VPSUBD(out, under, under)
		VCMPPS(less, d, hi, t)
		VPSUBD(t, over, over)
		VORPS(t, out, out)
		VCMPPS(notNumber, y, x, t)
		VORPS(t, out, out)
		in, listed := GP64(), YMM()
		VMOVMSKPS(out, in.As32())
		XORL(U32(0xff), in.As32())
		for k := range exact { // of eight that have one in the list, fetched; else those before
			CMOVQNE(exact[k], listedLast[k])
			PREFETCHT0(Mem{Base: listedLast[k]})
		}
		VPMOVZXBD(Mem{Base: table, Index: in, Scale: 8}, listed) // all of them, side by side
		VPADDD(i, listed, listed)
		VMOVDQU(listed, Mem{Base: to})
		POPCNTL(in.As32(), in.As32())
		LEAQ(Mem{Base: to, Index: in, Scale: 4}, to)
		VPADDD(eight, i, i)
		advanceBy(32, a, b)
		advanceBy(64, exact[0], exact[1])
	})
	for i, sum := range []VecVirtual{under, over} {
		count, half := Load(Param([]string{"below", "above"}[i]), GP64()), XMM()
		VEXTRACTI128(U8(1), sum, half)
		VPADDD(half, sum.AsX(), half)
		VPMOVSXDQ(half, sum)
		VPADDQ(Mem{Base: count}, sum, sum)
		VMOVDQU(sum, Mem{Base: count})
	}
	SUBQ(first, to)
	SHRQ(U8(2), to)
	Store(to, ReturnIndex(0))
	end()
}

func fetch() {
	text("fetchLines", "func(p *byte, bytes int)")
	p, n := Load(Param("p"), GP64()), Load(Param("bytes"), GP64())
	Label("next")
	PREFETCHT0(Mem{Base: p})
	ADDQ(U8(64), p)
	SUBQ(U8(64), n)
	JG(LabelRef("next"))
	RET()
}

func narrow() {
	text("narrowAVX2", "func(near []float32, most *[4]float32, value []float64)")
	near, most, value := pointer("near"), Load(Param("most"), GP64()), pointer("value")
	n := Load(Param("value").Len(), GP64())
	size, largest := XMM(), XMM()
	VMOVUPS(floats("sizeBits", 0x7fffffff), size)
	VMOVUPS(Mem{Base: most}, largest)
	loop(n, 4, func() {
		s := XMM()
		VCVTPD2PSY(Mem{Base: value}, s)
		VMOVUPS(s, Mem{Base: near})
		VANDPS(size, s, s)
		VMAXPS(largest, s, largest) // of NaN, largest
		advanceBy(32, value)
		advanceBy(16, near)
	})
	VMOVUPS(largest, Mem{Base: most})
	end()
}

// among tells which of eight lanes have a number outside.
func among() {
	text("amongAVX2", "func(x []float32, least, most float32) uint32")
	x, n := pointer("x"), Load(Param("x").Len(), GP64())
	least, most, out := broadcast("least", VBROADCASTSS), broadcast("most", VBROADCASTSS), YMM()
	VXORPS(out, out, out)
	loop(n, 8, func() {
		s, t := YMM(), YMM()
		VMOVUPS(Mem{Base: x}, s)
		VCMPPS(notAtLeast, least, s, t)
		VORPS(t, out, out)
		VCMPPS(notAtMost, most, s, t)
		VORPS(t, out, out)
		advanceBy(32, x)
	})
	endWith(out)
}

func scales() {
	text("scalesAVX2", "func(scale []float32, blurred, coverage []float32, threshold, most float32) uint32")
	scale, blurred, coverage := pointer("scale"), pointer("blurred"), pointer("coverage")
	n := Load(Param("coverage").Len(), GP64())
	threshold, most := broadcast("threshold", VBROADCASTSS), broadcast("most", VBROADCASTSS)
	zero, half, two, least, nan, none := YMM(), YMM(), YMM(), YMM(), YMM(), YMM()
	VXORPS(zero, zero, zero)
	VXORPS(none, none, none)
	VMOVUPS(floats("half", 0x3f000000), half)
	VMOVUPS(floats("twice", 0x40000000), two)
	VMOVUPS(floats("epsilon", 0x34000000), least)
	VMOVUPS(floats("quietNaN", 0x7fc00000), nan)
	loop(n, 8, func() {
		b, c, valid, t, s := YMM(), YMM(), YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: blurred}, b)
		VMOVUPS(Mem{Base: coverage}, c)
		VCMPPS(less, c, zero, valid)
		VCMPPS(atMost, most, c, t)
		VANDPS(t, valid, valid)
		VCMPPS(notLess, threshold, b, t)
		VANDPS(t, valid, valid)
		VMAXPS(least, c, c)
		VDIVPS(c, b, s)
		VMAXPS(s, half, s) // of NaN, NaN
		VMINPS(s, two, s)
		VCMPPS(notNumber, s, s, t)
		VANDPS(valid, t, t)
		VORPS(t, none, none)
		VBLENDVPS(valid, s, nan, s)
		VMOVUPS(s, Mem{Base: scale})
		advanceBy(32, scale, blurred, coverage)
	})
	endWith(none)
}

func mask() {
	text("maskAVX2", "func(scale []float32, weight []float64, least float64) int")
	scale, weight := pointer("scale"), pointer("weight")
	n := Load(Param("weight").Len(), GP64())
	least := broadcast("least", VBROADCASTSD)
	kept := GP64()
	XORQ(kept, kept)
	loop(n, 4, func() {
		f, in, out, bits := YMM(), YMM(), YMM(), GP32()
		VMOVUPD(Mem{Base: weight}, f)
		VCMPPD(less, f, least, in)
		VCMPPD(notLess, f, least, out)
		VMOVMSKPD(in, bits)
		POPCNTL(bits, bits)
		ADDQ(bits.As64(), kept)
		VANDPD(in, f, f)
		VMOVUPD(f, Mem{Base: weight})
		high := XMM()
		VEXTRACTF128(U8(1), out, high)
		VSHUFPS(U8(0x88), high, out.AsX(), high)
		VORPS(Mem{Base: scale}, high, high)
		VMOVUPS(high, Mem{Base: scale})
		advanceBy(16, scale)
		advanceBy(32, weight)
	})
	Store(kept, ReturnIndex(0))
	end()
}
