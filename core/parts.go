package core

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// wanted lists those of the job's PairsWanted whose boxes overlap.
func (j *Job) wanted() ([]*pair, error) {
	if err := j.room(int64(len(j.PairsWanted)) * pairBytes(j.Mosaic.C)); err != nil {
		return nil, err
	}
	var pairs []*pair
	columns := j.sampleColumns()
	for _, w := range j.PairsWanted {
		if p := j.overlap(w[0], w[1], columns); p != nil {
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

// isPart reports whether the job is of a window, or goes on from another's blur.
func (j *Job) isPart() bool {
	window := func(t Tile) bool { return t.Map.Col0 != 0 || t.Map.Row0 != 0 }
	return j.BlurredKnown || slices.ContainsFunc(j.Tiles, window)
}

// checkParts checks what a job is given of the work of others.
func (j *Job) checkParts(stages Stages) error {
	if j.BlurredKnown && stages != RunGains {
		return fmt.Errorf("%w: blurred_known is set, want it for the gains by themselves", ErrArgument)
	}
	last := [2]int{-1, -1}
	for k, w := range j.PairsWanted {
		if w[0] < 0 || w[0] >= w[1] || w[1] >= len(j.Tiles) || slices.Compare(last[:], w[:]) >= 0 {
			return fmt.Errorf("%w: pairs_wanted[%d] = (%d,%d), want tiles i < j of %d, by i, then j",
				ErrArgument, k, w[0], w[1], len(j.Tiles))
		}
		last = w
	}
	return nil
}

// OffsetsFromPairs writes the offsets [T*C] and groups [T] of so many tiles, as a match would that
// had found these pairs, which may come in any order; NaN is no step. Where stop says so, it
// returns ErrCancelled soon.
func OffsetsFromPairs(pairs []PairStep, channels int, offsets []float64, groups []int32, stop func() bool) error {
	tiles := len(groups)
	for k, p := range pairs {
		if p.I < 0 || p.I >= p.J || p.J >= tiles {
			return fmt.Errorf("%w: pairs[%d] = (%d,%d), want tiles i < j of %d", ErrArgument, k, p.I, p.J, tiles)
		}
	}
	ordered := slices.Clone(pairs)
	slices.SortFunc(ordered, func(a, b PairStep) int { return cmp.Or(a.I-b.I, a.J-b.J) })
	for k := 1; k < len(ordered); k++ {
		if a, b := ordered[k-1], ordered[k]; a.I == b.I && a.J == b.J {
			return fmt.Errorf("%w: pairs has (%d,%d) twice", ErrArgument, a.I, a.J)
		}
	}
	found := func(k, c int) (edge, bool) {
		p := &ordered[k]
		return edge{p.I, p.J, p.Step[c]}, !math.IsNaN(p.Step[c])
	}
	group, err := level(offsets, tiles, channels, len(ordered), found, stop)
	for i, g := range group {
		groups[i] = int32(g)
	}
	return err
}

// OffsetBytes is the scratch of OffsetsFromPairs.
func OffsetBytes(tiles, pairs int) int64 {
	return offsetBytes(tiles, pairs) + int64(pairs)*(sizeOf[PairStep]()+sizeOf[edge]()) + 16*int64(tiles)
}
