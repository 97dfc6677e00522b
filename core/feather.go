package core

import (
	"fmt"
	"math"
	mathbits "math/bits"

	"zetwopass/core/vec"
)

// MaxFeather is the widest feather, pixels of a tile.
const MaxFeather = 1 << 16

// featherLeast is the samples that a worker's feather has room for at least: those of a block of
// an output as fine as the tile, at any angle.
const featherLeast = 1 << 18

// feather finds how a tile's weight falls towards its holes and its border,
//
//	f = t² (3 - 2t), t = min(d / reach, 1)
//
// d from pixel centre to the centre of the nearest hole, of which the pixels around the tile's
// border are. The distances are exact: down and up the columns first, then along each row the
// lower envelope of parabolas (Felzenszwalb and Huttenlocher 2012, "Distance transforms of
// sampled functions", section 2.1), of which those that are a reach away or more are left out.
// It belongs to one worker.
type feather struct {
	reach  int
	region box       // of the tile's pixels, which the weights are of
	weight []float32 // [rows, columns] of the region

	wide   [2]int  // the columns that have a say in it, -1 and w among them
	near   []int32 // [rows, wide] to the nearest hole of the column, at most reach
	column []int32 // [wide] the same, of one row
	known  []uint32
	vertex []int32   // [wide] of the envelope's parabolas
	start  []float64 // [wide] where each begins to be the lowest
}

// checkFeather checks what a feather wants of a coadd.
func (j *Job) checkFeather() error {
	if j.Feather < 0 || j.Feather > MaxFeather {
		return fmt.Errorf("%w: feather = %d, want 0 to %d", ErrArgument, j.Feather, MaxFeather)
	}
	if j.Feather == 0 {
		return nil
	}
	if j.Combine > Sum {
		return fmt.Errorf("%w: combine = %d, want 0 (mean) or 1 (sum) with feather", ErrArgument, j.Combine)
	}
	for i := range j.Tiles {
		if !j.Tiles[i].WeightMap.Empty() {
			return fmt.Errorf("%w: tiles[%d].weight_map is given, want none with feather: weights that lie on the image",
				ErrArgument, i)
		}
	}
	return nil
}

// featherRoom is the samples that the feather of any of the tiles has room for.
func featherRoom(tiles []Tile) (near, wide int) {
	for i := range tiles {
		wide = max(wide, tiles[i].Image.W+2)
	}
	return max(featherLeast, 2*wide), wide
}

// featherBytes is the scratch of a feather.
func featherBytes(j *Job) int64 {
	near, wide := featherRoom(j.Tiles)
	return 8*int64(near) + (4+4+8)*int64(wide) + int64(wide)/8 + 8
}

func newFeather(j *Job) feather {
	near, wide := featherRoom(j.Tiles)
	return feather{
		reach: j.Feather, weight: make([]float32, near), near: make([]int32, near),
		column: make([]int32, wide), known: make([]uint32, wide/wordBits+2),
		vertex: make([]int32, wide), start: make([]float64, wide),
	}
}

// span returns the columns that have a say in those of a region of a tile.
func (f *feather) span(t *Tile, region box) [2]int {
	return [2]int{max(region.x0-f.reach+1, -1), min(region.x1+f.reach-1, t.Image.W+1)}
}

// fits reports whether there is room for a region of a tile.
func (f *feather) fits(t *Tile, region box) bool {
	wide := f.span(t, region)
	return (wide[1]-wide[0])*(region.y1-region.y0) <= len(f.near)
}

// image is the weights of the region.
func (f *feather) image() vec.Image {
	w := f.region.x1 - f.region.x0
	return vec.Image{Pix: f.weight, H: f.region.y1 - f.region.y0, W: w, Channels: 1, RowStride: w, ColStride: 1}
}

// set finds the weights of a region of plane n of a tile, for which there is room; false = all
// of them are 1.
func (f *feather) set(t *Tile, n int, region box) bool {
	f.region, f.wide = region, f.span(t, region)
	if !f.some(t, n) {
		return false
	}
	width := f.wide[1] - f.wide[0]
	f.approach(t, n, region.y0-1, -1)
	for y := region.y0; y < region.y1; y++ {
		f.step(t, n, y, f.near[(y-region.y0)*width:][:width])
	}
	f.approach(t, n, region.y1, 1)
	for y := region.y1 - 1; y >= region.y0; y-- {
		row := f.near[(y-region.y0)*width:][:width]
		f.back(row)
		f.envelope(row, y)
	}
	return true
}

