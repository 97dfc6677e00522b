package fitstile

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// unit is an HDU: its header, checked as far as its size depends on it.
type unit struct {
	*header
	kind   string // what XTENSION says; IMAGE or "random groups" for the primary one
	name   string // of EXTNAME; PRIMARY for the first one that has none
	bitpix int
	axes   []int // slowest first
	bytes  int64 // of its data, without padding
}

// readUnit reads the HDU that begins at a byte; io.EOF if the file ends there.
func readUnit(here place, s *source, start int64) (*unit, error) {
	h, err := readHeader(here, s, start)
	if err != nil {
		return nil, err
	}
	u := &unit{header: h}
	for _, read := range []func() error{u.readKind, u.readAxes, u.readName} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return u, u.measure(s)
}

func (u *unit) readKind() error {
	if u.place.hdu > 0 {
		v, err := u.lookup("XTENSION")
		if err != nil {
			return err
		}
		kind, ok := v.(string)
		if !ok {
			return u.errorf("XTENSION", " = %v, want a string", shown(v))
		}
		u.kind = strings.TrimSpace(kind)
		return nil
	}
	u.kind = "IMAGE"
	standard, err := u.isTrue("SIMPLE")
	if err != nil {
		return err
	}
	if !standard {
		return u.errorf("SIMPLE", " is not T: the file says that it is not as the standard has it")
	}
	return nil
}

func (u *unit) readAxes() (err error) {
	if u.bitpix, err = u.needed("BITPIX", -64, 64); err != nil {
		return err
	}
	if !slices.Contains([]int{8, 16, 32, 64, -32, -64}, u.bitpix) {
		return u.errorf("BITPIX", " = %d, want 8, 16, 32, 64, -32 or -64", u.bitpix)
	}
	count, err := u.needed("NAXIS", 0, 999)
	if err != nil {
		return err
	}
	for i := count; i > 0; i-- {
		n, err := u.needed(fmt.Sprintf("NAXIS%d", i), 0, math.MaxInt)
		if err != nil {
			return err
		}
		u.axes = append(u.axes, n)
	}
	return nil
}

// readName takes an EXTNAME that can't be read for none.
func (u *unit) readName() error {
	v, _ := u.lookup("EXTNAME")
	name, _ := v.(string)
	if u.name = strings.ToUpper(strings.TrimSpace(name)); u.name == "" && u.place.hdu == 0 {
		u.name = "PRIMARY"
	}
	return nil
}

// measure finds the bytes of the data,
//
//	|BITPIX|/8 * GCOUNT * (PCOUNT + NAXIS1 * ... * NAXISn)
//
// without NAXIS1 = 0 of random groups, and checks that the file has as many.
func (u *unit) measure(s *source) error {
	before, err := u.whole("PCOUNT", 0, math.MaxInt, 0)
	if err != nil {
		return err
	}
	groups, err := u.whole("GCOUNT", 0, math.MaxInt, 1)
	if err != nil {
		return err
	}
	axes := u.axes
	if len(axes) > 0 && axes[len(axes)-1] == 0 && u.place.hdu == 0 {
		if grouped, err := u.isTrue("GROUPS"); err != nil {
			return err
		} else if grouped {
			u.kind, axes = "random groups", axes[:len(axes)-1]
		}
	}
	if len(axes) == 0 {
		return nil
	}
	room := max(0, s.most()-u.end)
	count := product(axes, room)
	if count > room || int64(before) > room-count {
		return u.tooLarge(s)
	}
	u.bytes = product([]int{max(u.bitpix, -u.bitpix) / 8, groups, before + int(count)}, room)
	if u.bytes > room {
		return u.tooLarge(s)
	}
	return nil
}

// product multiplies lengths that are not negative, and returns most+1 if that is
// more than most.
func product(lengths []int, most int64) int64 {
	if slices.Contains(lengths, 0) {
		return 0
	}
	p := int64(1)
	for _, n := range lengths {
		if int64(n) > most/p {
			return most + 1
		}
		p *= int64(n)
	}
	return p
}

func (u *unit) tooLarge(s *source) error {
	what := "the file has"
	if s.packed() {
		what = "the gzipped file can't hold more than"
	}
	return u.place.at(u.end).errorf("data of shape %v with BITPIX = %d, want more bytes than %s, %d",
		u.axes, u.bitpix, what, max(0, s.most()-u.end))
}
