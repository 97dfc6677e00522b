package core

import (
	"math"
	"math/rand/v2"
	"testing"
)

// scene is a random mosaic of cols x rows rotated tiles of h x w pixels, each
// with a level, noise and missing pixels of its own, on a coverage map of counts.
func scene(seed uint64, cols, rows, h, w, channels int) *Job {
	rng := rand.New(rand.NewPCG(seed, 0))
	const step = 0.75
	H, W := int(float64(h)*(step*float64(rows)+0.6)), int(float64(w)*(step*float64(cols)+0.6))
	n := cols * rows
	j := &Job{
		Sigma: 6, GainMin: 0.5, GainMax: 2, Threshold: 1.2,
		Coverage: NewView(H, W, 1), Blurred: NewView(H, W, 1),
		Mosaic: NewView(H, W, channels), CoverageOut: NewView(H, W, 1),
		Gains: make([]float64, n), Offsets: make([]float64, n*channels), Groups: make([]int32, n),
	}
	for k := range n {
		sin, cos := math.Sincos(0.1 * (rng.Float64() - 0.5))
		ox := float64(w) * (0.2 + step*float64(k%cols) + 0.1*rng.Float64())
		oy := float64(h) * (0.2 + step*float64(k/cols) + 0.1*rng.Float64())
		t := Tile{Image: NewView(h, w, channels), WeightScale: 1}
		t.Map = PixelMap{X1: W, Y1: H, Plane: [9]float64{
			cos, sin, -cos*ox - sin*oy, -sin, cos, sin*ox - cos*oy, 1e-7, -2e-7, 1}}
		for i := range t.Image.Pix {
			t.Image.Pix[i] = float32(1000 + 20*float64(k) + 5*rng.NormFloat64())
			if rng.IntN(2000) == 0 {
				t.Image.Pix[i] = float32(math.NaN())
			}
		}
		j.Tiles = append(j.Tiles, t)
	}
	countCoverage(j)
	return j
}

// countCoverage writes to j.Coverage how many tiles show each pixel.
func countCoverage(j *Job) {
	for i := range j.Tiles {
		t := &j.Tiles[i]
		for y := range j.Coverage.H {
			for x := range j.Coverage.W {
				if u, v := slowPosition(&t.Map, x, y); inside(u, v, t.Image.H, t.Image.W) {
					j.Coverage.Set(y, x, 0, j.Coverage.At(y, x, 0)+1)
				}
			}
		}
	}
}

func BenchmarkStages(b *testing.B) {
	j := scene(1, 3, 2, 540, 960, 3)
	j.Sigma, j.Workers = 50, 1
	for _, s := range []struct {
		name   string
		stages Stages
	}{{"blur", RunBlur}, {"gains", RunGains}, {"coadd", RunCoadd}} {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(4 * j.Mosaic.H * j.Mosaic.W))
			for b.Loop() {
				if err := Run(j, s.stages); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	j.KeepBackground = true
	b.Run("coadd without match", func(b *testing.B) {
		for b.Loop() {
			if err := Run(j, RunCoadd); err != nil {
				b.Fatal(err)
			}
		}
	})
}
