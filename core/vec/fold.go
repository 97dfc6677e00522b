package vec

import "math"

// FoldTerms is how many numbers a row of a table of Fold has: of each cosine of frequency ω, at
// row u, cos(ωu) and sin(ωu), and two by which the sums of these are weighted.
const FoldTerms = 4 * Terms

// Fold adds to sum what the cosines make of more and more rows of a strip, step 1 from the first
// on, step -1 from the last on: for each row of sum, src and table, and each lane
//
//	for k := range Terms:
//		c[k] += table[4k]*src
//		s[k] += table[4k+1]*src
//		sum += table[4k+2]*c[k]
//		sum += table[4k+3]*s[k]
//
// c and s begin with 0; a product and its sum are rounded once. The table is gone through
// forwards, whatever the step.
func Fold(sum []float64, src []float32, table []float64, step int) {
	foldOf(sum, src[:len(sum)], table[:len(sum)/Lanes*FoldTerms], step)
}

func foldLoop(sum []float64, src []float32, table []float64, step int) {
	rows := len(sum) / Lanes
	var c, s [Terms][Lanes]float64
	for i := range rows {
		at := i
		if step < 0 {
			at = rows - 1 - i
		}
		x, to := src[at*Lanes:][:Lanes], sum[at*Lanes:][:Lanes]
		for k := range Terms {
			f := table[i*FoldTerms+4*k:][:4]
			for l := range to {
				c[k][l] = math.FMA(f[0], float64(x[l]), c[k][l])
				s[k][l] = math.FMA(f[1], float64(x[l]), s[k][l])
				to[l] = math.FMA(f[2], c[k][l], to[l])
				to[l] = math.FMA(f[3], s[k][l], to[l])
			}
		}
	}
}
