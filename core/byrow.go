package core

import (
	"cmp"
	"slices"
	"sort"
)

// byRow finds, of things that lie on some rows each, those that have one of given rows. It
// takes 20 bytes of each.
type byRow struct {
	order []int32 // by their first rows
	first []int   // row of each, in this order
	end   []int   // the last row, plus 1, of those up to each
	rows  func(k int) (y0, y1 int)
}

// newByRow takes n things, of which the k-th lies on rows(k), none of them where y0 >= y1.
func newByRow(n int, rows func(k int) (y0, y1 int)) *byRow {
	b := &byRow{rows: rows, order: make([]int32, 0, n)}
	for k := range n {
		if y0, y1 := rows(k); y0 < y1 {
			b.order = append(b.order, int32(k))
		}
	}
	slices.SortFunc(b.order, func(i, j int32) int {
		first, _ := rows(int(i))
		second, _ := rows(int(j))
		return cmp.Or(first-second, int(i-j))
	})
	b.first, b.end = make([]int, len(b.order)), make([]int, len(b.order))
	most := 0
	for n, k := range b.order {
		y0, y1 := rows(int(k))
		most = max(most, y1)
		b.first[n], b.end[n] = y0, most
	}
	return b
}

// meeting returns the things that have one of the rows [y0,y1), in ascending order, in the
// room of here.
func (b *byRow) meeting(here []int, y0, y1 int) []int {
	here = here[:0]
	from := sort.Search(len(b.end), func(n int) bool { return b.end[n] > y0 })
	for n := from; n < len(b.order) && b.first[n] < y1; n++ {
		if _, end := b.rows(int(b.order[n])); y0 < end {
			here = append(here, int(b.order[n]))
		}
	}
	slices.Sort(here)
	return here
}

// span returns the first chunk of so many rows that something has a row of, and the last one,
// plus 1.
func (b *byRow) span(rows int) (first, end int) {
	if len(b.order) == 0 {
		return 0, 0
	}
	return b.first[0] / rows, (b.end[len(b.end)-1] + rows - 1) / rows
}

// tilesByRow is the job's tiles by the rows of their boxes on an output of h x w pixels.
func (j *Job) tilesByRow(h, w int) *byRow {
	return newByRow(len(j.Tiles), func(i int) (int, int) {
		x0, y0, x1, y1 := j.Tiles[i].Map.Clip(h, w)
		if x0 >= x1 {
			return 0, 0
		}
		return y0, y1
	})
}

// crowd is the largest number of tiles whose boxes have one of so many neighbouring rows of an
// output of h x w pixels.
func (j *Job) crowd(h, w, rows int) int {
	var first, end []int
	for i := range j.Tiles {
		if x0, y0, x1, y1 := j.Tiles[i].Map.Clip(h, w); x0 < x1 && y0 < y1 {
			first, end = append(first, y0), append(end, y1)
		}
	}
	slices.Sort(first)
	slices.Sort(end)
	most, gone := 0, 0
	for n, y := range first { // the last of the rows
		for end[gone] <= y-rows+1 {
			gone++
		}
		most = max(most, n+1-gone)
	}
	return most
}
