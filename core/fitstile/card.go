package fitstile

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/astrogo/fitsio"
)

const (
	cardBytes  = 80
	blockCards = 36
	fitsBlock  = cardBytes * blockCards
)

// number is what FITS allows in free format, and astropy reads.
var number = regexp.MustCompile(`^([+-]?) *(\.\d+|\d+\.?\d*) *(?:[deDE] *([+-]?) *(\d+))?$`)

// value returns what a card holds, as package fitsio reads it: a bool, int, float64,
// string or big.Int; nil if nothing.
func value(card string) (any, error) {
	text, err := field(card)
	if err != nil || text == "" {
		return nil, err
	}
	return parsed(text)
}

// field is the text of the value, without the comment.
func field(card string) (string, error) {
	if card[8:10] != "= " {
		return "", fmt.Errorf("no \"= \" follows the keyword")
	}
	return canonical(strings.TrimLeft(card[10:], " "))
}

// agree reports whether two cards have the same value.
func agree(a, b string) bool {
	x, errX := field(a)
	y, errY := field(b)
	return a == b || errX == nil && errY == nil && x == y
}

// canonical returns the value that text begins with in a form that fitsio understands: it
// takes neither 10/comment nor 1e-5, .5 or 1.5d-5.
func canonical(text string) (string, error) {
	if strings.HasPrefix(text, "'") {
		end := closing(text)
		if end < 0 {
			return "", fmt.Errorf("the quote is not closed")
		}
		if rest := strings.TrimLeft(text[end:], " "); rest != "" && rest[0] != '/' {
			return "", fmt.Errorf("%q follows the string", strings.TrimRight(rest, " "))
		}
		return text[:end], nil
	}
	text, _, _ = strings.Cut(text, "/")
	text = strings.TrimRight(text, " ")
	if text == "" || text == "T" || text == "F" {
		return text, nil
	}
	parts := number.FindStringSubmatch(text)
	if parts == nil {
		return "", fmt.Errorf("%q is no value", text)
	}
	sign, digits, expSign, exp := parts[1], parts[2], parts[3], parts[4]
	if digits[0] == '.' {
		digits = "0" + digits
	}
	if exp != "" {
		exp = "E" + expSign + exp
	}
	return sign + digits + exp, nil
}

// closing is where the string that text begins with has ended, its quotes doubled; -1 if
// nowhere.
func closing(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i++; i == len(text) || text[i] != '\'' {
			return i
		}
	}
	return -1
}

// parsed hands fitsio a header with this one value. A panic of fitsio's is an error.
func parsed(text string) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("fitsio: %v", p)
		}
	}()
	var block bytes.Buffer
	for _, line := range []string{
		"SIMPLE  =                    T",
		"BITPIX  =                    8",
		"NAXIS   =                    0",
		"VALUE   = " + text,
		"END",
	} {
		fmt.Fprintf(&block, "%-*s", cardBytes, line)
	}
	fmt.Fprintf(&block, "%*s", fitsBlock-block.Len(), "")
	hdu, err := fitsio.NewDecoder(&block).DecodeHDU()
	if err != nil {
		return nil, err
	}
	if v = hdu.Header().Get("VALUE").Value; v == nil {
		return nil, fmt.Errorf("%q is no value", text)
	}
	return v, nil
}
