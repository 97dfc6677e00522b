package fitstile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// trial is an image of random bits, in a file of one of the forms that are read.
type trial struct {
	bitpix      int
	axes        []int
	data        []byte
	scale, zero float64
	blank       *int64
	gzip, later bool
}

func newTrial(rng *rand.Rand, axes []int) trial {
	c := trial{bitpix: pick(rng, 8, 16, 32, 64, -32, -64), axes: axes, scale: 1}
	n := max(c.bitpix, -c.bitpix) / 8
	for _, axis := range axes {
		n *= axis
	}
	c.data = make([]byte, n)
	for i := range c.data {
		c.data[i] = byte(rng.Uint32())
	}
	c.scale = pick(rng, 1, 1, 0.1, -3e-5)
	c.zero = pick(rng, 0, 0, 0.7, math.Ldexp(1, max(c.bitpix, 8)-1))
	if stored := int64(int8(c.data[0])); c.bitpix > 0 && rng.IntN(2) == 0 {
		copy(c.data, make([]byte, min(8, n))) // the first sample is 0, which BLANK = 0 finds
		c.blank = pick(rng, &stored, new(int64))
	}
	c.gzip, c.later = rng.IntN(4) == 0, rng.IntN(3) == 0
	return c
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

func (c trial) file() ([]byte, HDU) {
	var cards []string
	if c.scale != 1 {
		cards = append(cards, fmt.Sprintf("BSCALE  = %v", c.scale))
	}
	if c.zero != 0 {
		cards = append(cards, fmt.Sprintf("BZERO   = %v", c.zero))
	}
	if c.blank != nil {
		cards = append(cards, fmt.Sprintf("BLANK   = %d", *c.blank))
	}
	parts, hdu := []part{primary(c.bitpix, c.axes, c.data, cards...)}, HDU{}
	if c.later {
		last := extension("IMAGE", c.bitpix, c.axes, c.data, append(cards, "EXTNAME = 'SCI'")...)
		parts, hdu = []part{primary(8, nil, nil), last}, HDU{Name: "sci"}
	}
	if file := written(parts...); !c.gzip {
		return file, hdu
	}
	return gzipped(written(parts...)), hdu
}

func (c trial) check(t *testing.T) {
	t.Helper()
	file, hdu := c.file()
	h, w, channels, want := slow(c.bitpix, c.axes, c.data, c.scale, c.zero, c.blank)
	what := fmt.Sprintf("BITPIX %d, axes %v, BSCALE %v, BZERO %v, BLANK %t, gzip %t",
		c.bitpix, c.axes, c.scale, c.zero, c.blank != nil, c.gzip)
	m, got, err := read(file, hdu)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if m.H != h || m.W != w || m.C != channels {
		t.Fatalf("%s: shape [%d,%d,%d], want [%d,%d,%d]", what, m.H, m.W, m.C, h, w, channels)
	}
	for i := range want {
		a, b := math.Float32bits(got[i]), math.Float32bits(want[i])
		if a != b && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: sample %d = %v, want %v", what, i, got[i], want[i])
		}
	}
	if bytes := int64(len(c.data)); c.gzip && m.Bytes != int64(len(file)) || !c.gzip && m.Bytes != bytes {
		t.Fatalf("%s: %d bytes to read", what, m.Bytes)
	}
}

// Without it a tile has other pixels than its file says, or has them in other places.
func TestPixelsEqualThoseOfTheSlowTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 1))
	for range 600 {
		axes := []int{5 + rng.IntN(9), 5 + rng.IntN(9)}
		if channels := 1 + rng.IntN(4); rng.IntN(3) > 0 {
			axes = slices.Insert(axes, pick(rng, 0, 2), channels)
			for range rng.IntN(3) {
				axes = slices.Insert(axes, 0, 1)
			}
		}
		if len(axes) > 3 && axes[len(axes)-3] == 1 {
			axes = axes[len(axes)-3:]
		}
		newTrial(rng, axes).check(t)
	}
}

