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
	x, four := counting()
	one := YMM()
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
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

func cubic() {
	text("cubicAVX2", "func(u, v []float64, x0 int, p *[10]float64)")
	u, v, p := pointer("u"), pointer("v"), Load(Param("p"), GP64())
	n := Load(Param("u").Len(), GP64())
	x, four := counting()
	var k [10]VecVirtual
	for i := range k {
		k[i] = YMM()
		VBROADCASTSD(Mem{Base: p, Disp: 8 * i}, k[i])
	}
	loop(n, 4, func() {
		t := YMM()
		VMULPD(k[0], x, t)
		VSUBPD(k[1], t, t)
		for i, to := range []Register{u, v} {
			c, sum := k[2+4*i:], YMM()
			VMULPD(c[3], t, sum)
			VADDPD(c[2], sum, sum)
			VMULPD(t, sum, sum)
			VADDPD(c[1], sum, sum)
			VMULPD(t, sum, sum)
			VADDPD(c[0], sum, sum)
			VMOVUPD(sum, Mem{Base: to})
		}
		VADDPD(four, x, x)
		advanceBy(32, u, v)
	})
	end()
}

// counting returns the argument x0 and the three numbers behind it, and how far the
// next four are.
func counting() (x, four VecVirtual) {
	x, four = YMM(), YMM()
	x0 := Load(Param("x0"), GP64())
	VXORPD(x.AsX(), x.AsX(), x.AsX())
	VCVTSI2SDQ(x0, x.AsX(), x.AsX())
	VBROADCASTSD(x.AsX(), x)
	VADDPD(doubles("counting", 0, 1, 2, 3), x, x)
	VMOVUPD(doubles("four", 4, 4, 4, 4), four)
	return x, four
}
