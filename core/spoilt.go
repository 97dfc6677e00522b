package core

import (
	"math"

	"zetwopass/core/vec"
)

// spoilt is which samples of a strip are not finite. V42 sums them as they are: a window that
// holds NaN, or infinities of both signs, has NaN, one that holds an infinity that. What the
// others have does not depend on them, so the recursions are given 0 in their places and
// never meet one.
type spoilt struct {
	rows []spoiltRow // those that hold any
}

// spoiltRow is the lines of a row, as bits, whose sample is NaN, +inf or -inf.
type spoiltRow struct {
	row   int32
	kinds [3]uint8
}

const (
	isNaN = iota
	isPlus
	isMinus
)

// spoiltBytes is what the rows of a strip of so many samples take.
func spoiltBytes(samples int) int64 { return sizeOf[spoiltRow]() * int64(samples/vec.Lanes) }

// take notes the samples of a strip that are not finite, and makes them 0.
func (s *spoilt) take(src []float32) {
	s.rows = s.rows[:0]
	var most [vec.Lanes]float32
	vec.Most(&most, src)
	finite := true
	for _, m := range most {
		finite = finite && m-m == 0
	}
	if finite {
		return
	}
	if s.rows == nil {
		s.rows = make([]spoiltRow, 0, len(src)/vec.Lanes)
	}
	for at := 0; at < len(src); at += vec.Lanes {
		row := (*[vec.Lanes]float32)(src[at:])
		odd := float32(0)
		for _, x := range row {
			odd += x - x // NaN, or 0
		}
		if odd == 0 {
			continue
		}
		kinds := [3]uint8{}
		for l, x := range row {
			switch {
			case x-x == 0:
				continue
			case x != x:
				kinds[isNaN] |= 1 << l
			case x > 0:
				kinds[isPlus] |= 1 << l
			default:
				kinds[isMinus] |= 1 << l
			}
			row[l] = 0
		}
		s.rows = append(s.rows, spoiltRow{int32(at / vec.Lanes), kinds})
	}
}

// put writes what is not finite to dst, the filtered strip; the first window is that of the
// samples from row 2 on.
func (s *spoilt) put(dst []float32, radius int) {
	if len(s.rows) == 0 {
		return
	}
	var until [3][vec.Lanes]int // rows of dst whose windows hold one of a kind
	var last int                // the largest of these
	next := 0
	for row := 0; row < len(dst)/vec.Lanes; row++ {
		for ; next < len(s.rows) && int(s.rows[next].row) <= row+2+2*radius; next++ {
			r := &s.rows[next]
			last = int(r.row) - 1
			for kind, lines := range r.kinds {
				for l := 0; lines != 0; l, lines = l+1, lines>>1 {
					if lines&1 != 0 {
						until[kind][l] = last
					}
				}
			}
		}
		if row >= last {
			if next == len(s.rows) {
				return
			}
			row = max(row, int(s.rows[next].row)-2*radius-3)
			continue
		}
		out := (*[vec.Lanes]float32)(dst[row*vec.Lanes:])
		for l := range out {
			plus, minus := row < until[isPlus][l], row < until[isMinus][l]
			switch {
			case row < until[isNaN][l] || plus && minus:
				out[l] = float32(math.NaN())
			case plus:
				out[l] = float32(math.Inf(1))
			case minus:
				out[l] = float32(math.Inf(-1))
			}
		}
	}
}
