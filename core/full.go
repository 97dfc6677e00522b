package core

import (
	"math"

	"zetwopass/core/vec"
)

// fullLeast is what the samples of a full mask or weight map are at least. What is
// interpolated of them lies above the 1e-3 that gains ask for, and above 0.
const fullLeast = 2e-3

// full reports whether a mask or weight map hides nothing that its tile shows: it is there,
// and all its samples are numbers of fullLeast and more.
func (v *View) full() bool {
	if v.Absent() || v.ColStride != 1 {
		return false
	}
	rows := v.H
	if v.RowStride == 0 { // they are all one
		rows = 1
	}
	for y := range rows {
		if !vec.Among(v.along(y, 0, v.W, nil), fullLeast, math.MaxFloat32) {
			return false
		}
	}
	return true
}

// findFull notes which tiles' weights hide nothing: the match need not sample them, nor the coadd
// where all of them count the same. It reads each once. Weights that are not in memory, or lie
// elsewhere, are not looked at.
func (p *pass) findFull() error {
	j := p.job
	return parallel(p, len(j.Tiles), 0, func(int) struct{} { return struct{}{} },
		func(_ struct{}, i int) error {
			t := &j.Tiles[i]
			t.full = t.WeightMap.Empty() && t.WeightPlanes.Absent() && t.Weight.full()
			return nil
		})
}
