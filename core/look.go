package core

// look is a go over pixels of pairs in the search of their medians.
type look int

const (
	coarse look = iota // a small sample, kept whole, that brackets the middle of the fine one
	fine               // a large sample, of which that is kept; of small pairs it is the only one
	whole              // all pixels, of which is kept what the fine sample's brackets hold
	looks
)

// grid is the pixels whose x and y are multiples of these, powers of two.
type grid struct{ x, y int }

// every is all pixels.
var every = grid{1, 1}

// each is how many pixels have one of the grid.
func (g grid) each() int { return g.x * g.y }

// has reports whether some of the grid's pixels are on row y.
func (g grid) has(y int) bool { return y&(g.y-1) == 0 }

const (
	// coarseSample is the pixels that a coarse sample aims at. Pairs whose fine one would not be
	// some times as large have none.
	coarseSample, timesCoarse = 1 << 10, 4
	// coarseColumns and fineColumns are the steps of the samples' columns: neighbours in a row
	// know the same of the median, as they come from the same pixels of the tiles. Boxes of few rows
	// have wider ones, up to those of a coarse sample.
	coarseColumns, fineColumns = 8, 2
	// sampledLeast is the columns and rows of a box that its sample has, where there are as many.
	sampledLeast = 16
)

// sampleGrid returns the grid of about target of a box's n pixels, of all planes, with steps of x
// columns: one where that were too wide, up to widest where there are few rows. So boxes have their
// sampled rows in common: each costs a warp.
func sampleGrid(cols, rows, n, target, x, widest int) grid {
	if cols < sampledLeast*x || n < target*x {
		x = 1
	}
	y, many := 1, func(each int) bool { return 7*each*target <= 5*n } // twice as wide leaves 0.7 times as many
	for y < rows/sampledLeast && many(x*y) {
		y *= 2
	}
	for 2*x <= min(widest, cols/sampledLeast) && many(x*y) {
		x *= 2
	}
	return grid{x, y}
}

// sampleColumns returns the widest steps of columns that the job's samples can have: weights
// that have a map of their own are found for neighbours.
func (j *Job) sampleColumns() int {
	for i := range j.Tiles {
		if !j.Tiles[i].WeightMap.Empty() {
			return 1
		}
	}
	return coarseColumns
}

// plan chooses the grids of the pair's looks, whose columns are at most so far apart, and has it look
// for the slopes of its tiles, if the background is planes.
func (p *pair) plan(columns int, of Background) {
	if of == PlaneBackground {
		p.tilt()
		return
	}
	cols, rows, target := p.x1-p.x0, p.y1-p.y0, sampleTarget(p.area)
	p.grid = [looks]grid{
		fine:  sampleGrid(cols, rows, p.area, target, min(fineColumns, columns), columns),
		whole: every,
	}
	if target >= timesCoarse*coarseSample {
		p.grid[coarse] = sampleGrid(cols, rows, p.area, coarseSample, columns, columns)
	}
}

// needs reports whether the pair has that look.
func (p *pair) needs(look look) bool { return p.grid[look] != grid{} }

// lists reports whether the pair keeps all numbers of that look.
func (p *pair) lists(look look) bool { return look == coarse || look == fine && !p.needs(coarse) }
