//go:build !noasm

package vec

// simd is whether the AVX2 bodies run.
var simd = detect()

func ends(x, y []float64, flat []uint32, run *[Lanes]int32, src []float32, radius int) int {
	if !simd {
		return endsLoop(x, y, flat, run, src, radius)
	}
	return endsAVX2(x, y, flat, run, src, radius)
}

func advance(sum, x, y []float64, state *Cosines, factor *[3 * Terms]float64) {
	if !simd {
		advanceLoop(sum, x, y, state, factor)
		return
	}
	k := 0
	for ; k+1 < Terms; k += 2 {
		advance2AVX2(sum, x, y, state[2*Lanes*k:], factor[3*k:])
	}
	advance1AVX2(sum, x, y, state[2*Lanes*k:], factor[3*k:])
}

func round(dst []float32, sum []float64, flat []uint32, newest []float32) {
	if !simd {
		roundLoop(dst, sum, flat, newest)
		return
	}
	roundAVX2(dst, sum, flat, newest)
}

func window(state *Cosines, src []float32, radius int, tap []float64) {
	if !simd {
		windowLoop(state, src, radius, tap)
		return
	}
	const half = Lanes / 2
	windowAVX2(state[:], src, radius, tap)
	windowAVX2(state[half:], src[half:], radius, tap)
}

func transpose(dst, src *[Lanes * Lanes]float32) {
	if !simd {
		transposeLoop(dst, src)
		return
	}
	transposeAVX2(dst, src)
}
