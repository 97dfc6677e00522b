package fitstile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// place is where in which file something is wrong.
type place struct {
	path   string
	hdu    int   // -1 = none
	byte   int64 // where known
	known  bool
	packed bool // byte counts what comes out of a gzipped file
}

func (p place) at(byte int64) place {
	p.byte, p.known = byte, true
	return p
}

func (p place) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %v: %w", ErrFile, p, fmt.Errorf(format, args...))
}

// cause says why the system, or what unpacks, refuses; the file's name is said already.
func (p place) cause(err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return p.errorf("%w", err)
}

// reading says what went wrong when n bytes were to be read from off on.
func (p place) reading(ctx context.Context, s *source, off int64, n int, err error) error {
	switch {
	case err == ctx.Err():
		return err
	case s.packed():
		return p.at(s.done).cause(fmt.Errorf("the gzipped file can't be unpacked further: %w", err))
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return p.at(off).errorf("the file ends too early, want %d bytes from here on", n)
	default:
		return p.at(off).cause(err)
	}
}

func (p place) String() string {
	text := p.path
	if p.hdu >= 0 {
		text += fmt.Sprintf(", HDU %d", p.hdu)
	}
	if p.known {
		text += fmt.Sprintf(", byte %d", p.byte)
		if p.packed {
			text += " unpacked"
		}
	}
	return text
}
