package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// fold adds up some cosines of four of the eight lines, and what they make of each row.
func fold(name string, from, to int) {
	text(name, "func(sum []float64, src []float32, table []float64, sumStep, srcStep int)")
	sum, src, table := pointer("sum"), pointer("src"), pointer("table")
	n := Load(Param("table").Len(), GP64())
	sumStep, srcStep := Load(Param("sumStep"), GP64()), Load(Param("srcStep"), GP64())
	var state [2][terms]VecVirtual
	for k := from; k < to; k++ {
		for i := range state {
			state[i][k] = YMM()
			VXORPD(state[i][k], state[i][k], state[i][k])
		}
	}
	loop(n, 4*terms, func() {
		x, total, factor := YMM(), YMM(), YMM()
		VCVTPS2PD(Mem{Base: src}, x)
		VMOVUPD(Mem{Base: sum}, total)
		for k := from; k < to; k++ {
			for i := range state {
				VBROADCASTSD(Mem{Base: table, Disp: 8 * (4*k + i)}, factor)
				VFMADD231PD(factor, x, state[i][k])
			}
			for i := range state {
				VBROADCASTSD(Mem{Base: table, Disp: 8 * (4*k + 2 + i)}, factor)
				VFMADD231PD(factor, state[i][k], total)
			}
		}
		VMOVUPD(total, Mem{Base: sum})
		advanceBy(8*4*terms, table)
		ADDQ(sumStep, sum)
		ADDQ(srcStep, src)
	})
	end()
}
