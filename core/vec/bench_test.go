package vec

import (
	"math"
	"testing"
)

// The kernels on data that stays in the first cache: nanoseconds per pixel.

const benchPixels = 256

func perPixel(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchPixels, "ns/px")
}

func benchmarkSample(b *testing.B, channels int, angle, shift float64) {
	const side = 60
	m := Image{Pix: make([]float32, side*side*channels), H: side, W: side, Channels: channels,
		RowStride: side * channels, ColStride: channels, ChanStride: 1}
	u, v := make([]float64, benchPixels), make([]float64, benchPixels)
	value := make([]float64, Lanes4*benchPixels)
	sin, cos := math.Sincos(angle)
	for i := range u {
		along := float64(i%40) - 20
		u[i], v[i] = side/2+along*cos+shift, side/2+along*sin+shift
	}
	for b.Loop() {
		Sample(value, u, v, &m, 1e-9, 0.7)
	}
	perPixel(b)
}

func BenchmarkSample3(b *testing.B)        { benchmarkSample(b, 3, 0, 0.3) }
func BenchmarkSample3Rotated(b *testing.B) { benchmarkSample(b, 3, 0.6, 0.3) }
func BenchmarkSample3OnGrid(b *testing.B)  { benchmarkSample(b, 3, 0, 0) }
func BenchmarkSamplePlanes(b *testing.B) {
	const side = 60
	m := Image{Pix: make([]float32, 3*side*side), H: side, W: side, Channels: 3,
		RowStride: side, ColStride: 1, ChanStride: side * side}
	u, v := make([]float64, benchPixels), make([]float64, benchPixels)
	value := make([]float64, Lanes4*benchPixels)
	for i := range u {
		u[i], v[i] = float64(i%40)+0.3, float64(i%30)+0.6
	}
	for b.Loop() {
		Sample(value, u, v, &m, 1e-9, 0.7)
	}
	perPixel(b)
}

func BenchmarkSample1(b *testing.B) { benchmarkSample(b, 1, 0, 0.3) }

func BenchmarkPlane(b *testing.B) {
	u, v := make([]float64, benchPixels), make([]float64, benchPixels)
	for b.Loop() {
		Plane(u, v, 5, &[6]float64{1, 2, 3, 4, 1e-7, 1})
	}
	perPixel(b)
}

func BenchmarkAddWeighted(b *testing.B) {
	sum, norm := make([]float64, Lanes4*benchPixels), make([]float64, Lanes4*benchPixels)
	value, weight := make([]float64, Lanes4*benchPixels), make([]float64, benchPixels)
	for b.Loop() {
		AddWeighted(sum, norm, value, weight, new([Lanes4]float64))
	}
	perPixel(b)
}

func BenchmarkMosaic(b *testing.B) {
	sum, norm := make([]float64, Lanes4*benchPixels), make([]float64, Lanes4*benchPixels)
	dst, coverage := make([]float32, 3*benchPixels), make([]float32, benchPixels)
	for b.Loop() {
		Mosaic(dst, coverage, sum, norm, 3, Finish{Divide: true})
	}
	perPixel(b)
}

func BenchmarkSift(b *testing.B) {
	x, y := make([]float32, Lanes4*benchPixels), make([]float32, Lanes4*benchPixels)
	within := make([]int32, Lanes4*benchPixels)
	for i := range x {
		if i%30 == 7 {
			x[i] = 1
		}
	}
	lo, hi := [Lanes4]float32{1, 1, 1, 1}, [Lanes4]float32{2, 2, 2, 2}
	var below, above [Lanes4]int
	for b.Loop() {
		Sift(within, x, y, nil, nil, &lo, &hi, &below, &above)
	}
	perPixel(b)
}

func BenchmarkNarrow(b *testing.B) {
	x, near := make([]float64, Lanes4*benchPixels), make([]float32, Lanes4*benchPixels)
	for b.Loop() {
		Narrow(near, new([Lanes4]float32), x)
	}
	perPixel(b)
}

func BenchmarkScales(b *testing.B) {
	blurred, coverage := make([]float32, benchPixels), make([]float32, benchPixels)
	scale := make([]float32, benchPixels)
	for b.Loop() {
		Scales(scale, blurred, coverage, 0, math.MaxFloat32)
	}
	perPixel(b)
}

func BenchmarkAdvance(b *testing.B) {
	var state Cosines
	sum, factor := make([]float64, benchPixels/2), new(Factors)
	src := make([]float32, benchPixels+Lanes)
	dst, flat := make([]float32, benchPixels), make([]uint32, benchPixels)
	for b.Loop() {
		Advance(dst, flat, src, src, sum, &state, factor)
	}
	perPixel(b)
}
