package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// How positions near a line of pixel centres are taken: told of, or put onto it, where the
// neighbours beyond have no say.
type lines int

const (
	told lines = iota
	onto
)

// located is what four positions give: the offsets of their stencils in bytes and
// their weights, NaN outside the image.
type located struct {
	offset VecVirtual
	weight [4]VecVirtual // of the stencil's upper and lower pixels, left to right
	mute   [4]VecVirtual // which of them has no say, where lines are onto
}

// Places in the table of limits, in groups of four numbers; see limits in Go.
const (
	least = 32 * iota
	mostU
	mostV
	endU
	endV
	lastU   // int32, in the first half
	lastV   //
	colStep // int64, bytes
	rowStep
	nearLine  // what the product of the stencil's weights is at most there
	slack     // of a position
	rest      // 1 less that
	leastLine // from where on a position may be on a line
	mostLine  // and up to where, along x; along y
)

// positions loads four positions and says which are outside the image.
func positions(u, v, limits Register) (fu, fv, outside VecVirtual) {
	fu, fv, outside = YMM(), YMM(), YMM()
	t := YMM()
	limit := func(at int) Mem { return Mem{Base: limits, Disp: at} }
	VMOVUPD(Mem{Base: u}, fu)
	VMOVUPD(Mem{Base: v}, fv)
	VCMPPD(notAtLeast, limit(least), fu, outside)
	for _, test := range []struct {
		predicate U8
		limit     int
		of        VecVirtual
	}{{notAtMost, mostU, fu}, {notAtLeast, least, fv}, {notAtMost, mostV, fv}} {
		VCMPPD(test.predicate, limit(test.limit), test.of, t)
		VORPD(t, outside, outside)
	}
	return fu, fv, outside
}

// footprint is 1 inside, else 0.
func footprint() {
	text("footprintAVX2", "func(weight, u, v []float64, limits *[60]float64)")
	weight, u, v := pointer("weight"), pointer("u"), pointer("v")
	limits := Load(Param("limits"), GP64())
	n := Load(Param("weight").Len(), GP64())
	one := YMM()
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
	loop(n, 4, func() {
		_, _, outside := positions(u, v, limits)
		VANDNPD(one, outside, outside)
		VMOVUPD(outside, Mem{Base: weight})
		advanceBy(32, weight, u, v)
	})
	end()
}

func locate(u, v, limits Register, near lines) located {
	fu, fv, outside := positions(u, v, limits)
	t := YMM()
	var at [2]VecVirtual // the positions before they are clamped
	if near == onto {
		for i, f := range []VecVirtual{fu, fv} {
			at[i] = YMM()
			VMOVAPD(f, at[i])
		}
	}
	limit := func(at int) Mem { return Mem{Base: limits, Disp: at} }
	VXORPD(t, t, t)
	VMAXPD(t, fu, fu) // 0 also where NaN
	VMAXPD(t, fv, fv)
	VMINPD(limit(endU), fu, fu)
	VMINPD(limit(endV), fv, fv)
	ku, kv, back := XMM(), XMM(), YMM()
	VCVTTPD2DQY(fu, ku)
	VCVTTPD2DQY(fv, kv)
	VPMINSD(limit(lastU), ku, ku)
	VPMINSD(limit(lastV), kv, kv)
	VCVTDQ2PD(ku, back)
	VSUBPD(back, fu, fu)
	VCVTDQ2PD(kv, back)
	VSUBPD(back, fv, fv)
	wide, offset := YMM(), YMM()
	VPMOVZXDQ(ku, wide)
	VPMULUDQ(limit(colStep), wide, wide)
	VPMOVZXDQ(kv, offset)
	VPMULUDQ(limit(rowStep), offset, offset)
	VPADDQ(wide, offset, offset)
	one, gu, gv := YMM(), YMM(), YMM()
	VMOVUPD(doubles("one", 1, 1, 1, 1), one)
	var mute [2][2]VecVirtual // along x and y, of the first and of the second pixel
	if near == onto {
		for i, f := range []VecVirtual{fu, fv} {
			first, second := YMM(), YMM()
			VCMPPD(atMost, limit(slack), f, second)
			VCMPPD(atLeast, limit(leastLine), at[i], t)
			VANDPD(t, second, second)
			VANDNPD(f, second, f)
			VCMPPD(atLeast, limit(rest), f, first)
			VCMPPD(atMost, limit(mostLine+32*i), at[i], t)
			VANDPD(t, first, first)
			VBLENDVPD(first, one, f, f)
			mute[i] = [2]VecVirtual{first, second}
		}
	}
	VORPD(outside, fu, fu)
	VSUBPD(fu, one, gu)
	VSUBPD(fv, one, gv)
	l := located{offset: offset}
	for i, pair := range [4][2]VecVirtual{{gv, gu}, {gv, fu}, {fv, gu}, {fv, fu}} {
		l.weight[i] = YMM()
		VMULPD(pair[0], pair[1], l.weight[i])
		if near == onto {
			l.mute[i] = YMM()
			VORPD(mute[0][i%2], mute[1][i/2], l.mute[i])
		}
	}
	return l
}

// tell stores of four positions, a bit each, which may lie near a line of pixel centres.
func (l *located) tell(to, limits Register) {
	product, bits := YMM(), GP32()
	VMULPD(l.weight[0], l.weight[3], product)
	VCMPPD(atMost, Mem{Base: limits, Disp: nearLine}, product, product)
	VMOVMSKPD(product, bits)
	MOVB(bits.As8(), Mem{Base: to})
	INCQ(to)
}
