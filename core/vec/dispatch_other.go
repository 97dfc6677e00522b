//go:build !amd64 || noasm

package vec

func ends(x, y []float64, flat []uint32, run *[Lanes]int32, src []float32, radius int) int {
	return endsLoop(x, y, flat, run, src, radius)
}

func advance(sum, x, y []float64, state *Cosines, factor *[3 * Terms]float64) {
	advanceLoop(sum, x, y, state, factor)
}

func round(dst []float32, sum []float64, flat []uint32, newest []float32) {
	roundLoop(dst, sum, flat, newest)
}

func window(state *Cosines, src []float32, radius int, tap []float64) {
	windowLoop(state, src, radius, tap)
}

func transpose(dst, src *[Lanes * Lanes]float32) { transposeLoop(dst, src) }

func plane(u, v []float64, x0 int, p *[6]float64) { planeLoop(u, v, x0, p) }

func sample(value, u, v []float64, m *Image, gain float32) { sampleLoop(value, u, v, m, gain) }

func sampleMap(weight, u, v []float64, m *Image, clean Cleaning, scale float64) {
	sampleMapLoop(weight, u, v, m, clean, scale)
}

func addWeighted(sum, norm, value, weight []float64, offset *[Lanes4]float64) {
	addWeightedLoop(sum, norm, value, weight, offset)
}

func mosaic(dst, coverage []float32, sum, norm []float64, channels int, f Finish) {
	mosaicLoop(dst, coverage, sum, norm, channels, f)
}

func count(kept, a, b []float64, lo, hi *[4]float64, below, above *[4]int) (groups int, none uint32) {
	return countLoop(kept, a, b, lo, hi, below, above)
}

func scales(scale []float64, blurred, coverage []float32, threshold, most float32) (nan bool) {
	return scalesLoop(scale, blurred, coverage, threshold, most)
}
