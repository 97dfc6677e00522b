//go:build !noasm

package vec

// simd is whether the AVX2 bodies run.
var simd = detect()

// SIMD names the vector instructions of the bodies that run: "AVX2", or "none".
func SIMD() string {
	if simd {
		return "AVX2"
	}
	return "none"
}

func steps(at []int64, src []float32) int {
	if !simd {
		return stepsLoop(at, src)
	}
	return stepsAVX2(at, src)
}

func ramps(dst, oldest []float32, curve []float64, first int, phase []int64, delta []float64) {
	if !simd {
		rampsLoop(dst, oldest, curve, first, phase, delta)
		return
	}
	rampsAVX2(dst, oldest, curve, first, phase, delta)
}

func runs(flat []uint32, run *[Lanes]int32, src []float32, radius int) {
	if !simd {
		runsLoop(flat, run, src, radius)
		return
	}
	runsAVX2(flat, run, src, radius)
}

func mostOf(most *[Lanes]float32, x []float32) {
	if !simd {
		mostLoop(most, x)
		return
	}
	mostAVX2(most, x)
}

func below(x []float32, level *[Lanes]float32) bool {
	if !simd {
		return belowLoop(x, level)
	}
	return belowAVX2(x, level) != 0
}

func direct(dst, src []float32, weight []float64) {
	if !simd {
		directLoop(dst, src, weight)
		return
	}
	directAVX2(dst, src, weight)
}

func advance(dst []float32, flat []uint32, oldest, newest []float32, sum []float64,
	state *Cosines, factor *Factors) {
	if !simd || len(dst) == 0 {
		advanceLoop(dst, flat, oldest, newest, state, factor)
		return
	}
	for at := 0; at < Lanes; at += Lanes / 2 {
		advanceFirstAVX2(sum, oldest[at:], newest[at:], state[at:], factor[:])
		advanceLastAVX2(dst[at:], flat[at:], sum, oldest[at:], newest[at:], state[at:], factor[:])
	}
}

func foldOf(sum []float64, src []float32, table []float64, step int) {
	if !simd || len(table) == 0 {
		foldLoop(sum, src, table, step)
		return
	}
	first := 0
	if step < 0 {
		first = len(sum) - Lanes
	}
	for at := first; at < first+Lanes; at += Lanes / 2 {
		foldFirstAVX2(sum[at:], src[at:], table, 8*Lanes*step, 4*Lanes*step)
		foldLastAVX2(sum[at:], src[at:], table, 8*Lanes*step, 4*Lanes*step)
	}
}

func window(state *Cosines, src []float32, radius int, tap []float64) {
	if !simd {
		windowLoop(state, src, radius, tap)
		return
	}
	for at := 0; at < Lanes; at += Lanes / 2 {
		windowSumAVX2(state[at:], src[at:], radius, tap)
		windowStepAVX2(state[at:], src[at:], radius, tap)
	}
}

func transpose(dst []float32, pitch, next int, src []float32) {
	if !simd {
		transposeLoop(dst, pitch, next, src)
		return
	}
	transposeAVX2(dst, pitch, next, src)
}

func columns(dst, next, src []float32, first, pitch int) {
	if !simd {
		columnsLoop(dst, next, src, first, pitch)
		return
	}
	columnsAVX2(dst, next, src, first, pitch)
}

func covered(c, mask []float32) {
	done := 0
	if simd {
		done = len(c) &^ 7
		coveredAVX2(c[:done], mask)
	}
	coveredLoop(c[done:], mask[done:])
}

func ratio(num, den []float32, tiny float32) (some bool) {
	done := 0
	if simd {
		done = len(num) &^ 7
		some = ratioAVX2(num[:done], den, tiny) != 0
	}
	return ratioLoop(num[done:], den[done:], tiny) || some
}

