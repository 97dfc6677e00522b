package core

// box is the pixels of the rows [y0,y1) and the columns [x0,x1) of an output.
type box struct{ y0, x0, y1, x1 int }

// layout cuts an output of h x w pixels into chunks: bands of so many rows times blocks of
// so many columns, the bands of a block side by side.
type layout struct{ h, w, rows, cols int }

func (l layout) bands() int  { return (l.h + l.rows - 1) / l.rows }
func (l layout) blocks() int { return (l.w + l.cols - 1) / l.cols }
func (l layout) total() int  { return l.bands() * l.blocks() }

// at returns which chunk is the k-th to be done, and at which place chunk k is: one block
// after the other, down and up in turn, so that tiles at the turn are met again at once.
func (l layout) at(k int) int {
	n := l.bands()
	block, band := k/n, k%n
	if block%2 == 1 {
		band = n - 1 - band
	}
	return block*n + band
}

func (l layout) box(chunk int) box {
	block, band := chunk/l.bands(), chunk%l.bands()
	y, x := band*l.rows, block*l.cols
	return box{y, x, min(y+l.rows, l.h), min(x+l.cols, l.w)}
}

// needs is which tiles the tasks of a sweep need: those of task k are
// tile[start[k]:start[k+1]], in ascending order.
type needs struct {
	start []int
	tile  []int32
}

func (n *needs) tasks() int { return max(0, len(n.start)-1) }

// of returns the tiles of task k in the room of tiles.
func (n *needs) of(tiles []int, k int) []int {
	tiles = tiles[:0]
	for _, i := range n.tile[n.start[k]:n.start[k+1]] {
		tiles = append(tiles, int(i))
	}
	return tiles
}

// places calls f for every place, in the order of doing, whose chunk a tile's box meets.
func (l layout) places(t *Tile, f func(k int)) {
	x0, y0, x1, y1 := t.Map.Clip(l.h, l.w)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	for block := x0 / l.cols; block <= (x1-1)/l.cols; block++ {
		for band := y0 / l.rows; band <= (y1-1)/l.rows; band++ {
			f(l.at(block*l.bands() + band))
		}
	}
}

// ask asks for the room of needs and of a schedule by them.
func (l layout) ask(j *Job) error {
	met := int64(0)
	for i := range j.Tiles {
		if x0, y0, x1, y1 := j.Tiles[i].Map.Clip(l.h, l.w); x0 < x1 && y0 < y1 {
			met += int64((x1-1)/l.cols-x0/l.cols+1) * int64((y1-1)/l.rows-y0/l.rows+1)
		}
	}
	return j.room(16*int64(l.total()+1) + needBytes*met)
}

// needs returns which tiles each place needs.
func (l layout) needs(tiles []Tile) needs {
	n := needs{start: make([]int, l.total()+1)}
	for i := range tiles {
		l.places(&tiles[i], func(k int) { n.start[k+1]++ })
	}
	for k := range l.total() {
		n.start[k+1] += n.start[k]
	}
	n.tile = make([]int32, n.start[l.total()])
	next := make([]int, l.total())
	for i := range tiles {
		l.places(&tiles[i], func(k int) {
			n.tile[n.start[k]+next[k]] = int32(i)
			next[k]++
		})
	}
	return n
}

// together returns the bytes of the tiles that so many tasks in a row need, at most; tile i
// takes bytes[i].
func (n *needs) together(bytes []int64, tasks int) int64 {
	count := make([]int32, len(bytes))
	var now, most int64
	for k := range n.tasks() {
		for _, i := range n.tile[n.start[k]:n.start[k+1]] {
			if count[i]++; count[i] == 1 {
				now += bytes[i]
			}
		}
		most = max(most, now)
		if first := k - tasks + 1; first >= 0 {
			for _, i := range n.tile[n.start[first]:n.start[first+1]] {
				if count[i]--; count[i] == 0 {
					now -= bytes[i]
				}
			}
		}
	}
	return most
}

// after returns the tasks of another sweep, then these; the other must not be used further.
func (n needs) after(first needs) needs {
	for k := range n.tasks() {
		first.start = append(first.start, n.start[k+1]+len(first.tile))
	}
	first.tile = append(first.tile, n.tile...)
	return first
}
