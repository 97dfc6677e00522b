package pages

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// Without it the system clears much memory page by page, which takes as long as a tenth of the match.
func TestMuchMemoryIsOnLargePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this system has no transparent huge pages")
	}
	x := make([]float64, 4*large/8)
	Large(x)
	Large(nil)
	if flags := flagsOf(t, uintptr(unsafe.Pointer(&x[len(x)/2]))); !strings.Contains(flags+" ", " hg ") {
		t.Errorf("flags of the memory are %q, want hg among them", flags)
	}
}

// flagsOf returns the system's flags of the memory at an address.
func flagsOf(t *testing.T, at uintptr) string {
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	here := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			here = from <= at && at < to
		}
		if flags, found := strings.CutPrefix(lines.Text(), "VmFlags:"); here && found {
			return flags
		}
	}
	t.Skip("the system tells no flags")
	return ""
}
