package fitstile

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small writer of FITS files, for the tests.

type part struct {
	cards []string // without END
	data  []byte
}

// primary is an image in the first HDU; axes are as NumPy has them.
func primary(bitpix int, axes []int, data []byte, more ...string) part {
	cards := []string{"SIMPLE  = T", fmt.Sprintf("BITPIX  = %d", bitpix), fmt.Sprintf("NAXIS   = %d", len(axes))}
	for i := range axes {
		cards = append(cards, fmt.Sprintf("NAXIS%-3d= %d", i+1, axes[len(axes)-1-i]))
	}
	return part{append(cards, more...), data}
}

// extension is an image, or what kind says, in a later HDU.
func extension(kind string, bitpix int, axes []int, data []byte, more ...string) part {
	p := primary(bitpix, axes, data, more...)
	p.cards[0] = fmt.Sprintf("XTENSION= '%-8s'", kind)
	return p
}

// written is a file of such parts.
func written(parts ...part) []byte {
	var file bytes.Buffer
	pad := func(with string) {
		for file.Len()%fitsBlock > 0 {
			file.WriteString(with)
		}
	}
	for _, p := range parts {
		for _, card := range p.cards {
			fmt.Fprintf(&file, "%-80s", card)
		}
		fmt.Fprintf(&file, "%-80s", "END")
		pad(" ")
		file.Write(p.data)
		pad("\x00")
	}
	return file.Bytes()
}

func gzipped(file []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(file)
	w.Close()
	return packed.Bytes()
}

// opened is what Open does, of a file in memory.
func opened(file []byte, hdu HDU) (*Image, error) {
	return find(place{path: "a.fits", hdu: -1}, bytes.NewReader(file), int64(len(file)), hdu)
}

// read is what Open and Read do, of a file in memory.
func read(file []byte, hdu HDU) (*Image, []float32, error) {
	m, err := opened(file, hdu)
	if err != nil {
		return nil, nil, err
	}
	to := make([]float32, m.H*m.W*m.C)
	return m, to, m.read(context.Background(), bytes.NewReader(file), to)
}

// onDisk writes a file and returns its path.
func onDisk(t testing.TB, file []byte) string {
	path := filepath.Join(t.TempDir(), "tile.fits")
	if err := os.WriteFile(path, file, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func says(err error, words ...string) bool {
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			return false
		}
	}
	return true
}
