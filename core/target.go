package core

import (
	"context"
	"fmt"
	"slices"

	"zetwopass/core/pages"
)

// sheetColumns is the width of what goes to a target at a time; its height is blockRows.
// Narrower ones would cost more calls than bytes.
const sheetColumns = 8 * blockPixels

// sheet is an output as one worker writes it: the job's memory, or its own, of the size that
// goes to a target at a time.
type sheet struct {
	name   string
	view   View
	y0, x0 int // of the view's first pixel
	target Target
}

func newSheet(name string, out View, target Target) sheet {
	if target != nil {
		out = NewView(blockRows, min(out.W, sheetColumns), out.C)
	}
	return sheet{name: name, view: out, target: target}
}

// lent is the memory of the outputs, as numbers, that a match may use before the coadd writes
// them, about most bytes, and how many: none of what is strided, and none where chunks are done.
// Outputs of which a plan knows the shapes alone are taken for dense ones.
func (j *Job) lent(stages Stages, most int64) (memory slabs, bytes int64) {
	begun := slices.ContainsFunc(j.ChunksDone, func(done uint8) bool { return done != 0 })
	if stages&RunCoadd == 0 || j.ofPlanes() || begun {
		return nil, 0
	}
	for _, out := range []*View{&j.Mosaic, &j.CoverageOut} {
		n := min(int64(out.samples()), (most-bytes)/4)
		switch {
		case out.dense():
			numbers := slabs{pages.Numbers(out.Pix[:n])}
			memory, bytes = append(memory, numbers...), bytes+numbers.bytes()
		case out.Absent() && !j.ofFiles():
			bytes += 4 * n
		}
	}
	return memory, bytes
}

// sheetBytes is the memory of a worker's sheet.
func sheetBytes(out View, target Target) int64 {
	if target == nil {
		return 0
	}
	return 4 * int64(blockRows*min(out.W, sheetColumns)*out.C)
}

// from returns the samples from pixel (y,x) on.
func (s *sheet) from(y, x int) []float32 {
	return s.view.Pix[(y-s.y0)*s.view.RowStride+(x-s.x0)*s.view.ColStride:]
}

// flush hands the pixels of b to the target, if there is one.
func (s *sheet) flush(b box) error {
	if s.target == nil {
		return nil
	}
	block := s.view
	block.H, block.W = b.y1-b.y0, b.x1-b.x0
	if err := s.target.Write(b.y0, b.x0, block); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrWrite, s.name, err)
	}
	return nil
}

// eachSheet calls f for the parts of b, at most blockRows high, that fit the sheets of
// outputs, and hands them on. If ctx ends before f has, it returns ErrCancelled, and what f left
// goes nowhere.
func eachSheet(ctx context.Context, b box, sheets []*sheet, f func(b box)) error {
	wide := b.x1 - b.x0
	for _, s := range sheets {
		if s.target != nil {
			wide = min(wide, s.view.W)
		}
	}
	for x := b.x0; x < b.x1; x += wide {
		part := box{b.y0, x, b.y1, min(x+wide, b.x1)}
		for _, s := range sheets {
			if s.target != nil {
				s.y0, s.x0 = part.y0, part.x0
			}
		}
		f(part)
		if ctx.Err() != nil {
			return ErrCancelled
		}
		for _, s := range sheets {
			if err := s.flush(part); err != nil {
				return err
			}
		}
	}
	return nil
}
