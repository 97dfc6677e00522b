//go:build cuda

package cuda

import (
	"math"
	"unsafe"

	"zetwopass/cuda/driver"
)

// blockShape is the threads of a block: along a row, so that neighbours read neighbours.
var blockShape = [2]int{32, 4}

// Coadd implements core.Session.
func (s *session) Coadd(y0, y1 int, tiles []int, offsets []float64, shown []bool) (func() error, error) {
	var t *slot
	err := s.do(func() (err error) {
		t, err = s.beginCoadd(y0, y1, tiles, offsets)
		return err
	})
	return func() error { return s.finish(t, func() { s.endCoadd(t, y0, y1, shown) }) }, err
}

// beginCoadd sends what the rows [y0,y1) want and starts adding it up: all tiles at once
// if there is room, else one group after the other, in order.
func (s *session) beginCoadd(y0, y1 int, tiles []int, offsets []float64) (*slot, error) {
	m := s.job.Mosaic
	groups := int64(len(tiles) + 1) // at most
	t, err := s.next(groups * int64(unsafe.Sizeof(coaddArgs{})+unsafe.Sizeof(tileArgs{})))
	if err != nil {
		return nil, err
	}
	pixels := int64(y1-y0) * int64(m.W)
	mosaicBytes, coverageBytes := 4*pixels*int64(m.C), 4*pixels
	shownBytes := 4 * int64(max(len(tiles), 1))
	if err := s.grow(&t.result, mosaicBytes+coverageBytes+shownBytes); err != nil {
		return nil, err
	}
	args := s.coaddArgs(y0, y1)
	args.mosaic = t.result.at
	args.coverage = args.mosaic + driver.Ptr(mosaicBytes)
	args.shown = args.coverage + driver.Ptr(coverageBytes)
	if err := s.work.Zero(args.shown, shownBytes); err != nil {
		return nil, err
	}
	if !s.fit(tiles) {
		if err := s.grow(&s.sums, 2*8*pixels*int64(m.C)); err != nil {
			return nil, err
		}
		args.sum = s.sums.at
		args.norm = args.sum + driver.Ptr(8*pixels*int64(m.C))
	}
	done := 0
	for args.begin = 1; args.end == 0; args.begin = 0 {
		here, err := s.group(tiles, offsets)
		if err != nil {
			return nil, err
		}
		for k := range here {
			here[k].index = int32(done + k)
		}
		done += len(here)
		tiles = tiles[len(here):]
		if len(tiles) == 0 {
			args.end = 1
		}
		args.tiles, args.tileCount = place(t, here...), int32(len(here))
		at := place(t, args)
		if err := s.sendArgs(t); err != nil {
			return nil, err
		}
		if err := s.launch("coadd", [2]int{m.W, y1 - y0}, blockShape, at); err != nil {
			return nil, err
		}
	}
	return t, s.fetch(t, t.result.at, mosaicBytes+coverageBytes+shownBytes)
}

// coaddArgs is what all groups of tiles have in common.
func (s *session) coaddArgs(y0, y1 int) coaddArgs {
	m, f := s.job.Mosaic, s.job.Finish()
	args := coaddArgs{channels: int32(m.C), width: int32(m.W), y0: int32(y0), y1: int32(y1),
		clean: int32(s.job.Cleaning()), blank: f.Blank}
	if f.Divide {
		args.divide = 1
	}
	if f.Clear {
		args.clear = 1
	}
	return args
}

const coaddParts = image | weight | nodes | weightNodes

// fit reports whether the tiles can be on the GPU all at once, others gone.
func (s *session) fit(tiles []int) bool {
	others, wanted := s.gpu.Held(), int64(0)
	for _, a := range s.arrays {
		others -= a.bytes
	}
	for _, i := range tiles {
		wanted += s.bytes(i, coaddParts)
	}
	return others+wanted <= s.budget
}

// group describes the first of the tiles, as many as can be on the GPU at once.
func (s *session) group(tiles []int, offsets []float64) (here []tileArgs, err error) {
	s.clock++
	for _, i := range tiles {
		a, err := s.tile(i, coaddParts, s.job.Mosaic.H, s.job.Mosaic.W)
		if len(here) > 0 && s.sums.bytes > 0 && noRoom(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		c := s.job.Mosaic.C
		copy(a.offset[:], offsets[i*c:(i+1)*c])
		here = append(here, a)
	}
	return here, nil
}

// endCoadd copies a slot's result to the job's outputs.
func (s *session) endCoadd(t *slot, y0, y1 int, shown []bool) {
	m, n := s.job.Mosaic, y1-y0
	mosaic := floats(t.fetched.bytes)
	coverage := mosaic[n*m.W*m.C:]
	eachRow(n, func(y int) {
		unpack(m, y0+y, mosaic[y*m.W*m.C:][:m.W*m.C])
		unpack(s.job.CoverageOut, y0+y, coverage[y*m.W:][:m.W])
	})
	for i := range shown {
		shown[i] = math.Float32bits(coverage[n*m.W+i]) != 0
	}
}
