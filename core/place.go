package core

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// freeRoom is for tiles from sources where the job sets no bound.
	freeRoom = 1 << 30
	// sourceRows and leastRows are the rows of a chunk of such tiles where the job does not
	// say; the fewer they are, the fewer tiles are needed at a time.
	sourceRows, leastRows = 64, blockRows
	leastColumns          = blockPixels
)

// sourced is what a plan adds for tiles that come from sources.
type sourced struct {
	schedule *schedule
	kinds    int     // which parts of tiles it has read
	visits   []*pair // in the order of being matched
	room     int64   // for tiles, and what the schedule itself takes
	whole    int64   // bytes of all tiles, where they fit and are read beforehand, or of their holes; else 0
	ahead    int     // window of chunks
}

// firstChunk is the place of the coadd's first chunk in the schedule.
func (s *sourced) firstChunk() int {
	if s.schedule == nil {
		return 0
	}
	return s.schedule.turn
}

// tileBytes is what the tiles that are resident take at a time.
func (s *sourced) tileBytes() int64 {
	if s.schedule == nil {
		return s.whole
	}
	return s.schedule.bytes()
}

// sourceKinds are the parts of tiles that match, coadd or first pass read from sources.
func (j *Job) sourceKinds(stages Stages) (kinds int, bytes []int64, some bool) {
	switch {
	case stages == RunFirst:
		kinds = readsMasks
	case stages&(RunMatch|RunCoadd) != 0:
		kinds = readsImages
	default:
		return 0, nil, false
	}
	bytes, some = j.residentBytes(kinds)
	return kinds, bytes, some
}

// place cuts the output up for tiles that come from sources: so that all workers' chunks fit
// the budget, else fewer workers', and that the fewest bytes are read. What it decides does not
// depend on what a call finds known or done already, so that a later one can go on.
func (p *Plan) place(j *Job, stages Stages, stop *patience) error {
	kinds, bytes, some := j.sourceKinds(stages)
	if !some {
		if bytes != nil {
			p.whole = p.onceBytes(j, bytes)
		}
		return nil
	}
	p.kinds = kinds
	rows := max(sourceRows, j.RowsPerChunk) // of a chunk, at most
	if stages == RunFirst {
		return p.placeChunks(j, bytes, counterBytes(j, rows), 0, 0, stop)
	}
	coadd := coaddBytes(j, rows)
	scratch, shared, least := coadd, int64(0), int64(0)
	if !j.KeepBackground {
		var err error
		if p.pairs, err = j.overlaps(stop); err != nil {
			return err
		}
		scratch, least = max(scratch, pairwiseBytes(j)), 2*slices.Max(bytes)
		shared = offsetBytes(len(j.Tiles), len(p.pairs)) + 2*needBytes*int64(len(p.pairs))
	}
	if p.placeWhole(j, bytes, coadd) {
		return nil
	}
	return p.placeChunks(j, bytes, scratch, shared, least, stop)
}

// placeChunks sets workers and layout for tiles that are read as chunks need them: scratch is
// a worker's, shared that of all, least what the tiles take at least.
func (p *Plan) placeChunks(j *Job, bytes []int64, scratch, shared, least int64, stop *patience) error {
	for ; ; p.Workers /= 2 {
		p.ahead = p.Workers + p.Workers/2
		p.room = freeRoom
		taken := shared + scratch*int64(p.Workers)
		if j.MaxChunkBytes > 0 {
			p.room = j.MaxChunkBytes - taken
		}
		need, err := p.bestLayout(j, bytes, stop)
		if err != nil {
			return err
		}
		need = max(need, least)
		if j.MaxChunkBytes == 0 {
			p.room = max(p.room, need)
		}
		if need <= p.room {
			return nil
		}
		if p.Workers == 1 {
			return fmt.Errorf("%w: max_chunk_bytes = %d, want at least %d for the tiles of a chunk of %d rows and %d columns",
				ErrBudget, j.MaxChunkBytes, taken+need, p.layout.rows, p.layout.cols)
		}
	}
}

// placeWhole reports whether all tiles fit beside what match and coadd take of tiles in memory.
// They are then read beforehand, each once, and warped once for all of their pairs.
func (p *Plan) placeWhole(j *Job, bytes []int64, coadd int64) bool {
	all, other := p.onceBytes(j, bytes), coadd*int64(p.Workers)
	if !j.KeepBackground {
		least, _, kept := medianBytes(j, p.pairs)
		other = max(other, matchBytes(j, leastStrip, j.crowds(), least)*int64(p.Workers)+kept, offsetBytes(len(j.Tiles), len(p.pairs)))
	}
	if j.MaxChunkBytes == 0 && all > freeRoom || j.MaxChunkBytes > 0 && all+other > j.MaxChunkBytes {
		return false
	}
	p.whole, p.layout = all, p.layouts(j)[0]
	return true
}

// onceBytes is what all tiles take that lie on the output.
func (p *Plan) onceBytes(j *Job, bytes []int64) int64 {
	all := int64(0)
	for i := range j.Tiles {
		if j.Tiles[i].Map.area(p.layout.h, p.layout.w) > 0 {
			all += bytes[i]
		}
	}
	return all
}

