package core

import (
	"cmp"
	"slices"
)

// overlaps lists the pairs of tiles whose boxes, cut to the mosaic, have a pixel in
// common, in the order of i, then j.
func (j *Job) overlaps(stop *patience) ([]*pair, error) {
	if j.PairsWanted != nil {
		return j.wanted()
	}
	others, err := j.others(stop)
	if err != nil {
		return nil, err
	}
	columns := j.sampleColumns()
	pairs := make([]*pair, 0, len(others.tile))
	for a := range others.tasks() {
		some := others.tile[others.start[a]:others.start[a+1]]
		slices.Sort(some)
		for _, b := range some {
			if err := stop.spend(1); err != nil {
				return nil, err
			}
			pairs = append(pairs, j.overlap(a, int(b), columns))
		}
	}
	return pairs, nil
}

// others returns, for every tile i, which tiles j > i it overlaps.
func (j *Job) others(stop *patience) (needs, error) {
	found := make([][2]int32, 0, len(j.Tiles))
	n := needs{start: make([]int, len(j.Tiles)+1)}
	s := j.newSweep(stop)
	err := s.run(func(a, b int32) error {
		if n := len(found); n >= manyPairs && n&(n-1) == 0 {
			if err := j.room(int64(n) * pairBytes(j.Mosaic.C)); err != nil {
				return err
			}
		}
		found = append(found, [2]int32{min(a, b), max(a, b)})
		n.start[min(a, b)+1]++
		return nil
	})
	if err != nil {
		return n, err
	}
	for i := range j.Tiles {
		n.start[i+1] += n.start[i]
	}
	n.tile = make([]int32, len(found))
	next := slices.Clone(n.start)
	for _, f := range found {
		n.tile[next[f[0]]] = f[1]
		next[f[0]]++
	}
	return n, nil
}

// sweep meets the boxes of a job's tiles, cut to the mosaic, by their first rows. Those whose
// last row has not come are active, in each of the bins of columns that they have pixels of.
type sweep struct {
	box    []box
	order  []int32
	width  int // of a bin
	active [][]int32
	stop   *patience
}

func (j *Job) newSweep(stop *patience) *sweep {
	s := &sweep{box: make([]box, len(j.Tiles)), stop: stop}
	cols := 0
	for i := range j.Tiles {
		b := &s.box[i]
		if b.x0, b.y0, b.x1, b.y1 = j.Tiles[i].Map.Clip(j.Mosaic.H, j.Mosaic.W); b.x0 < b.x1 && b.y0 < b.y1 {
			s.order = append(s.order, int32(i))
			cols += b.x1 - b.x0
		}
	}
	slices.SortFunc(s.order, func(a, b int32) int { return cmp.Or(s.box[a].y0-s.box[b].y0, int(a-b)) })
	if n := len(s.order); n > 0 { // a bin is as wide as a tile is, and there are no more of them than tiles
		s.width = max(cols/n, j.Mosaic.W/n, 1)
		s.active = make([][]int32, (j.Mosaic.W-1)/s.width+1)
	}
	return s
}

// run calls f for every two boxes that have a pixel in common, once.
func (s *sweep) run(f func(a, b int32) error) error {
	for _, i := range s.order {
		b := s.box[i]
		for bin := b.x0 / s.width; bin <= (b.x1-1)/s.width; bin++ {
			still := s.active[bin][:0]
			for _, k := range s.active[bin] {
				other := s.box[k]
				if other.y1 <= b.y0 {
					continue
				}
				still = append(still, k)
				x0 := max(b.x0, other.x0)
				if x0 >= min(b.x1, other.x1) || x0/s.width != bin { // the bin of the first common pixel tells
					continue
				}
				if err := f(k, i); err != nil {
					return err
				}
			}
			if err := s.stop.spend(len(s.active[bin]) + 1); err != nil {
				return err
			}
			s.active[bin] = append(still, i)
		}
	}
	return nil
}
