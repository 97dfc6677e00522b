package coretest

import (
	"math"
	"math/rand/v2"

	"zetwopass/core"
	"zetwopass/core/portable"
)

// Scene returns a random mosaic of tiles with levels and noise of their own, NaN, and a
// coverage map with steps. Its tiles have every kind of map, some have masks and weights.
// It is the same on every processor.
func Scene(seed uint64, channels int) *core.Job {
	rng := rand.New(rand.NewPCG(seed, 7))
	const n = 6
	h, w := 40+rng.IntN(30), 50+rng.IntN(30)
	H, W := 2*h+rng.IntN(40), 3*w+rng.IntN(40)
	j := &core.Job{
		Profile: core.Profile(rng.IntN(2)), Sigma: 1 + rng.IntN(12),
		GainMin: 0.5, GainMax: 2, Threshold: 0.5,
		Coverage: core.NewView(H, W, 1), Blurred: core.NewView(H, W, 1),
		Gains: make([]float64, n), Offsets: make([]float64, n*channels), Groups: make([]int32, n),
		BinaryWeights: rng.IntN(2) == 0, Combine: core.Combine(rng.IntN(2)), BlankNaN: rng.IntN(2) == 0,
		RowsPerChunk: 1 + rng.IntN(60), Workers: 1 + rng.IntN(3),
	}
	j.Mosaic, j.CoverageOut = strided(H, W, channels, rng), strided(H, W, 1, rng)
	for y := range H {
		for x := range W {
			c := float32(1 + (x/17+y/23)%3)
			if (x-W/2)*(x-W/2)+(y-H/2)*(y-H/2) < h*h/9 || x < 3 {
				c = 0
			}
			j.Coverage.Set(y, x, 0, c)
		}
	}
	for k := range n {
		j.Gains[k] = 0.8 + float64(0.4*rng.Float64())
		j.Tiles = append(j.Tiles, tile(k, h, w, H, W, channels, rng))
	}
	return j
}

// strided returns an image of zeros whose samples lie apart.
func strided(h, w, c int, rng *rand.Rand) core.View {
	if rng.IntN(2) == 0 {
		return core.NewView(h, w, c)
	}
	v := core.View{H: h, W: w, C: c, ChanStride: 2, ColStride: 2*c + 1}
	v.RowStride = w*v.ColStride + 3
	v.Pix = make([]float32, h*v.RowStride)
	return v
}

func tile(k, h, w, H, W, channels int, rng *rand.Rand) core.Tile {
	t := core.Tile{Image: strided(h, w, channels+rng.IntN(2), rng), WeightScale: float64(500+rng.IntN(1000)) / 1000}
	nan := float32(math.NaN())
	fill(t.Image, func() float32 {
		if rng.IntN(500) == 0 {
			return nan
		}
		return float32(float64(100*(k+1)) + noise(rng))
	})
	if rng.IntN(2) == 0 {
		t.Mask = strided(h, w, 1, rng)
		fill(t.Mask, func() float32 {
			return []float32{1, 1, 1, 0.5, 0, nan, float32(math.Inf(1))}[rng.IntN(7)]
		})
	}
	if rng.IntN(2) == 0 {
		t.Weight = strided(h, w, 1, rng)
		fill(t.Weight, func() float32 { return []float32{1, 1, 0.25, 0, -1, nan}[rng.IntN(6)] })
	}
	angle := float64(rng.IntN(4000)-2000) / 1e4
	sin, cos := portable.Sin(angle), portable.Cos(angle)
	ox, oy := float64(k%3*W)/3.5+float64(10*rng.Float64()), float64(k/3*H)/2.5+float64(10*rng.Float64())
	at := func(x, y float64) (u, v float64) {
		x, y = x-ox, y-oy
		d := 1 + float64(1e-4*x) - float64(2e-4*y)
		return (float64(cos*x) + float64(sin*y)) / d, (float64(cos*y) - float64(sin*x)) / d
	}
	t.Map = core.PixelMap{X0: -3, Y0: -2, X1: W + 4, Y1: H + 5}
	switch m := &t.Map; k % 3 {
	case 0:
		m.Plane = [9]float64{cos, sin, -float64(cos*ox) - float64(sin*oy), -sin, cos, float64(sin*ox) - float64(cos*oy),
			1e-4, -2e-4, 1 - float64(1e-4*ox) + float64(2e-4*oy)}
	case 1:
		m.Kind, m.StepX, m.StepY, m.OriginX, m.OriginY = core.MapGrid, 16.5, 11.25, -5, -4
		m.NX, m.NY = W/16+3, H/11+3
		m.Nodes = nodes(m.NY, m.NX, func(j, i int) (u, v float64) {
			return at(m.OriginX+float64(float64(i)*m.StepX), m.OriginY+float64(float64(j)*m.StepY))
		})
	case 2:
		m.Kind = core.MapPositions
		m.Nodes = nodes(m.Y1-m.Y0, m.X1-m.X0, func(j, i int) (u, v float64) {
			if rng.IntN(300) == 0 {
				return math.NaN(), 0
			}
			return at(float64(m.X0+i), float64(m.Y0+j))
		})
	}
	switch rng.IntN(4) {
	case 0: // on the output's grid, but for the noise of its positions
		t.Map = core.PixelMap{X1: W, Y1: H, Plane: [9]float64{1, 0, 1e-12 - math.Floor(ox), 0, 1, -math.Floor(oy), 0, 0, 1}}
	case 1: // with a weight of its own place and shape
		weigh(&t, t.Map, rng)
	}
	return t
}

// noise returns a number about 0, some 4 from it.
func noise(rng *rand.Rand) float64 {
	const most = 750_000
	return float64(rng.IntN(most)+rng.IntN(most)+rng.IntN(most)-3*most/2) / 1e5
}

// weigh gives a tile a weight that lies as a map says.
func weigh(t *core.Tile, m core.PixelMap, rng *rand.Rand) {
	t.Weight, t.WeightMap = strided(t.Image.H+7, t.Image.W-5, 1, rng), m
	t.WeightMap.X0 += rng.IntN(2) * 5
	if m.Kind == core.MapPositions {
		t.WeightMap = m
	}
	fill(t.Weight, rng.Float32)
}

func nodes(ny, nx int, at func(j, i int) (u, v float64)) []float64 {
	var all []float64
	for j := range ny {
		for i := range nx {
			u, v := at(j, i)
			all = append(all, u, v)
		}
	}
	return all
}

func fill(v core.View, next func() float32) {
	for y := range v.H {
		for x := range v.W {
			for c := range v.C {
				v.Set(y, x, c, next())
			}
		}
	}
}
