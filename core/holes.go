package core

import (
	"context"

	"zetwopass/core/vec"
)

// wordBits is how many pixels a word of holes has.
const wordBits = 32

// holes are the pixels of a tile that show nothing, plane by plane: a bit of each, 1 = a hole,
// in rows of whole words [N,h,words]. A hole is a pixel that is NaN in all channels of the
// mosaic, or whose weight says nothing.
type holes struct {
	bits  []uint32
	words int
	h     int
}

// holeWords is the size of a tile's holes.
func (j *Job) holeWords(t *Tile) int {
	return j.planes() * t.Image.H * ((t.Image.W + wordBits - 1) / wordBits)
}

// row returns row y of plane n.
func (o *holes) row(n, y int) []uint32 { return o.bits[(n*o.h+y)*o.words:][:o.words] }

// mark finds the holes of a tile whose pixels are here, in the room of bits, until ctx ends.
func (j *Job) mark(ctx context.Context, t *Tile, bits []uint32) error {
	t.holes = holes{bits: bits, words: (t.Image.W + wordBits - 1) / wordBits, h: t.Image.H}
	for n := range j.planes() {
		for y := range t.Image.H {
			if y%blockRows == 0 && ctx.Err() != nil {
				return ErrCancelled
			}
			row := t.holes.row(n, y)
			clear(row)
			switch p := &t.Planes; {
			case p.F64 != nil:
				markNaN(row, t.Image.W, plane(p, p.F64, n), y)
			case p.F32 != nil:
				markNaN(row, t.Image.W, plane(p, p.F32, n), y)
			default:
				markNaN(row, t.Image.W, t.Image.image(j.Mosaic.C), y)
			}
			switch p := &t.WeightPlanes; {
			case p.F64 != nil:
				markMute(row, t.Image.W, plane(p, p.F64, min(n, p.N-1)), y, j.SignedWeights)
			case p.F32 != nil:
				markMute(row, t.Image.W, plane(p, p.F32, min(n, p.N-1)), y, j.SignedWeights)
			case !t.Weight.Absent():
				markMute(row, t.Image.W, t.Weight.image(1), y, false)
			}
		}
	}
	return nil
}

// markNaN marks the pixels of row y of an image that are NaN in all channels.
func markNaN[T vec.Float](row []uint32, w int, m vec.ImageOf[T], y int) {
	pix := m.Pix[y*m.RowStride:]
pixels:
	for x := range w {
		at := x * m.ColStride
		for range m.Channels {
			if s := pix[at]; s == s {
				continue pixels
			}
			at += m.ChanStride
		}
		row[x/wordBits] |= 1 << (x % wordBits)
	}
}

// markMute marks the pixels of row y of a weight map that are not above 0, nor, signed, below.
func markMute[T vec.Float](row []uint32, w int, m vec.ImageOf[T], y int, signed bool) {
	pix := m.Pix[y*m.RowStride:]
	for x := range w {
		if s := pix[x*m.ColStride]; !(s > 0 || signed && s < 0) {
			row[x/wordBits] |= 1 << (x % wordBits)
		}
	}
}