func footprint(weight, u, v []float64, h, w int) {
	done := 0
	if simd {
		done = len(weight) &^ 3
		limits := (&Image{H: h, W: w}).limits(0)
		footprintAVX2(weight[:done], u, v, &limits)
	}
	footprintLoop(weight[done:], u[done:], v[done:], h, w)
}

func plane(u, v []float64, x0 int, p *[6]float64) {
	done := 0
	if simd {
		done = len(u) &^ 3
		planeAVX2(u[:done], v, x0, p)
	}
	planeLoop(u[done:], v[done:], x0+done, p)
}

func cubic(u, v []float64, x0 int, p *[10]float64) {
	done := 0
	if simd {
		done = len(u) &^ 3
		cubicAVX2(u[:done], v, x0, p)
	}
	cubicLoop(u[done:], v[done:], x0+done, p)
}

func addWeighted(sum, norm, value, weight []float64, offset *[Lanes4]float64) {
	if !simd || len(weight) == 0 {
		addWeightedLoop(sum, norm, value, weight, offset)
		return
	}
	if len(value) == Lanes4*len(weight) {
		add4AVX2(sum, norm, value, weight, offset)
		return
	}
	done := len(value) &^ 3
	same := [Lanes4]float64{offset[0], offset[0], offset[0], offset[0]}
	add1AVX2(sum, norm, value[:done], weight, &same)
	addWeightedLoop(sum[done:], norm[done:], value[done:], weight[done:], offset)
}

func mosaic(dst, coverage []float32, sum, norm []float64, channels int, f Finish) {
	keep := ^uint32(0)
	if f.Clear {
		keep = 0
	}
	switch {
	case !simd || !f.Divide:
	case channels == 3:
		mosaic3AVX2(dst, coverage, sum, norm, f.Blank, keep)
		return
	case channels == 1:
		done := len(coverage) &^ 3
		mosaic1AVX2(dst, coverage, sum, norm[:done], f.Blank, keep)
		dst, coverage, sum, norm = dst[done:], coverage[done:], sum[done:], norm[done:]
	}
	mosaicLoop(dst, coverage, sum, norm, channels, f)
}

func sift(within []int32, a, b []float32, exactA, exactB []float64, lo, hi *[Lanes4]float32, below, above *[Lanes4]int) int {
	done, n := 0, 0
	if simd {
		done = len(a) &^ 7
		n = siftAVX2(within, a[:done], b, exactA, exactB, lo, hi, below, above, &bitsOf)
	}
	return n + siftLoop(within[n:], a, b, done, lo, hi, below, above)
}

// bitsOf lists the bits of every byte that are set.
var bitsOf = func() (of [256][8]uint8) {
	for i := range of {
		n := 0
		for bit := range uint8(8) {
			if i>>bit&1 != 0 {
				of[i][n] = bit
				n++
			}
		}
	}
	return of
}()

func narrow(near []float32, most *[Lanes4]float32, value []float64) {
	done := 0
	if simd {
		done = len(value) &^ 3
		narrowAVX2(near, most, value[:done])
	}
	narrowLoop(near[done:], most, value[done:])
}

func among(x []float32, least, most float32) bool {
	done := 0
	if simd {
		done = len(x) &^ 7
		if amongAVX2(x[:done], least, most) != 0 {
			return false
		}
	}
	return amongLoop(x[done:], least, most)
}

func scales(scale []float32, blurred, coverage []float32, threshold, most float32) (nan bool) {
	done := 0
	if simd {
		done = len(coverage) &^ 7
		nan = scalesAVX2(scale, blurred, coverage[:done], threshold, most) != 0
	}
	return scalesLoop(scale[done:], blurred[done:], coverage[done:], threshold, most) || nan
}

func mask(scale []float32, weight []float64, least float64) (kept int) {
	done := 0
	if simd {
		done = len(weight) &^ 3
		kept = maskAVX2(scale, weight[:done], least)
	}
	return kept + maskLoop(scale[done:], weight[done:], least)
}

func fetch(p *byte, bytes int) { fetchLines(p, bytes) }
