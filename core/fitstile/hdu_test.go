package fitstile

import (
	"testing"
)

// several is a file with HDUs of many kinds: the pixel of each image is its number.
func several() []byte {
	image := func(n byte, more ...string) part { return extension("IMAGE", 8, []int{1, 1}, []byte{n}, more...) }
	heap := make([]byte, 3*2+2881)
	return written(
		primary(8, nil, nil),
		image(1, "EXTNAME = 'Sci'", "EXTVER  = 2"),
		extension("BINTABLE", 8, []int{2, 3}, heap, "PCOUNT  = 2881", "GCOUNT  = 1", "EXTNAME = 'TAB'"),
		image(3, "EXTNAME = ' alpha  '", "EXTNAME = 'other'"),
		extension("TABLE", 8, []int{40, 100}, make([]byte, 4000)),
		extension("IMAGE", 16, []int{3, 999}, make([]byte, 6*999), "EXTNAME = 'sci'"),
		extension("FOREIGN", -64, []int{10, 10}, make([]byte, 2*8*107), "PCOUNT  = 7", "GCOUNT  = 2"),
		extension("BINTABLE", 8, []int{8, 1}, make([]byte, 8), "ZIMAGE  = T", "EXTNAME = 'COMPRESSED_IMAGE'"),
		image(8, "EXTNAME = 'PRIMARY'"),
		image(9),
		image(10),
		image(11),
	)
}

// Without it one HDU is taken for another.
func TestHDUsAreFoundByNumberAndName(t *testing.T) {
	file := several()
	for _, file := range [][]byte{file, gzipped(file)} {
		for hdu, want := range map[HDU]float32{
			{Number: 1}:              1,
			{Number: 3}:              3,
			{Number: 8}:              8,
			{Number: 9}:              9,
			{Name: "SCI"}:            1,
			{Name: "sCi", Number: 3}: 1,
			{Name: "Alpha"}:          3,
		} {
			_, got, err := read(file, hdu)
			if err != nil || got[0] != want {
				t.Errorf("HDU %v: got %v, %v, want %v", hdu, got, err, want)
			}
		}
	}
	named := written(primary(8, []int{1, 1}, []byte{7}, "EXTNAME = 'First'"))
	for _, name := range []string{"first", "primary"} {
		if _, got, err := read(named, HDU{Name: name}); err != nil || got[0] != 7 {
			t.Errorf("HDU %s: got %v, %v", name, got, err)
		}
	}
	if _, got, err := read(several(), HDU{Name: "primary"}); !says(err, "HDU 0", "no pixels") {
		t.Errorf("got %v, %v", got, err)
	}
}

// Without it somebody looks for a mistake of his own in an HDU that is no image.
func TestWhatIsNoImageIsRefusedByName(t *testing.T) {
	for _, c := range []struct {
		hdu  HDU
		want string
	}{
		{HDU{Number: 0}, "a.fits, HDU 0, byte 160: NAXIS = 0: it has no pixels; want the name or number"},
		{HDU{Name: "TAB"}, `a.fits, HDU 2, byte 8640: XTENSION: it is of the kind "BINTABLE", want an image`},
		{HDU{Number: 4}, `"TABLE"`},
		{HDU{Number: 6}, `"FOREIGN"`},
		{HDU{Number: 7}, "ZIMAGE = T: a tile-compressed image (.fz), want a plain one: funpack unpacks it"},
		{HDU{Number: 12}, `a.fits: it has no HDU 12, but 12: ["PRIMARY" "SCI" "TAB" "ALPHA" "" "SCI"`},
		{HDU{Number: -1}, "it has no HDU -1"},
		{HDU{Name: "mask"}, `it has no HDU "mask", but 12: `},
		{HDU{Name: "mask"}, `"PRIMARY" ""] and more`},
	} {
		_, err := opened(several(), c.hdu)
		if !says(err, "bad file: ", c.want) {
			t.Errorf("HDU %v: got %v, want %q", c.hdu, err, c.want)
		}
	}
	groups := written(primary(-32, []int{3, 2, 0}, make([]byte, 4*2*(6+5)), "GROUPS  = T", "PCOUNT  = 5", "GCOUNT  = 2"),
		extension("IMAGE", 8, []int{1, 1}, []byte{5}))
	if _, err := opened(groups, HDU{}); !says(err, `"random groups"`) {
		t.Errorf("got %v", err)
	}
	if _, got, err := read(groups, HDU{Number: 1}); err != nil || got[0] != 5 {
		t.Errorf("behind random groups: got %v, %v", got, err)
	}
}
