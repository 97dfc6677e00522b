package span

import (
	"math"
	"math/rand/v2"
	"testing"
)

// folds counts the samples at every address.
func folds(axes []Axis) bool {
	at := map[int64]bool{}
	for i := range axes[0].N {
		for j := range axes[1].N {
			for k := range axes[2].N {
				offset := i*axes[0].Stride + j*axes[1].Stride + k*axes[2].Stride
				if at[offset] {
					return true
				}
				at[offset] = true
			}
		}
	}
	return false
}

// Without it an output that lies on itself would be written to twice, by two workers.
func TestFoldsFindsSamplesAtOneAddress(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	found := map[bool]int{}
	for range 300000 {
		var axes []Axis
		for range 3 {
			axes = append(axes, Axis{1 + rng.Int64N(6), rng.Int64N(1 + rng.Int64N(40))})
		}
		want := folds(axes)
		found[want]++
		if got := Folds(axes); got != want {
			t.Fatalf("Folds(%v) = %v, want %v", axes, got, want)
		}
	}
	if found[true] < 1000 || found[false] < 1000 {
		t.Fatalf("of the arrays %v fold", found)
	}
}

// Without it strides that are neither usual nor small could take products beyond an int64.
func TestFoldsOfLargeArrays(t *testing.T) {
	const million = 1 << 20
	for _, c := range []struct {
		axes []Axis
		want bool
	}{
		{[]Axis{{million, 1 << 22}, {million, 4}, {4, 1}}, false},
		{[]Axis{{million, 1<<22 - 4}, {million, 4}, {4, 1}}, true},
		{[]Axis{{2, 1 << 45}, {1 << 15, 1<<30 + 1}, {3, 1 << 30}}, false},
		{[]Axis{{2, 1 << 45}, {3, 1<<44 + 1}, {1 << 15, 1}}, true},
		{[]Axis{{3, 1 << 44}, {3, 1 << 45}, {1, 0}}, true},
		{[]Axis{{1 << 31, 0}, {1, 0}, {1, 0}}, true},
	} {
		if got := Folds(c.axes); got != c.want {
			t.Errorf("Folds(%v) = %v, want %v", c.axes, got, c.want)
		}
	}
}

// Without it sizes whose product is beyond an int64 would pass as small ones.
func TestLastKeepsToTheRoom(t *testing.T) {
	for _, c := range []struct {
		axes []Axis
		last int64
		ok   bool
	}{
		{[]Axis{{3, 20}, {5, 4}, {4, 1}}, 59, true},
		{[]Axis{{1, math.MaxInt64}, {5, 4}}, 16, true},
		{[]Axis{{1 << 31, 0}, {1 << 31, 0}, {1 << 31, 0}}, 0, false},
		{[]Axis{{1 << 31, 1}, {1 << 31, 1 << 31}}, 0, false},
		{[]Axis{{1 << 24, 0}, {1 << 22, 0}}, 0, true},
		{[]Axis{{1 << 24, 0}, {1<<22 + 1, 0}}, 0, false},
		{[]Axis{{3, math.MaxInt64 / 2}}, 0, false},
	} {
		if last, ok := Last(c.axes, 1<<46); last != c.last || ok != c.ok {
			t.Errorf("Last(%v) = %d, %v, want %d, %v", c.axes, last, ok, c.last, c.ok)
		}
	}
}

// Without it an array at the end of the addresses would go on at their begin.
func TestFitsEndsWhereAddressesDo(t *testing.T) {
	top := ^uintptr(0)
	for _, c := range []struct {
		start uintptr
		bytes int64
		want  bool
	}{
		{0, Room, true}, {0, Room + 1, false}, {8, -1, false}, {top, 0, true}, {top, 1, false}, {top - 7, 8, false}, {top - 8, 8, true},
	} {
		if got := Fits(c.start, c.bytes); got != c.want {
			t.Errorf("Fits(%#x, %d) = %v, want %v", c.start, c.bytes, got, c.want)
		}
	}
}
