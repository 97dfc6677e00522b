//go:build cuda

package cuda

import (
	"math"
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
	kept buffer // of the session, what they keep
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
	v.at, _ = t.place(bytesOf(v.args))
	return nil
}

// fetch waits for the sieves and returns what they hold; full says which of them had not
// room enough, and how much they want.
func (v *sieves) fetch(s *session, t *slot) (tallies []core.Tally, full map[int]int, err error) {
	bytes := int64(len(v.args)) * sieveBytes
	if err := s.fetchNow(t, v.at, bytes); err != nil {
		return nil, nil, err
	}
	copy(bytesOf(v.args), t.fetched.bytes)
	tallies, full = make([]core.Tally, len(v.args)), map[int]int{}
	end := uint64(0) // of what is kept
	for i, a := range v.args {
		tallies[i] = core.Tally{Below: int(a.below), AtLo: int(a.atLo), AtHi: int(a.atHi), Above: int(a.above),
			None: a.none != 0, Shown: int(a.shown)}
		if a.count > a.room {
			full[i] = int(a.count)
		} else if a.count > 0 {
			end = uint64(a.kept-t.result.at) + 8*a.count
		}
	}
	if end == 0 || len(full) > 0 {
		return tallies, full, nil
	}
	if err := s.fetchNow(t, t.result.at, int64(end)); err != nil {
		return nil, nil, err
	}
	for i, a := range v.args {
		if a.count > 0 {
			from := t.fetched.bytes[a.kept-t.result.at:]
			tallies[i].Kept = append([]float64(nil),
				unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(from))), a.count)...)
		}
	}
	return tallies, nil, nil
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

// cut returns the lattice of steps within a box, and its threads; none if it is empty.
func cut(x0, y0, x1, y1 int32, stepX, stepY int) (l lattice, threads [2]int) {
	up := func(a int32, step int) int32 { return int32((int(a) + step - 1) / step * step) }
	l = lattice{up(x0, stepX), up(y0, stepY), x1, y1, int32(stepX), int32(stepY), sieveRows}
	if l.x0 >= l.x1 || l.y0 >= l.y1 {
		return l, threads
	}
	rows := (int(l.y1-l.y0) + stepY - 1) / stepY
	return l, [2]int{(int(l.x1-l.x0) + stepX - 1) / stepX, (rows + sieveRows - 1) / sieveRows}
}

// crop is the coverage and the blurred coverage of a tile's box.
type crop struct {
	tile int // plus 1; 0 = none
	buffer
}

// Scales implements core.Session.
func (s *session) Scales(i int, sieve core.Sieve) (tally core.Tally, err error) {
	err = s.do(func() error {
		for {
			tallies, full, err := s.scales(i, sieve)
			if err != nil {
				return err
			}
			if len(full) == 0 {
				tally = tallies[0]
				return nil
			}
			sieve.Room = full[0]
		}
	})
	return tally, err
}

func (s *session) scales(i int, sieve core.Sieve) ([]core.Tally, map[int]int, error) {
	s.clock++
	j := s.job
	t, err := s.next(sieveBytes + int64(unsafe.Sizeof(scaleArgs{})))
	if err != nil {
		return nil, nil, err
	}
	v := sieves{args: []sieveArgs{sieveOf(&sieve)}}
	if err := v.place(s, t); err != nil {
		return nil, nil, err
	}
	a := scaleArgs{sieve: v.at, threshold: float32(j.Threshold), most: math.MaxFloat32}
	if j.Profile == core.V42 {
		a.threshold, a.most = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	if a.tile, err = s.tile(i, mask|nodes, j.Coverage.H, j.Coverage.W); err != nil {
		return nil, nil, err
	}
	if err := s.sendCrop(i, &a); err != nil {
		return nil, nil, err
	}
	l, threads := cut(a.tile.x0, a.tile.y0, a.tile.x1, a.tile.y1, sieve.StepX, sieve.StepY)
	a.lattice = l
	at, _ := t.place(bytesOf([]scaleArgs{a}))
	if err := s.sendArgs(t, 0); err != nil {
		return nil, nil, err
	}
	if threads[0] > 0 {
		if err := s.launch("scales", threads, blockShape, at); err != nil {
			return nil, nil, err
		}
	}
	return v.fetch(s, t)
}

// sendCrop sends the coverages of a tile's box, unless they are there.
func (s *session) sendCrop(i int, a *scaleArgs) error {
	x, y, h, w := int(a.tile.x0), int(a.tile.y0), int(a.tile.y1-a.tile.y0), int(a.tile.x1-a.tile.x0)
	a.left, a.top, a.width = a.tile.x0, a.tile.y0, int32(w)
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
