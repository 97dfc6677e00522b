// Package fitstile reads images of FITS files, [h,w,c] of float32.
package fitstile

import (
	"context"
	"errors"
	"fmt"
)

// ErrFile is what every error of a file wraps: it can't be read, it is damaged, or it
// holds no image that this package reads.
var ErrFile = errors.New("bad file")

// HDU says which part of a file is meant: the one with this EXTNAME, upper and lower case
// alike, or, where Name is empty, the one with this number, from 0.
type HDU struct {
	Name   string
	Number int
}

// Image is an image in a file.
type Image struct {
	H, W, C int   // what Read gives, C being 1 to 4
	Bytes   int64 // that one Read reads from disk
}

// Open reads and checks the header of an image and the file's size. No file stays open.
func Open(path string, hdu HDU) (*Image, error) {
	return nil, fmt.Errorf("%w: %s: not done yet", ErrFile, path)
}

// Read writes the image, [H,W,C] without gaps, to to. It returns soon after ctx ends,
// with ctx.Err().
func (m *Image) Read(ctx context.Context, to []float32) error {
	return fmt.Errorf("%w: not done yet", ErrFile)
}