// Without it what is read at a time meets what is read next a sample too early or late.
func TestPixelsAreWholeAcrossBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 2))
	for _, axes := range [][]int{{3, 151, 211}, {151, 211, 3}, {2, 181, 211}, {301, 311}} {
		for _, gzip := range []bool{false, true} {
			c := newTrial(rng, axes)
			c.bitpix, c.scale, c.zero, c.blank, c.gzip = -32, 1, 0, nil, gzip
			c.data = make([]byte, 4*axes[0]*axes[1]*max(1, slices.Concat(axes, []int{1})[2]))
			for i := range c.data {
				c.data[i] = byte(rng.Uint32())
			}
			c.check(t)
		}
	}
}

// Without it the last pixels of a block are those of the loop that is fast, or none.
func TestFastLoopsEqualTheirSpecification(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 3))
	for n := range 40 {
		raw := make([][]byte, 3)
		for p := range raw {
			raw[p] = make([]byte, 4*n)
			for i := range raw[p] {
				raw[p][i] = byte(rng.Uint32())
			}
		}
		swapped, pixels := make([]float32, n), make([]float32, 3*n)
		swap(swapped, raw[0])
		interleave(pixels, raw[0], raw[1], raw[2])
		for i := range n {
			if math.Float32bits(swapped[i]) != math.Float32bits(sample(raw[0], i)) {
				t.Fatalf("swap: sample %d of %d", i, n)
			}
			for p := range raw {
				if math.Float32bits(pixels[3*i+p]) != math.Float32bits(sample(raw[p], i)) {
					t.Fatalf("interleave: sample %d of %d, channel %d", i, n, p)
				}
			}
		}
	}
}

// Without it an image of three rows or columns, or with axes of length 1, is read as
// another one.
func TestAxesAreReadByZeMosaicsRule(t *testing.T) {
	for _, c := range []struct {
		axes, want []int
		planar, ok bool
	}{
		{[]int{5, 7}, []int{5, 7, 1}, false, true},
		{[]int{3, 7}, []int{3, 7, 1}, false, true},
		{[]int{1, 5, 7}, []int{5, 7, 1}, false, true},
		{[]int{1, 1, 5, 7}, []int{5, 7, 1}, false, true},
		{[]int{3, 5, 7}, []int{5, 7, 3}, true, true},
		{[]int{1, 1, 3, 5, 7}, []int{5, 7, 3}, true, true},
		{[]int{5, 7, 3}, []int{5, 7, 3}, false, true},
		{[]int{5, 7, 1}, []int{5, 7, 1}, false, true},
		{[]int{3, 5, 3}, []int{3, 5, 3}, false, true},
		{[]int{1, 5, 3}, []int{1, 5, 3}, false, true},
		{[]int{3, 5, 2}, []int{5, 2, 3}, true, true},
		{[]int{3, 5, 4}, []int{5, 4, 3}, true, true},
		{[]int{2, 5, 7}, []int{5, 7, 2}, true, true},
		{[]int{4, 5, 7}, []int{5, 7, 4}, true, true},
		{[]int{4, 5, 3}, []int{4, 5, 3}, false, true},
		{[]int{2, 5, 4}, []int{2, 5, 4}, false, true},
		{[]int{7}, []int{0, 0, 0}, false, false},
		{[]int{5, 6, 7}, []int{0, 0, 0}, false, false},
		{[]int{2, 3, 5, 7}, []int{0, 0, 0}, false, false},
	} {
		h, w, channels, planar, ok := shape(c.axes)
		if got := []int{h, w, channels}; !slices.Equal(got, c.want) || planar != c.planar || ok != c.ok {
			t.Errorf("axes %v are %v, planar %t, ok %t, want %+v", c.axes, got, planar, ok, c)
		}
	}
}