// some reports whether a hole has a say in the region.
func (f *feather) some(t *Tile, n int) bool {
	y0, y1 := f.region.y0-f.reach+1, f.region.y1+f.reach-1
	if y0 < 0 || y1 > t.Image.H || f.wide[0] < 0 || f.wide[1] > t.Image.W {
		return true
	}
	for y := y0; y < y1; y++ {
		for k, word := range t.holes.row(n, y)[f.wide[0]/wordBits : (f.wide[1]-1)/wordBits+1] {
			if word&f.within(f.wide[0]/wordBits+k, t.Image.W) != 0 {
				return true
			}
		}
	}
	return false
}

// within is the bits of word k of a row of w pixels that are of the columns with a say.
func (f *feather) within(k, w int) uint32 {
	first, end := max(f.wide[0]-k*wordBits, 0), min(f.wide[1], w)-k*wordBits
	word := ^uint32(0) << first
	if end < wordBits {
		word &= 1<<end - 1
	}
	return word
}

// approach writes to column how far the nearest hole of each column is from row y, at or beyond
// it in the direction of by, 1 or -1; at most reach.
func (f *feather) approach(t *Tile, n, y, by int) {
	column := f.column[:f.wide[1]-f.wide[0]]
	spread(column, 1, len(column), int32(f.reach))
	first, end := max(f.wide[0], 0)/wordBits, (min(f.wide[1], t.Image.W)-1)/wordBits+1
	known := f.known[:end-first]
	clear(known)
	for d := range f.reach {
		at := y + d*by
		if at < 0 || at >= t.Image.H {
			for x, far := range column {
				column[x] = min(far, int32(d))
			}
			break
		}
		left := uint32(0)
		for k, word := range t.holes.row(n, at)[first:end] {
			within := f.within(first+k, t.Image.W)
			f.put(column, first+k, word&within&^known[k], int32(d))
			known[k] |= word
			left |= within &^ known[k]
		}
		if left == 0 {
			break
		}
	}
	f.border(t, column)
}

// put sets the columns of the bits of word k of a row.
func (f *feather) put(row []int32, k int, word uint32, d int32) {
	for ; word != 0; word &= word - 1 {
		row[k*wordBits+mathbits.TrailingZeros32(word)-f.wide[0]] = d
	}
}

// border sets the columns beside the tile, which are holes.
func (f *feather) border(t *Tile, row []int32) {
	if f.wide[0] < 0 {
		row[0] = 0
	}
	if f.wide[1] > t.Image.W {
		row[len(row)-1] = 0
	}
}

// step takes column on by row y of plane n and writes it to near.
func (f *feather) step(t *Tile, n, y int, near []int32) {
	column, reach := f.column[:len(near)], int32(f.reach)
	for x, far := range column {
		column[x] = min(far+1, reach)
	}
	first, end := max(f.wide[0], 0)/wordBits, (min(f.wide[1], t.Image.W)-1)/wordBits+1
	for k, word := range t.holes.row(n, y)[first:end] {
		f.put(column, first+k, word&f.within(first+k, t.Image.W), 0)
	}
	f.border(t, column)
	copy(near, column)
}

// back takes column back by a row and brings near, where holes are 0, up to the nearer of both.
func (f *feather) back(near []int32) {
	column, reach := f.column[:len(near)], int32(f.reach)
	for x, above := range near {
		below := min(column[x]+1, reach, above*reach)
		column[x], near[x] = below, min(above, below)
	}
}

// envelope writes the weights of row y, of whose columns near tells the nearest holes.
func (f *feather) envelope(near []int32, y int) {
	reach := int32(f.reach)
	last := -1
	for x, d := range near {
		if d >= reach {
			continue
		}
		from := math.Inf(-1)
		for ; last >= 0; last-- {
			if from = meet(near, int(f.vertex[last]), x); from > f.start[last] {
				break
			}
			from = math.Inf(-1)
		}
		last++
		f.vertex[last], f.start[last] = int32(x), from
	}
	width := f.region.x1 - f.region.x0
	weight := f.weight[(y-f.region.y0)*width:][:width]
	if last < 0 {
		spread(weight, 1, width, 1)
		return
	}
	k, first := 0, f.region.x0-f.wide[0]
	for i := range weight {
		x := first + i
		for k < last && f.start[k+1] < float64(x) {
			k++
		}
		dx, dy := float64(x-int(f.vertex[k])), float64(near[f.vertex[k]])
		weight[i] = f.fall(float64(dx*dx) + float64(dy*dy))
	}
}

// meet returns where the parabolas around two columns, p before q, are equal.
func meet(near []int32, p, q int) float64 {
	a, b, c, d := float64(near[p]), float64(near[q]), float64(p), float64(q)
	return (float64(b*b) + float64(d*d) - float64(a*a) - float64(c*c)) / (2 * (d - c))
}

// fall is the weight at a squared distance.
func (f *feather) fall(square float64) float32 {
	reach := float64(f.reach)
	if square >= reach*reach {
		return 1
	}
	t := math.Sqrt(square) / reach
	return float32(t * t * (3 - float64(2*t)))
}
