package fitstile

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// What the fuzzer makes must be read or refused with ErrFile, without a panic and without
// memory of a size that the file makes up. A header is lines here, as what is put into one
// card would move all others.
//
//	go test -fuzz FuzzHeader -fuzzminimizetime 10x ./core/fitstile
//	go test -fuzz FuzzFile -fuzzminimizetime 10x ./core/fitstile

func FuzzHeader(f *testing.F) {
	for _, cards := range [][]string{
		{"SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    3",
			"NAXIS1  =                    5", "NAXIS2  =                    4", "NAXIS3  =                    3"},
		{"SIMPLE  = T", "BITPIX  = 16/bits", "NAXIS   = 2", "NAXIS1  = 7", "NAXIS2  = 5", "BZERO   = 1.5d-5",
			"BSCALE  = .5", "BLANK   = -1", "EXTNAME = 'it''s'", "EXTVER  = 2"},
		{"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 3", "NAXIS1  = 0", "NAXIS2  = 5", "NAXIS3  = 2",
			"GROUPS  = T", "PCOUNT  = 3", "GCOUNT  = 2"},
		{"SIMPLE  = T", "BITPIX  = 64", "NAXIS   = 2", "NAXIS1  = 4611686018427387904", "NAXIS2  = 4"},
		{"SIMPLE  = T", "BITPIX  = -64", "NAXIS   = 0", "ZIMAGE  = T", "CONTINUE  'x'", "HIERARCH A = 1"},
	} {
		f.Add(strings.Join(cards, "\n"), make([]byte, 500))
	}
	f.Fuzz(func(t *testing.T, header string, data []byte) {
		cards := strings.Split(header, "\n")
		for i, card := range cards {
			cards[i] = card[:min(len(card), cardBytes)]
		}
		survive(t, written(part{cards, data}), HDU{})
	})
}

func FuzzFile(f *testing.F) {
	scaled := primary(16, []int{3, 4, 5}, make([]byte, 120), "BZERO   = 32768", "BLANK   = 3")
	tile := primary(-32, []int{3, 4, 5}, make([]byte, 240))
	alpha := extension("IMAGE", 8, []int{4, 5}, make([]byte, 20), "EXTNAME = 'ALPHA'")
	for _, file := range [][]byte{
		written(scaled), written(tile, alpha), several(),
		gzipped(written(tile, alpha)), gzipped(written(scaled))[:70], {}, {0x1f, 0x8b},
	} {
		f.Add(file, 0, "", false)
		f.Add(file, 1, "alpha", true)
		f.Add(file, 5, "", true)
	}
	f.Fuzz(func(t *testing.T, file []byte, number int, name string, pack bool) {
		if pack {
			file = gzipped(file)
		}
		survive(t, file, HDU{Number: number, Name: name})
	})
}

func survive(t *testing.T, file []byte, hdu HDU) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := opened(file, hdu)
	runtime.ReadMemStats(&after)
	// Garbage of a header is some ten kilobytes a card, most of it fitsio's.
	if took, most := after.TotalAlloc-before.TotalAlloc, uint64(2<<20+400*len(file)); took > most {
		t.Fatalf("a file of %d bytes took %d", len(file), took)
	}
	if err != nil {
		if !errors.Is(err, ErrFile) {
			t.Fatal(err)
		}
		return
	}
	size := int64(len(file))
	if size >= 2 && file[0] == 0x1f && file[1] == 0x8b {
		size *= 1032
	}
	samples := product([]int{m.H, m.W, m.C}, size)
	if min(m.H, m.W, m.C) < 1 || m.C > 4 || samples*int64(m.samples.bytes()) > size || m.Bytes > int64(len(file)) {
		t.Fatalf("%+v of a file of %d bytes", m, len(file))
	}
	if samples > 1<<22 {
		return
	}
	if err := m.read(context.Background(), bytes.NewReader(file), make([]float32, samples)); err != nil && !errors.Is(err, ErrFile) {
		t.Fatal(err)
	}
}
