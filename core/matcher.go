package core

import (
	"context"
	"slices"

	"zetwopass/core/vec"
)

// matcher warps tiles, a block of a row at a time; it belongs to one worker.
type matcher struct {
	job     *Job
	warp    *warper
	pixels  int      // of a strip's rows
	slots   []values // [stripRows*pixels, lanes], of one tile each
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

func newMatcher(p *pass) *matcher {
	j, pixels := p.job, p.plan.stripPixels
	return &matcher{
		job:    j,
		warp:   newWarper(maxNodes(j.Tiles), stripRows*pixels),
		pixels: pixels,
		room:   newRoom(stripRows, pixels, vec.Values(j.Mosaic.C)),
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
func (m *matcher) rows(ctx context.Context, pairs []*pair, y0, y1 int, look look) error {
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
		for x := x0; x < x1; x += m.pixels {
			for y := y0; y < y1; y += stripRows {
				m.differ(here, y, min(y+stripRows, y1), x, min(x+m.pixels, x1), look)
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
// [y0,y1), at most a strip's.
func (m *matcher) differ(here []int32, y0, y1, x0, x1 int, look look) {
	m.strip, m.met = m.strip[:0], m.met[:0]
	for _, k := range here {
		if q := &m.block[k]; m.meet(q, look, y0, y1, x0, x1) {
			m.want(q.i)
			m.want(q.j)
			m.met = append(m.met, k)
		}
	}
	columns := m.block[here[0]].grid[look].x // all of a sweep's pairs have the same
	for n, i := range m.strip {
		m.fill(n, i, y0, columns)
	}
	for n, k := range m.met {
		q := &m.block[k]
		m.fetch(n)
		if s, t := &m.shown[q.i], &m.shown[q.j]; q.lists(look) {
			q.addSample(look, s, t, y0, &m.room)
		} else {
			q.add(look, s, t, y0, &m.room)
		}
	}
	for _, i := range m.strip {
		m.shown[i] = shown{}
	}
}

// fetch has what is known of the pair behind the strip's n-th fetched from memory, as the caches don't
// hold that of all pairs, and of the one behind that where it lies.
func (m *matcher) fetch(n int) {
	if n+1 < len(m.met) {
		next := m.block[m.met[n+1]]
		vec.Fetch(&next.channel[0], len(next.channel))
	}
	if n+2 < len(m.met) {
		vec.Fetch(m.block[m.met[n+2]].pair, 1)
	}
}

// meet adds what the tiles of a pair both show of a strip, on a look's rows, to what is wanted of
// them, and reports whether that is anything.
func (m *matcher) meet(q *met, look look, y0, y1, x0, x1 int) (met bool) {
	s, t := &m.shown[q.i], &m.shown[q.j]
	some, others := &m.spans.rows[q.i], &m.spans.rows[q.j]
	for y := max(y0, q.y0); y < min(y1, q.y1); y++ {
		if !q.grid[look].has(y) {
			continue
		}
		p, r := some[y-m.spans.y], others[y-m.spans.y]
		a, b := max(int(max(p[0], r[0])), x0), min(int(min(p[1], r[1])), x1)
		if a < b {
			s.row[y-y0].add(a, b)
			t.row[y-y0].add(a, b)
			met = true
		}
	}
	return met
}

// want has the block's i-th tile warped for the strip.
func (m *matcher) want(i int32) {
	if s := &m.shown[i]; !s.wanted {
		s.wanted = true
		m.strip = append(m.strip, i)
	}
}

// add takes [a,b) in.
func (p *piece) add(a, b int) {
	if p.a == p.b {
		p.a, p.b = a, b
		return
	}
	p.a, p.b = min(p.a, a), max(p.b, b)
}
