package core

import (
	"sync"

	"zetwopass/core/portable"
	"zetwopass/core/vec"
)

// A recursion that has met a large sample can't tell small results behind it from its noise.
// Where more of them would have to be summed tap by tap than sliding costs, windows are folded:
// cut where one stretch of as many rows as a window has ends, they are what is left of it from
// their first row on, and the begin of the next (van Herk 1992, "A fast algorithm for local
// minimum and maximum filters", Pattern Recognition Letters 13). Both are sums over cosines that
// only grow, of samples that are all in the window: nothing is forgotten, as nothing is kept.
//
// With u the rows from the cut, c a window's centre and ω a cosine's frequency,
//
//	cos(ω(u-c)) = cos(ωu) cos(ωc) + sin(ωu) sin(ωc)

// foldTable is the factors of vec.Fold, [2r+1][FoldTerms]: of the row u after the cut, and the
// window that ends there. By symmetry it is also that of the row u before it, and the window
// that begins there.
type foldTable struct {
	once   sync.Once
	factor []float64
}

func (g *gauss) foldFactors() []float64 {
	g.fold.once.Do(func() {
		g.fold.factor = make([]float64, (2*g.radius+1)*vec.FoldTerms)
		for i := range g.fold.factor {
			u, k := i/vec.FoldTerms, i%vec.FoldTerms/4
			omega := cosineFrequency(k, g.sigma)
			if i%4 >= 2 {
				u -= g.radius
			}
			turn := portable.Cos
			if i%2 == 1 {
				turn = portable.Sin
			}
			g.fold.factor[i] = turn(omega * float64(u))
			if i%4 >= 2 {
				g.fold.factor[i] *= g.factor.Weight(k) * g.tap[k]
			}
		}
	})
	return g.fold.factor
}

// foldRows is the most rows of a strip that are folded at a time.
func foldRows(radius int) int { return 2*radius + 1 }

// foldBytes is what folding takes: the table, and a worker's sums.
func foldBytes(radius int) (shared, each int64) {
	rows := int64(foldRows(radius))
	return 8 * vec.FoldTerms * rows, 8 * vec.Lanes * rows
}

// foldAll filters as slide does, without a recursion.
func (g *gauss) foldAll(dst, src []float32, b *gaussScratch) {
	if b.sums == nil {
		b.sums = make([]float64, foldRows(g.radius)*vec.Lanes)
	}
	var run [vec.Lanes]int32 // equal samples up to the newest of the window before
	for l := range run {
		run[l] = 1
	}
	src = src[2*vec.Lanes:]
	newest := 2 * g.radius * vec.Lanes
	for at, n := 0, 0; at < newest-vec.Lanes; at += n {
		n = min(newest-vec.Lanes-at, len(b.flat))
		vec.Runs(b.flat[:n], &run, src[at:], g.radius)
	}
	table := g.foldFactors()
	for len(dst) > 0 {
		n := min(len(dst), len(b.sums))
		clear(b.sums)
		vec.Fold(b.sums, src, table, -1)
		vec.Fold(b.sums[vec.Lanes:n], src[newest+vec.Lanes:], table[vec.FoldTerms:], 1)
		for at := 0; at < n; at += len(b.flat) {
			part := min(n-at, len(b.flat))
			vec.Runs(b.flat[:part], &run, src[newest-vec.Lanes+at:], g.radius)
			for i, sum := range b.sums[at : at+part] {
				dst[at+i] = float32(sum)
				if b.flat[i] != 0 {
					dst[at+i] = src[newest+at+i]
				}
			}
		}
		dst, src = dst[n:], src[n:]
	}
}
