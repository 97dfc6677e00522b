package core

import (
	"slices"

	"zetwopass/core/vec"
)

// The matcher works on strips of stripRows rows: what a tile gives one of them gives most of the
// next, which a turned tile has elsewhere in memory. They are as many pixels wide as the budget
// lets them, of mostStrip and its halves down to leastStrip: wider ones have more differences of a
// pair at a time.
const (
	stripRows  = 8
	mostStrip  = 256
	leastStrip = 64
)

// crowds is how many tiles are on the rows of a strip, and on a block of rows, at most.
type crowds struct{ strip, block int }

func (j *Job) crowds() crowds {
	return crowds{j.crowd(j.Mosaic.H, j.Mosaic.W, stripRows), j.crowd(j.Mosaic.H, j.Mosaic.W, blockRows)}
}

// matchBytes is the scratch of one matcher for strips of so many pixels, with so many tiles on a
// strip and on a block of rows, and pairs of which the largest keeps so many bytes in all channels.
func matchBytes(j *Job, pixels int, on crowds, largest int64) int64 {
	strip := stripRows * pixels
	values := int64(strip * vec.Values(j.Mosaic.C))
	const grown = 2 // what slices leave when they grow
	return warpBytes(maxNodes(j.Tiles), strip) + 8*int64(pixels) + values*int64(4+8+(8+4)*on.strip) +
		grown*(spanBytes+32+sizeOf[shown]())*int64(on.block) +
		24*int64(j.Mosaic.W/blockPixels+1) + largest/int64(j.Mosaic.C)
}

// widestStrip returns the widest strip that leaves three quarters of so many bytes, where so many
// workers match, and its matchBytes.
func widestStrip(j *Job, on crowds, largest, room int64, workers int) (pixels int, bytes int64) {
	for pixels = mostStrip; ; pixels /= 2 {
		bytes = matchBytes(j, pixels, on, largest)
		if pixels == leastStrip || bytes <= room/4/int64(workers) {
			return pixels, bytes
		}
	}
}

// shown is what a tile shows of the rows of a strip: their values one after the other, and the
// largest of them in float32 in each lane, whatever their sign.
type shown struct {
	wanted bool
	row    [stripRows]piece
	values
	most [vec.Lanes4]float32
}

// piece is the pixels [a,b) of a row, that others may show, too, and the first of them in the strip.
type piece struct{ a, b, first int }

// values are those of some pixels, [n, lanes], of a warped tile: as they are, and in float32.
type values struct {
	exact []float64
	near  []float32
}

// cut returns the values of the pixels [a,b), n values each.
func (v *values) cut(a, b, n int) values {
	return values{v.exact[n*a : n*b], v.near[n*a : n*b]}
}

// both returns a look's pixels from x on that the pair's tiles show of a strip's n-th row: none where
// another pair alone looks at that. The strip's first row is y.
func (p *pair) both(look look, s, t *shown, y, n int) (x int, a, b values) {
	some, others := &s.row[n], &t.row[n]
	x0, x1 := max(some.a, others.a), min(some.b, others.b)
	if x0 >= x1 || !p.grid[look].has(y+n) {
		return x0, values{}, values{}
	}
	i, j, lanes := some.first+x0-some.a, others.first+x0-others.a, vec.Values(len(p.channel))
	return x0, s.cut(i, i+x1-x0, lanes), t.cut(j, j+x1-x0, lanes)
}

// fill warps the needed pixels of the block's i-th tile into a slot, those whose x is a multiple of
// columns, by which x is divided from then on. What the tile does not show is NaN, or no longer in
// its rows.
func (m *matcher) fill(slot int, i int32, y0, columns int) {
	j, tile, s := m.job, m.tiles[i], &m.shown[i]
	t, lanes := &j.Tiles[tile], vec.Values(j.Mosaic.C)
	for slot >= len(m.slots) {
		size := stripRows * m.pixels * lanes
		m.slots = append(m.slots, values{make([]float64, size), make([]float32, size)})
	}
	n := m.warp.locateStrip(t, y0, columns, &s.row)
	s.values = m.slots[slot].cut(0, n, lanes)
	t.sample(s.exact, m.warp.u[:n], m.warp.v[:n], m.plane, j.Mosaic.C, j.Gain(tile))
	if !t.full && !t.evenlyWeighted() {
		for k, p := range s.row {
			a, b := p.first, p.first+p.b-p.a
			if a < b && m.warp.weigh(j, t, m.plane, y0+k, p.a, m.warp.u[a:b], m.warp.v[a:b]) {
				hide(s.exact[a*lanes:b*lanes], m.warp.weight[:b-a])
			}
		}
	}
	s.narrow(lanes)
}

// narrow rounds the values to float32.
func (s *shown) narrow(lanes int) {
	vec.Narrow(s.near, &s.most, s.exact)
	if lanes == 1 { // which a value has depends on the pixel that is the first
		most := slices.Max(s.most[:])
		s.most = [vec.Lanes4]float32{most, most, most, most}
	}
}
