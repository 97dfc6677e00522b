package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A strip is rows of eight samples side by side, one of each line.
const (
	terms = 9
	slow  = 4     // of these the state is sum and difference, of the others two sums
	row32 = 8 * 4 // bytes of a row of float32
	row64 = 8 * 8
)

func runs() {
	text("runsAVX2", "func(flat []uint32, run *[8]int32, src []float32, radius int)")
	flat, src := pointer("flat"), pointer("src")
	n := Load(Param("flat").Len(), GP64())
	states := Load(Param("run"), GP64())
	full, run, one := YMM(), YMM(), YMM()
	radius, low := Load(Param("radius"), GP64()), XMM()
	SHLQ(U8(1), radius)
	MOVQ(radius, low)
	VPBROADCASTD(low, full)
	VPCMPEQD(one, one, one) // -1
	VMOVDQU(Mem{Base: states}, run)
	loop(n, 8, func() {
		kept, filled := YMM(), YMM()
		VMOVUPS(Mem{Base: src, Disp: row32}, kept)
		VCMPPS(equal, Mem{Base: src}, kept, kept)
		VPAND(kept, run, run)
		VPSUBD(one, run, run)
		VPCMPGTD(full, run, filled)
		VMOVDQU(filled, Mem{Base: flat})
		advanceBy(row32, flat, src)
	})
	VMOVDQU(run, Mem{Base: states})
	end()
}

func steps() {
	text("stepsAVX2", "func(at []int64, src []float32) int")
	start, at, src := pointer("at"), GP64(), pointer("src")
	room, n := Load(Param("at").Len(), GP64()), Load(Param("src").Len(), GP64())
	MOVQ(start, at)
	LEAQ(Mem{Base: start, Index: room, Scale: 8}, room) // its end
	row, bits := GP64(), GP32()
	XORQ(row, row)
	SUBQ(U8(8), n)
	changed := func(i int) VecVirtual {
		is := YMM()
		VMOVUPS(Mem{Base: src, Disp: row32 * (i + 1)}, is)
		VCMPPS(notEqual, Mem{Base: src, Disp: row32 * i}, is, is)
		return is
	}
	fourThenOne(n, func(rows int) {
		still := fmt.Sprint("still", rows)
		any := changed(0)
		for i := 1; i < rows; i++ {
			VORPS(changed(i), any, any)
		}
		VMOVMSKPS(any, bits)
		TESTL(bits, bits)
		JZ(LabelRef(still))
		for i := range rows {
			next := fmt.Sprintf("next%d_%d", rows, i)
			VMOVMSKPS(changed(i), bits)
			INCQ(row)
			TESTL(bits, bits)
			JZ(LabelRef(next))
			CMPQ(at, room)
			JE(LabelRef("done"))
			MOVQ(row, Mem{Base: at})
			advanceBy(8, at)
			Label(next)
		}
		SUBQ(U8(rows), row)
		Label(still)
		ADDQ(U8(rows), row)
		advanceBy(row32*rows, src)
	})
	Label("done")
	SUBQ(start, at)
	SHRQ(U8(3), at)
	Store(at, ReturnIndex(0))
	end()
}

func ramps() {
	text("rampsAVX2", "func(dst, oldest []float32, curve []float64, first int, phase []int64, delta []float64)")
	dst, oldest, curve := pointer("dst"), pointer("oldest"), pointer("curve")
	LEAQ(Mem{Base: curve, Index: Load(Param("first"), GP64()), Scale: 8}, curve)
	n := Load(Param("dst").Len(), GP64())
	phases, deltas := pointer("phase"), pointer("delta")
	count := Load(Param("phase").Len(), GP64())
	phase, delta, left, at := GP64(), GP64(), GP64(), GP64()
	fourThenOne(n, func(rows int) {
		var sum [4][2]VecVirtual
		for i := range rows {
			for h := range 2 {
				sum[i][h] = YMM()
				VCVTPS2PD(Mem{Base: oldest, Disp: row32*i + 16*h}, sum[i][h])
			}
		}
		MOVQ(phases, phase)
		MOVQ(deltas, delta)
		MOVQ(count, left)
		step, store := fmt.Sprint("step", rows), fmt.Sprint("store", rows)
		Label(step)
		SUBQ(U8(1), left)
		JL(LabelRef(store))
		low, high, c := YMM(), YMM(), YMM()
		MOVQ(Mem{Base: phase}, at)
		VMOVUPD(Mem{Base: delta}, low)
		VMOVUPD(Mem{Base: delta, Disp: 32}, high)
		for i := range rows {
			VBROADCASTSD(Mem{Base: curve, Index: at, Scale: 8, Disp: 8 * i}, c)
			VFMADD231PD(c, low, sum[i][0])
			VFMADD231PD(c, high, sum[i][1])
		}
		advanceBy(8, phase)
		advanceBy(row64, delta)
		JMP(LabelRef(step))
		Label(store)
		for i := range rows {
			for h := range 2 {
				VCVTPD2PSY(sum[i][h], sum[i][h].AsX())
				VMOVUPS(sum[i][h].AsX(), Mem{Base: dst, Disp: row32*i + 16*h})
			}
		}
		advanceBy(row32*rows, dst, oldest)
		advanceBy(8*rows, curve)
	})
	end()
}

