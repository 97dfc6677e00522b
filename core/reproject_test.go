package core

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// planes returns a stack of numbers, some no numbers or infinite, in memory of its own
// strides.
func planes(rng *rand.Rand, n, h, w int, double bool) Planes {
	p := Planes{N: n, H: h, W: w, ColStride: 1 + rng.IntN(2)}
	p.RowStride = w*p.ColStride + rng.IntN(4)
	p.PlaneStride = h*p.RowStride + rng.IntN(4)
	if double {
		p.F64 = make([]float64, n*p.PlaneStride)
	} else {
		p.F32 = make([]float32, n*p.PlaneStride)
	}
	for i := range n * p.PlaneStride {
		s := 100 + rng.NormFloat64()
		switch rng.IntN(40) {
		case 0:
			s = math.NaN()
		case 1:
			s = math.Inf(1)
		}
		if double {
			p.F64[i] = s
		} else {
			p.F32[i] = float32(s)
		}
	}
	return p
}

func (p *Planes) at(n, y, x int) float64 {
	i := n*p.PlaneStride + y*p.RowStride + x*p.ColStride
	if p.F64 != nil {
		return p.F64[i]
	}
	return float64(p.F32[i])
}

// slowNearest is the pixel whose centre is nearest to where the map has (x,y).
func slowNearest(m *PixelMap, x, y int, image *Planes, n int) float64 {
	u, v := slowPosition(m, x, y)
	if !inside(u, v, image.H, image.W) {
		return math.NaN()
	}
	col := min(max(int(math.Floor(u+0.5)), 0), image.W-1)
	row := min(max(int(math.Floor(v+0.5)), 0), image.H-1)
	return image.at(n, row, col)
}

// Without it reproject_interp is another function than reproject's.
func TestAReprojectionEqualsItsSlowTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 7))
	for trial := range 60 {
		kind, order := MapKind(trial%3), Order(trial/3%2)
		tile := scene(uint64(trial), 1, 1, 20+rng.IntN(30), 20+rng.IntN(30), 1).Tiles[0]
		m := tile.Map
		if kind != MapPlane {
			bendMap(&m, kind)
		}
		if trial%5 == 0 {
			align(&tile, kind, rng)
			m = tile.Map
		}
		H, W, n := m.Y1+rng.IntN(9), m.X1+rng.IntN(600), 1+rng.IntN(3)
		r := &Reprojection{Map: m, Order: order, Workers: 1 + rng.IntN(3), RowsPerChunk: rng.IntN(40),
			Image: planes(rng, n, tile.Image.H, tile.Image.W, rng.IntN(2) == 0),
			Out:   planes(rng, n, H, W, rng.IntN(2) == 0)}
		if rng.IntN(3) > 0 {
			r.Footprint = planes(rng, n, H, W, rng.IntN(2) == 0)
			if r.Zeroed = rng.IntN(2) == 0; r.Zeroed {
				clear(r.Footprint.F32)
				clear(r.Footprint.F64)
			}
		}
		if err := Reproject(r); err != nil {
			t.Fatal(err)
		}
		if err := r.differs(); err != nil {
			t.Fatalf("trial %d, map %d, order %d: %v", trial, kind, order, err)
		}
	}
}

// slow is the value of plane n at output pixel (x,y).
func (r *Reprojection) slow(n, x, y int) float64 {
	if r.Order == Nearest {
		return slowNearest(&r.Map, x, y, &r.Image, n)
	}
	return slowSample(&r.Map, x, y, r.Image.H, r.Image.W, func(y, x int) float64 { return r.Image.at(n, y, x) })
}

// differs reports the first sample that is not that of the twin.
func (r *Reprojection) differs() error {
	for n := range r.Out.N {
		for y := range r.Out.H {
			for x := range r.Out.W {
				want := r.slow(n, x, y)
				tol := 1e-12 * math.Abs(want)
				if r.Out.F64 == nil {
					want, tol = float64(float32(want)), 1e-7*math.Abs(want)
				}
				got := r.Out.at(n, y, x)
				if got != want && !(math.Abs(got-want) <= tol) && !(got != got && want != want) {
					return fmt.Errorf("out[%d,%d,%d] = %v, want %v", n, y, x, got, want)
				}
				if r.Footprint.Absent() {
					continue
				}
				if shown := r.Footprint.at(n, y, x); (shown == 1) != (want == want) || shown != 0 && shown != 1 {
					return fmt.Errorf("footprint[%d,%d,%d] = %v where the value is %v", n, y, x, shown, want)
				}
			}
		}
	}
	return nil
}

