package coretest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zetwopass/core"
)

// reprojections compares images reprojected one by one, bit by bit.
func reprojections(t *testing.T, d core.Device) {
	for seed := range uint64(24) {
		want, got := reprojection(seed), reprojection(seed)
		want.Mode = core.CPU
		got.Mode, got.Device = core.GPU, d
		if seed%3 == 0 {
			got.Mode = core.Hybrid
		}
		if seed%8 == 7 {
			got.DeviceBytes = 20 << 10
		}
		for _, r := range []*core.Reprojection{want, got} {
			if err := core.Reproject(r); err != nil {
				t.Fatal(seed, err)
			}
		}
		if got.DeviceError != nil && seed%8 != 7 {
			t.Fatalf("seed %d: the device gave up: %v", seed, got.DeviceError)
		}
		if !slices.EqualFunc(want.Out.F32, got.Out.F32, alike) || !slices.EqualFunc(want.Out.F64, got.Out.F64, alike) ||
			!slices.EqualFunc(want.Footprint.F64, got.Footprint.F64, alike) {
			t.Errorf("seed %d: the device's numbers are not the CPU's", seed)
		}
	}
}

func alike[T float32 | float64](a, b T) bool { return a == b || a != a && b != b }

// reprojection is a random one: orders, types, strides and maps of every kind.
func reprojection(seed uint64) *core.Reprojection {
	j := Scene(seed, 1)
	rng := rand.New(rand.NewPCG(seed, 11))
	tile := &j.Tiles[rng.IntN(len(j.Tiles))]
	n := 1 + rng.IntN(3)
	return &core.Reprojection{Map: tile.Map, Order: core.Order(rng.IntN(2)), Workers: 2, RowsPerChunk: 1 + rng.IntN(50),
		Image:     planes(rng, n, tile.Image.H, tile.Image.W, rng.IntN(2) == 0),
		Out:       planes(rng, n, j.Mosaic.H, j.Mosaic.W, rng.IntN(2) == 0),
		Footprint: planes(rng, n, j.Mosaic.H, j.Mosaic.W, true)}
}

func planes(rng *rand.Rand, n, h, w int, double bool) core.Planes {
	p := core.Planes{N: n, H: h, W: w, ColStride: 1 + rng.IntN(2)}
	p.RowStride = w * p.ColStride
	p.PlaneStride = h*p.RowStride + 3
	samples := make([]float64, n*p.PlaneStride)
	for i := range samples {
		if samples[i] = 100 + noise(rng); rng.IntN(30) == 0 {
			samples[i] = math.NaN()
		}
	}
	if double {
		p.F64 = samples
		return p
	}
	for _, s := range samples {
		p.F32 = append(p.F32, float32(s))
	}
	return p
}
