//go:build cuda

package cuda

import (
	"math"
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
	var scale float64
	err := s.do(func() (err error) {
		t, scale, err = s.beginBlur(y0, y1)
		return err
	})
	return func() error {
		return s.finish(t, func() {
			w, blurred := s.job.Coverage.W, floats(t.fetched.bytes)
			eachRow(y1-y0, func(y int) {
				row := blurred[y*w:][:w]
				multiply(row, 1/scale)
				unpack(s.job.Blurred, y0+y, row)
			})
		})
	}, err
}

// beginBlur sends the coverage that the rows [y0,y1) depend on, times a scale, and starts
// filtering it.
func (s *session) beginBlur(y0, y1 int) (t *slot, scale float64, err error) {
	s.clock++
	v, r, n := s.job.Coverage, core.KernelRadius(s.job.Sigma), y1-y0
	first, last := max(0, y0-r), min(v.H, y1+r) // what lies beyond mirrors these
	uses := []int32{usePlain}
	if s.job.Profile == core.V45 {
		uses = []int32{useCovered, useMask}
	}
	const runBytes = int64(unsafe.Sizeof(blurArgs{}))
	t, err = s.next(int64(2*len(uses))*runBytes + int64(unsafe.Sizeof(ratioArgs{})))
	if err != nil {
		return nil, 0, err
	}
	held, plane := int64(4*(last-first)*v.W), int64(4*n*v.W)
	if err := s.grow(&t.result, held+2*plane*int64(len(uses))); err != nil {
		return nil, 0, err
	}
	coverage := t.result.at + driver.Ptr(2*plane*int64(len(uses)))
	if err := s.sendTaps(); err != nil {
		return nil, 0, err
	}
	if scale, err = s.sendCoverage(coverage, first, last); err != nil {
		return nil, 0, err
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
		return nil, 0, err
	}
	for i := range runs {
		a := &runs[i]
		threads := [2]int{int(a.width), (int(a.to-a.from) + outputs - 1) / outputs}
		args := at + driver.Ptr(int64(i)*runBytes)
		if err := s.launch("blur_columns", threads, blockShape, args); err != nil {
			return nil, 0, err
		}
	}
	if len(uses) == 2 {
		if err := s.launch("ratio", [2]int{n * v.W, 1}, [2]int{256, 1}, ratio); err != nil {
			return nil, 0, err
		}
	}
	return t, scale, s.fetch(t, blurred, plane)
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

// sendCoverage sends the rows [first,last) of the coverage, times a power of two where
// float32 could not hold products of them with the taps, and returns that.
func (s *session) sendCoverage(to driver.Ptr, first, last int) (scale float64, err error) {
	v, spans := s.job.Coverage, make([]span, last-first)
	err = s.send(to, len(spans), v.W, func(dst []float32, y int) {
		pack(dst, v, first+y, 0, 1)
		spans[y] = spanOf(dst, s.job.Profile)
	})
	if scale = enlargement(spans); err != nil || scale == 1 {
		return scale, err
	}
	return scale, s.send(to, len(spans), v.W, func(dst []float32, y int) {
		pack(dst, v, first+y, 0, 1)
		multiply(dst, scale)
	})
}

// span is the smallest and the largest magnitude of some samples, apart from 0 and from
// what the blur does not take.
type span struct{ least, most float32 }

func spanOf(row []float32, profile core.Profile) span {
	s := span{least: math.MaxFloat32}
	for _, c := range row {
		if c < 0 && profile == core.V42 {
			c = -c
		}
		if c > 0 && c < s.least {
			s.least = c
		}
		if c > s.most && c <= math.MaxFloat32 {
			s.most = c
		}
	}
	return s
}

// small is a sample so large that even at the largest sigma its product with the central
// tap of columns and rows, 2^-23, is above 2^-103, where float32 has 2^46 steps up to it:
// more than enough for the roundings of 2 * 8001 products.
const small = 0x1p-80

// enlargement returns 1 where no sample is small, else the power of two that makes the
// largest as large as float32 has room for.
func enlargement(spans []span) float64 {
	all := span{least: math.MaxFloat32}
	for _, s := range spans {
		all = span{min(all.least, s.least), max(all.most, s.most)}
	}
	if all.least >= small {
		return 1
	}
	_, exponent := math.Frexp(float64(all.most))
	return math.Ldexp(1, 127-exponent)
}

// multiply multiplies samples by what float32 need not hold.
func multiply(x []float32, scale float64) {
	if scale == 1 {
		return
	}
	for i, s := range x {
		x[i] = float32(float64(s) * scale)
	}
}
