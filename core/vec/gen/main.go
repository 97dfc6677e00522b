// Command gen writes the AVX2 bodies of package vec, ../vec_amd64.s, and their Go
// declarations, ../stubs_amd64.go. It is a module of its own, so that the library
// needs no generator:
//
//	cd core/vec/gen && go run . -out ../vec_amd64.s -stubs ../stubs_amd64.go -pkg vec
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!noasm")
	detect()
	ends()
	advance("advance2AVX2", 2)
	advance("advance1AVX2", 1)
	round()
	window()
	transpose()
	Generate()
}

// Predicates of VCMPPS and VCMPPD.
const (
	equal     = U8(0)
	less      = U8(17)
	notNumber = U8(3)
	number    = U8(7)
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

// at is base + index*scale + offset bytes.
func at(base, index Register, scale uint8, offset int) Mem {
	return Mem{Base: base, Index: index, Scale: scale, Disp: offset}
}

// pointer loads the first word of a slice, or a pointer, of the arguments.
func pointer(name string) GPVirtual { return Load(Param(name).Base(), GP64()).(GPVirtual) }
