package core

import (
	"slices"

	"zetwopass/core/vec"
)

const (
	// seamBlocks are about as many as the overlap of a pair is cut into.
	seamBlocks = 16
	// seamSample is the sample of a pair whose blocks have medians, in pixels: some
	// thousand a block, whose median is known to a thirtieth of the pixels' noise.
	seamSample = 1 << 14
)

// seam is what the sample of a pair tells, in a channel, of how the difference of its
// tiles changes over their overlap: its box is cut into about seamBlocks blocks, as square
// as they come, and of each there is the exact median of the sampled differences. So stars
// and noise do not pull.
type seam struct {
	down, across int
	block        []block // [down*across], while the sample is taken
	lost         bool    // there was no room for some of it
	tie
}

// block is a part of a seam: its sampled differences, the sums of their positions, and how many
// they are and where they lie when all blocks' are put together.
type block struct {
	numbers  kept
	x, y     int
	n, start int
}

// tie is what the blocks' medians m come to, each with its share of the sample as weight:
// the middle of their positions, and about it the sums of products of positions and medians.
type tie struct {
	x, y       float64
	xx, xy, yy float64
	mx, my, mm float64
}

// seamGrid returns the pixels that seams are found from: all columns of every few rows.
func seamGrid(cols, rows, planes int) grid {
	n := cols * rows * planes
	target, y := max(seamSample, sampleTarget(n)), 1
	for 2*y*target <= n && y < rows/sampledLeast {
		y *= 2
	}
	return grid{1, y}
}

// seamShape returns how many blocks so large a box is cut into.
func seamShape(cols, rows int) (down, across int) {
	for across = 1; across < min(seamBlocks, cols) && across*across*rows < seamBlocks*cols; across++ {
	}
	return min(max(1, seamBlocks/across), rows), across
}

// cutAt is where the k-th of n parts of the numbers [a,b) begins.
func cutAt(a, b, k, n int) int { return a + k*(b-a)/n }

// begin prepares the blocks of a pair for its sample, which they keep in that pool.
func (s *seam) begin(pool *pool, p *pair) {
	s.block = make([]block, s.down*s.across)
	planes := p.area / ((p.y1 - p.y0) * (p.x1 - p.x0))
	for k := range s.block {
		row, col := k/s.across, k%s.across
		rows := cutAt(p.y0, p.y1, row+1, s.down) - cutAt(p.y0, p.y1, row, s.down)
		cols := cutAt(p.x0, p.x1, col+1, s.across) - cutAt(p.x0, p.x1, col, s.across)
		s.block[k].numbers = newKept(pool, (rows/p.grid[fine].y+1)*cols*planes)
	}
}

// gather takes the differences of the sampled rows of a strip, whose first is row y.
func (p *pair) gather(s, t *shown, y int) {
	lanes := vec.Values(len(p.channel))
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range s.row {
		x, a, b := p.both(fine, s, t, y, n)
		for c := range p.channel {
			p.seams[c].gather(p, x, y+n, c, lanes, a.exact, b.exact)
		}
	}
}

// gather takes the differences of channel c on row y: a and b are the values of the two tiles
// from pixel x on.
func (s *seam) gather(p *pair, x, y, c, lanes int, a, b []float64) {
	if len(a) == 0 {
		return
	}
	row := 0
	for cutAt(p.y0, p.y1, row+1, s.down) <= y {
		row++
	}
	for col := range s.across {
		from := max(cutAt(p.x0, p.x1, col, s.across), x)
		to := min(cutAt(p.x0, p.x1, col+1, s.across), x+len(a)/lanes)
		in := &s.block[row*s.across+col]
		for at := from; at < to; at++ {
			i := (at-x)*lanes + c
			if d := a[i] - b[i]; d == d {
				in.numbers.add(d)
				in.x += at
				in.y += y
			}
		}
	}
}

// survey finds the medians of the blocks of the pair's seam. It appends the sample to room.
func (s *seam) survey(p *pair, room []float64) []float64 {
	s.tie, s.lost = tie{x: float64(p.x0+p.x1-1) / 2, y: float64(p.y0+p.y1-1) / 2}, false
	for k := range s.block {
		b := &s.block[k]
		b.start = len(room)
		room = b.numbers.drain(room)
		b.n, s.lost = len(room)-b.start, s.lost || b.numbers.refused
	}
	s.settle(room)
	s.block = nil
	return room
}

// settle makes the tie of the blocks whose median is a number.
func (s *seam) settle(sample []float64) {
	median, total := make([]float64, len(s.block)), 0
	var x, y int
	for k := range s.block {
		b := &s.block[k]
		if b.n == 0 {
			continue
		}
		median[k] = medianIn(sample[b.start:][:b.n])
		if d := median[k] - median[k]; d == 0 {
			total, x, y = total+b.n, x+b.x, y+b.y
		}
	}
	if total == 0 {
		return
	}
	mean := 0.0
	weigh := func(f func(w, m, x, y float64)) {
		for k := range s.block {
			if b, m := &s.block[k], median[k]; b.n > 0 && m-m == 0 {
				n := float64(b.n)
				f(n/float64(total), m, float64(b.x)/n, float64(b.y)/n)
			}
		}
	}
	s.x, s.y = float64(x)/float64(total), float64(y)/float64(total)
	weigh(func(w, m, _, _ float64) { mean += float64(w * m) })
	weigh(func(w, m, x, y float64) {
		x, y, m = x-s.x, y-s.y, m-mean
		wx, wy := float64(w*x), float64(w*y)
		s.xx, s.xy, s.yy = s.xx+float64(wx*x), s.xy+float64(wx*y), s.yy+float64(wy*y)
		s.mx, s.my, s.mm = s.mx+float64(wx*m), s.my+float64(wy*m), s.mm+float64(float64(w*m)*m)
	})
}

// medianIn returns the median of numbers, which it reorders.
func medianIn(x []float64) float64 {
	n := len(x)
	lower := selectNth(x, (n-1)/2)
	if n%2 == 1 {
		return lower
	}
	return (lower + slices.Min(x[n/2:])) / 2
}

// seamBytes is what a pair's blocks take while its sample is taken.
func (p *pair) seamBytes() int64 {
	n := int64(0)
	for c := range p.seams {
		n += int64(p.seams[c].down*p.seams[c].across) * (sizeOf[block]() + 8)
	}
	return n
}
