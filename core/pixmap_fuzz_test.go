package core

import (
	"errors"
	"math"
	"testing"
)

// Whatever numbers a map has, an image by it is refused as ErrArgument or ErrShape, or gives the
// same for any workers, and nothing beside its box.
//
//	go test -fuzz FuzzPixelMap ./core
func FuzzPixelMap(f *testing.F) {
	f.Add(0, 0, 9, 7, 0, 4, 4, 1.0, 0.0, 0.0, 1.0, 0.5)
	f.Add(-3, 2, 1<<40, 5, 1, 5, 4, 0.3, -0.2, 1e-9, 1e300, -1.0)
	f.Add(2, -1, 6, 9, 2, 0, 0, 1e-5, 1e18, -1e18, math.Inf(1), math.NaN())
	f.Add(math.MinInt, math.MinInt, math.MaxInt, math.MaxInt, 1, math.MaxInt, math.MaxInt, 0.0, 1.0, 2.0, 3.0, 4.0)
	f.Fuzz(func(t *testing.T, x0, y0, x1, y1, kind, nx, ny int, a, b, c, step, origin float64) {
		const h, w = 7, 9
		m := PixelMap{X0: x0, Y0: y0, X1: x1, Y1: y1, Kind: MapKind(kind), NX: nx, NY: ny,
			OriginX: origin, OriginY: -origin, StepX: step, StepY: step,
			Plane: [9]float64{1, a, b, c, 1, a, b * 1e-3, c * 1e-3, 1}}
		if m.Empty() { // as the C ABI has it, and below
			m = PixelMap{}
		}
		nodes := 64
		if m.Kind == MapPositions && x0 > -99 && y0 > -99 && x1 < 99 && y1 < 99 && !m.Empty() {
			nodes = 2 * (x1 - x0) * (y1 - y0)
		}
		if m.Kind == MapPositions && nodes == 64 && !m.Empty() {
			return // more than any memory, which the C ABI refuses
		}
		if m.Kind == MapGrid && (nx > 99 || ny > 99) {
			return
		}
		if m.Kind == MapGrid {
			nodes = max(64, 2*nx*ny)
		}
		if m.Kind != MapGrid {
			m.NX, m.NY = 0, 0
		}
		m.Nodes = make([]float64, nodes)
		for i := range m.Nodes {
			m.Nodes[i] = a*float64(i%17) + b*float64(i%5) + c
		}
		image := Planes{F32: make([]float32, 20), N: 1, H: 4, W: 5, RowStride: 5, ColStride: 1}
		for i := range image.F32 {
			image.F32[i] = float32(i)
		}
		var first []float64
		for workers := 1; workers <= 3; workers += 2 {
			out := Planes{F64: make([]float64, h*w), N: 1, H: h, W: w, RowStride: w, ColStride: 1}
			err := Reproject(&Reprojection{Image: image, Map: m, Out: out, Workers: workers, RowsPerChunk: workers, Mode: CPU})
			if errors.Is(err, ErrArgument) || errors.Is(err, ErrShape) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range out.F64 {
				inside := i%w >= x0 && i%w < x1 && i/w >= y0 && i/w < y1
				if s == s && !inside {
					t.Fatalf("pixel %d is beside the box and has %g", i, s)
				}
				if first != nil && s != first[i] && (s == s || first[i] == first[i]) {
					t.Fatalf("pixel %d: %g, of other workers %g", i, s, first[i])
				}
			}
			first = out.F64
		}
	})
}
