package fitstile

import "math"

// image checks that an HDU is an image that can be read, and says how.
func (u *unit) image(s *source) (*Image, error) {
	if err := u.isImage(); err != nil {
		return nil, err
	}
	m := &Image{place: u.place, size: s.size, data: u.end, planes: 1, Bytes: u.bytes}
	var planar, ok bool
	if m.H, m.W, m.C, planar, ok = shape(u.axes); !ok {
		return nil, u.errorf("NAXIS", ": shape %v, want [h,w], [C,h,w] or [h,w,C], C 1 to 4", u.axes)
	}
	if planar {
		m.planes = m.C
	}
	if s.packed() {
		m.Bytes = s.size
	}
	var err error
	m.samples, err = u.samples()
	return m, err
}

func (u *unit) isImage() error {
	compressed, err := u.isTrue("ZIMAGE")
	if err != nil {
		return err
	}
	first := "XTENSION"
	if u.place.hdu == 0 {
		first = "SIMPLE"
	}
	switch {
	case u.kind == "BINTABLE" && compressed:
		return u.errorf("ZIMAGE", " = T: a tile-compressed image (.fz), want a plain one: funpack unpacks it")
	case u.kind != "IMAGE":
		return u.errorf(first, ": it is of the kind %q, want an image", u.kind)
	case len(u.axes) == 0:
		return u.errorf("NAXIS", " = 0: it has no pixels; want the name or number of the HDU that has them")
	case u.bytes == 0:
		return u.errorf("NAXIS", ": it has no pixels: its shape is %v", u.axes)
	}
	if _, err := u.whole("PCOUNT", 0, 0, 0); err != nil {
		return err
	}
	_, err = u.whole("GCOUNT", 1, 1, 1)
	return err
}

func (u *unit) samples() (v samples, err error) {
	scale, err := u.real("BSCALE", 1)
	if err != nil {
		return v, err
	}
	zero, err := u.real("BZERO", 0)
	if err != nil {
		return v, err
	}
	v = newSamples(u.bitpix, scale, zero)
	if !u.has("BLANK") || u.bitpix < 0 {
		return v, nil
	}
	blank, err := u.whole("BLANK", math.MinInt, math.MaxInt, 0)
	v.blanks, v.blank = true, int64(blank)
	return v, err
}
