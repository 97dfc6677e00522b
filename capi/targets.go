package main

/*
#include "guard.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"sync"

	"zetwopass/core"
)

// target is where a file takes an output [H,W,C]: planes [C,H,W] of big-endian float32,
// from a byte on.
type target struct {
	name    string
	start   int64 // bytes
	h, w, c int
	file    *os.File    // nil in a plan
	info    fs.FileInfo // likewise
	buffers sync.Pool
}

// writeBytes is how much a file is given at a time.
const writeBytes = 64 << 10

// has reports whether there is a file for an output.
func (f *fetcher) has(file *C.ztp_target) bool { return knowsFiles(f.job) && file.path != nil }

// target opens the file of an output, which is left as long as it is.
func (f *fetcher) target(name string, file *C.ztp_target, shape core.View) (core.Target, error) {
	t := &target{name: name, start: int64(file.offset), h: shape.H, w: shape.W, c: shape.C}
	t.buffers.New = func() any { return new([writeBytes]byte) }
	if t.start < 0 || t.start > math.MaxInt64/2 {
		return nil, fmt.Errorf("%w: %s_file.offset = %d, want a byte of the file", core.ErrArgument,
			strings.TrimSuffix(name, "_out"), t.start)
	}
	if f.plan {
		return t, nil
	}
	if err := t.open(C.GoString(file.path)); err != nil {
		return nil, err
	}
	f.targets = append(f.targets, t)
	return t, nil
}

func (t *target) open(path string) (err error) {
	if t.info, err = os.Stat(path); err != nil {
		return t.failed(err)
	}
	if !t.info.Mode().IsRegular() { // what opening a pipe would wait for
		return fmt.Errorf("%w: %s: %s is no regular file", core.ErrWrite, t.name, path)
	}
	if t.info.Size() < t.end() {
		return fmt.Errorf("%w: %s: %s has %d bytes, want at least %d", core.ErrWrite, t.name, path, t.info.Size(), t.end())
	}
	if t.file, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
		return t.failed(err)
	}
	return nil
}

// end is the byte after the last sample.
func (t *target) end() int64 {
	size := float64(t.h) * float64(t.w) * float64(t.c) * 4
	if size > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return t.start + int64(t.h)*int64(t.w)*int64(t.c)*4
}

func (t *target) failed(err error) error { return fmt.Errorf("%w: %s: %w", core.ErrWrite, t.name, err) }

// Write is core.Target's.
func (t *target) Write(y0, x0 int, block core.View) error {
	buf := t.buffers.Get().(*[writeBytes]byte)
	defer t.buffers.Put(buf)
	rows, run := block.H, block.W // samples that are side by side in the file
	if block.W == t.w {
		rows, run = 1, block.H*block.W
	}
	for c := range t.c {
		for r := range rows {
			at := t.start + 4*((int64(c)*int64(t.h)+int64(y0+r))*int64(t.w)+int64(x0))
			for i := 0; i < run; i += writeBytes / 4 {
				part := buf[:4*min(run-i, writeBytes/4)]
				encode(part, block, c, r*block.W+i)
				if _, err := t.file.WriteAt(part, at+4*int64(i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// encode writes the samples of a channel, from pixel i of the block's rows in a line on.
func encode(to []byte, block core.View, c, i int) {
	for len(to) > 0 {
		y, x := i/block.W, i%block.W
		n := min(block.W-x, len(to)/4)
		from := block.Pix[y*block.RowStride+x*block.ColStride+c*block.ChanStride:]
		for k := range n {
			binary.BigEndian.PutUint32(to[4*k:], math.Float32bits(from[k*block.ColStride]))
		}
		to, i = to[4*n:], i+n
	}
}

// close closes the files of the outputs; only then a disk may tell that it has no room.
func (f *fetcher) close(err *error) {
	for _, t := range f.targets {
		if failed := t.file.Close(); failed != nil && *err == nil {
			*err = t.failed(failed)
		}
	}
}

// apart reports the first output whose place in a file is read, or is another one's too.
func (f *fetcher) apart() error {
	for i, t := range f.targets {
		for _, other := range f.targets[:i] {
			if os.SameFile(t.info, other.info) && t.start < other.end() && other.start < t.end() {
				return fmt.Errorf("%w: %s and %s share bytes of %s", core.ErrOverlap, t.name, other.name, t.file.Name())
			}
		}
		last := ""
		for _, p := range f.read {
			if p.path == last {
				continue
			}
			last = p.path
			if info, err := os.Stat(p.path); err == nil && os.SameFile(t.info, info) {
				return fmt.Errorf("%w: %s is written to the file of %s, %s", core.ErrOverlap, t.name, p.name, p.path)
			}
		}
	}
	return nil
}
