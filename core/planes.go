package core

import (
	"fmt"

	"zetwopass/core/vec"
)

// Planes is a strided stack of images [N,H,W] of one type: sample (n,y,x) is at
// n*PlaneStride + y*RowStride + x*ColStride of F32 or of F64. Absent without either.
type Planes struct {
	F32                               []float32
	F64                               []float64
	N, H, W                           int
	PlaneStride, RowStride, ColStride int // samples, >= 0
}

// Absent reports whether there are no samples.
func (p *Planes) Absent() bool { return p.F32 == nil && p.F64 == nil }

func (p *Planes) check(name string) error {
	if p.N < 1 || p.H < 1 || p.W < 1 {
		return fmt.Errorf("%w: %s has shape [%d,%d,%d], want at least 1 in each direction",
			ErrShape, name, p.N, p.H, p.W)
	}
	if p.PlaneStride < 0 || p.RowStride < 0 || p.ColStride < 0 {
		return fmt.Errorf("%w: %s has strides (%d,%d,%d), want none negative",
			ErrStride, name, p.PlaneStride, p.RowStride, p.ColStride)
	}
	last := (p.N-1)*p.PlaneStride + (p.H-1)*p.RowStride + (p.W-1)*p.ColStride
	if held := len(p.F32) + len(p.F64); last >= held {
		return fmt.Errorf("%w: %s reaches sample %d of %d", ErrStride, name, last, held)
	}
	return nil
}

// checkWritten is check for an output, whose samples all have a place of their own.
func (p *Planes) checkWritten(name string) error {
	if err := p.check(name); err != nil {
		return err
	}
	return unfolded(name, [3]int{p.N, p.H, p.W}, [3]int{p.PlaneStride, p.RowStride, p.ColStride})
}

// plane is the n-th plane of p, whose samples are pix.
func plane[T vec.Float](p *Planes, pix []T, n int) vec.ImageOf[T] {
	return vec.ImageOf[T]{Pix: pix[n*p.PlaneStride:], H: p.H, W: p.W, Channels: 1,
		RowStride: p.RowStride, ColStride: p.ColStride}
}

// put writes values to the pixels from x on of row y of plane n.
func (p *Planes) put(n, y, x int, value []float64) {
	at := n*p.PlaneStride + y*p.RowStride + x*p.ColStride
	switch {
	case len(value) == 0:
	case p.F64 != nil && p.ColStride == 1:
		copy(p.F64[at:], value)
	case p.F64 != nil:
		scatter(p.F64[at:], p.ColStride, value)
	default:
		scatter(p.F32[at:], p.ColStride, value)
	}
}

func scatter[T vec.Float](to []T, stride int, value []float64) {
	for i, s := range value {
		to[i*stride] = T(s)
	}
}

func (p *Planes) fill(n, y, a, b int, value float64) {
	at := n*p.PlaneStride + y*p.RowStride + a*p.ColStride
	if p.F64 != nil {
		spread(p.F64[at:], p.ColStride, b-a, value)
	} else {
		spread(p.F32[at:], p.ColStride, b-a, float32(value))
	}
}

// spread writes a value to count samples. Copies of what is written already are the machine's
// quickest stores.
func spread[T vec.Float | int32](to []T, stride, count int, value T) {
	if stride != 1 {
		for i := range count {
			to[i*stride] = value
		}
		return
	}
	to = to[:count]
	done := min(count, spreadLeast)
	for i := range done {
		to[i] = value
	}
	for done < count {
		done += copy(to[done:], to[:min(done, spreadMost)])
	}
}

// Samples that are copied at a time: so many at first, and so many that stay in the nearest cache.
const spreadLeast, spreadMost = 32, 512
