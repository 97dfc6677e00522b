package core

import (
	"fmt"

	"zetwopass/core/span"
	"zetwopass/core/vec"
)

// View is a strided float32 image [H,W,C]: sample (y,x,c) is
// Pix[y*RowStride + x*ColStride + c*ChanStride]. The zero View is absent.
type View struct {
	Pix                              []float32
	H, W, C                          int
	RowStride, ColStride, ChanStride int // samples, >= 0
}

// NewView returns a dense image [h,w,c] of zeros.
func NewView(h, w, c int) View {
	return View{Pix: make([]float32, h*w*c), H: h, W: w, C: c,
		RowStride: w * c, ColStride: c, ChanStride: 1}
}

// Absent reports whether v holds no image.
func (v View) Absent() bool { return v.Pix == nil }

// samples is how many samples an image of v's shape has.
func (v *View) samples() int { return v.H * v.W * v.C }

// At returns sample (y,x,c).
func (v View) At(y, x, c int) float32 {
	return v.Pix[y*v.RowStride+x*v.ColStride+c*v.ChanStride]
}

// Set sets sample (y,x,c).
func (v View) Set(y, x, c int, s float32) {
	v.Pix[y*v.RowStride+x*v.ColStride+c*v.ChanStride] = s
}

// check reports a shape or stride that Pix cannot hold. An absent image may have
// a shape all the same, which is all that a plan needs.
func (v View) check(name string) error {
	if v.H < 1 || v.W < 1 || v.C < 1 {
		return fmt.Errorf("%w: %s has shape [%d,%d,%d], want at least 1 in each direction",
			ErrShape, name, v.H, v.W, v.C)
	}
	if v.RowStride < 0 || v.ColStride < 0 || v.ChanStride < 0 {
		return fmt.Errorf("%w: %s has strides (%d,%d,%d), want none negative",
			ErrStride, name, v.RowStride, v.ColStride, v.ChanStride)
	}
	if last := (v.H-1)*v.RowStride + (v.W-1)*v.ColStride + (v.C-1)*v.ChanStride; !v.Absent() && last >= len(v.Pix) {
		return fmt.Errorf("%w: %s reaches sample %d of %d", ErrStride, name, last, len(v.Pix))
	}
	return nil
}

// checkWritten is check for an output, whose samples all have a place of their own.
func (v View) checkWritten(name string) error {
	if err := v.check(name); err != nil || v.Absent() {
		return err
	}
	return unfolded(name, [3]int{v.H, v.W, v.C}, [3]int{v.RowStride, v.ColStride, v.ChanStride})
}

// unfolded reports an output two of whose samples lie at one address. Strides are in samples.
func unfolded(name string, shape, strides [3]int) error {
	var axes []span.Axis
	for i, n := range shape {
		axes = append(axes, span.Axis{N: int64(n), Stride: int64(strides[i])})
	}
	if span.Folds(axes) {
		return fmt.Errorf("%w: %s has shape [%d,%d,%d] and strides of (%d,%d,%d) samples, and shares memory with itself",
			ErrOverlap, name, shape[0], shape[1], shape[2], strides[0], strides[1], strides[2])
	}
	return nil
}

// dense reports whether v is there and its samples are all that its memory has.
func (v *View) dense() bool { return !v.Absent() && len(v.Pix) == v.samples() }

// image is the first channels of v, as package vec takes them.
func (v View) image(channels int) vec.Image {
	return vec.Image{Pix: v.Pix, H: v.H, W: v.W, Channels: channels,
		RowStride: v.RowStride, ColStride: v.ColStride, ChanStride: v.ChanStride}
}

// along returns samples [a,b) of row y of the first channel: in place where they lie
// side by side, else in scratch.
func (v View) along(y, a, b int, scratch []float32) []float32 {
	row := v.Pix[y*v.RowStride+a*v.ColStride:]
	if v.ColStride == 1 {
		return row[:b-a]
	}
	scratch = scratch[:b-a]
	for i := range scratch {
		scratch[i] = row[i*v.ColStride]
	}
	return scratch
}
