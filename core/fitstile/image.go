// Package fitstile reads images of FITS files, [h,w,c] of float32.
//
// # What is read
//
// An image in the primary HDU or in an IMAGE extension, also of a gzipped file, which is
// told by its content. Tile-compressed images, tables and random groups are refused by
// name. Package fitsio reads the values of the cards that are needed, one at a time, so
// that no other card can do harm; the rest is done here.
//
// # Axes
//
// Shapes are those of NumPy: the first axis is the slowest, NAXISn of FITS. Axes of
// length 1 are dropped from the front until three are left. Two axes are [h,w]. Of three,
// ZeMosaic's rule says which is that of the channels, 1 to 4, here with 2 and 4 where it
// says nothing:
//
//	the first: where its length is 1 or 3 and that of the last is neither
//	the first: where its length is 2 or 4 and that of the last is not 1 to 4
//	the last:  else
//
// # Values
//
//	value = BZERO + BSCALE*stored
//
// in float64, each product and sum rounded, then rounded to float32. Without BZERO and
// BSCALE, and for unsigned integers (BZERO 2^(BITPIX-1)), the stored number is rounded
// once. A stored integer that equals BLANK is NaN, also where astropy's own reading
// forgets it: BLANK = 0, and unsigned integers.
package fitstile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// ErrFile is what every error of a file wraps: it can't be read, it is damaged, or it
// holds no image that this package reads.
var ErrFile = errors.New("bad file")

// HDU says which part of a file is meant: the first one with this EXTNAME, upper and
// lower case alike, PRIMARY being the first of all, or, where Name is empty, the one with
// this number, from 0.
type HDU struct {
	Name   string
	Number int
}

// Image is an image in a file. Any number of goroutines may read it.
type Image struct {
	H, W, C int   // what Read gives, C being 1 to 4
	Bytes   int64 // that one Read reads from disk

	place   place
	size    int64     // bytes of the file when it was opened
	changed time.Time // when the file was last changed before that
	data    int64     // byte of the first sample
	planes  int       // C where the file holds [C,h,w], else 1
	samples samples
}

// Open checks the header of an image and that the file is large enough for it. No file
// stays open. In a gzipped file all that is before the image is unpacked, and only Read
// finds out whether its pixels are whole.
func Open(path string, hdu HDU) (*Image, error) {
	here := place{path: path, hdu: -1}
	file, info, err := here.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := find(here, file, info.Size(), hdu)
	if err != nil {
		return nil, err
	}
	m.changed = info.ModTime()
	return m, nil
}

// open opens a file, nothing else, for reading.
func (p place) open() (*os.File, fs.FileInfo, error) {
	info, err := os.Stat(p.path) // opening a pipe would wait for its other end
	if err != nil {
		return nil, nil, p.cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, p.errorf("it is no file but has the mode %v", info.Mode())
	}
	file, err := os.Open(p.path)
	if err != nil {
		return nil, nil, p.cause(err)
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, nil, p.cause(err)
	}
	return file, info, nil
}

// Read writes the image, [H,W,C] without gaps, to to. It returns soon after ctx ends,
// with ctx.Err().
func (m *Image) Read(ctx context.Context, to []float32) error {
	if want := m.H * m.W * m.C; len(to) < want {
		return fmt.Errorf("fitstile: room for %d samples of %s, want %d", len(to), m.place.path, want)
	}
	file, info, err := m.place.open()
	if err != nil {
		return err
	}
	defer file.Close()
	if err := m.unchanged(info); err != nil {
		return err
	}
	if err := m.read(ctx, file, to); err != nil {
		return err
	}
	if info, err = file.Stat(); err != nil {
		return m.place.cause(err)
	}
	return m.unchanged(info)
}

// unchanged reports a file that is not what Open saw.
func (m *Image) unchanged(info fs.FileInfo) error {
	if info.Size() != m.size {
		return m.place.errorf("it has changed since it was opened: %d bytes, want %d", info.Size(), m.size)
	}
	if !info.ModTime().Equal(m.changed) {
		return m.place.errorf("it has changed since it was opened, at %v", info.ModTime().UTC())
	}
	return nil
}

const blockBytes = 256 << 10 // read at a time: what stays in the second cache

// read is Read of an open file. The planes of [C,h,w] are read side by side, so that
// pixels are written once, but for those of a gzipped file, which come one after another.
func (m *Image) read(ctx context.Context, file io.ReaderAt, to []float32) error {
	s, err := newSource(file, m.size)
	if err != nil {
		return m.place.at(0).cause(err)
	}
	together := m.planes
	if s.packed() {
		together = 1
	}
	bytes, count := m.samples.bytes(), m.H*m.W*m.C/m.planes
	step := blockBytes / bytes / together
	raw := make([][]byte, together)
	for i := range raw {
		raw[i] = make([]byte, min(step, count)*bytes)
	}
	for first := 0; first < m.planes; first += together {
		for i := 0; i < count; i += step {
			for p := range raw {
				raw[p] = raw[p][:min(step, count-i)*bytes] // may lengthen it again
				off := m.data + int64((first+p)*count+i)*int64(bytes)
				if err := s.readAt(ctx, raw[p], off); err != nil {
					return m.place.reading(ctx, s, off, len(raw[p]), err)
				}
			}
			m.samples.spread(to[i*m.planes+first:], m.planes, raw)
		}
	}
	if err := s.finish(ctx); err != nil {
		return m.place.reading(ctx, s, s.done, 0, err)
	}
	return nil
}
