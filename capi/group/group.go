// Package group reads what memory Linux's control groups leave a process.
package group

import (
	"math"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// hierarchy is where the control groups of a version are, and what their files are called.
type hierarchy struct {
	root, limit, usage string
}

var (
	v2 = hierarchy{"/sys/fs/cgroup", "memory.max", "memory.current"}
	v1 = hierarchy{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"}
)

// Room returns the memory that the control groups of this process leave it, in bytes, and
// the file of the limit that leaves so little; math.MaxInt64 where there is none.
func Room() (bytes int64, limit string) { return room("") }

// room is Room of a system whose files are in a folder.
func room(system string) (bytes int64, limit string) {
	bytes = math.MaxInt64
	for line := range strings.Lines(text(system + "/proc/self/cgroup")) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		h := v1
		switch {
		case fields[0] == "0" && fields[1] == "":
			h = v2
		case !strings.Contains(","+fields[1]+",", ",memory,"):
			continue
		}
		for folder := path.Clean("/" + fields[2]); ; folder = path.Dir(folder) {
			if left := h.left(system, folder); left < bytes {
				bytes, limit = left, path.Join(h.root, folder, h.limit)
			}
			if folder == "/" {
				break
			}
		}
	}
	return bytes, limit
}

// left is what a group leaves: what it has not used, the files that it has in memory,
// which give way, and the swap that it may take.
func (h hierarchy) left(system, folder string) int64 {
	folder = path.Join(system, h.root, folder)
	limit, used := number(path.Join(folder, h.limit)), number(path.Join(folder, h.usage))
	if limit == math.MaxInt64 || used == math.MaxInt64 {
		return math.MaxInt64
	}
	stat := path.Join(folder, "memory.stat")
	files := field(stat, "active_file") + field(stat, "inactive_file")
	swap := min(1024*field(system+"/proc/meminfo", "SwapFree:"), number(path.Join(folder, "memory.swap.max")))
	return max(0, limit-max(0, used-files)) + swap
}

// number reads a file that is a number; math.MaxInt64 where it is "max", or missing.
func number(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text(name)), 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}

// field reads the number after a name at the begin of a line; 0 where there is none.
func field(name, key string) int64 {
	for line := range strings.Lines(text(name)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == key {
			n, _ := strconv.ParseInt(words[1], 10, 64)
			return n
		}
	}
	return 0
}

// text reads a file of the system's, empty where there is none. It does without os, whose
// files have Go watch descriptors in the host's process.
func text(name string) string {
	file, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(file)
	var found strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := syscall.Read(file, buf)
		if n <= 0 || err != nil {
			return found.String()
		}
		found.Write(buf[:n])
	}
}
