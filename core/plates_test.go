package core

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lattices makes struts of cols x rows tiles of 100 x 80 that overlap by a tenth, with
// planes of their own, in the order of elimination.
func lattices(cols, rows int, seed uint64) *arch {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := cols * rows
	t := &tilt{level: make([]float64, n), change: make([][3]float64, n), damping: make([][3]float64, n)}
	truth := make([][3]float64, n)
	for k := range n {
		t.place = append(t.place, [2]float64{90 * float64(k%cols), 72 * float64(k/cols)})
		t.size = append(t.size, [2]float64{100 / math.Sqrt(12), 80 / math.Sqrt(12)})
		truth[k] = [3]float64{rng.NormFloat64(), rng.NormFloat64() / 100, rng.NormFloat64() / 100}
	}
	var edges []edge
	var ties []tie
	for a := range n {
		for _, by := range [][2]int{{1, 0}, {-1, 1}, {0, 1}, {1, 1}} {
			x, y := a%cols+by[0], a/cols+by[1]
			if x < 0 || x >= cols || y >= rows {
				continue
			}
			b := y*cols + x
			w, h := 10.0, 8.0
			if a%cols == b%cols {
				w = 100
			}
			if a/cols == b/cols {
				h = 80
			}
			k := tie{x: (t.place[a][0] + t.place[b][0]) / 2, y: (t.place[a][1] + t.place[b][1]) / 2, xx: w * w / 12, yy: h * h / 12}
			at := func(i int) float64 {
				return truth[i][0] + truth[i][1]*(k.x-t.place[i][0]) + truth[i][2]*(k.y-t.place[i][1])
			}
			sx, sy := truth[a][1]-truth[b][1]+1e-4*rng.NormFloat64(), truth[a][2]-truth[b][2]+1e-4*rng.NormFloat64()
			k.mx, k.my, k.mm = k.xx*sx, k.yy*sy, k.xx*sx*sx+k.yy*sy*sy
			edges = append(edges, edge{a, b, at(a) - at(b) + 0.01*rng.NormFloat64()})
			ties = append(ties, k)
		}
	}
	s := &arch{tilt: t, tiles: searched(n, edges)}
	row := make([]int32, n)
	for k, i := range s.tiles {
		row[i] = int32(k)
	}
	for k, e := range edges {
		s.struts = append(s.struts, strut{row[e.i], row[e.j], e.median, ties[k]})
	}
	s.scaleDown()
	return s
}

// Without it planes of many tiles would be where the descent gave up.
func TestPlatesSolveTheirEquations(t *testing.T) {
	for _, shape := range [][2]int{{2, 2}, {6, 5}, {40, 2}} {
		s := lattices(shape[0], shape[1], 5)
		in := make([]bool, len(s.struts))
		for k := range in {
			in[k] = k%7 != 3
		}
		_, held := s.pieces(in)
		for _, damping := range dampings {
			w := s.plates()
			w.assemble(damping, in, held)
			if err := w.solve(exactly, func() bool { return false }); err != nil {
				t.Fatal(err)
			}
			n := 3 * w.n
			a, b := make([]float64, n*n), make([]float64, n)
			for i := range w.n {
				for r := range 3 {
					b[3*i+r] = w.b[i][r]
					for c := range 3 {
						a[(3*i+r)*n+3*i+c] = w.diag[i][3*r+c]
					}
				}
				for k := w.start[i]; k < w.start[i+1]; k++ {
					for r := range 3 {
						for c := range 3 {
							a[(3*i+r)*n+3*int(w.col[k])+c] = w.low[k][3*r+c]
							a[(3*int(w.col[k])+c)*n+3*i+r] = w.low[k][3*r+c]
						}
					}
				}
			}
			solvePositive(a, b)
			for i, x := range w.x {
				for c := range 3 {
					if math.Abs(x[c]-b[3*i+c]) > 1e-6 {
						t.Fatalf("%v, damping %g: unknown %d of row %d is %g, want %g", shape, damping, c, i, x[c], b[3*i+c])
					}
				}
			}
		}
	}
}

// Without it slopes would be looked for where no loop tells an overlap, or not where one does.
func TestLoopsStayTogetherWithoutAnyEdge(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		n := 1 + rng.IntN(9)
		var edges []edge
		for a := range n {
			for b := a + 1; b < n; b++ {
				if rng.IntN(3) == 0 {
					edges = append(edges, edge{i: a, j: b})
				}
			}
		}
		part, parts := loops(n, edges)
		tied := make([][]bool, n) // whichever edge is left out
		for a := range n {
			tied[a] = make([]bool, n)
			for b := range n {
				tied[a][b] = components(n, edges)[a] == components(n, edges)[b]
				for k := range edges {
					group := components(n, append(append([]edge(nil), edges[:k]...), edges[k+1:]...))
					tied[a][b] = tied[a][b] && group[a] == group[b]
				}
			}
		}
		next := int32(0)
		for a := range n {
			if part[a] == next {
				next++
			}
			if part[a] > next {
				t.Fatalf("parts %v are not in the order of their first tiles", part)
			}
			for b := range n {
				if (part[a] == part[b]) != tied[a][b] {
					t.Fatalf("parts %v of %v, and tiles %d and %d are tied: %t", part, edges, a, b, tied[a][b])
				}
			}
		}
		if int(next) != parts {
			t.Fatalf("%d parts, want %d", parts, next)
		}
	}
}

func BenchmarkPlanes(b *testing.B) {
	for name, s := range map[string]*arch{"40": lattices(8, 5, 1), "ladder 2 x 200": lattices(200, 2, 1), "1000": lattices(40, 25, 1), "4000": lattices(80, 50, 1)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.errors, s.told = [folds][len(dampings)]float64{}, [folds]int{}
				for f := range s.folds() {
					if err := s.leaveOut(f, func() bool { return false }); err != nil {
						b.Fatal(err)
					}
				}
				if err := s.settle(func() bool { return false }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
