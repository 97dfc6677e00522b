package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// magnitude loads the mask that clears the sign of float32.
func magnitude() VecVirtual {
	mask := YMM()
	VMOVUPS(floats("magnitude", 0x7fffffff), mask)
	return mask
}

// most compares as integers, which has the same order.
func most() {
	text("mostAVX2", "func(most *[8]float32, x []float32)")
	to, x := Load(Param("most"), GP64()), pointer("x")
	n := Load(Param("x").Len(), GP64())
	mask, largest := magnitude(), YMM()
	VMOVUPS(Mem{Base: to}, largest)
	fourThenOne(n, func(rows int) {
		for i := range rows {
			row := YMM()
			VPAND(Mem{Base: x, Disp: row32 * i}, mask, row)
			VPMAXSD(row, largest, largest)
		}
		advanceBy(row32*rows, x)
	})
	VMOVUPS(largest, Mem{Base: to})
	end()
}

func below() {
	text("belowAVX2", "func(x []float32, level *[8]float32) uint32")
	x, levels := pointer("x"), Load(Param("level"), GP64())
	n := Load(Param("x").Len(), GP64())
	mask, level, any := magnitude(), YMM(), YMM()
	VMOVUPS(Mem{Base: levels}, level)
	VXORPS(any, any, any)
	fourThenOne(n, func(rows int) {
		for i := range rows {
			is := YMM()
			VANDPS(Mem{Base: x, Disp: row32 * i}, mask, is)
			VCMPPS(less, level, is, is)
			VORPS(is, any, any)
		}
		advanceBy(row32*rows, x)
	})
	endWith(any)
}

// direct goes through the taps of a row from the ends of its window inwards.
func direct() {
	text("directAVX2", "func(dst, src []float32, weight []float64)")
	dst, src, weights := pointer("dst"), pointer("src"), pointer("weight")
	n, taps := Load(Param("dst").Len(), GP64()), Load(Param("weight").Len(), GP64())
	DECQ(taps)
	span := GP64() // bytes from a window's first row to its centre
	MOVQ(taps, span)
	SHLQ(U8(5), span)
	last := GP64()
	LEAQ(Mem{Base: weights, Index: taps, Scale: 8}, last)
	loop(n, 8, func() {
		down, up, tap := GP64(), GP64(), GP64()
		MOVQ(src, down)
		LEAQ(Mem{Base: src, Index: span, Scale: 2}, up)
		MOVQ(last, tap)
		w, row := YMM(), [2]VecVirtual{YMM(), YMM()}
		sum := [2]VecVirtual{YMM(), YMM()}
		VBROADCASTSD(Mem{Base: weights}, w)
		for h := range sum {
			VCVTPS2PD(Mem{Base: src, Index: span, Scale: 1, Disp: 16 * h}, sum[h])
			VMULPD(w, sum[h], sum[h])
		}
		Label("tap")
		CMPQ(tap, weights)
		JE(LabelRef("store"))
		VBROADCASTSD(Mem{Base: tap}, w)
		for h := range sum {
			above := YMM()
			VCVTPS2PD(Mem{Base: down, Disp: 16 * h}, row[h])
			VCVTPS2PD(Mem{Base: up, Disp: 16 * h}, above)
			VADDPD(above, row[h], row[h])
			VMULPD(w, row[h], row[h])
			VADDPD(row[h], sum[h], sum[h])
		}
		ADDQ(U8(row32), down)
		SUBQ(U8(row32), up)
		SUBQ(U8(8), tap)
		JMP(LabelRef("tap"))
		Label("store")
		for h := range sum {
			VCVTPD2PSY(sum[h], sum[h].AsX())
			VMOVUPS(sum[h].AsX(), Mem{Base: dst, Disp: 16 * h})
		}
		advanceBy(row32, dst, src)
	})
	end()
}
