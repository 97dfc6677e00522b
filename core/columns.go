package core

import "slices"

// columns sorts things by the blocks of columns that they have pixels of: blockPixels each, the
// first block from a column on that is a multiple of it.
type columns struct {
	x0     int
	blocks [][]int32
}

// reset begins anew for the columns [x0,x1).
func (c *columns) reset(x0, x1 int) {
	c.x0 = x0
	n := (x1 - x0 + blockPixels - 1) / blockPixels
	c.blocks = slices.Grow(c.blocks[:0], n)[:n] // what they hold stays, as room
	for k := range c.blocks {
		c.blocks[k] = c.blocks[k][:0]
	}
}

// add notes that thing k has pixels among the columns [a,b).
func (c *columns) add(k, a, b int) {
	if a = max(a-c.x0, 0); a >= b-c.x0 {
		return
	}
	last := min((b-c.x0-1)/blockPixels, len(c.blocks)-1)
	for block := a / blockPixels; block <= last; block++ {
		c.blocks[block] = append(c.blocks[block], int32(k))
	}
}

// at returns the things, in the order of being added, of the block that column x is in.
func (c *columns) at(x int) []int32 { return c.blocks[(x-c.x0)/blockPixels] }

// stack is those of a chunk's tiles that have a block of its rows, what they may show there, and
// which of them have a block of its columns.
type stack struct {
	tiles   []int // of the job
	place   []int // of each among the chunk's tiles
	spans   spans
	columns columns
}

// set finds those of some tiles, on an output of that width, that have pixels of b, which is at
// most blockRows high.
func (s *stack) set(tiles []Tile, width int, some []int, b box) {
	s.tiles, s.place = s.tiles[:0], s.place[:0]
	s.spans.begin(b.y0)
	s.columns.reset(b.x0, b.x1)
	for place, i := range some {
		t := &tiles[i]
		if t.Map.Y1 <= b.y0 || b.y1 <= t.Map.Y0 {
			continue
		}
		k := len(s.tiles)
		s.tiles, s.place = append(s.tiles, i), append(s.place, place)
		s.spans.add(t, width, b.y0, b.y1)
		s.columns.add(k, int(s.spans.any[k][0]), int(s.spans.any[k][1]))
	}
}

// stackBytes is the memory of a stack, and of what a worker notes of each tile of a chunk of so
// many rows.
func stackBytes(j *Job, h, w, rows int) int64 {
	widest := 0
	for i := range j.Tiles {
		x0, _, x1, _ := j.Tiles[i].Map.Clip(h, w)
		widest = max(widest, x1-x0)
	}
	blocks := int64(w)/blockPixels + 1
	each := spanBytes + 16 + 4*min(int64(widest)/blockPixels+2, blocks)
	const grown = 2 // what slices leave when they grow
	return grown*(each*int64(j.crowd(h, w, blockRows))+9*int64(j.crowd(h, w, rows))) + 24*blocks
}
