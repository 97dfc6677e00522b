package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func plane() {
	text("planeAVX2", "func(u, v []float64, x0 int, p *[6]float64)")
	u, v, p := pointer("u"), pointer("v"), Load(Param("p"), GP64())
	n := Load(Param("u").Len(), GP64())
	x, one, four := YMM(), YMM(), YMM()
	x0 := Load(Param("x0"), GP64())
	VXORPD(x.AsX(), x.AsX(), x.AsX())
	VCVTSI2SDQ(x0, x.AsX(), x.AsX())
	VBROADCASTSD(x.AsX(), x)
	VADDPD(doubles("counting", 0, 1, 2, 3), x, x)
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
	VMOVUPD(doubles("four", 4, 4, 4, 4), four)
	var k [6]VecVirtual
	for i := range k {
		k[i] = YMM()
		VBROADCASTSD(Mem{Base: p, Disp: 8 * i}, k[i])
	}
	zero := YMM()
	VXORPD(zero, zero, zero)
	loop(n, 4, func() {
		a, b, w, behind := YMM(), YMM(), YMM(), YMM()
		VMULPD(k[4], x, w)
		VADDPD(k[5], w, w)
		VCMPPD(notGreater, zero, w, behind)
		VDIVPD(w, one, w)
		VORPD(behind, w, w)
		VMULPD(k[0], x, a)
		VMULPD(k[2], x, b)
		VADDPD(k[1], a, a)
		VADDPD(k[3], b, b)
		VMULPD(w, a, a)
		VMULPD(w, b, b)
		VMOVUPD(a, Mem{Base: u})
		VMOVUPD(b, Mem{Base: v})
		VADDPD(four, x, x)
		advanceBy(32, u, v)
	})
	end()
}
