package fitstile

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
)

// source is what a file holds: its bytes or, where it is gzipped, what they unpack to.
type source struct {
	file io.ReaderAt
	size int64 // bytes of the file
	gzip *gzip.Reader
	done int64 // bytes that have come out of gzip
}

func newSource(file io.ReaderAt, size int64) (*source, error) {
	s := &source{file: file, size: size}
	var magic [2]byte
	if _, err := file.ReadAt(magic[:], 0); err != nil && err != io.EOF {
		return nil, err
	}
	if magic != [2]byte{0x1f, 0x8b} {
		return s, nil
	}
	whole := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), blockBytes)
	var err error
	s.gzip, err = gzip.NewReader(whole)
	return s, err
}

func (s *source) packed() bool { return s.gzip != nil }

// most is the largest number of bytes that can come out: deflate makes 258 of two bits.
func (s *source) most() int64 {
	if s.packed() {
		return 1032 * s.size
	}
	return s.size
}

// endsBefore reports, after io.EOF, whether the file ends where an HDU would begin, or in
// the padding before it.
func (s *source) endsBefore(start int64) bool {
	end := s.size
	if s.packed() {
		end = s.done
	}
	return end <= start && start-end < fitsBlock
}

// readAt fills to with the bytes from off on. Those of a gzipped file come in order: off
// is at least where the last call ended.
func (s *source) readAt(ctx context.Context, to []byte, off int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.packed() {
		n, err := s.file.ReadAt(to, off)
		if n == len(to) {
			return nil
		}
		return err
	}
	if err := s.skip(ctx, off-s.done); err != nil {
		return err
	}
	n, err := io.ReadFull(s.gzip, to)
	s.done += int64(n)
	return err
}

func (s *source) skip(ctx context.Context, n int64) error {
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := io.CopyN(io.Discard, s.gzip, min(n, blockBytes))
		s.done += k
		n -= k
		if err != nil {
			return err
		}
	}
	return nil
}

// finish unpacks what is left, as the sum that tells damage stands at the end.
func (s *source) finish(ctx context.Context) error {
	if !s.packed() {
		return nil
	}
	if err := s.skip(ctx, s.most()); err != io.EOF {
		return err
	}
	return nil
}