// advance moves some cosines of four of the eight lines on; their state stays in
// registers. The first ones begin the sums, the last ones round them.
func advance(name string, from, to int) {
	first, last := from == 0, to == terms
	arguments := "sum []float64, oldest, newest []float32, state, factor []float64"
	if last {
		arguments = "dst []float32, flat []uint32, " + arguments
	}
	text(name, "func("+arguments+")")
	sum, oldest, newest := pointer("sum"), pointer("oldest"), pointer("newest")
	states, factors := pointer("state"), pointer("factor")
	n := Load(Param("sum").Len(), GP64())
	SHRQ(U8(2), n)
	var dst, flat GPVirtual
	if last {
		dst, flat = pointer("dst"), pointer("flat")
	}
	var state [2][terms]VecVirtual
	for k := from; k < to; k++ {
		for i := range state {
			state[i][k] = YMM()
			VMOVUPD(Mem{Base: states, Disp: row64 * (2*k + i)}, state[i][k])
		}
	}
	factor := func(k, i int) Mem { return Mem{Base: factors, Disp: 32 * (3*k + i)} }
	up, down, up1, down1, push := YMM(), YMM(), YMM(), YMM(), YMM()
	VCVTPS2PD(Mem{Base: newest}, up)
	VCVTPS2PD(Mem{Base: oldest}, down)
	// step takes the sums, and what else there is of a cosine; of a fast one it leaves the
	// new sum in place of the one before the last.
	step := func(s, other *[terms]VecVirtual, up, down, up1, down1 VecVirtual) {
		VCVTPS2PD(Mem{Base: newest, Disp: row32}, up1)
		VCVTPS2PD(Mem{Base: oldest, Disp: row32}, down1)
		outer, inner, total := down, up, YMM()
		VADDPD(up1, down, outer)
		VADDPD(down1, up, inner)
		if !first {
			VMOVUPD(Mem{Base: sum}, total)
		}
		for k := from; k < to; k++ {
			now := other[k]
			if k < slow {
				s, d := state[0][k], state[1][k]
				VMOVUPD(factor(k, 1), push)
				VFNMADD213PD(outer, inner, push)
				VADDPD(push, d, d)
				VFNMADD231PD(factor(k, 0), s, d)
				VADDPD(d, s, s)
				now = s
			} else {
				VSUBPD(now, outer, now)
				VFNMADD231PD(factor(k, 1), inner, now)
				VFMADD231PD(factor(k, 0), s[k], now)
			}
			if k == 0 {
				VMULPD(factor(k, 2), now, total)
			} else {
				VFMADD231PD(factor(k, 2), now, total)
			}
		}
		if last {
			mask := XMM()
			VCVTPD2PSY(total, total.AsX())
			VMOVUPS(Mem{Base: flat}, mask)
			VBLENDVPS(mask, Mem{Base: newest, Disp: row32}, total.AsX(), total.AsX())
			VMOVUPS(total.AsX(), Mem{Base: dst})
			advanceBy(row32, dst, flat)
		} else {
			VMOVUPD(total, Mem{Base: sum})
		}
		advanceBy(row32, sum, oldest, newest)
	}
	store := func(s, other *[terms]VecVirtual) {
		for k := from; k < to; k++ {
			a, b := s[k], other[k]
			if k < slow {
				a, b = state[0][k], state[1][k]
			}
			VMOVUPD(a, Mem{Base: states, Disp: row64 * 2 * k})
			VMOVUPD(b, Mem{Base: states, Disp: row64 * (2*k + 1)})
		}
		end()
	}
	even, odd := &state[0], &state[1]
	loop(n, 2, func() {
		step(even, odd, up, down, up1, down1)
		step(odd, even, up1, down1, up, down)
	})
	INCQ(n)
	JZ(LabelRef("one"))
	store(even, odd)
	Label("one")
	step(even, odd, up, down, up1, down1)
	store(odd, even)
}

// window adds up the taps of four of the eight lines, of the samples or of what each
// differs from the one before.
func window(name string, step bool) {
	text(name, "func(state []float64, src []float32, radius int, tap []float64)")
	states, up, tap := pointer("state"), pointer("src"), pointer("tap")
	radius := Load(Param("radius"), GP64())
	n := Load(Param("tap").Len(), GP64())
	SHLQ(U8(5), radius)
	LEAQ(Mem{Base: up, Index: radius, Scale: 1, Disp: row32}, up)
	down := GP64()
	MOVQ(up, down)
	var s [terms]VecVirtual
	both, other, factor := YMM(), YMM(), YMM()
	take := func(from Register, x VecVirtual) {
		VCVTPS2PD(Mem{Base: from}, x)
		if step {
			before := YMM()
			VCVTPS2PD(Mem{Base: from, Disp: -row32}, before)
			VSUBPD(before, x, x)
		}
	}
	take(up, both)
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
	take(up, both)
	take(down, other)
	VADDPD(other, both, both)
	for k := range s {
		VBROADCASTSD(Mem{Base: tap, Disp: 8 * k}, factor)
		VFMADD231PD(factor, both, s[k])
	}
	JMP(LabelRef("tap"))
	Label("done")
	at := 0
	if step {
		at = row64
	}
	for k := range s {
		VMOVUPD(s[k], Mem{Base: states, Disp: 2*row64*k + at})
	}
	end()
}

// advanceBy moves pointers on by that many bytes.
func advanceBy(bytes int, pointers ...Register) {
	for _, p := range pointers {
		ADDQ(U32(bytes), p)
	}
}
