package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A strip is rows of eight samples side by side, one of each line.
const (
	terms = 9
	row32 = 8 * 4 // bytes of a row of float32
	row64 = 8 * 8
)

func ends() {
	text("endsAVX2", "func(x, y []float64, flat []uint32, run *[8]int32, src []float32, radius int) int")
	x, y, flat, oldest := pointer("x"), pointer("y"), pointer("flat"), pointer("src")
	n := Load(Param("x").Len(), GP64())
	SHRQ(U8(3), n)
	runs := Load(Param("run"), GP64())
	radius := Load(Param("radius"), GP64())
	newest := GP64() // of the step before
	MOVQ(radius, newest)
	SHLQ(U8(6), newest)
	LEAQ(at(oldest, newest, row32), newest)
	full, more, run, one := YMM(), YMM(), YMM(), YMM()
	SHLQ(U8(1), radius)
	low := XMM()
	MOVQ(radius, low)
	VPBROADCASTD(low, full)
	VPCMPEQD(one, one, one) // -1
	VPSUBD(one, full, more)
	VMOVDQU(Mem{Base: runs}, run)
	i := GP64()
	XORQ(i, i)

	Label("row")
	CMPQ(i, n)
	JGE(LabelRef("done"))
	count, filled := YMM(), YMM()
	VMOVUPS(Mem{Base: newest, Disp: row32}, count)
	VCMPPS(equal, Mem{Base: newest}, count, count)
	VPAND(count, run, count)
	VPSUBD(one, count, count)
	VPCMPGTD(more, count, filled)
	mask := GP32()
	VMOVMSKPS(filled, mask)
	CMPL(mask, U32(0xff))
	JE(LabelRef("done"))
	VMOVDQA(count, run)
	VPCMPGTD(full, count, filled)
	VMOVDQU(filled, Mem{Base: flat})
	for half := range 2 {
		a, b := YMM(), YMM()
		VCVTPS2PD(Mem{Base: newest, Disp: row32 + 16*half}, a)
		VCVTPS2PD(Mem{Base: oldest, Disp: 16 * half}, b)
		VADDPD(a, b, a)
		VMOVUPD(a, Mem{Base: x, Disp: 32 * half})
		VCVTPS2PD(Mem{Base: newest, Disp: 16 * half}, a)
		VCVTPS2PD(Mem{Base: oldest, Disp: row32 + 16*half}, b)
		VADDPD(a, b, a)
		VMOVUPD(a, Mem{Base: y, Disp: 32 * half})
	}
	advanceBy(row64, x, y)
	advanceBy(row32, flat, oldest, newest)
	INCQ(i)
	JMP(LabelRef("row"))

	Label("done")
	VMOVDQU(run, Mem{Base: runs})
	Store(i, ReturnIndex(0))
	end()
}

func still() {
	text("stillAVX2", "func(dst, src []float32) int")
	dst, src, n := pointer("dst"), pointer("src"), Load(Param("dst").Len(), GP64())
	first, is, rows, mask := YMM(), YMM(), GP64(), GP32()
	SHRQ(U8(3), n)
	VMOVUPS(Mem{Base: src}, first)
	XORQ(rows, rows)
	loop(n, 1, func() {
		VCMPPS(equal, Mem{Base: src}, first, is)
		VMOVMSKPS(is, mask)
		CMPL(mask, U32(0xff))
		JNE(LabelRef("done"))
		VMOVUPS(first, Mem{Base: dst})
		advanceBy(row32, dst, src)
		INCQ(rows)
	})
	Store(rows, ReturnIndex(0))
	end()
}

