package fitstile

import (
	"context"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// headerMost bounds a header, 360 000 cards, as what has no END might be of any length.
const headerMost = 10000 * fitsBlock

// header is the cards of an HDU that this package asks for. Which counts where two of them
// disagree, every program decides for itself: that is damage, but for two names.
type header struct {
	place place
	start int64
	end   int64 // of its last block: where the data begin
	cards map[string]card
}

type card struct {
	byte  int64
	text  string // 80 bytes
	again int64  // byte of a later one with another value, 0 = none
}

var keywords = []string{
	"SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS",
	"EXTNAME", "ZIMAGE", "BSCALE", "BZERO", "BLANK",
}

func wanted(keyword string) bool {
	axis, isAxis := strings.CutPrefix(keyword, "NAXIS")
	if isAxis && axis != "" && axis[0] != '0' {
		_, err := strconv.ParseUint(axis, 10, 16)
		return err == nil && len(axis) <= 3
	}
	return slices.Contains(keywords, keyword)
}

// readHeader reads the cards from byte start on; io.EOF if that is where the file ends.
func readHeader(p place, s *source, start int64) (*header, error) {
	h := &header{place: p, start: start, end: start, cards: map[string]card{}}
	block := make([]byte, fitsBlock)
	for h.end-start < headerMost {
		err := s.readAt(context.Background(), block, h.end)
		if h.end == start {
			if err == io.EOF && p.hdu > 0 && s.endsBefore(start) {
				return nil, io.EOF
			}
			if err := h.begins(block, err); err != nil {
				return nil, err
			}
		}
		if err != nil {
			return nil, p.reading(context.Background(), s, h.end, fitsBlock, err)
		}
		ended := h.add(block)
		h.end += fitsBlock
		if ended {
			return h, nil
		}
	}
	return nil, p.at(start).errorf("the header has no END within %d bytes", headerMost)
}

// begins checks how the first block begins, of which less than all may have been read.
func (h *header) begins(block []byte, err error) error {
	want := "XTENSION"
	if h.place.hdu == 0 {
		want = "SIMPLE  "
	}
	got := strings.TrimRight(string(block[:len(want)]), "\x00")
	if got == want || err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil
	}
	if h.place.hdu == 0 {
		return h.place.at(h.start).errorf("it is no FITS file: it begins with %q, want %q", got, want)
	}
	return h.place.at(h.start).errorf("%q stands where an HDU may begin, want %q", got, want)
}

// add keeps the cards of a block that are wanted and reports whether END is among them.
func (h *header) add(block []byte) bool {
	for i := 0; i < fitsBlock; i += cardBytes {
		keyword := strings.TrimRight(string(block[i:i+8]), " ")
		if keyword == "END" {
			return true
		}
		if !wanted(keyword) {
			continue
		}
		c := card{byte: h.end + int64(i), text: string(block[i : i+cardBytes])}
		if first, known := h.cards[keyword]; known {
			if first.again > 0 || agree(first.text, c.text) {
				continue
			}
			first.again = c.byte
			c = first
		}
		h.cards[keyword] = c
	}
	return false
}

// errorf names a card and where it is.
func (h *header) errorf(keyword, format string, args ...any) error {
	at := h.start
	if c, ok := h.cards[keyword]; ok {
		at = c.byte
	}
	return h.place.at(at).errorf(keyword+format, args...)
}

// lookup returns the value of a keyword, nil where it has none or is not there.
func (h *header) lookup(keyword string) (any, error) {
	c, ok := h.cards[keyword]
	if !ok {
		return nil, nil
	}
	v, err := value(c.text)
	if err != nil {
		return nil, h.errorf(keyword, " is malformed: %w", err)
	}
	if c.again > 0 && keyword != "EXTNAME" { // of which astropy takes the first
		return nil, h.errorf(keyword, " = %v is there twice, with another value at byte %d", shown(v), c.again)
	}
	return v, nil
}

func (h *header) has(keyword string) bool {
	_, ok := h.cards[keyword]
	return ok
}

// needed returns a whole number of [lo,hi] that has to be there.
func (h *header) needed(keyword string, lo, hi int) (int, error) {
	if !h.has(keyword) {
		return 0, h.errorf(keyword, " is missing")
	}
	return h.whole(keyword, lo, hi, lo)
}

// whole returns a whole number of [lo,hi]; missing if it is not there.
func (h *header) whole(keyword string, lo, hi, missing int) (int, error) {
	if !h.has(keyword) {
		return missing, nil
	}
	v, err := h.lookup(keyword)
	if err != nil {
		return 0, err
	}
	n, ok := v.(int)
	if !ok || n < lo || n > hi {
		return 0, h.errorf(keyword, " = %v, want a whole number in [%d,%d]", shown(v), lo, hi)
	}
	return n, nil
}

// real returns a number; missing if it is not there.
func (h *header) real(keyword string, missing float64) (float64, error) {
	if !h.has(keyword) {
		return missing, nil
	}
	v, err := h.lookup(keyword)
	if err != nil {
		return 0, err
	}
	switch v := v.(type) {
	case float64:
		return v, nil
	case int:
		return float64(v), nil
	case big.Int:
		x, _ := new(big.Float).SetInt(&v).Float64()
		return x, nil
	}
	return 0, h.errorf(keyword, " = %v, want a number", shown(v))
}

func (h *header) isTrue(keyword string) (bool, error) {
	v, err := h.lookup(keyword)
	return v == true, err
}

// shown is a value as a message has it.
func shown(v any) any {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(v)
	case big.Int:
		return v.String()
	}
	return v
}
