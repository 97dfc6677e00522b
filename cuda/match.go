//go:build cuda

package cuda

import (
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// keptBytes is about the most that the sieves of one go may keep.
const keptBytes = 16 << 20

// Differences implements core.Session.
func (s *session) Differences(y0, y1 int, overlaps []core.Overlap) ([]core.Tally, error) {
	c := s.job.Mosaic.C
	tallies := make([]core.Tally, len(overlaps)*c)
	err := s.do(func() error {
		for done := 0; done < len(overlaps); {
			if s.ctx.Err() != nil {
				return core.ErrCancelled
			}
			n, err := s.differences(y0, y1, overlaps[done:], tallies[done*c:])
			if err != nil {
				return err
			}
			done += n
		}
		return nil
	})
	return tallies, err
}

const runBytes = int64(unsafe.Sizeof(differenceArgs{}))

// differences sifts the first of the overlaps, as many as there is room for, and returns
// how many.
func (s *session) differences(y0, y1 int, overlaps []core.Overlap, tallies []core.Tally) (int, error) {
	s.clock++
	c := s.job.Mosaic.C
	runs, v, err := s.runs(y0, y1, overlaps)
	if err != nil {
		return 0, err
	}
	for { // once more if a sieve has not room enough
		t, err := s.next(int64(len(v.args))*sieveBytes + int64(len(runs))*runBytes)
		if err != nil {
			return 0, err
		}
		if err := v.place(s, t); err != nil {
			return 0, err
		}
		for i := range runs {
			runs[i].sieves = v.at + driver.Ptr(int64(i*c)*sieveBytes)
		}
		at := place(t, runs...)
		if err := s.sendArgs(t); err != nil {
			return 0, err
		}
		for i := range runs {
			if err := s.sift("differences", &runs[i].lattice, at+driver.Ptr(int64(i)*runBytes)); err != nil {
				return 0, err
			}
		}
		found, full, err := v.fetch(s, t)
		if err != nil {
			return 0, err
		}
		if !full {
			copy(tallies, found)
			return len(runs), nil
		}
	}
}

// runs describes the first of the overlaps on the rows [y0,y1), their tiles on the GPU,
// and their sieves.
func (s *session) runs(y0, y1 int, overlaps []core.Overlap) (runs []differenceArgs, v sieves, err error) {
	h, w, c := s.job.Mosaic.H, s.job.Mosaic.W, s.job.Mosaic.C
	kept := 0
	for _, o := range overlaps {
		a := differenceArgs{channels: int32(c), clean: int32(s.job.Cleaning())}
		for _, t := range []struct {
			tile int
			to   *tileArgs
		}{{o.I, &a.first}, {o.J, &a.second}} {
			if *t.to, err = s.tile(t.tile, coaddParts, h, w); err != nil {
				break
			}
		}
		if noRoom(err) && len(runs) > 0 {
			return runs, v, nil
		}
		if err != nil {
			return nil, v, err
		}
		stepX, stepY := 1, 1
		for _, sieve := range o.Sieves {
			v.args = append(v.args, sieveOf(sieve))
			if sieve != nil {
				stepX, stepY = sieve.StepX, sieve.StepY
				kept += 8 * sieve.Room
			}
		}
		p, q := &a.first.place, &a.second.place
		a.lattice = cut(max(p.x0, q.x0), max(p.y0, q.y0, int32(y0)),
			min(p.x1, q.x1), min(p.y1, q.y1, int32(y1)), stepX, stepY)
		runs = append(runs, a)
		if kept > keptBytes {
			break
		}
	}
	return runs, v, nil
}
