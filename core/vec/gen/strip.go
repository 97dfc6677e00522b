package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func transpose() {
	text("transposeAVX2", "func(dst []float32, pitch, next int, src []float32)")
	dst, src := pointer("dst"), pointer("src")
	pitch, next := Load(Param("pitch"), GP64()), Load(Param("next"), GP64())
	n := Load(Param("src").Len(), GP64())
	SHLQ(U8(2), pitch)
	SHLQ(U8(2), next)
	loop(n, 64, func() {
		to := GP64()
		MOVQ(dst, to)
		var row, pair, quad [8]VecVirtual
		for i := range row {
			row[i], pair[i], quad[i] = YMM(), YMM(), YMM()
		}
		for i := range 4 { // halves of rows i and i+4
			low, high := row[i], row[i+4]
			VMOVUPS(Mem{Base: src, Disp: row32 * i}, low.AsX())
			VINSERTF128(U8(1), Mem{Base: src, Disp: row32 * (i + 4)}, low, low)
			VMOVUPS(Mem{Base: src, Disp: row32*i + 16}, high.AsX())
			VINSERTF128(U8(1), Mem{Base: src, Disp: row32*(i+4) + 16}, high, high)
		}
		for half := range 2 { // columns 0..3, then 4..7
			r, p, q := row[4*half:], pair[4*half:], quad[4*half:]
			VUNPCKLPS(r[1], r[0], p[0])
			VUNPCKHPS(r[1], r[0], p[1])
			VUNPCKLPS(r[3], r[2], p[2])
			VUNPCKHPS(r[3], r[2], p[3])
			VUNPCKLPD(p[2], p[0], q[0])
			VUNPCKHPD(p[2], p[0], q[1])
			VUNPCKLPD(p[3], p[1], q[2])
			VUNPCKHPD(p[3], p[1], q[3])
			for i := range 4 {
				VMOVUPS(q[i], Mem{Base: to})
				ADDQ(pitch, to)
			}
		}
		advanceBy(4*64, src)
		ADDQ(next, dst)
	})
	end()
}

// columns asks for rows long before it needs them.
func columns() {
	text("columnsAVX2", "func(dst, next, src []float32, first, pitch int)")
	const ahead = 32 // rows
	dst, next, src := pointer("dst"), pointer("next"), pointer("src")
	n, both := Load(Param("dst").Len(), GP64()), Load(Param("next").Len(), GP64())
	LEAQ(Mem{Base: src, Index: Load(Param("first"), GP64()), Scale: 4}, src)
	pitch, far := Load(Param("pitch"), GP64()), GP64()
	SHLQ(U8(2), pitch)
	IMUL3Q(U8(ahead), pitch, far)
	row, more := YMM(), YMM()
	loop(n, 8, func() {
		PREFETCHT0(at(src, far, 0))
		VMOVUPS(Mem{Base: src}, row)
		VMOVUPS(row, Mem{Base: dst})
		TESTQ(both, both)
		JZ(LabelRef("one"))
		PREFETCHT0(at(src, far, 2*row32-4))
		VMOVUPS(Mem{Base: src, Disp: row32}, more)
		VMOVUPS(more, Mem{Base: next})
		advanceBy(row32, next)
		Label("one")
		ADDQ(pitch, src)
		advanceBy(row32, dst)
	})
	end()
}

func covered() {
	text("coveredAVX2", "func(c, mask []float32)")
	c, mask := pointer("c"), pointer("mask")
	n := Load(Param("c").Len(), GP64())
	zero, largest, unity := YMM(), YMM(), YMM()
	VXORPS(zero, zero, zero)
	VMOVUPS(floats("largest", 0x7f7fffff), largest)
	VMOVUPS(floats("unity", 0x3f800000), unity)
	loop(n, 8, func() {
		s, is, t := YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: c}, s)
		VCMPPS(less, s, zero, is)
		VCMPPS(atMost, largest, s, t)
		VANDPS(t, is, is)
		VANDPS(is, s, s)
		VANDPS(is, unity, t)
		VMOVUPS(s, Mem{Base: c})
		VMOVUPS(t, Mem{Base: mask})
		advanceBy(32, c, mask)
	})
	end()
}

// ratio also tells of numerators that are tiny.
func ratio() {
	text("ratioAVX2", "func(num, den []float32, tiny float32) uint32")
	num, den := pointer("num"), pointer("den")
	n := Load(Param("num").Len(), GP64())
	tiny, zero, any := broadcast("tiny", VBROADCASTSS), YMM(), YMM()
	VXORPS(zero, zero, zero)
	VXORPS(any, any, any)
	loop(n, 8, func() {
		d, q, is, t := YMM(), YMM(), YMM(), YMM()
		VMOVUPS(Mem{Base: den}, d)
		VMOVUPS(Mem{Base: num}, q)
		VCMPPS(less, d, zero, is)
		VCMPPS(less, tiny, q, t)
		VDIVPS(d, q, q)
		VANDPS(is, t, t)
		VORPS(t, any, any)
		VANDPS(is, q, q)
		VMOVUPS(q, Mem{Base: num})
		advanceBy(32, num, den)
	})
	endWith(any)
}
