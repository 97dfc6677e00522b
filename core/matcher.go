package core

import (
	"context"
	"slices"

	"zetwopass/core/vec"
)

// matchBytes is the scratch of one matcher for so many tiles on a row and on a block of rows.
func matchBytes(j *Job, on crowds) int64 {
	n := int64(blockPixels * vec.Values(j.Mosaic.C))
	const grown = 2 // what slices leave when they grow
	return warpBytes(maxNodes(j.Tiles)) + n*int64(4+(8+4)*on.row) + grown*(spanBytes+112)*int64(on.block) +
		24*int64(j.Mosaic.W/blockPixels+1)
}

// crowds is how many tiles are on a row, and on a block of rows, at most.
type crowds struct{ row, block int }

func (j *Job) crowds() crowds {
	return crowds{j.crowd(j.Mosaic.H, j.Mosaic.W, 1), j.crowd(j.Mosaic.H, j.Mosaic.W, blockRows)}
}

// matcher warps tiles, a block of a row at a time; it belongs to one worker.
type matcher struct {
	job     *Job
	full    []bool // see findings
	warp    *warper
	slots   []values // [blockPixels, lanes], of one tile each
	index   []int    // of the pairs of the current chunk in their group
	here    []*pair  // these pairs
	block   []met    // of them, the current block of rows
	columns columns  // of the block's pairs
	tiles   []int    // of the block, ascending
	spans   spans    // of these tiles
	shown   []shown  // likewise
	row     []int32  // of these tiles, those of the current row
	met     []int32  // of the block, the pairs of the current row
	within  []int32
	plane   int // of a job of planes, the current one
}

// met is a pair, and the places of its tiles in the block.
type met struct {
	*pair
	i, j int32
}

// shown is what a tile shows of the current row of a block.
type shown struct {
	a, b int // pixels that others may show, too
	values
}

// values are those of some pixels, [n, lanes], of a warped tile: as they are; in float32;
// and the largest of these in each lane, whatever its sign.
type values struct {
	exact []float64
	near  []float32
	most  [vec.Lanes4]float32
}

// cut returns the values of the pixels [a,b), n values each.
func (v *values) cut(a, b, n int) values {
	return values{v.exact[n*a : n*b], v.near[n*a : n*b], v.most}
}

func newMatcher(p *pass) *matcher {
	j := p.job
	return &matcher{
		job:    j,
		full:   p.full,
		warp:   newWarper(maxNodes(j.Tiles)),
		within: make([]int32, blockPixels*vec.Values(j.Mosaic.C)),
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
		for y := y0; y < y1; y++ {
			m.differ(here, y, x0, min(x0+blockPixels, m.job.Mosaic.W), sampling)
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

// differ adds the differences of some of the block's pairs on the pixels [x0,x1) of row y.
func (m *matcher) differ(here []int32, y, x0, x1 int, sampling bool) {
	m.row, m.met = m.row[:0], m.met[:0]
	for _, k := range here {
		q := &m.block[k]
		if !q.wants(y, sampling) {
			continue
		}
		a, b := m.spans.cut(int(q.i), y, x0, x1)
		if a, b = m.spans.cut(int(q.j), y, a, b); a < b {
			m.need(q.i, a, b)
			m.need(q.j, a, b)
			m.met = append(m.met, k)
		}
	}
	for slot, i := range m.row {
		m.fill(slot, i, y, sampling)
	}
	lanes := vec.Values(m.job.Mosaic.C)
	for _, k := range m.met {
		q := &m.block[k]
		s, t := &m.shown[q.i], &m.shown[q.j]
		x0, x1 := max(s.a, t.a), min(s.b, t.b)
		if x0 >= x1 {
			continue
		}
		a, b := s.cut(x0-s.a, x1-s.a, lanes), t.cut(x0-t.a, x1-t.a, lanes)
		if sampling {
			q.addSample(x0, y, a.exact, b.exact)
		} else {
			q.add(&a, &b, m.within)
		}
	}
	for _, i := range m.row {
		m.shown[i].a, m.shown[i].b = 0, 0
	}
}

// wants reports whether the pair has row y, and its sample, too.
func (p *pair) wants(y int, sampling bool) bool {
	return y >= p.y0 && y < p.y1 && (!sampling || y%p.stepY == 0)
}

// need adds [a,b) to the pixels of the block's i-th tile that are wanted of the current row.
func (m *matcher) need(i int32, a, b int) {
	s := &m.shown[i]
	if s.a == s.b {
		s.a, s.b = a, b
		m.row = append(m.row, i)
		return
	}
	s.a, s.b = min(s.a, a), max(s.b, b)
}

// fill warps the needed pixels of the block's i-th tile into a slot.
func (m *matcher) fill(slot int, i int32, y int, sampling bool) {
	s, lanes := &m.shown[i], vec.Values(m.job.Mosaic.C)
	if slot == len(m.slots) {
		n := blockPixels * lanes
		m.slots = append(m.slots, values{exact: make([]float64, n), near: make([]float32, n)})
	}
	s.values = m.slots[slot]
	s.a, s.b = m.warp.warpRow(m.job, m.tiles[i], m.plane, y, s.a, s.b, s.exact, m.full[m.tiles[i]])
	if !sampling {
		vec.Narrow(s.near, &s.most, s.exact[:lanes*(s.b-s.a)])
	}
}
