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
