//go:build !amd64 || noasm

package vec

// SIMD names the vector instructions of the bodies that run: there are none.
func SIMD() string { return "none" }

func steps(at []int64, src []float32) int {
	return stepsLoop(at, src)
}

func ramps(dst, oldest []float32, curve []float64, first int, phase []int64, delta []float64) {
	rampsLoop(dst, oldest, curve, first, phase, delta)
}

func runs(flat []uint32, run *[Lanes]int32, src []float32, radius int) {
	runsLoop(flat, run, src, radius)
}

func mostOf(most *[Lanes]float32, x []float32) { mostLoop(most, x) }

func below(x []float32, level *[Lanes]float32) bool { return belowLoop(x, level) }

func direct(dst, src []float32, weight []float64) { directLoop(dst, src, weight) }

func advance(dst []float32, flat []uint32, oldest, newest []float32, _ []float64,
	state *Cosines, factor *Factors) {
	advanceLoop(dst, flat, oldest, newest, state, factor)
}

func foldOf(sum []float64, src []float32, table []float64, step int) {
	foldLoop(sum, src, table, step)
}

func window(state *Cosines, src []float32, radius int, tap []float64) {
	windowLoop(state, src, radius, tap)
}

func transpose(dst []float32, pitch, next int, src []float32) {
	transposeLoop(dst, pitch, next, src)
}

func columns(dst, next, src []float32, first, pitch int) { columnsLoop(dst, next, src, first, pitch) }

func covered(c, mask []float32) { coveredLoop(c, mask) }

func ratio(num, den []float32, tiny float32) bool { return ratioLoop(num, den, tiny) }

func footprint(weight, u, v []float64, h, w int) { footprintLoop(weight, u, v, h, w) }

func plane(u, v []float64, x0 int, p *[6]float64) { planeLoop(u, v, x0, p) }

func cubic(u, v []float64, x0 int, p *[10]float64) { cubicLoop(u, v, x0, p) }

func sample(value, u, v []float64, m *Image, slack float64, gain float32) {
	sampleLoop(value, u, v, m, slack, gain)
}

func sample64(value, u, v []float64, m *ImageOf[float64], slack float64) {
	sampleLoop(value, u, v, m, slack, 1)
}

func sampleMap64(weight, u, v []float64, m *ImageOf[float64], slack float64, clean Cleaning, scale float64) {
	sampleMapLoop(weight, u, v, m, slack, clean, scale)
}

func sampleMap(weight, u, v []float64, m *Image, slack float64, clean Cleaning, scale float64) {
	sampleMapLoop(weight, u, v, m, slack, clean, scale)
}

func addWeighted(sum, norm, value, weight []float64, offset *[Lanes4]float64) {
	addWeightedLoop(sum, norm, value, weight, offset)
}

func mosaic(dst, coverage []float32, sum, norm []float64, channels int, f Finish) {
	mosaicLoop(dst, coverage, sum, norm, channels, f)
}

func sift(within []int32, a, b []float32, _, _ []float64, lo, hi *[Lanes4]float32, below, above *[Lanes4]int) int {
	return siftLoop(within, a, b, 0, lo, hi, below, above)
}

func narrow(near []float32, most *[Lanes4]float32, value []float64) { narrowLoop(near, most, value) }

func among(x []float32, least, most float32) bool { return amongLoop(x, least, most) }

func scales(scale []float32, blurred, coverage []float32, threshold, most float32) (nan bool) {
	return scalesLoop(scale, blurred, coverage, threshold, most)
}

func mask(scale []float32, weight []float64, least float64) int {
	return maskLoop(scale, weight, least)
}

func fetch(*byte, int) {}
