package core

import (
	"math"
	"math/rand/v2"
	"testing"

	"zetwopass/core/vec"
)

// onTheEdge reports whether rounding decides if a position is in a tile.
func onTheEdge(u, v float64, h, w int) bool {
	near := func(p, end float64) bool {
		return math.Abs(p+0.5+vec.EdgeSlack) < 1e-10 || math.Abs(p-end-vec.EdgeSlack) < 1e-10
	}
	return near(u, float64(w)-0.5) || near(v, float64(h)-0.5)
}

// Without it a span could cut pixels off that the tile shows, or hold others.
func TestThePixelsOfASpanAreThoseInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	shown := 0
	for range 400 {
		m := PixelMap{X1: 50, Y1: 40}
		for i := range m.Plane {
			m.Plane[i] = rng.NormFloat64()
			if rng.IntN(6) == 0 {
				m.Plane[i] = 0
			}
		}
		m.Plane[2], m.Plane[5] = 20*m.Plane[2], 20*m.Plane[5]
		m.Plane[6], m.Plane[7] = m.Plane[6]/20, m.Plane[7]/20
		h, w := 1+rng.IntN(60), 1+rng.IntN(60)
		for y := range m.Y1 {
			a, b := m.planeSpan(y, 0, m.X1, h, w)
			for x := range m.X1 {
				u, v := slowPosition(&m, x, y)
				shows := inside(u, v, h, w)
				if shows {
					shown++
				}
				if shows != (a <= x && x < b) && !onTheEdge(u, v, h, w) {
					t.Fatalf("plane %v, tile %d x %d: (%d,%d) -> (%g,%g), and the span is [%d,%d)",
						m.Plane, h, w, x, y, u, v, a, b)
				}
			}
		}
	}
	if shown < 10000 {
		t.Errorf("only %d pixels were inside", shown)
	}
}

// Without it a reach could cut pixels off that a tile shows, or call inside what is not.
func TestAReachHoldsForEveryPixel(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	inside, sure := 0, 0
	for trial := range 300 {
		x1, y1, nx, ny := 30+rng.IntN(60), 30+rng.IntN(60), 4+rng.IntN(6), 4+rng.IntN(6)
		tile := Tile{Image: View{H: 5 + rng.IntN(60), W: 5 + rng.IntN(60)}}
		tile.Map = PixelMap{X1: x1, Y1: y1, Kind: MapGrid, NX: nx, NY: ny, OriginX: float64(trial % 4 / 3 * 2),
			StepX: float64(x1-1) / float64(nx-1), StepY: float64(y1-1) / float64(ny-1)}
		bend := []float64{0, 0.3, 5}[trial%3]
		sin, cos := math.Sincos(7 * rng.Float64())
		for k := range nx * ny {
			x := float64(k%nx)*tile.Map.StepX - 30*rng.Float64()*float64(trial%2)
			y := float64(k/nx) * tile.Map.StepY
			tile.Map.Nodes = append(tile.Map.Nodes, 25+cos*(x-30)-sin*(y-30)+bend*rng.NormFloat64(),
				25+sin*(x-30)+cos*(y-30)+bend*rng.NormFloat64())
		}
		outline := newOutline(&tile, x1)
		for y := range y1 {
			r := outline.row(y)
			for x := range x1 {
				u, v := slowPosition(&tile.Map, x, y)
				in := vec.Inside(u, v, tile.Image.H, tile.Image.W)
				within, whole := r.a <= x && x < r.b, r.p <= x && x < r.q
				if in && !within || whole && !(in && within) {
					t.Fatalf("trial %d, (%d,%d) -> (%g,%g) in %d x %d: inside %v, the reach is %v",
						trial, x, y, u, v, tile.Image.H, tile.Image.W, in, r)
				}
				if in {
					inside++
				}
				if whole {
					sure++
				}
			}
		}
	}
	if sure < inside/10 {
		t.Errorf("only %d of %d pixels were surely inside", sure, inside)
	}
}

// Without it positions could depend on where a row begins, and so on the chunks.
func TestRowsEqualTheSlowPositions(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	plane := PixelMap{X1: 40, Y1: 30, Plane: [9]float64{0.9, 0.1, -3, -0.1, 1.1, 2, 1e-3, 2e-3, 1}}
	grid := PixelMap{X0: 3, Y0: 2, X1: 40, Y1: 30, Kind: MapGrid, NX: 5, NY: 4,
		OriginX: 3, OriginY: 2, StepX: 36.0 / 4, StepY: 27.0 / 3}
	for range 2 * grid.NX * grid.NY {
		grid.Nodes = append(grid.Nodes, 100*rng.NormFloat64())
	}
	full := PixelMap{X0: 3, Y0: 2, X1: 40, Y1: 30, Kind: MapPositions}
	for range 2 * 37 * 28 {
		full.Nodes = append(full.Nodes, rng.NormFloat64())
	}
	line := make([]float64, 2*grid.NX)
	for name, m := range map[string]*PixelMap{"plane": &plane, "grid": &grid, "positions": &full} {
		for y := m.Y0; y < m.Y1; y++ {
			x0 := m.X0 + rng.IntN(20)
			u, v := make([]float64, 17), make([]float64, 17)
			m.row(y, x0, u, v, line)
			for i := range u {
				su, sv := slowPosition(m, x0+i, y)
				if math.Abs(u[i]-su)+math.Abs(v[i]-sv) > 1e-10 {
					t.Fatalf("%s at (%d,%d): (%g,%g), want (%g,%g)", name, x0+i, y, u[i], v[i], su, sv)
				}
			}
		}
	}
}

// Without it the processor, which makes what it likes of a number too large for an integer,
// would decide where a grid of absurd steps ends.
func TestFarBeyondItsNodesAGridGoesOnAsAtItsEnd(t *testing.T) {
	for _, c := range []struct {
		t    float64
		want int
	}{{-1e300, 0}, {-0.5, 0}, {2.5, 2}, {6, 5}, {1e300, 5}, {math.Inf(1), 5}} {
		if got := cell(c.t, 7); got != c.want {
			t.Errorf("cell(%g) of 7 nodes is %d, want %d", c.t, got, c.want)
		}
	}
	for _, origin := range []float64{1e300, -1e300} {
		m := PixelMap{OriginX: origin, StepX: 1}
		if got := m.firstPixel(0); got > 0 != (origin > 0) {
			t.Errorf("from %g on, node 0 lies before pixel %d", origin, got)
		}
	}
}

// Without it the sky behind the tangent plane would be painted with the tile.
func TestBehindThePlaneIsNothing(t *testing.T) {
	tile := Tile{Image: NewView(10, 10, 1), WeightScale: 1, Map: PixelMap{X1: 10, Y1: 10,
		Plane: [9]float64{-1, 0, 0, 0, -1, 0, 0, 0, -1}}}
	if a, b, _, _ := newWarper(0, blockPixels).locate(&tile, 5, 0, 10); a < b {
		t.Errorf("a tile behind its plane shows [%d,%d)", a, b)
	}
}
