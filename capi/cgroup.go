package main

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
	groupsV2 = hierarchy{"/sys/fs/cgroup", "memory.max", "memory.current"}
	groupsV1 = hierarchy{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"}
)

// groupRoom returns the memory that the process's control groups leave it, in bytes, and the
// file of the limit that leaves so little; math.MaxInt64 where there is none.
func groupRoom() (room int64, limit string) {
	room = math.MaxInt64
	for line := range strings.Lines(readText("/proc/self/cgroup")) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		h := groupsV1
		switch {
		case fields[0] == "0" && fields[1] == "":
			h = groupsV2
		case !strings.Contains(","+fields[1]+",", ",memory,"):
			continue
		}
		for folder := path.Clean("/" + fields[2]); ; folder = path.Dir(folder) {
			if r := h.room(h.root + folder); r < room {
				room, limit = r, path.Join(h.root, folder, h.limit)
			}
			if folder == "/" {
				break
			}
		}
	}
	return room, limit
}

// room is what a group leaves: what it has not used, the files that it has in memory, which
// give way, and the swap that it may take.
func (h hierarchy) room(folder string) int64 {
	limit, used := number(path.Join(folder, h.limit)), number(path.Join(folder, h.usage))
	if limit == math.MaxInt64 || used == math.MaxInt64 {
		return math.MaxInt64
	}
	files := field(path.Join(folder, "memory.stat"), "active_file") + field(path.Join(folder, "memory.stat"), "inactive_file")
	swap := min(1024*field("/proc/meminfo", "SwapFree:"), number(path.Join(folder, "memory.swap.max")))
	return max(0, limit-max(0, used-files)) + swap
}

// number reads a file that is a number; math.MaxInt64 where it is "max", or missing.
func number(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(readText(name)), 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return n
}

// field reads the number after a name at the begin of a line; 0 where there is none.
func field(name, key string) int64 {
	for line := range strings.Lines(readText(name)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == key {
			n, _ := strconv.ParseInt(words[1], 10, 64)
			return n
		}
	}
	return 0
}

// readText reads a file of the system's, empty where there is none. It does without os,
// whose files have Go watch descriptors in the host's process.
func readText(name string) string {
	file, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer syscall.Close(file)
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := syscall.Read(file, buf)
		if n <= 0 || err != nil {
			return text.String()
		}
		text.Write(buf[:n])
	}
}
