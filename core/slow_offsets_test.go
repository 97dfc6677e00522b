package core

import "slices"

// slowOffsets returns the constants c, one per tile, that minimise
//
//	sum over edges (c_i - c_j - median)²
//
// with mean 0 in each group: the solution of (L + J/n) c = d per group of n
// tiles, L the Laplacian of the edges, J all ones, d_i the sum of the medians
// from i.
func slowOffsets(group []int, edges []edge) []float64 {
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
		laplacian, c := slices.Repeat([]float64{1 / float64(n)}, n*n), make([]float64, n)
		for _, e := range of[g] {
			a, b := place[e.i], place[e.j] // a < b: the upper triangle
			laplacian[a*n+a]++
			laplacian[b*n+b]++
			laplacian[a*n+b]--
			c[a] += e.median
			c[b] -= e.median
		}
		solvePositive(laplacian, c)
		for a, i := range tiles {
			level[i] = c[a]
		}
	}
	return level
}

// solvePositive writes to b [n] the solution x of A x = b, for a symmetric and positive
// definite A [n,n] whose upper triangle it takes from a, and loses: by elimination, for
// which such a matrix wants no pivots (Golub & Van Loan 2013, "Matrix Computations", 4.2).
// The order of the sums is fixed, and their products are rounded, so that the bits are
// the same on every processor.
func solvePositive(a, b []float64) {
	n := len(b)
	for k := range n {
		pivot := a[k*n:][:n]
		for i := k + 1; i < n; i++ {
			share, row := pivot[i]/pivot[k], a[i*n:][:n]
			for j := i; j < n; j++ {
				row[j] -= float64(share * pivot[j])
			}
			b[i] -= float64(share * b[k])
		}
	}
	for k := n - 1; k >= 0; k-- {
		row := a[k*n:][:n]
		for j := k + 1; j < n; j++ {
			b[k] -= float64(row[j] * b[j])
		}
		b[k] /= row[k]
	}
}
