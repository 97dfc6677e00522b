package fitstile

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Without it a number that FITS allows is none, or a comment belongs to it.
func TestValuesAreReadInAllForms(t *testing.T) {
	huge, _ := new(big.Int).SetString("99999999999999999999", 10)
	for text, want := range map[string]any{
		"10/comment":                  10,
		"  -32 / bits":                -32,
		"- 7":                         -7,
		"+3":                          3,
		".5":                          0.5,
		"-.5/x":                       -0.5,
		"5.":                          5.0,
		"1e-5":                        1e-5,
		"1.5D-5":                      1.5e-5,
		"1.5d 3":                      1500.0,
		"32768.0":                     32768.0,
		"99999999999999999999":        *huge,
		"T":                           true,
		"F / no":                      false,
		"'a ''b'' / c  '  / d":        "a 'b' / c",
		"''":                          "",
		"'" + strings.Repeat("x", 68): nil, // not closed
		"":                            nil,
		"/ nothing":                   nil,
	} {
		got, err := value(fmt.Sprintf("%-80s", "KEY     = "+text))
		if !reflect.DeepEqual(got, want) || (err != nil) != strings.HasPrefix(text, "'xx") {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
}

// Without it what is no value is one, or the fault of another card.
func TestWhatIsNoValueIsMalformed(t *testing.T) {
	for text, want := range map[string]string{
		"= NaN":             `"NaN" is no value`,
		"= 1.5x":            `"1.5x" is no value`,
		"= 0x10":            `"0x10" is no value`,
		"= 0x1.8p1":         `is no value`,
		"= 1 2":             `"1 2" is no value`,
		"= TRUE":            `"TRUE" is no value`,
		"= 'open":           "the quote is not closed",
		"= 'a' b":           `"b" follows the string`,
		"=10":               `no "= " follows the keyword`,
		"= 1E999":           "value out of range",
		"= (1,2)":           `is no value`,
		"= 1" + "\x00\x00":  `is no value`,
		"= \xff":            `is no value`,
		"= 1E+99999999999E": `is no value`,
	} {
		_, err := value(fmt.Sprintf("%-80s", "KEY     "+text))
		if !says(err, want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Without it a panic of fitsio ends the process, or what it can't read is a value.
func TestWhatFitsioCannotDoIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		fmt.Sprintf("%-70sCONTINUE  'x'", "1"): "fitsio: ", // it panics
		"1e-5":                                 `"1e-5" is no value`,
	} {
		if v, err := parsed(text); !says(err, want) {
			t.Errorf("%q: got %v, %v", text, v, err)
		}
	}
}

// Without it a file fails for a card that nobody asks for.
func TestOtherCardsDoNoHarm(t *testing.T) {
	file := written(primary(8, []int{2, 3}, []byte{1, 2, 3, 4, 5, 6},
		"BAD1    = .5x", "BAD2    = NaN", "BAD3    = 1.5d-5", "BAD4    = 10/comment", "BAD5    = 'open",
		"CONTINUE  'x'", "COMMENT", "HISTORY\x00\xff", "", "HIERARCH A B C", "lower   = 1", "NAXIS01 = 5",
		"NAXIS9  = 'x'", "NAXIS1000= 3", "BLANKS  = 3", "EXTNAME = 'open", "EXTVER  = x", "THEAP   = -1", "TFIELDS = -1"))
	_, got, err := read(file, HDU{})
	if err != nil || !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Without it a header of more than one block, as with a long history, is cut.
func TestHeadersHaveAnyNumberOfBlocks(t *testing.T) {
	for cards := range 80 {
		filler := slices.Repeat([]string{"HISTORY of the tile"}, cards)
		p := primary(8, []int{1, 2}, []byte{1, 2})
		p.cards = append(append(p.cards, filler...), "BZERO   = 7")
		_, got, err := read(written(p), HDU{})
		if err != nil || !slices.Equal(got, []float32{8, 9}) {
			t.Fatalf("%d cards: got %v, %v", cards, got, err)
		}
	}
}

// Without it BLANK makes NaN of what is no integer, or BSCALE 0 divides something.
func TestScalesAreTakenAsTheyAre(t *testing.T) {
	one := []byte{0x3f, 0x80, 0, 0}
	for _, c := range []struct {
		cards []string
		want  float32
	}{
		{[]string{"BLANK   = 1"}, 1},
		{[]string{"BLANK   = x"}, 1},
		{[]string{"BSCALE  = 0.", "BZERO   = 5"}, 5},
		{[]string{"BSCALE  = 1E300"}, float32(math.Inf(1))},
		{[]string{"BZERO   = 99999999999999999999"}, 1e20},
		{[]string{"BZERO   = 1", "BZERO   = 1 / again"}, 2},
	} {
		_, got, err := read(written(primary(-32, []int{1, 1}, one, c.cards...)), HDU{})
		if err != nil || got[0] != c.want {
			t.Errorf("%q: got %v, %v, want %v", c.cards, got, err, c.want)
		}
	}
}
