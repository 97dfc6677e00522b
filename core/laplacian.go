package core

import (
	"math"
	"slices"
)

// laplacian is that of a graph of tiles and edges, and what solves L x = d for one connected
// group of it after the other: conjugate gradients, preconditioned by an incomplete Cholesky
// factor without fill, IC(0) (Meijerink & van der Vorst 1977, Math. Comp. 31, 148), which such
// a matrix always has. In the order of the search below a group without circles is solved
// exactly. Time and memory are about linear in tiles and edges. The order of all sums is
// fixed, and their products are rounded: the same bits on every processor.
type laplacian struct {
	first     []int32   // of each tile's neighbours, and their end
	neighbour []int32   // both ways
	pull      []float64 // d, of each tile

	row    []int32 // of each tile of the current group: its place in the order of elimination
	start  []int32 // of each row below, and its end
	col    []int32 // its columns, ascending, all lower than the row
	low    []float64
	degree []float64 // of each row
	pivot  []float64
	b      []float64 // right side
	x      []float64 // solution
	r      []float64 // residual
	z      []float64 // r, preconditioned
	p      []float64 // direction
	q      []float64 // L p
}

// offsetBytes is the scratch for the offsets of so many tiles and pairs.
func offsetBytes(tiles, pairs int) int64 { return 112*int64(tiles+1) + 48*int64(pairs) }

func newLaplacian(tiles int, edges []edge) *laplacian {
	s := &laplacian{first: make([]int32, tiles+1), neighbour: make([]int32, 2*len(edges)),
		pull: make([]float64, tiles), row: make([]int32, tiles), col: make([]int32, 0, len(edges)),
		low: make([]float64, 0, len(edges)), start: make([]int32, 0, tiles+1)}
	for _, v := range []*[]float64{&s.degree, &s.pivot, &s.b, &s.x, &s.r, &s.z, &s.p, &s.q} {
		*v = make([]float64, tiles)
	}
	for _, e := range edges {
		s.first[e.i+1]++
		s.first[e.j+1]++
		s.pull[e.i] += e.median
		s.pull[e.j] -= e.median
	}
	for i := range tiles {
		s.first[i+1] += s.first[i]
	}
	next := slices.Clone(s.first)
	for _, e := range edges {
		s.neighbour[next[e.i]] = int32(e.j)
		s.neighbour[next[e.j]] = int32(e.i)
		next[e.i]++
		next[e.j]++
	}
	return s
}

func (s *laplacian) neighbours(i int32) []int32 { return s.neighbour[s.first[i]:s.first[i+1]] }

// groups returns the tiles of every group, each in the order in which a search by breadth
// from its first tile finds them.
func (s *laplacian) groups(group []int) [][]int32 {
	var all [][]int32
	order := make([]int32, 0, len(group))
	for i, g := range group {
		if g < len(all) {
			continue
		}
		from := len(order)
		order = append(order, int32(i))
		s.row[i] = 1
		for k := from; k < len(order); k++ {
			for _, n := range s.neighbours(order[k]) {
				if s.row[n] == 0 {
					s.row[n] = 1
					order = append(order, n)
				}
			}
		}
		all = append(all, order[from:])
	}
	return all
}

// solve writes a solution for a group to x, the one that is 0 at its first tile.
func (s *laplacian) solve(x []float64, tiles []int32, stop func() bool) error {
	if err := s.factor(tiles, stop); err != nil {
		return err
	}
	n := len(tiles) - 1
	s.b, s.x, s.r, s.z = s.b[:n], s.x[:n], s.r[:n], s.z[:n]
	s.p, s.q = s.p[:n], s.q[:n]
	most := 0.0
	for _, t := range tiles[1:] {
		most = max(most, math.Abs(s.pull[t]))
	}
	_, size := math.Frexp(most) // else squares of large or small numbers are none
	for _, t := range tiles[1:] {
		s.b[s.row[t]] = math.Ldexp(s.pull[t], -size)
	}
	clear(s.x)
	copy(s.r, s.b)
	for range 2 { // again from the true residual, which the first descent loses sight of
		if err := s.descend(1e-8*math.Sqrt(dot(s.r, s.r)), stop); err != nil {
			return err
		}
		s.times(s.q, s.x)
		for i := range s.r {
			s.r[i] = s.b[i] - s.q[i]
		}
	}
	x[tiles[0]] = 0
	for _, t := range tiles[1:] {
		x[t] = math.Ldexp(s.x[s.row[t]], size)
	}
	return nil
}

