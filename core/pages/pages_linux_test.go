package pages

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// Without it the system clears much memory page by page, which takes as long as a tenth of the match.
func TestMuchMemoryIsOnLargePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this system has no transparent huge pages")
	}
	asked, err := syscall.Mmap(-1, 0, 4*large, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = syscall.Munmap(asked) }()
	err = syscall.Madvise(asked, syscall.MADV_HUGEPAGE)
	if flags := flagsOf(t, uintptr(unsafe.Pointer(&asked[2*large]))); err != nil || !onLarge(flags) {
		t.Skipf("this system, or who emulates it, gives none to who asks: %v, flags %q", err, flags)
	}
	x := make([]float64, 4*large/8)
	Large(x)
	Large(nil)
	if flags := flagsOf(t, uintptr(unsafe.Pointer(&x[len(x)/2]))); !onLarge(flags) {
		t.Errorf("flags of the memory are %q, want hg among them", flags)
	}
}

func onLarge(flags string) bool { return strings.Contains(flags+" ", " hg ") }

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
