package core

import (
	"context"
	"slices"

	"zetwopass/core/vec"
)

// The matcher works on strips: what a tile gives one of its rows gives most of the next, which a
// turned tile has elsewhere in memory.
const (
	stripRows   = 4
	stripPixels = blockPixels / stripRows
)

// matchBytes is the scratch of one matcher for so many tiles on a strip and on a block of rows, and
// pairs of which the largest keeps so many bytes in all channels.
func matchBytes(j *Job, on crowds, largest int64) int64 {
	n := int64(stripPixels * vec.Values(j.Mosaic.C))
	const grown = 2 // what slices leave when they grow
	return warpBytes(maxNodes(j.Tiles)) + n*int64(4+8*vec.Lanes4*stripRows+(8+4)*stripRows*on.strip) +
		grown*(spanBytes+32+sizeOf[shown]())*int64(on.block) +
		24*int64(j.Mosaic.W/blockPixels+1) + largest/int64(j.Mosaic.C)
}

// crowds is how many tiles are on the rows of a strip, and on a block of rows, at most.
type crowds struct{ strip, block int }

func (j *Job) crowds() crowds {
	return crowds{j.crowd(j.Mosaic.H, j.Mosaic.W, stripRows), j.crowd(j.Mosaic.H, j.Mosaic.W, blockRows)}
}

// matcher warps tiles, a block of a row at a time; it belongs to one worker.
type matcher struct {
	job     *Job
	full    []bool // see findings
	warp    *warper
	slots   []values // [stripRows*stripPixels, lanes], of one tile each
	index   []int    // of the pairs of the current chunk in their group
	here    []*pair  // these pairs
	block   []met    // of them, the current block of rows
	columns columns  // of the block's pairs
	tiles   []int    // of the block, ascending
	spans   spans    // of these tiles
	shown   []shown  // likewise
	strip   []int32  // of these tiles, those of the current strip
	met     []int32  // of the block, the pairs of the current strip
	room    room
	plane   int // of a job of planes, the current one
}

// met is a pair, and the places of its tiles in the block.
type met struct {
	*pair
	i, j int32
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

func newMatcher(p *pass) *matcher {
	j := p.job
	return &matcher{
		job:  j,
		full: p.full,
		warp: newWarper(maxNodes(j.Tiles)),
		room: newRoom(stripRows * stripPixels * vec.Values(j.Mosaic.C)),
	}
}

// choose has the matcher look at those of a group's pairs that have one of the rows [y0,y1).
func (m *matcher) choose(group []*pair, pairs *byRow, y0, y1 int) {
	m.index, m.here = pairs.meeting(m.index, y0, y1), m.here[:0]
	for _, k := range m.index {
		m.here = append(m.here, group[k])
	}
}

// rows warps what the pairs have in common on the rows [y0,y1), at most blockRows, and
// adds their differences.
func (m *matcher) rows(ctx context.Context, pairs []*pair, y0, y1 int, sampling bool) error {
	m.enter(pairs, y0, y1)
	for x0 := 0; x0 < m.job.Mosaic.W; x0 += blockPixels {
		here := m.columns.at(x0)
		if len(here) == 0 {
			continue
		}
		if ctx.Err() != nil {
			return ErrCancelled
		}
		x1 := min(x0+blockPixels, m.job.Mosaic.W)
		for x := x0; x < x1; x += stripPixels {
			for y := y0; y < y1; y += stripRows {
				m.differ(here, y, min(y+stripRows, y1), x, min(x+stripPixels, x1), sampling)
			}
		}
	}
	return nil
}

// enter finds the tiles and pairs of the rows [y0,y1), and what they may show there.
func (m *matcher) enter(pairs []*pair, y0, y1 int) {
	m.block, m.tiles = m.block[:0], m.tiles[:0]
	for _, q := range pairs {
		if q.y0 < y1 && y0 < q.y1 {
			m.block = append(m.block, met{pair: q})
			m.tiles = append(m.tiles, q.i, q.j)
		}
	}
	slices.Sort(m.tiles)
	m.tiles = slices.Compact(m.tiles)
	m.spans.begin(y0)
	for _, i := range m.tiles {
		m.spans.add(&m.job.Tiles[i], m.job.Mosaic.W, y0, y1)
	}
	m.shown = append(m.shown[:0], make([]shown, len(m.tiles))...)
	m.columns.reset(0, m.job.Mosaic.W)
	for k := range m.block {
		q := &m.block[k]
		i, _ := slices.BinarySearch(m.tiles, q.pair.i)
		j, _ := slices.BinarySearch(m.tiles, q.pair.j)
		q.i, q.j = int32(i), int32(j)
		a, b := m.spans.both(i, j)
		m.columns.add(k, a, b)
	}
}

// differ adds the differences of some of the block's pairs on the pixels [x0,x1) of the rows
// [y0,y1), at most stripPixels and stripRows.
func (m *matcher) differ(here []int32, y0, y1, x0, x1 int, sampling bool) {
	m.strip, m.met = m.strip[:0], m.met[:0]
	for _, k := range here {
		q, met := &m.block[k], false
		for y := max(y0, q.y0); y < min(y1, q.y1); y++ {
			if sampling && y%q.stepY != 0 {
				continue
			}
			a, b := m.spans.cut(int(q.i), y, x0, x1)
			if a, b = m.spans.cut(int(q.j), y, a, b); a < b {
				m.need(q.i, y-y0, a, b)
				m.need(q.j, y-y0, a, b)
				met = true
			}
		}
		if met {
			m.met = append(m.met, k)
		}
	}
	for n, i := range m.strip {
		m.fill(n, i, y0, sampling)
	}
	for _, k := range m.met {
		q := &m.block[k]
		if s, t := &m.shown[q.i], &m.shown[q.j]; sampling {
			q.addSample(s, t, y0, &m.room)
		} else {
			q.add(s, t, &m.room)
		}
	}
	for _, i := range m.strip {
		m.shown[i] = shown{}
	}
}

// need adds [a,b) to the pixels of the block's i-th tile that are wanted of the strip's n-th row.
func (m *matcher) need(i int32, n, a, b int) {
	s := &m.shown[i]
	if !s.wanted {
		s.wanted = true
		m.strip = append(m.strip, i)
	}
	r := &s.row[n]
	if r.a == r.b {
		r.a, r.b = a, b
		return
	}
	r.a, r.b = min(r.a, a), max(r.b, b)
}

// fill warps the needed pixels of the block's i-th tile into a slot.
func (m *matcher) fill(slot int, i int32, y0 int, sampling bool) {
	for slot >= len(m.slots) {
		size := stripRows * stripPixels * vec.Values(m.job.Mosaic.C)
		m.slots = append(m.slots, values{make([]float64, size), make([]float32, size)})
	}
	s := &m.shown[i]
	n := m.warp.warpStrip(m.job, m.tiles[i], m.plane, y0, &s.row, m.slots[slot].exact, m.full[m.tiles[i]])
	s.values = m.slots[slot].cut(0, n, vec.Values(m.job.Mosaic.C))
	if !sampling {
		vec.Narrow(s.near, &s.most, s.exact)
	}
}

// both returns the pixels from x on that two tiles show of a strip's n-th row.
func both(s, t *shown, n, lanes int) (x int, a, b values) {
	p, q := &s.row[n], &t.row[n]
	x0, x1 := max(p.a, q.a), min(p.b, q.b)
	if x0 >= x1 {
		return x0, values{}, values{}
	}
	i, j := p.first+x0-p.a, q.first+x0-q.a
	return x0, s.cut(i, i+x1-x0, lanes), t.cut(j, j+x1-x0, lanes)
}
