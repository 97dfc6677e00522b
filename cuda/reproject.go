//go:build cuda

package cuda

import (
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// Reproject implements core.Session.
func (s *session) Reproject(r *core.Reprojection, y0, y1 int) (func() error, error) {
	x0, top, x1, bottom := r.Map.Clip(r.Out.H, r.Out.W)
	top, bottom = max(top, y0), min(bottom, y1)
	if x0 >= x1 || top >= bottom {
		x1, top, bottom = x0, y1, y1
	}
	var t *slot
	err := s.do(func() (err error) {
		if top < bottom {
			t, err = s.beginReproject(r, top, bottom)
		}
		return err
	})
	write := func() {
		rows, width := bottom-top, x1-x0
		eachRow(y1-y0, func(i int) {
			y := y0 + i
			for n := range r.Out.N {
				if y < top || y >= bottom {
					r.Put(n, y, 0, nil)
					continue
				}
				r.Put(n, y, x0, doubles(t.fetched.bytes)[(n*rows+y-top)*width:][:width])
			}
		})
	}
	if t == nil {
		return func() error { write(); return nil }, err
	}
	return func() error { return s.finish(t, write) }, err
}

// beginReproject sends what the rows [y0,y1) of the map's box want and starts computing them.
func (s *session) beginReproject(r *core.Reprojection, y0, y1 int) (*slot, error) {
	s.clock++
	t, err := s.next(int64(unsafe.Sizeof(reprojectArgs{})))
	if err != nil {
		return nil, err
	}
	tile, err := s.tile(0, nodes, r.Out.H, r.Out.W)
	if err != nil {
		return nil, err
	}
	args := reprojectArgs{place: tile.place, planes: int32(r.Out.N), y0: int32(y0), y1: int32(y1)}
	if r.Image.F64 != nil {
		args.isDouble = 1
	}
	if r.Order == core.Nearest {
		args.nearest = 1
	}
	width := int(args.place.x1 - args.place.x0)
	bytes := 8 * int64(r.Out.N) * int64(y1-y0) * int64(width)
	if err := s.grow(&t.result, bytes); err != nil {
		return nil, err
	}
	if args.image, err = s.planes(&r.Image); err != nil {
		return nil, err
	}
	args.out = t.result.at
	at := place(t, args)
	if err := s.sendArgs(t); err != nil {
		return nil, err
	}
	if err := s.launch("reproject", [2]int{width, y1 - y0}, blockShape, at); err != nil {
		return nil, err
	}
	return t, s.fetch(t, args.out, bytes)
}

// planes returns where the planes of an image lie on the GPU, sent once.
func (s *session) planes(p *core.Planes) (driver.Ptr, error) {
	if s.stack.bytes > 0 {
		return s.stack.at, nil
	}
	words := 1 // of four bytes, a sample
	if p.F64 != nil {
		words = 2
	}
	width := words * p.W
	if err := s.grow(&s.stack, 4*int64(p.N)*int64(p.H)*int64(width)); err != nil {
		return 0, err
	}
	return s.stack.at, s.send(s.stack.at, p.N*p.H, width, func(dst []float32, i int) {
		at := i/p.H*p.PlaneStride + i%p.H*p.RowStride
		if p.F64 == nil {
			gather(dst, p.F32[at:], p.ColStride)
			return
		}
		to := unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(dst))), p.W)
		gather(to, p.F64[at:], p.ColStride)
	})
}

// gather copies samples that lie stride apart.
func gather[T float32 | float64](dst, src []T, stride int) {
	if stride == 1 {
		copy(dst, src)
		return
	}
	for i := range dst {
		dst[i] = src[i*stride]
	}
}

// doubles is pinned memory as float64.
func doubles(b []byte) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}
