package core

import (
	"fmt"
	"math"
	"testing"
	"time"
)

func grid(n, m, h, w, c int, step, angle float64, H, W int) *Job {
	j := &Job{Mosaic: View{H: H, W: W, C: c, RowStride: W * c, ColStride: c, ChanStride: 1}, CoverageOut: View{H: H, W: W, C: 1, RowStride: W, ColStride: 1, ChanStride: 1}}
	sin, cos := math.Sincos(angle)
	for k := range n * m {
		ox, oy := float64(k%n)*float64(w)*step, float64(k/n)*float64(h)*step
		// center in rotated
		cx, cy := ox-float64(n)*float64(w)*step/2, oy-float64(m)*float64(h)*step/2
		x, y := float64(W)/2+cx*cos-cy*sin, float64(H)/2+cx*sin+cy*cos
		hw := (math.Abs(cos)*float64(w) + math.Abs(sin)*float64(h)) / 2
		hh := (math.Abs(sin)*float64(w) + math.Abs(cos)*float64(h)) / 2
		t := Tile{Image: View{H: h, W: w, C: c, RowStride: w * c, ColStride: c, ChanStride: 1}, WeightScale: 1, ImageSource: fileOf{}}
		t.Map = PixelMap{X0: int(x - hw), X1: int(x + hw), Y0: int(y - hh), Y1: int(y + hh), Plane: [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}}
		j.Tiles = append(j.Tiles, t)
	}
	return j
}

func TestZZ(t *testing.T) {
	for _, c := range []struct {
		name string
		j    *Job
	}{
		{"600", grid(22, 27, 1080, 1920, 3, 0.71, 0, 20000, 30000)},
		{"600 45deg", grid(22, 27, 1080, 1920, 3, 0.71, 0.785, 30000, 40000)},
		{"10000", grid(100, 100, 480, 640, 1, 0.75, 0.02, 40000, 52000)},
		{"10000 big", grid(100, 100, 1080, 1920, 3, 0.75, 0.02, 93000, 142000)},
		{"10000 deep", grid(100, 100, 1080, 1920, 3, 0.16, 0.02, 20000, 33000)},
	} {
		once := float64(len(c.j.Tiles)) * 4 * float64(c.j.Tiles[0].Image.samples())
		for _, b := range []int64{0, 1 << 30, 2 << 30, 4 << 30} {
			for _, w := range []int{2, 16} {
				c.j.MaxChunkBytes, c.j.Workers = b, w
				s := time.Now()
				p, err := NewPlan(c.j, RunCoadd)
				if err != nil {
					fmt.Println(c.name, b>>20, w, err)
					continue
				}
				fmt.Printf("%-10s %5d MB, %2d workers: reads %.2f, chunk %d x %d, %d workers, bytes %d MB tiles %d MB, windows %v, plan %v, pairs %d\n", c.name, b>>20, w, float64(p.ReadBytes)/once, p.RowsPerChunk, p.ColumnsPerChunk, p.Workers, p.Bytes>>20, p.schedule.bytes()>>20, p.schedule.window, time.Since(s), len(p.pairs))
			}
		}
	}
}