// bestLayout sets the layout whose tiles fit the room and are read least, the widest of equals,
// and returns the room that it needs; where none fits, the one that needs least.
func (p *Plan) bestLayout(j *Job, bytes []int64, stop *patience) (need int64, err error) {
	once := p.onceBytes(j, bytes)
	best, read := p.layout, int64(-1)
	for k, l := range p.layouts(j) {
		if read == once {
			break
		}
		if err := l.ask(j); err != nil {
			return 0, err
		}
		s := schedule{needs: l.needs(j.Tiles), window: [2]int{1, p.ahead}}
		if err := stop.ask(); err != nil {
			return 0, err
		}
		wants := s.together(bytes, p.ahead) + s.overhead()
		if wants > p.room {
			if k == 0 || read < 0 && wants < need {
				best, need = l, wants
			}
			continue
		}
		if err := s.settle(bytes, p.room, nil, stop); err != nil {
			return 0, err
		}
		if read < 0 || s.read < read {
			best, need, read = l, wants, s.read
		}
	}
	p.layout = best
	return need, nil
}

// layouts are those to choose from, from wide and high to narrow and low.
func (p *Plan) layouts(j *Job) []layout {
	rows := []int{sourceRows, leastRows}
	if j.RowsPerChunk > 0 {
		rows = []int{j.RowsPerChunk}
	}
	columns := []int{p.layout.w}
	for n := leastColumns; n < p.layout.w; n *= 2 {
		columns = slices.Insert(columns, 1, n)
	}
	var all []layout
	for _, c := range columns {
		for _, r := range rows {
			all = append(all, layout{h: p.layout.h, w: p.layout.w, rows: min(r, p.layout.h), cols: c})
		}
	}
	return all
}

// schedules plans when tiles are read, in the room that there is.
func (p *Plan) schedules(j *Job, stages Stages, stop *patience) error {
	_, bytes, some := j.sourceKinds(stages)
	if !some || p.whole > 0 {
		return nil
	}
	var chunks needs
	if stages&(RunCoadd|RunFirst) != 0 {
		if err := p.layout.ask(j); err != nil {
			return err
		}
		chunks = p.layout.needs(j.Tiles)
	}
	if stages == RunFirst || !j.matches(stages) {
		return p.settle(j, bytes, 1, chunks, stop)
	}
	// Tile by tile is best where those that meet fit, else many at a time.
	for _, batch := range []int{1, max(1, int(p.room/max(1, 2*slices.Max(bytes))))} {
		visits, first := p.visit(j, batch)
		other := *p
		other.visits = visits
		window := p.ahead
		for window > 1 && first.together(bytes, window)+needBytes*int64(len(first.tile)+len(chunks.tile)) > p.room {
			window /= 2
		}
		if err := other.settle(j, bytes, window, chunks.after(first), stop); err != nil {
			return err
		}
		if p.schedule == nil || other.schedule.read < p.schedule.read {
			*p = other
		}
	}
	return nil
}

// reads is how many bytes the stages read: each mask once for its gain, and what the schedule
// says.
func (p *Plan) reads(j *Job, stages Stages) int64 {
	bytes := int64(0)
	for i := range j.Tiles {
		t := &j.Tiles[i]
		if stages&RunGains != 0 && t.MaskSource != nil && t.Map.area(j.Coverage.H, j.Coverage.W) > 0 {
			bytes += 4 * int64(t.Mask.samples())
		}
	}
	kinds, _, some := j.sourceKinds(stages)
	if !some {
		return bytes
	}
	once, _ := j.sourceBytes(kinds)
	if p.schedule == nil {
		return bytes + p.onceBytes(j, once)
	}
	for _, s := range p.schedule.stays {
		bytes += once[s.tile]
	}
	return bytes
}

// settle plays the visits, in a window of so many, and the chunks through.
func (p *Plan) settle(j *Job, bytes []int64, window int, all needs, stop *patience) error {
	turn := len(p.visits)
	var skip func(k int) bool
	if len(j.ChunksDone) == p.layout.total() {
		skip = func(k int) bool { return k >= turn && j.ChunksDone[p.layout.at(k-turn)] != 0 }
	}
	p.schedule = &schedule{needs: all, turn: turn, window: [2]int{window, p.ahead}}
	return p.schedule.settle(bytes, p.room, skip, stop)
}

// visit returns an order of the pairs, and which tiles they need: so many tiles at a time,
// against the order of the coadd, so that those at the turn stay, with those before them.
func (p *Plan) visit(j *Job, batch int) ([]*pair, needs) {
	last := make([]int, len(j.Tiles)) // place of the coadd that needs the tile
	order := make([]int, len(j.Tiles))
	for i := range j.Tiles {
		order[i] = i
		p.layout.places(&j.Tiles[i], func(k int) { last[i] = max(last[i], k) })
	}
	slices.SortStableFunc(order, func(a, b int) int { return last[b] - last[a] })
	rank := last
	for k, i := range order {
		rank[i] = k
	}
	visits := slices.Clone(p.pairs)
	slices.SortFunc(visits, func(a, b *pair) int {
		a0, a1 := min(rank[a.i], rank[a.j]), max(rank[a.i], rank[a.j])
		b0, b1 := min(rank[b.i], rank[b.j]), max(rank[b.i], rank[b.j])
		return cmp.Or(a1/batch-b1/batch, a0-b0, a1-b1)
	})
	n := needs{start: []int{0}}
	for _, q := range visits {
		n.tile = append(n.tile, int32(q.i), int32(q.j))
		n.start = append(n.start, len(n.tile))
	}
	return visits, n
}
