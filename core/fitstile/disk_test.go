package fitstile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Without it what has no image says so in the system's words alone, or waits for ever.
func TestWhatIsNoFileIsRefused(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "missing.fits")
	if _, err := Open(missing, HDU{}); !errors.Is(err, ErrFile) || !errors.Is(err, fs.ErrNotExist) || !says(err, missing) {
		t.Errorf("missing: %v", err)
	}
	if _, err := Open(folder, HDU{}); !errors.Is(err, ErrFile) || !says(err, folder+": it is no file but has the mode d") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open("a\x00b", HDU{}); !errors.Is(err, ErrFile) {
		t.Errorf("a name with a zero: %v", err)
	}
	secret := onDisk(t, several())
	if os.Chmod(secret, 0) == nil && runtime.GOOS != "windows" && os.Geteuid() != 0 {
		if _, err := Open(secret, HDU{}); !errors.Is(err, ErrFile) || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("not permitted: %v", err)
		}
	}
}

// Without it a tile that another program writes is part old, part new.
func TestAFileThatChangesIsRefused(t *testing.T) {
	file := written(primary(8, []int{40, 100}, make([]byte, 4000)))
	for _, c := range []struct {
		change       func(path string) error
		before, amid string
	}{
		{func(path string) error { return os.Truncate(path, 4000) },
			"it has changed since it was opened: 4000 bytes, want 8640", "HDU 0, byte 2880: the file ends too early, want 4000 bytes from here on"},
		{func(path string) error { return os.WriteFile(path, append(file, 0), 0o666) },
			"8641 bytes, want 8640", "8641 bytes, want 8640"},
		{func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)) },
			"it has changed since it was opened, at 2001-09-09 01:46:40", "at 2001-09-09 01:46:40"},
	} {
		for _, amid := range []bool{false, true} {
			path := onDisk(t, file)
			m, err := Open(path, HDU{})
			if err != nil {
				t.Fatal(err)
			}
			change := sync.OnceFunc(func() {
				if err := c.change(path); err != nil {
					t.Error(err)
				}
			})
			want := c.amid
			if !amid {
				change()
				want = c.before
			}
			// Whether a context has ended is asked after the file was opened.
			err = m.Read(asked{t.Context(), change}, make([]float32, 4000))
			if !errors.Is(err, ErrFile) || !says(err, path, want) {
				t.Errorf("amid Read %t: %v, want %q", amid, err, want)
			}
		}
	}
	path := onDisk(t, file)
	m, err := Open(path, HDU{})
	if err != nil || os.Remove(path) != nil {
		t.Fatal(err)
	}
	if err := m.Read(t.Context(), make([]float32, 4000)); !errors.Is(err, ErrFile) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
}

// asked is a context that does something when it is asked whether it has ended.
type asked struct {
	context.Context
	do func()
}

func (a asked) Err() error {
	a.do()
	return a.Context.Err()
}

// Without it Ctrl-C waits for a large tile, above all for a gzipped one.
func TestReadEndsSoonAfterItsContext(t *testing.T) {
	file := written(primary(-64, []int{500, 500}, make([]byte, 2000000)), extension("IMAGE", -32, []int{3, 300, 400}, make([]byte, 1440000)))
	for _, file := range [][]byte{file, gzipped(file)} {
		m, err := Open(onDisk(t, file), HDU{Number: 1})
		if err != nil {
			t.Fatal(err)
		}
		to := make([]float32, m.H*m.W*m.C)
		for after := range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			times := 0
			ended := asked{ctx, func() {
				if times++; times > after {
					cancel()
				}
			}}
			if err := m.Read(ended, to); err != context.Canceled {
				t.Errorf("after %d blocks: %v", after, err)
			}
			cancel()
			if times > after+2 {
				t.Errorf("after %d blocks: asked %d times", after, times)
			}
		}
	}
}

// Without it ten thousand tiles are more files than a process may have open, and tiles
// are read one at a time.
func TestReadingLeavesNoFileOpenAndIsForMany(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil && runtime.GOOS == "linux" {
			t.Error(err)
		}
		return len(entries)
	}
	path := onDisk(t, gzipped(several()))
	before := open()
	m, err := Open(path, HDU{Number: 5})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := m.Read(t.Context(), make([]float32, 3*999)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	Open(path, HDU{Number: 99})
	if after := open(); after != before && runtime.GOOS == "linux" {
		t.Errorf("%d files open, want %d", after, before)
	}
}

// Without it a mistake of the caller ends the process.
func TestTooLittleRoomIsSaid(t *testing.T) {
	m, err := Open(onDisk(t, several()), HDU{Number: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Read(t.Context(), make([]float32, 2996)); errors.Is(err, ErrFile) || !says(err, "room for 2996 samples", "want 2997") {
		t.Errorf("got %v", err)
	}
}

// Without it an error of the disk is one of the file's content, or is not told.
func TestErrorsOfTheSystemAreTold(t *testing.T) {
	failing := errors.New("input/output error")
	whole := written(primary(8, []int{40, 100}, make([]byte, 4000)))
	for from, want := range map[int64]string{0: "a.fits, HDU 0, byte 0: input/output error", 2880: "a.fits, HDU 0, byte 2880: input/output error"} {
		file := reader(func(to []byte, off int64) (int, error) {
			if off >= from {
				return 0, failing
			}
			return bytes.NewReader(whole).ReadAt(to, off)
		})
		m, err := opened(whole, HDU{})
		if err != nil {
			t.Fatal(err)
		}
		err = m.read(t.Context(), file, make([]float32, 4000))
		if !errors.Is(err, ErrFile) || !errors.Is(err, failing) || !says(err, want) {
			t.Errorf("from byte %d on: %v", from, err)
		}
	}
	file := reader(func([]byte, int64) (int, error) { return 0, failing })
	if _, err := find(place{path: "a.fits", hdu: -1}, file, 9, HDU{}); !errors.Is(err, failing) || !says(err, "a.fits, byte 0: ") {
		t.Errorf("from the start: %v", err)
	}
}
