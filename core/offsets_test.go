package core

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Without it the solution could be another than the levels that were put in.
func TestOffsetsRecoverKnownLevels(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	level := make([]float64, 400)
	sum := 0.0
	for i := range level {
		level[i] = 100 * rng.NormFloat64()
		sum += level[i]
	}
	var edges []edge
	for i := range level {
		level[i] -= sum / float64(len(level))
		for _, j := range []int{i + 1, i + 8} {
			if j < len(level) {
				edges = append(edges, edge{i, j, 0})
			}
		}
	}
	for k := range edges {
		edges[k].median = level[edges[k].i] - level[edges[k].j]
	}
	got := solved(t, len(level), edges)
	for i := range got {
		if math.Abs(got[i]-level[i]) > 1e-11 {
			t.Errorf("offset %d = %v, want %v", i, got[i], level[i])
		}
	}
}

// Without it inconsistent medians could be met at another point than the least
// squares one: there every tile's residuals sum to 0.
func TestOffsetsAreTheLeastSquares(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	var edges []edge
	for i := range 12 {
		for j := i + 1; j < 12; j++ {
			if rng.IntN(3) == 0 {
				edges = append(edges, edge{i, j, rng.NormFloat64()})
			}
		}
	}
	group := components(12, edges)
	c := solved(t, 12, edges)
	residual, mean := make([]float64, 12), make([]float64, 12)
	for _, e := range edges {
		r := c[e.i] - c[e.j] - e.median
		residual[e.i] += r
		residual[e.j] -= r
	}
	for i, g := range group {
		mean[g] += c[i]
		if math.Abs(residual[i]) > 1e-12 {
			t.Errorf("tile %d is pulled by %g", i, residual[i])
		}
	}
	for g, m := range mean {
		if math.Abs(m) > 1e-12 {
			t.Errorf("group %d has mean %g", g, m)
		}
	}
}

// solved returns the offsets by the way that the library takes.
func solved(t *testing.T, tiles int, edges []edge) []float64 {
	t.Helper()
	c, err := solveOffsets(components(tiles, edges), edges, func() bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Without it the sparse solution could lose digits, or end too early, on some kind of mosaic.
func TestOffsetsAreThoseOfTheDirectSolution(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	link := func(i, j int) edge { return edge{min(i, j), max(i, j), 100 * rng.NormFloat64()} }
	kinds := map[string]func(tiles int) []edge{
		"grid": func(tiles int) (edges []edge) {
			for i := range tiles {
				for _, j := range []int{i + 1, i + 23, i + 24} {
					if j < tiles {
						edges = append(edges, link(i, j))
					}
				}
			}
			return edges
		},
		"chain": func(tiles int) (edges []edge) {
			for i := range tiles - 1 {
				edges = append(edges, link(i, i+1))
			}
			return edges
		},
		"ring": func(tiles int) (edges []edge) {
			for i := range tiles {
				edges = append(edges, link(i, (i+1)%tiles))
			}
			return edges
		},
		"deep": func(tiles int) (edges []edge) {
			for i := range tiles {
				for j := i + 1; j < min(i+60, tiles); j++ {
					edges = append(edges, link(i, j))
				}
			}
			return edges
		},
		"star": func(tiles int) (edges []edge) {
			for i := range tiles - 1 {
				edges = append(edges, link(tiles/2, (tiles/2+1+i)%tiles))
			}
			return edges
		},
		"islands": func(tiles int) (edges []edge) {
			for i := range tiles {
				if j := i + 7*(1+rng.IntN(3)); j < tiles {
					edges = append(edges, link(i, j))
				}
			}
			return edges
		},
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) { // the same numbers at every run
		kind := kinds[name]
		for _, tiles := range []int{3, 40, 700} {
			order, edges := rng.Perm(tiles), kind(tiles)
			for k, e := range edges {
				edges[k] = edge{min(order[e.i], order[e.j]), max(order[e.i], order[e.j]), e.median}
			}
			got, group := solved(t, tiles, edges), components(tiles, edges)
			want := slowOffsets(group, edges)
			for g := range slices.Max(group) + 1 {
				worst, low, high := 0.0, math.Inf(1), math.Inf(-1)
				for i, c := range want {
					if group[i] == g {
						worst, low, high = max(worst, math.Abs(got[i]-c)), min(low, c), max(high, c)
					}
				}
				if !(worst <= 1e-9*(high-low)) { // MATHS.md's bound; a long chain takes the direct one to 1e-10
					t.Errorf("%s of %d, group %d: %g off, the range is %g", name, tiles, g, worst, high-low)
				}
			}
		}
	}
}

// Without it medians of 1e300, or of 1e-300, had no offsets: their squares are no numbers.
func TestOffsetsOfAnySizeAreThoseOfOrdinaryOnes(t *testing.T) {
	edges := []edge{{0, 1, 3}, {1, 2, -1.5}, {0, 2, 7}, {2, 3, 0.25}, {0, 3, 1}}
	want := solved(t, 4, edges)
	for _, size := range []int{-1000, 1000} {
		scaled := slices.Clone(edges)
		for k := range scaled {
			scaled[k].median = math.Ldexp(scaled[k].median, size)
		}
		for i, c := range solved(t, 4, scaled) {
			if c != math.Ldexp(want[i], size) {
				t.Errorf("times 2^%d: offset %d is %g, want %g", size, i, c, math.Ldexp(want[i], size))
			}
		}
	}
}

// Without it Ctrl-C waits for the end of the largest mosaics' solution.
func TestOffsetsEndWhereTheyAreStopped(t *testing.T) {
	edges := []edge{{0, 1, 1}, {1, 2, 2}, {0, 2, 5}}
	_, err := solveOffsets(components(3, edges), edges, func() bool { return true })
	if !errors.Is(err, ErrCancelled) {
		t.Errorf("%v, want ErrCancelled", err)
	}
}

// Without it the elimination could lose digits where a mosaic is a long strip.
func TestEliminationEqualsGonumsCholesky(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, n := range []int{1, 2, 3, 30, 300} {
		a, b := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
		for i := range n {
			a.SetSym(i, i, 2+1/float64(n))
			b.SetVec(i, rng.Float64()-0.5)
			for j := range i {
				a.SetSym(j, i, 1/float64(n)-float64((j+1)/i))
			}
		}
		var cholesky mat.Cholesky
		var want mat.VecDense
		if !cholesky.Factorize(a) || cholesky.SolveVecTo(&want, b) != nil {
			t.Fatal("no solution")
		}
		got := slices.Clone(b.RawVector().Data)
		solvePositive(slices.Clone(a.RawSymmetric().Data), got)
		for i, x := range got {
			if !(math.Abs(x-want.AtVec(i)) <= 1e-11*mat.Norm(&want, math.Inf(1))) {
				t.Errorf("%d unknowns: the %d-th is %v, want %v", n, i, x, want.AtVec(i))
			}
		}
	}
}

// Without it tiles of two islands could be tied, or one island split.
func TestComponentsNumberIslandsByTheirFirstTile(t *testing.T) {
	got := components(7, []edge{{5, 6, 0}, {2, 4, 0}, {0, 4, 0}})
	if want := []int{0, 1, 0, 2, 0, 3, 3}; !slices.Equal(got, want) {
		t.Errorf("components = %v, want %v", got, want)
	}
}
