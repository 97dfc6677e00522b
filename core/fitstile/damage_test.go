package fitstile

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// without is a part whose card of a keyword is another one, or none.
func (p part) without(keyword, instead string) part {
	p.cards = slices.Clone(p.cards)
	i := slices.IndexFunc(p.cards, func(card string) bool { return strings.HasPrefix(card, fmt.Sprintf("%-8s", keyword)) })
	if instead == "" {
		p.cards = slices.Delete(p.cards, i, i+1)
	} else {
		p.cards[i] = instead
	}
	return p
}

// Without it a damaged header gives pixels that are none, a panic, or an error that does
// not say where to look.
func TestDamagedHeadersSayWhere(t *testing.T) {
	good := primary(16, []int{5, 7}, make([]byte, 70))
	with := func(keyword, instead string) []byte { return written(good.without(keyword, instead)) }
	more := func(card string) []byte { return written(primary(16, []int{5, 7}, make([]byte, 70), card)) }
	behind := func(second []byte) []byte { return slices.Concat(written(good), second) }
	for _, c := range []struct {
		file []byte
		want string
	}{
		{nil, "a.fits: it is empty"},
		{[]byte("S"), `a.fits, HDU 0, byte 0: it is no FITS file: it begins with "S", want "SIMPLE  "`},
		{[]byte("\x89PNG\r\n and so on"), `byte 0: it is no FITS file: it begins with "\x89PNG\r\n a"`},
		{written(good)[:1000], "HDU 0, byte 0: the file ends too early, want 2880 bytes from here on"},
		{[]byte(strings.Repeat(fmt.Sprintf("%-80s", "SIMPLE  = T"), 36*70)), "byte 201600: the file ends too early, want 2880"},
		{written(good)[:2880+69], "byte 2880: data of shape [5 7] with BITPIX = 16, want more bytes than the file has, 69"},
		{with("SIMPLE", "SIMPLE  = F"), "byte 0: SIMPLE is not T"},
		{with("SIMPLE", "SIMPLE  = 'T'"), "byte 0: SIMPLE is not T"},
		{with("SIMPLE", "SIMPLE  = x"), `byte 0: SIMPLE is malformed: "x" is no value`},
		{with("BITPIX", ""), "byte 0: BITPIX is missing"},
		{with("BITPIX", "BITPIX  = 17"), "byte 80: BITPIX = 17, want 8, 16, 32, 64, -32 or -64"},
		{with("BITPIX", "BITPIX  = 16.0"), "byte 80: BITPIX = 16, want a whole number"},
		{with("BITPIX", "BITPIX  = '16'"), `byte 80: BITPIX = "16", want a whole number`},
		{with("BITPIX", "BITPIX  ="), `byte 80: BITPIX = nothing, want a whole number`},
		{with("NAXIS", ""), "NAXIS is missing"},
		{with("NAXIS", "NAXIS   = 1000"), "byte 160: NAXIS = 1000, want a whole number in [0,999]"},
		{with("NAXIS", "NAXIS   = 3"), "byte 0: NAXIS3 is missing"},
		{with("NAXIS", "NAXIS   = 1"), "NAXIS: shape [7], want [h,w], [C,h,w] or [h,w,C], C 1 to 4"},
		{with("NAXIS1", ""), "byte 0: NAXIS1 is missing"},
		{with("NAXIS1", "NAXIS1  = -7"), "byte 240: NAXIS1 = -7, want a whole number"},
		{with("NAXIS1", "NAXIS1  = 0"), "NAXIS: it has no pixels: its shape is [5 0]"},
		{with("NAXIS1", "NAXIS1  = 4611686018427387904"), "byte 2880: data of shape [5 4611686018427387904]"},
		{with("NAXIS1", "NAXIS1  = 99999999999999999999"), "byte 240: NAXIS1 = 99999999999999999999, want a whole number"},
		{more("PCOUNT  = 9223372036854775807"), "byte 2880: data of shape"},
		{more("PCOUNT  = 1"), "byte 400: PCOUNT = 1, want a whole number in [0,0]"},
		{more("PCOUNT  = -1"), "byte 400: PCOUNT = -1"},
		{more("GCOUNT  = 2"), "byte 400: GCOUNT = 2, want a whole number in [1,1]"},
		{more("GCOUNT  = -1"), "byte 400: GCOUNT = -1"},
		{more("BSCALE  = 'x'"), `byte 400: BSCALE = "x", want a number`},
		{more("BSCALE  = NaN"), `byte 400: BSCALE is malformed: "NaN" is no value`},
		{more("BZERO   ="), "byte 400: BZERO = nothing, want a number"},
		{more("BZERO   = T"), "byte 400: BZERO = true, want a number"},
		{more("BZERO"), `byte 400: BZERO is malformed: no "= " follows the keyword`},
		{more("BLANK   = 1.5"), "byte 400: BLANK = 1.5, want a whole number"},
		{more("NAXIS1  = 9"), "byte 240: NAXIS1 = 7 is there twice, with another value at byte 400"},
		{more("ZIMAGE  = x"), "byte 400: ZIMAGE is malformed"},
		{written(primary(8, []int{5, 0}, nil, "GROUPS  = x")), "byte 400: GROUPS is malformed"},
		{behind([]byte("junk")), `HDU 1, byte 5760: "junk" stands where an HDU may begin, want "XTENSION"`},
		{behind(written(extension("IMAGE", 8, nil, nil).without("XTENSION", "XTENSION= 3"))), "HDU 1, byte 5760: XTENSION = 3, want a string"},
		{behind(written(extension("IMAGE", 8, nil, nil).without("XTENSION", "XTENSION= '"))), "HDU 1, byte 5760: XTENSION is malformed"},
		{gzipped(nil), `HDU 0, byte 0 unpacked: it is no FITS file: it begins with ""`},
		{gzipped([]byte("junk")), `byte 0 unpacked: it is no FITS file: it begins with "junk"`},
		{gzipped(gzipped(written(good))), "byte 0 unpacked: it is no FITS file"},
		{gzipped(written(good))[:9], "a.fits, byte 0: unexpected EOF"},
		{gzipped(written(good))[:60], "unpacked: the gzipped file can't be unpacked further: unexpected EOF"},
		{gzipped(with("NAXIS1", "NAXIS1  = 999999999")), "byte 2880 unpacked: data of shape [5 999999999] with BITPIX = 16, want more bytes than the gzipped file can't"},
	} {
		_, _, err := read(c.file, HDU{Number: strings.Count(c.want, "HDU 1,")})
		if !errors.Is(err, ErrFile) || !says(err, "bad file: a.fits", c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// Without it a header without END is read until memory ends.
func TestAHeaderEndsSomewhere(t *testing.T) {
	endless := func(to []byte, off int64) (int, error) {
		copy(to, bytes.Repeat([]byte(fmt.Sprintf("%-80s", "SIMPLE  = T")), 36))
		return len(to), nil
	}
	_, err := find(place{path: "a.fits"}, reader(endless), 1<<40, HDU{})
	if !says(err, "byte 0: the header has no END within 28800000 bytes") {
		t.Errorf("got %v", err)
	}
}

type reader func(to []byte, off int64) (int, error)

func (r reader) ReadAt(to []byte, off int64) (int, error) { return r(to, off) }

// Without it damage that lies in the pixels of a gzipped file goes unseen.
func TestDamagedGzipIsSeen(t *testing.T) {
	data := make([]byte, 50000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	whole := gzipped(written(primary(8, []int{250, 200}, data)))
	for cut := 1; cut < len(whole); cut += 1 + cut/50 {
		if _, _, err := read(whole[:cut], HDU{}); !errors.Is(err, ErrFile) {
			t.Fatalf("%d of %d bytes: %v", cut, len(whole), err)
		}
	}
	for at := 10; at < len(whole); at += 31 { // what is before it is the name and time
		damaged := slices.Clone(whole)
		damaged[at] ^= 4
		if _, _, err := read(damaged, HDU{}); !errors.Is(err, ErrFile) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
	if _, _, err := read(append(slices.Clone(whole), whole...), HDU{}); err != nil {
		t.Errorf("two members: %v", err)
	}
	if _, _, err := read(append(slices.Clone(whole), "junk that follows"...), HDU{}); !says(err, "can't be unpacked further") {
		t.Errorf("junk behind it: %v", err)
	}
}

// Without it a size that a header makes up takes memory, or all of it.
func TestSizesThatAreMadeUpTakeNoMemory(t *testing.T) {
	for _, axes := range [][]int{{1 << 20, 1 << 20}, {1 << 40, 1 << 40}, {1 << 62, 3}, {3, 1 << 31, 1 << 31}, {0, 1 << 62}} {
		for _, pack := range []func([]byte) []byte{slices.Clone[[]byte], gzipped} {
			file := pack(written(primary(-64, axes, make([]byte, 100))))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := opened(file, HDU{})
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrFile) || took > 1<<20 {
				t.Errorf("axes %v: %v, %d bytes", axes, err, took)
			}
		}
	}
}
