package core

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// solve writes the offsets and groups of the job from the medians of the pairs.
func (p *pass) solve(pairs []*pair) error {
	j := p.job
	channels := j.Mosaic.C
	bytes := offsetBytes(len(j.Tiles))
	if err := p.acquire(bytes); err != nil {
		return err
	}
	defer p.release(bytes)
	for c := range channels {
		var edges []edge
		for _, q := range pairs {
			if k := &q.channel[c]; k.found {
				edges = append(edges, edge{q.i, q.j, k.median})
			}
		}
		group := components(len(j.Tiles), edges)
		level, err := solveOffsets(group, edges)
		if err != nil {
			return err
		}
		for i, o := range level {
			p.offsets[i*channels+c] = o
		}
		if c == 0 {
			p.group = group
		}
	}
	return nil
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
// with mean 0 in each group: the solution of (L + J/n) c = d per group of n
// tiles, L the Laplacian of the edges, J all ones, d_i the sum of the medians
// from i. reproject aims at the same minimum by descent.
func solveOffsets(group []int, edges []edge) ([]float64, error) {
	level := make([]float64, len(group))
	members := map[int][]int{}
	place := make([]int, len(group)) // of a tile among its group's
	for i, g := range group {
		place[i] = len(members[g])
		members[g] = append(members[g], i)
	}
	of := map[int][]edge{}
	for _, e := range edges {
		of[group[e.i]] = append(of[group[e.i]], e)
	}
	for g := range len(members) {
		tiles := members[g]
		n := len(tiles)
		if n == 1 {
			continue
		}
		laplacian := mat.NewSymDense(n, nil)
		for a := range n {
			for b := a; b < n; b++ {
				laplacian.SetSym(a, b, 1/float64(n))
			}
		}
		d := mat.NewVecDense(n, nil)
		for _, e := range of[g] {
			a, b := place[e.i], place[e.j]
			laplacian.SetSym(a, a, laplacian.At(a, a)+1)
			laplacian.SetSym(b, b, laplacian.At(b, b)+1)
			laplacian.SetSym(a, b, laplacian.At(a, b)-1)
			d.SetVec(a, d.AtVec(a)+e.median)
			d.SetVec(b, d.AtVec(b)-e.median)
		}
		var cholesky mat.Cholesky
		if !cholesky.Factorize(laplacian) {
			return nil, fmt.Errorf("%w: the offsets of a group of %d tiles have no solution", ErrInternal, n)
		}
		var c mat.VecDense
		if err := cholesky.SolveVecTo(&c, d); err != nil {
			return nil, fmt.Errorf("%w: the offsets of a group of %d tiles: %v", ErrInternal, n, err)
		}
		for a, i := range tiles {
			level[i] = c.AtVec(a)
		}
	}
	return level, nil
}

// offsetBytes is the scratch of the largest possible group.
func offsetBytes(tiles int) int64 { return 2 * 8 * int64(tiles) * int64(tiles) }
