package group

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

const gib = 1 << 30

// system writes the files of a system, by name.
func system(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Without it a call in a container is killed for memory that it was never to have.
func TestRoomIsWhatTheTightestGroupLeaves(t *testing.T) {
	const v2, v1 = "sys/fs/cgroup/", "sys/fs/cgroup/memory/"
	for _, c := range []struct {
		name  string
		files map[string]string
		bytes int64
		limit string
	}{
		{"no groups", nil, math.MaxInt64, ""},
		{"no limit", map[string]string{
			"proc/self/cgroup": "0::/a\n", v2 + "a/memory.max": "max\n", v2 + "a/memory.current": "7\n"},
			math.MaxInt64, ""},
		{"of a container", map[string]string{
			"proc/self/cgroup": "0::/\n", v2 + "memory.max": "1073741824\n", v2 + "memory.current": "73741824\n"},
			1000000000, "/sys/fs/cgroup/memory.max"},
		{"of a parent", map[string]string{
			"proc/self/cgroup":  "0::/a/b\n",
			v2 + "a/memory.max": "300\n", v2 + "a/memory.current": "100\n",
			v2 + "a/b/memory.max": "250\n", v2 + "a/b/memory.current": "0\n"},
			200, "/sys/fs/cgroup/a/memory.max"},
		{"files give way", map[string]string{
			"proc/self/cgroup": "0::/a\n", v2 + "a/memory.max": "300\n", v2 + "a/memory.current": "290\n",
			v2 + "a/memory.stat": "anon 100\nactive_file 40\ninactive_file 150\n"},
			200, "/sys/fs/cgroup/a/memory.max"},
		{"swap helps as far as it may", map[string]string{
			"proc/self/cgroup": "0::/a\n", v2 + "a/memory.max": "300\n", v2 + "a/memory.current": "300\n",
			v2 + "a/memory.swap.max": "50\n", "proc/meminfo": "MemFree: 9 kB\nSwapFree: 8 kB\n"},
			50, "/sys/fs/cgroup/a/memory.max"},
		{"version 1, the container's path unknown here", map[string]string{
			"proc/self/cgroup":           "5:cpu,cpuacct:/x\n4:memory:/docker/x\n0::/\n",
			v1 + "memory.limit_in_bytes": "2147483648\n", v1 + "memory.usage_in_bytes": "1073741824\n"},
			gib, "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
	} {
		if bytes, limit := room(system(t, c.files)); bytes != c.bytes || limit != c.limit {
			t.Errorf("%s: %d by %q, want %d by %q", c.name, bytes, limit, c.bytes, c.limit)
		}
	}
}
