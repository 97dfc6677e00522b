package core

// solve writes the offsets and groups of the job from the medians of the pairs.
func (p *pass) solve(pairs []*pair) error {
	j := p.job
	channels := j.Mosaic.C
	bytes := solveBytes(j, len(pairs))
	if err := p.acquire(bytes); err != nil {
		return err
	}
	defer p.release(bytes)
	found := func(k, c int) (edge, bool) {
		q := pairs[k]
		return edge{q.i, q.j, q.channel[c].median}, q.channel[c].found
	}
	stop := func() bool { return p.ctx.Err() != nil }
	group, err := level(p.offsets, len(j.Tiles), channels, len(pairs), found, stop)
	if err != nil {
		return err
	}
	p.group = group
	if j.Background == PlaneBackground {
		return p.planes(pairs)
	}
	return nil
}

// level writes the offsets [tiles, channels] that level so many pairs, of which found tells each
// in a channel, if it has a median there, and returns the groups of channel 0.
func level(offsets []float64, tiles, channels, pairs int, found func(k, c int) (edge, bool), stop func() bool) (group []int, err error) {
	for c := range channels {
		edges := make([]edge, 0, pairs)
		for k := range pairs {
			if e, ok := found(k, c); ok {
				edges = append(edges, e)
			}
		}
		tied := components(tiles, edges)
		levels, err := solveOffsets(tied, edges, stop)
		if err != nil {
			return nil, err
		}
		for i, o := range levels {
			offsets[i*channels+c] = o
		}
		if c == 0 {
			group = tied
		}
	}
	return group, nil
}

// edge is the median of (tile i - tile j) over their common pixels.
type edge struct {
	i, j   int
	median float64
}

// components numbers the groups of tiles that edges tie together, in the order of
// their first tiles.
func components(tiles int, edges []edge) []int {
	parent := make([]int, tiles)
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, e := range edges {
		a, b := root(e.i), root(e.j)
		parent[max(a, b)] = min(a, b)
	}
	group := make([]int, tiles)
	next := 0
	for i := range group {
		if r := root(i); r == i {
			group[i] = next
			next++
		} else {
			group[i] = group[r]
		}
	}
	return group
}

// solveOffsets returns the constants c, one per tile, that minimise
//
//	sum over edges (c_i - c_j - median)²
//
// with mean 0 in each group: the solution of L c = d per group, L the Laplacian of the
// edges, d_i the sum of the medians from i. reproject aims at the same minimum by descent.
// Where stop says so, it returns ErrCancelled soon.
func solveOffsets(group []int, edges []edge, stop func() bool) ([]float64, error) {
	level := make([]float64, len(group))
	s := newLaplacian(len(group), edges)
	for _, tiles := range s.groups(group) {
		if len(tiles) == 1 {
			continue
		}
		if err := s.solve(level, tiles, stop); err != nil {
			return nil, err
		}
		mean := 0.0
		for _, i := range tiles {
			mean += level[i]
		}
		mean /= float64(len(tiles))
		for _, i := range tiles {
			level[i] -= mean
		}
	}
	return level, nil
}
