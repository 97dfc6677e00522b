// Command gen writes the AVX2 bodies of package vec and their Go declarations, with
// avo: ./build.sh generate runs it. It is a module of its own, so that the library
// needs no generator.
package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	detect()
	steps()
	ramps()
	runs()
	most()
	below()
	direct()
	advance("advanceFirstAVX2", 0, 5)
	advance("advanceLastAVX2", 5, terms)
	fold("foldFirstAVX2", 0, 5)
	fold("foldLastAVX2", 5, terms)
	window("windowSumAVX2", false)
	window("windowStepAVX2", true)
	transpose()
	columns()
	covered()
	ratio()
	plane()
	cubic()
	samples()
	sums()
	sift()
	fetch()
	narrow()
	among()
	scales()
	mask()
	Generate()
}

// Predicates of VCMPPS and VCMPPD; those with "not" hold for NaN.
const (
	equal      = U8(0)
	atMost     = U8(2)
	notNumber  = U8(3)
	notEqual   = U8(4)
	notLess    = U8(5)
	atLeast    = U8(13)
	notAtLeast = U8(9)
	notAtMost  = U8(6)
	notGreater = U8(10)
	number     = U8(7)
	less       = U8(17)
)

// detect reports AVX2 and FMA, and that the system keeps their registers.
func detect() {
	TEXT("detect", NOSPLIT, "func() bool")
	Doc("detect reports whether the processor and the system have AVX2 and FMA.")
	const osxsave, avx, fma, avx2 = 1 << 27, 1 << 28, 1 << 12, 1 << 5
	MOVL(U32(1), EAX)
	XORL(ECX, ECX)
	CPUID()
	ANDL(U32(osxsave|avx|fma), ECX)
	CMPL(ECX, U32(osxsave|avx|fma))
	JNE(LabelRef("no"))
	XORL(ECX, ECX)
	XGETBV()
	ANDL(U32(6), EAX) // xmm and ymm
	CMPL(EAX, U32(6))
	JNE(LabelRef("no"))
	MOVL(U32(7), EAX)
	XORL(ECX, ECX)
	CPUID()
	ANDL(U32(avx2), EBX)
	JZ(LabelRef("no"))
	yes, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	MOVB(U8(1), yes.Addr)
	RET()
	Label("no")
	MOVB(U8(0), yes.Addr)
	RET()
}

// text begins a function; what its arguments point to stays where it is.
func text(name, signature string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
}

// loop emits body for every full step of n, which counts numbers.
func loop(n Register, step uint8, body func()) {
	Label("next")
	SUBQ(U8(step), n)
	JL(LabelRef("done"))
	body()
	JMP(LabelRef("next"))
	Label("done")
}

// fourThenOne repeats body for four rows of a strip at a time, then for one, while n samples
// are left. Its labels end in the number of rows.
func fourThenOne(n Register, body func(rows int)) {
	for _, rows := range []int{4, 1} {
		next, end := fmt.Sprint("rows", rows), fmt.Sprint("end", rows)
		Label(next)
		SUBQ(U8(8*rows), n)
		JL(LabelRef(end))
		body(rows)
		JMP(LabelRef(next))
		Label(end)
		ADDQ(U8(8*rows), n)
	}
}

// end returns.
func end() {
	VZEROUPPER()
	RET()
}

// endWith returns the sign bits of some float32.
func endWith(some VecVirtual) {
	bits := GP32()
	VMOVMSKPS(some, bits)
	Store(bits, ReturnIndex(0))
	end()
}

// at is base + index + offset bytes.
func at(base, index Register, offset int) Mem {
	return Mem{Base: base, Index: index, Scale: 1, Disp: offset}
}

// pointer loads the first word of a slice, or a pointer, of the arguments.
func pointer(name string) GPVirtual { return Load(Param(name).Base(), GP64()).(GPVirtual) }

// broadcast loads a number of the arguments into all lanes.
func broadcast(name string, load func(...Op)) VecVirtual {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	to := YMM()
	load(p.Addr, to)
	return to
}

var constants = map[string]Mem{}

// doubles is a constant of four float64.
func doubles(name string, values ...float64) Mem {
	m, known := constants[name]
	if !known {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i, v := range values {
			DATA(8*i, U64(math.Float64bits(v))) // F64 prints 1 as an integer
		}
		constants[name] = m
	}
	return m
}

// floats is a constant of eight float32 of these bits.
func floats(name string, bits uint32) Mem {
	m, known := constants[name]
	if !known {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		constants[name] = m
	}
	return m
}
