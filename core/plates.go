package core

import (
	"math"
	"slices"
)

// strut is a pair of tiles i, j of a part, by their rows in it, with the median of their
// difference and the tie of its seam.
type strut struct {
	i, j   int32
	median float64
	tie
}

// plates are the planes of the n tiles of a part, level + slopeX u + slopeY v, u and v from the
// middle of a tile's box in units of its width and height by sqrt(12): so the squares of the
// slopes are mean squares over the box. They minimise
//
//	sum over struts: (median - difference at the tie's middle)²
//	                 + sum over blocks w (m - mean m - what the slopes differ by there)²
//	+ damping * sum over tiles: slopeX² + slopeY²
//
// without the struts that are left out, by conjugate gradients, preconditioned by an
// incomplete Cholesky factor without fill of 3 x 3 blocks, shifted where it breaks down
// (Manteuffel 1980, Math. Comp. 34, 473). The order of all sums is fixed, and their
// products are rounded: the same bits on every processor.
type plates struct {
	n      int
	struts []strut
	place  [][2]float64 // of each tile, its middle
	size   [][2]float64 // of each tile, its width and height by sqrt(12)

	start       []int32 // of each row's blocks below the diagonal, and its end
	col         []int32 // their columns, ascending
	at          []int32 // of each strut, its block
	diag, pivot []block3
	low, factor []block3
	scale       [][3]float64 // of each row; 0 = the unknown is held at 0
	b, x, r     []vec3
	z, p, q     []vec3
}

type (
	vec3   [3]float64
	block3 [9]float64
)

// platesBytes is the scratch of plates of so many tiles and struts.
func platesBytes(tiles, struts int) int64 {
	return int64(tiles)*(2*sizeOf[block3]()+8*sizeOf[vec3]()+8) + int64(struts)*(2*sizeOf[block3]()+32)
}

func newPlates(struts []strut, place, size [][2]float64) *plates {
	n := len(place)
	s := &plates{n: n, struts: struts, place: place, size: size, start: make([]int32, n+1),
		col: make([]int32, len(struts)), at: make([]int32, len(struts)),
		diag: make([]block3, n), pivot: make([]block3, n),
		low: make([]block3, len(struts)), factor: make([]block3, len(struts)), scale: make([][3]float64, n)}
	for _, v := range []*[]vec3{&s.b, &s.x, &s.r, &s.z, &s.p, &s.q} {
		*v = make([]vec3, n)
	}
	order := make([]int32, len(struts))
	for k := range order {
		order[k] = int32(k)
	}
	row := func(k int32) (int32, int32) {
		return max(struts[k].i, struts[k].j), min(struts[k].i, struts[k].j)
	}
	slices.SortFunc(order, func(a, b int32) int {
		ra, ca := row(a)
		rb, cb := row(b)
		return int(ra-rb)*2*n + int(ca-cb)
	})
	for at, k := range order {
		r, c := row(k)
		s.start[r+1]++
		s.col[at], s.at[k] = c, int32(at)
	}
	for i := range n {
		s.start[i+1] += s.start[i]
	}
	return s
}

// arm returns what the three unknowns of a tile add to its plane at (x,y).
func (s *plates) arm(i int32, x, y float64) vec3 {
	k := &s.scale[i]
	return vec3{k[0], float64((x - s.place[i][0]) * k[1]), float64((y - s.place[i][1]) * k[2])}
}

// assemble makes the matrix and the right side of the struts that are in, with a damping;
// at an infinite one slopes are 0. Of the tiles that are held the level is 0.
func (s *plates) assemble(damping float64, in, held []bool) {
	ridge := 0.0
	if !math.IsInf(damping, 1) {
		ridge = damping
	}
	for i := range s.n {
		s.scale[i] = [3]float64{1, 1 / s.size[i][0], 1 / s.size[i][1]}
		s.diag[i], s.b[i] = block3{0: 0, 4: ridge, 8: ridge}, vec3{}
		if held[i] {
			s.scale[i][0], s.diag[i][0] = 0, 1
		}
		if math.IsInf(damping, 1) {
			s.scale[i][1], s.scale[i][2] = 0, 0
			s.diag[i][4], s.diag[i][8] = 1, 1
		}
	}
	clear(s.low)
	for k := range s.struts {
		if in[k] {
			s.add(k)
		}
	}
}

