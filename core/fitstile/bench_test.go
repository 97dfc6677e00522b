package fitstile

import (
	"context"
	"io"
	"os"
	"testing"
)

// Reading a tile of 1831 x 988 x 3 from the page cache, beside the same bytes as they
// are, in blocks of the same size.

var tileAxes = []int{3, 988, 1831}

func tileFile(b *testing.B, bitpix int, axes []int, more ...string) (path string, bytes int64) {
	n := 988 * 1831 * 3 * max(bitpix, -bitpix) / 8
	return onDisk(b, written(primary(bitpix, axes, make([]byte, n), more...))), int64(n)
}

func benchmarkRead(b *testing.B, bitpix int, axes []int, more ...string) {
	path, n := tileFile(b, bitpix, axes, more...)
	m, err := Open(path, HDU{})
	if err != nil {
		b.Fatal(err)
	}
	to := make([]float32, m.H*m.W*m.C)
	b.SetBytes(n)
	for b.Loop() {
		if err := m.Read(context.Background(), to); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlanes(b *testing.B)   { benchmarkRead(b, -32, tileAxes) }
func BenchmarkPixels(b *testing.B)   { benchmarkRead(b, -32, []int{988, 1831, 3}) }
func BenchmarkScaled16(b *testing.B) { benchmarkRead(b, 16, tileAxes, "BZERO   = 32768") }
func BenchmarkBytes(b *testing.B)    { benchmarkRead(b, 8, []int{988 * 3, 1831}) }
func BenchmarkReal64(b *testing.B)   { benchmarkRead(b, -64, tileAxes) }

func BenchmarkReadAt(b *testing.B) {
	path, n := tileFile(b, -32, tileAxes)
	buf := make([]byte, blockBytes)
	b.SetBytes(n)
	for b.Loop() {
		file, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for off := int64(0); off < n; off += blockBytes {
			if _, err := file.ReadAt(buf, off); err != nil && err != io.EOF {
				b.Fatal(err)
			}
		}
		file.Close()
	}
}

func BenchmarkOpen(b *testing.B) {
	path, _ := tileFile(b, -32, tileAxes)
	for b.Loop() {
		if _, err := Open(path, HDU{}); err != nil {
			b.Fatal(err)
		}
	}
}