// factor writes the incomplete factor L D Lᵀ, L with ones on its diagonal, of the matrix of a
// group without its first tile, the search's last tile first.
func (s *laplacian) factor(tiles []int32, stop func() bool) error {
	n := len(tiles) - 1
	for k, t := range tiles {
		s.row[t] = int32(n - k)
	}
	s.start, s.col, s.low, s.pivot, s.q = append(s.start[:0], 0), s.col[:0], s.low[:0], s.pivot[:n], s.q[:n]
	s.degree = s.degree[:n]
	w := s.q // the current row of L D
	clear(w)
	for i := range int32(n) {
		if i%4096 == 0 && stop() {
			return ErrCancelled
		}
		t := tiles[n-int(i)]
		from := len(s.col)
		for _, other := range s.neighbours(t) {
			if j := s.row[other]; j < i {
				s.col = append(s.col, j)
			}
		}
		row := s.col[from:]
		slices.Sort(row)
		s.degree[i] = float64(len(s.neighbours(t)))
		d := s.degree[i]
		for _, j := range row {
			sum := -1.0
			for k := s.start[j]; k < s.start[j+1]; k++ {
				sum -= float64(s.low[k] * w[s.col[k]])
			}
			w[j] = sum
			l := sum / s.pivot[j]
			d -= float64(l * sum)
			s.low = append(s.low, l)
		}
		for _, j := range row {
			w[j] = 0
		}
		s.pivot[i] = d
		s.start = append(s.start, int32(len(s.col)))
	}
	return nil
}

// descend moves x until the residual r, which goes with it, is no larger than tolerance.
func (s *laplacian) descend(tolerance float64, stop func() bool) error {
	s.precondition(s.z, s.r)
	copy(s.p, s.z)
	rz := dot(s.r, s.z)
	for range 10 * (len(s.r) + 10) {
		if !(math.Sqrt(dot(s.r, s.r)) > tolerance) {
			return nil
		}
		if stop() {
			return ErrCancelled
		}
		s.times(s.q, s.p)
		step := rz / dot(s.p, s.q)
		for i := range s.x {
			s.x[i] += float64(step * s.p[i])
			s.r[i] -= float64(step * s.q[i])
		}
		s.precondition(s.z, s.r)
		next := dot(s.r, s.z)
		turn := next / rz
		for i := range s.p {
			s.p[i] = s.z[i] + float64(turn*s.p[i])
		}
		rz = next
	}
	return nil
}

// times writes the group's matrix times x to y: the factor's rows are those of its lower part.
func (s *laplacian) times(y, x []float64) {
	for i := range y {
		y[i] = float64(s.degree[i] * x[i])
	}
	for i := range y {
		for _, j := range s.col[s.start[i]:s.start[i+1]] {
			y[i] -= x[j]
			y[j] -= x[i]
		}
	}
}

// precondition writes to z the solution of L D Lᵀ z = r.
func (s *laplacian) precondition(z, r []float64) {
	for i := range z {
		sum := r[i]
		for k := s.start[i]; k < s.start[i+1]; k++ {
			sum -= float64(s.low[k] * z[s.col[k]])
		}
		z[i] = sum
	}
	for i := range z {
		z[i] /= s.pivot[i]
	}
	for i := len(z) - 1; i >= 0; i-- {
		for k := s.start[i]; k < s.start[i+1]; k++ {
			z[s.col[k]] -= float64(s.low[k] * z[i])
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}