// add adds a strut to the matrix and the right side.
func (s *plates) add(k int) {
	t := &s.struts[k]
	a, b := s.arm(t.i, t.x, t.y), s.arm(t.j, t.x, t.y)
	ka, kb := &s.scale[t.i], &s.scale[t.j]
	moments := [2][2]float64{{t.xx, t.xy}, {t.xy, t.yy}}
	pull := [2]float64{t.mx, t.my}
	block := func(to *block3, u, v *vec3, ku, kv *[3]float64, sign float64) {
		for r := range 3 {
			for c := range 3 {
				sum := float64(u[r] * v[c])
				if r > 0 && c > 0 {
					sum += float64(float64(ku[r]*kv[c]) * moments[r-1][c-1])
				}
				to[3*r+c] += sign * sum
			}
		}
	}
	block(&s.diag[t.i], &a, &a, ka, ka, 1)
	block(&s.diag[t.j], &b, &b, kb, kb, 1)
	if t.i > t.j {
		block(&s.low[s.at[k]], &a, &b, ka, kb, -1)
	} else {
		block(&s.low[s.at[k]], &b, &a, kb, ka, -1)
	}
	for r := range 3 {
		fa, fb := float64(a[r]*t.median), float64(b[r]*t.median)
		if r > 0 {
			fa += float64(ka[r] * pull[r-1])
			fb += float64(kb[r] * pull[r-1])
		}
		s.b[t.i][r] += fa
		s.b[t.j][r] -= fb
	}
}

// solve moves x, from where it is, to the solution; tolerance is relative to the right side.
// Where stop says so, it returns ErrCancelled soon.
func (s *plates) solve(tolerance float64, stop func() bool) error {
	for shift := 0.0; !s.decompose(shift) && shift < 1e9; shift = max(1e-4, 4*shift) {
	}
	for i := range s.x {
		for c, k := range s.scale[i] {
			if k == 0 {
				s.x[i][c] = 0
			}
		}
	}
	limit := float64(tolerance*tolerance) * dot3(s.b, s.b)
	for range 2 { // again from the true residual, which the first descent loses sight of
		s.times(s.q, s.x)
		for i := range s.r {
			for c := range 3 {
				s.r[i][c] = s.b[i][c] - s.q[i][c]
			}
		}
		if err := s.descend(limit, stop); err != nil {
			return err
		}
	}
	return nil
}

// descend moves x until the square of the residual r, which goes with it, is no larger than
// limit.
func (s *plates) descend(limit float64, stop func() bool) error {
	s.precondition()
	copy(s.p, s.z)
	rz := dot3(s.r, s.z)
	for range 10 * (3*s.n + 10) {
		if !(dot3(s.r, s.r) > limit) || !(rz > 0) {
			return nil
		}
		if stop() {
			return ErrCancelled
		}
		s.times(s.q, s.p)
		step := rz / dot3(s.p, s.q)
		for i := range s.x {
			for c := range 3 {
				s.x[i][c] += float64(step * s.p[i][c])
				s.r[i][c] -= float64(step * s.q[i][c])
			}
		}
		s.precondition()
		next := dot3(s.r, s.z)
		turn := next / rz
		for i := range s.p {
			for c := range 3 {
				s.p[i][c] = s.z[i][c] + float64(turn*s.p[i][c])
			}
		}
		rz = next
	}
	return nil
}

// times writes the matrix times x to y.
func (s *plates) times(y, x []vec3) {
	clear(y)
	for i := range y {
		s.diag[i].addTimes(&y[i], &x[i], 1)
		for k := s.start[i]; k < s.start[i+1]; k++ {
			j := s.col[k]
			s.low[k].addTimes(&y[i], &x[j], 1)
			s.low[k].addTurnedTimes(&y[j], &x[i], 1)
		}
	}
}

// decompose makes the incomplete factor of the matrix with its diagonal larger by a share,
// and reports whether there is one.
func (s *plates) decompose(shift float64) bool {
	for i := range s.n {
		d := s.diag[i]
		for c := range 3 {
			d[4*c] += float64(shift * d[4*c])
		}
		from, end := s.start[i], s.start[i+1]
		for k := from; k < end; k++ { // S_ij = A_ij - sum S_ik L_jkᵀ, and L_ij = S_ij / D_j
			s.factor[k] = s.low[k]
			j := s.col[k]
			for a, b := from, s.start[j]; a < k && b < s.start[j+1]; {
				switch {
				case s.col[a] < s.col[b]:
					a++
				case s.col[a] > s.col[b]:
					b++
				default:
					s.factor[k].subTurned(&s.factor[a], &s.factor[b])
					a, b = a+1, b+1
				}
			}
			// Row j has L; of row i there is S until all of it is known.
		}
		for k := from; k < end; k++ {
			l := s.factor[k].times(&s.pivot[s.col[k]])
			d.subTurned(&l, &s.factor[k])
			s.factor[k] = l
		}
		if !s.pivot[i].invert(&d) {
			return false
		}
	}
	return true
}

// precondition writes to z the solution of L D Lᵀ z = r.
func (s *plates) precondition() {
	for i := range s.z {
		s.z[i] = s.r[i]
		for k := s.start[i]; k < s.start[i+1]; k++ {
			s.factor[k].addTimes(&s.z[i], &s.z[s.col[k]], -1)
		}
	}
	for i := range s.z {
		var z vec3
		s.pivot[i].addTimes(&z, &s.z[i], 1)
		s.z[i] = z
	}
	for i := s.n - 1; i >= 0; i-- {
		for k := s.start[i]; k < s.start[i+1]; k++ {
			s.factor[k].addTurnedTimes(&s.z[s.col[k]], &s.z[i], -1)
		}
	}
}