// advance moves some cosines on by len(sum)/8 steps; their state and factors stay in
// registers. The first ones begin the sums, the last ones round them.
func advance(name string, terms int, first, last bool) {
	arguments := "sum, x, y, state, factor []float64"
	if last {
		arguments = "dst []float32, flat []uint32, newest []float32, " + arguments
	}
	text(name, "func("+arguments+")")
	sum, x, y := pointer("sum"), pointer("x"), pointer("y")
	states, factors := pointer("state"), pointer("factor")
	n := Load(Param("sum").Len(), GP64())
	var dst, flat, newest GPVirtual
	if last {
		dst, flat, newest = pointer("dst"), pointer("flat"), pointer("newest")
	}
	SHRQ(U8(3), n)
	var s, d [2][2]VecVirtual // of each term and half
	var factor [2][3]VecVirtual
	for k := range terms {
		for h := range 2 {
			s[k][h], d[k][h] = YMM(), YMM()
			VMOVUPD(Mem{Base: states, Disp: 2*row64*k + 32*h}, s[k][h])
			VMOVUPD(Mem{Base: states, Disp: 2*row64*k + row64 + 32*h}, d[k][h])
		}
		for i := range factor[k] {
			factor[k][i] = YMM()
			VBROADCASTSD(Mem{Base: factors, Disp: 8 * (3*k + i)}, factor[k][i])
		}
	}
	i := GP64() // bytes of sum, x and y done
	XORQ(i, i)
	loop(n, 1, func() {
		for h := range 2 {
			total := YMM()
			if !first {
				VMOVUPD(at(sum, i, 32*h), total)
			}
			for k := range terms {
				spring, outer, inner := factor[k][0], factor[k][1], factor[k][2]
				push := YMM()
				VMULPD(at(x, i, 32*h), outer, push)
				VFNMADD231PD(at(y, i, 32*h), inner, push)
				VADDPD(push, d[k][h], d[k][h])
				VFNMADD231PD(s[k][h], spring, d[k][h])
				VADDPD(d[k][h], s[k][h], s[k][h])
				if first && k == 0 {
					VMOVAPD(s[k][h], total)
				} else {
					VADDPD(s[k][h], total, total)
				}
			}
			if !last {
				VMOVUPD(total, at(sum, i, 32*h))
				continue
			}
			rounded, mask := XMM(), XMM()
			VCVTPD2PSY(total, rounded)
			VMOVUPS(Mem{Base: flat, Disp: 16 * h}, mask)
			VBLENDVPS(mask, Mem{Base: newest, Disp: 16 * h}, rounded, rounded)
			VMOVUPS(rounded, Mem{Base: dst, Disp: 16 * h})
		}
		advanceBy(row64, i)
		if last {
			advanceBy(row32, dst, flat, newest)
		}
	})
	for k := range terms {
		for h := range 2 {
			VMOVUPD(s[k][h], Mem{Base: states, Disp: 2*row64*k + 32*h})
			VMOVUPD(d[k][h], Mem{Base: states, Disp: 2*row64*k + row64 + 32*h})
		}
	}
	end()
}

// window adds up the taps of four of the eight lines.
func window() {
	text("windowAVX2", "func(state []float64, src []float32, radius int, tap []float64)")
	states, up, tap := pointer("state"), pointer("src"), pointer("tap")
	radius := Load(Param("radius"), GP64())
	n := Load(Param("tap").Len(), GP64())
	SHLQ(U8(5), radius)
	ADDQ(radius, up)
	down := GP64()
	MOVQ(up, down)
	var s [terms]VecVirtual
	both, other, factor := YMM(), YMM(), YMM()
	VCVTPS2PD(Mem{Base: up}, both)
	for k := range s {
		s[k] = YMM()
		VBROADCASTSD(Mem{Base: tap, Disp: 8 * k}, s[k])
		VMULPD(both, s[k], s[k])
	}
	Label("tap")
	advanceBy(row32, up)
	advanceBy(8*terms, tap)
	SUBQ(U8(row32), down)
	SUBQ(U8(terms), n)
	JE(LabelRef("done"))
	VCVTPS2PD(Mem{Base: up}, both)
	VCVTPS2PD(Mem{Base: down}, other)
	VADDPD(other, both, both)
	for k := range s {
		VBROADCASTSD(Mem{Base: tap, Disp: 8 * k}, factor)
		VFMADD231PD(factor, both, s[k])
	}
	JMP(LabelRef("tap"))
	Label("done")
	for k := range s {
		VMOVUPD(s[k], Mem{Base: states, Disp: 2 * row64 * k})
	}
	end()
}

// advanceBy moves pointers on by that many bytes.
func advanceBy(bytes uint8, pointers ...Register) {
	for _, p := range pointers {
		ADDQ(U8(bytes), p)
	}
}
