//go:build cuda

package cuda

import (
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// What the kernel takes of the coverage, and how the taps are padded: blur.cuh.
const (
	usePlain, useCovered, useMask = 0, 1, 2
	outputs, padding              = 8, 32
)

// kernelTaps returns the Gaussian's taps -r..r, summing to 1, padded with zeros.
func kernelTaps(sigma int) []float32 {
	weights := core.KernelWeights(sigma)
	r := len(weights) - 1
	taps := make([]float32, 2*r+1+2*padding)
	for m, w := range weights {
		taps[padding+r-m], taps[padding+r+m] = float32(w), float32(w)
	}
	return taps
}

// Blur implements core.Session.
func (s *session) Blur(y0, y1 int) (func() error, error) {
	var t *slot
	err := s.do(func() (err error) {
		t, err = s.beginBlur(y0, y1)
		return err
	})
	return func() error {
		return s.finish(t, func() {
			w, blurred := s.job.Coverage.W, floats(t.fetched.bytes)
			eachRow(y1-y0, func(y int) { unpack(s.job.Blurred, y0+y, blurred[y*w:][:w]) })
		})
	}, err
}

// beginBlur sends the coverage that the rows [y0,y1) depend on and starts filtering it.
func (s *session) beginBlur(y0, y1 int) (*slot, error) {
	s.clock++
	v, r, n := s.job.Coverage, core.KernelRadius(s.job.Sigma), y1-y0
	first, last := max(0, y0-r), min(v.H, y1+r) // what lies beyond mirrors these
	uses := []int32{usePlain}
	if s.job.Profile == core.V45 {
		uses = []int32{useCovered, useMask}
	}
	const runBytes = int64(unsafe.Sizeof(blurArgs{}))
	t, err := s.next(int64(2*len(uses))*runBytes + int64(unsafe.Sizeof(ratioArgs{})))
	if err != nil {
		return nil, err
	}
	held, plane := int64(4*(last-first)*v.W), int64(4*n*v.W)
	if err := s.grow(&t.result, held+2*plane*int64(len(uses))); err != nil {
		return nil, err
	}
	coverage := t.result.at + driver.Ptr(2*plane*int64(len(uses)))
	if err := s.sendTaps(); err != nil {
		return nil, err
	}
	if err := s.send(coverage, last-first, v.W, func(dst []float32, y int) { pack(dst, v, first+y, 0, 1) }); err != nil {
		return nil, err
	}
	blurred := t.result.at // a plane for each use; then what the columns' filter gave, likewise
	turned := blurred + driver.Ptr(plane*int64(len(uses)))
	var runs []blurArgs
	for i, use := range uses {
		at := driver.Ptr(plane * int64(i))
		runs = append(runs, blurArgs{src: coverage, dst: turned + at, taps: s.taps.at, first: int32(first),
			height: int32(v.H), from: int32(y0), to: int32(y1), width: int32(v.W), radius: int32(r), use: use},
			blurArgs{src: turned + at, dst: blurred + at, taps: s.taps.at, height: int32(v.W), to: int32(v.W),
				width: int32(n), radius: int32(r), use: usePlain})
	}
	division := ratioArgs{blurred, blurred + driver.Ptr(plane), uint64(n * v.W)}
	at, ratio := place(t, runs...), place(t, division)
	if err := s.sendArgs(t); err != nil {
		return nil, err
	}
	for i := range runs {
		a := &runs[i]
		threads := [2]int{int(a.width), (int(a.to-a.from) + outputs - 1) / outputs}
		args := at + driver.Ptr(int64(i)*runBytes)
		if err := s.launch("blur_columns", threads, blockShape, args); err != nil {
			return nil, err
		}
	}
	if len(uses) == 2 {
		if err := s.launch("ratio", [2]int{n * v.W, 1}, [2]int{256, 1}, ratio); err != nil {
			return nil, err
		}
	}
	return t, s.fetch(t, blurred, plane)
}

// sendTaps sends the kernel once.
func (s *session) sendTaps() error {
	if s.taps.bytes > 0 {
		return nil
	}
	taps := kernelTaps(s.job.Sigma)
	if err := s.grow(&s.taps, int64(4*len(taps))); err != nil {
		return err
	}
	return s.send(s.taps.at, 1, len(taps), func(dst []float32, _ int) { copy(dst, taps) })
}
