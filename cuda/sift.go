//go:build cuda

package cuda

import (
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// sieveRows is how many rows a thread sifts: its counts are added up once.
const sieveRows = 32

// sieves is what a call sifts with.
type sieves struct {
	args []sieveArgs
	at   driver.Ptr
}

const sieveBytes = int64(unsafe.Sizeof(sieveArgs{}))

// place gives the sieves room for what they keep and puts them into the slot.
func (v *sieves) place(s *session, t *slot) error {
	total := int64(0)
	for _, a := range v.args {
		total += 8 * int64(a.room)
	}
	if err := s.grow(&t.result, max(total, 1)); err != nil {
		return err
	}
	at := t.result.at
	for i := range v.args {
		v.args[i].kept = at
		at += driver.Ptr(8 * v.args[i].room)
	}
	v.at = place(t, v.args...)
	return nil
}

// fetch waits for the sieves and returns what they hold; full says that some had not room
// enough, which they are then given.
func (v *sieves) fetch(s *session, t *slot) (tallies []core.Tally, full bool, err error) {
	if err := s.fetchNow(t, v.at, int64(len(v.args))*sieveBytes); err != nil {
		return nil, false, err
	}
	found := make([]sieveArgs, len(v.args))
	copy(bytesOf(found), t.fetched.bytes)
	tallies = make([]core.Tally, len(found))
	end := uint64(0) // of what is kept
	for i, a := range found {
		tallies[i] = core.Tally{Below: int(a.below), AtLo: int(a.atLo), AtHi: int(a.atHi), Above: int(a.above),
			None: a.none != 0, Shown: int(a.shown)}
		if a.count > a.room {
			v.args[i].room, full = a.count, true
		} else if a.count > 0 {
			end = uint64(a.kept-t.result.at) + 8*a.count
		}
	}
	if end == 0 || full {
		return tallies, full, nil
	}
	if err := s.fetchNow(t, t.result.at, int64(end)); err != nil {
		return nil, false, err
	}
	for i, a := range found {
		if a.count > 0 {
			from := t.fetched.bytes[a.kept-t.result.at:]
			tallies[i].Kept = append([]float64(nil),
				unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(from))), a.count)...)
		}
	}
	return tallies, false, nil
}

// fetchNow fetches bytes and waits for them.
func (s *session) fetchNow(t *slot, from driver.Ptr, bytes int64) error {
	if err := s.fetch(t, from, bytes); err != nil {
		return err
	}
	return s.await(t)
}

func sieveOf(v *core.Sieve) sieveArgs {
	if v == nil {
		return sieveArgs{}
	}
	a := sieveArgs{lo: v.Lo, hi: v.Hi, room: uint64(v.Room), wanted: 1}
	if v.All {
		a.all = 1
	}
	return a
}

// cut returns the lattice of steps within a box.
func cut(x0, y0, x1, y1 int32, stepX, stepY int) lattice {
	up := func(a int32, step int) int32 { return int32((int(a) + step - 1) / step * step) }
	return lattice{up(x0, stepX), up(y0, stepY), x1, y1, int32(stepX), int32(stepY), sieveRows}
}

// sift starts a kernel on the pixels of a lattice, if it has any.
func (s *session) sift(kernel string, l *lattice, args driver.Ptr) error {
	if l.x0 >= l.x1 || l.y0 >= l.y1 {
		return nil
	}
	steps := func(from, to, step int32) int { return int(to-from+step-1) / int(step) }
	rows := steps(l.y0, l.y1, l.stepY)
	threads := [2]int{steps(l.x0, l.x1, l.stepX), (rows + sieveRows - 1) / sieveRows}
	return s.launch(kernel, threads, blockShape, args)
}

// crop is the coverage and the blurred coverage of a tile's box.
type crop struct {
	tile int // plus 1; 0 = none
	buffer
}

// Scales implements core.Session.
func (s *session) Scales(i int, sieve core.Sieve) (tally core.Tally, err error) {
	v := sieves{args: []sieveArgs{sieveOf(&sieve)}}
	err = s.do(func() error {
		for full := true; full; {
			tallies, again, err := s.scales(i, &v, sieve.StepX, sieve.StepY)
			if err != nil {
				return err
			}
			tally, full = tallies[0], again
		}
		return nil
	})
	return tally, err
}

func (s *session) scales(i int, v *sieves, stepX, stepY int) (tallies []core.Tally, full bool, err error) {
	s.clock++
	j := s.job
	t, err := s.next(sieveBytes + int64(unsafe.Sizeof(scaleArgs{})))
	if err != nil {
		return nil, false, err
	}
	if err := v.place(s, t); err != nil {
		return nil, false, err
	}
	a := scaleArgs{sieve: v.at}
	a.threshold, a.most = j.Valid()
	if a.tile, err = s.tile(i, mask|nodes, j.Coverage.H, j.Coverage.W); err != nil {
		return nil, false, err
	}
	if err := s.sendCrop(i, &a); err != nil {
		return nil, false, err
	}
	a.lattice = cut(a.tile.place.x0, a.tile.place.y0, a.tile.place.x1, a.tile.place.y1, stepX, stepY)
	at := place(t, a)
	if err := s.sendArgs(t); err != nil {
		return nil, false, err
	}
	if err := s.sift("scales", &a.lattice, at); err != nil {
		return nil, false, err
	}
	return v.fetch(s, t)
}

// sendCrop sends the coverages of a tile's box, unless they are there.
func (s *session) sendCrop(i int, a *scaleArgs) error {
	box := &a.tile.place
	x, y, h, w := int(box.x0), int(box.y0), int(box.y1-box.y0), int(box.x1-box.x0)
	a.left, a.top, a.width = box.x0, box.y0, int32(w)
	fresh := s.crop.tile != i+1
	if fresh {
		s.crop.tile = 0
		if err := s.grow(&s.crop.buffer, int64(8*h*w)); err != nil {
			return err
		}
	}
	a.coverage, a.blurred = s.crop.at, s.crop.at+driver.Ptr(4*h*w)
	if !fresh {
		return nil
	}
	for _, p := range []struct {
		to   driver.Ptr
		from core.View
	}{{a.coverage, s.job.Coverage}, {a.blurred, s.job.Blurred}} {
		err := s.send(p.to, h, w, func(dst []float32, row int) { pack(dst, p.from, y+row, x, 1) })
		if err != nil {
			return err
		}
	}
	s.crop.tile = i + 1
	return nil
}