// Without it a device's part of a reprojection is lost, or its failure is the call's.
func TestADeviceReprojectsOrTheWorkersDoItAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(32, 7))
	for name, c := range map[string]struct {
		mode  Mode
		fail  func(call string, n int) error
		wrong error
	}{
		"alone":              {GPU, nil, nil},
		"beside workers":     {Hybrid, nil, nil},
		"without room":       {GPU, func(call string, n int) error { return roomFor(call, 3) }, nil},
		"without any room":   {GPU, func(call string, n int) error { return roomFor(call, 0) }, ErrDeviceMemory},
		"failing at opening": {Hybrid, func(call string, n int) error { return failing(n == 1) }, ErrDevice},
		"failing midway":     {GPU, func(call string, n int) error { return failing(n == 2) }, ErrDevice},
	} {
		tile := scene(3, 1, 1, 30, 40, 1).Tiles[0]
		r := &Reprojection{Map: tile.Map, Workers: 2, RowsPerChunk: 1, Mode: c.mode, Device: twin{c.fail},
			Image: planes(rng, 2, 30, 40, true), Out: planes(rng, 2, tile.Map.Y1+5, tile.Map.X1+5, true),
			Footprint: planes(rng, 2, tile.Map.Y1+5, tile.Map.X1+5, false)}
		if err := Reproject(r); err != nil {
			t.Fatal(name, err)
		}
		if err := r.differs(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !errors.Is(r.DeviceError, c.wrong) {
			t.Errorf("%s: the device's error is %v, want %v", name, r.DeviceError, c.wrong)
		}
	}
}

// roomFor is the error of a device that has room for so many rows at a time.
func roomFor(call string, rows int) error {
	n := 0
	if _, err := fmt.Sscanf(call, "Reproject %d", &n); err == nil && n > rows {
		return ErrDeviceMemory
	}
	return nil
}

func failing(now bool) error {
	if now {
		return fmt.Errorf("%w: as the test has it", ErrDevice)
	}
	return nil
}

// Without it a wrong call writes where it should not.
func TestAReprojectionRefusesWhatDoesNotFit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		spoil func(r *Reprojection)
		want  error
	}{
		"no image":            {func(r *Reprojection) { r.Image = Planes{} }, ErrArgument},
		"no out":              {func(r *Reprojection) { r.Out = Planes{} }, ErrArgument},
		"an empty image":      {func(r *Reprojection) { r.Image.H = 0 }, ErrShape},
		"a negative stride":   {func(r *Reprojection) { r.Out.RowStride = -1 }, ErrStride},
		"too few samples":     {func(r *Reprojection) { r.Out.H++ }, ErrStride},
		"other planes":        {func(r *Reprojection) { r.Out = planes(rng, 1, 9, 9, true) }, ErrShape},
		"another footprint":   {func(r *Reprojection) { r.Footprint = planes(rng, 2, 9, 8, true) }, ErrShape},
		"an order":            {func(r *Reprojection) { r.Order = 2 }, ErrArgument},
		"workers":             {func(r *Reprojection) { r.Workers = -1 }, ErrArgument},
		"a map without nodes": {func(r *Reprojection) { r.Map.Kind = MapGrid }, ErrShape},
	} {
		r := &Reprojection{Map: PixelMap{X1: 9, Y1: 9}, Image: planes(rng, 2, 5, 5, false), Out: planes(rng, 2, 9, 9, true)}
		c.spoil(r)
		if err := Reproject(r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Without it a large image can't be stopped.
func TestAReprojectionIsCancelled(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	r := &Reprojection{Map: PixelMap{X1: 900, Y1: 900, Plane: [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}},
		Image: planes(rng, 1, 900, 900, true), Out: planes(rng, 1, 900, 900, true),
		Cancelled: func() bool { return true }, RowsPerChunk: 1}
	if err := Reproject(r); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkReproject(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	sin, cos := math.Sincos(0.3)
	m := PixelMap{X0: 1200, Y0: 900, X1: 2800, Y1: 2100, Plane: [9]float64{
		cos, sin, 500 - 2000*cos - 1500*sin, -sin, cos, 500 + 2000*sin - 1500*cos, 1e-8, 0, 1}}
	for _, order := range []Order{Bilinear, Nearest} {
		for _, double := range []bool{false, true} {
			b.Run(fmt.Sprintf("order %d, float64 %v", order, double), func(b *testing.B) {
				image := planes(rng, 1, 1000, 1000, double)
				out := Planes{F64: make([]float64, 12e6), N: 1, H: 3000, W: 4000, RowStride: 4000, ColStride: 1}
				r := &Reprojection{Map: m, Order: order, Image: image, Out: out, Workers: 1}
				for b.Loop() {
					if err := Reproject(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
