package core

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// boxes is a job of tiles with random boxes, some of them empty or beyond the mosaic: many of one
// size, as tiles are, or of any.
func boxes(seed uint64) *Job {
	rng := rand.New(rand.NewPCG(seed, 18))
	h, w := 1+rng.IntN(90), 1+rng.IntN(90)
	j := &Job{Mosaic: View{H: h, W: w, C: 1 + rng.IntN(3)}, Tiles: make([]Tile, rng.IntN(60))}
	high, wide, alike := 1+rng.IntN(h), 1+rng.IntN(w), rng.IntN(2) == 0
	for i := range j.Tiles {
		y, x := rng.IntN(h+20)-10, rng.IntN(w+20)-10
		if !alike {
			high, wide = rng.IntN(h+9), rng.IntN(w+9)
		}
		j.Tiles[i].Map = PixelMap{X0: x, Y0: y, X1: x + wide, Y1: y + high}
	}
	return j
}

// Without it pairs could be missed, found twice, or come in an order that depends on the sweep.
func TestTheSweepFindsThePairsThatAComparisonOfAllFinds(t *testing.T) {
	for seed := range uint64(2000) {
		j := boxes(seed)
		var want [][4]int
		for a := range j.Tiles {
			ax0, ay0, ax1, ay1 := j.Tiles[a].Map.Clip(j.Mosaic.H, j.Mosaic.W)
			for b := a + 1; b < len(j.Tiles); b++ {
				bx0, by0, bx1, by1 := j.Tiles[b].Map.Clip(j.Mosaic.H, j.Mosaic.W)
				y0, y1, cols := max(ay0, by0), min(ay1, by1), min(ax1, bx1)-max(ax0, bx0)
				if y0 < y1 && cols > 0 {
					want = append(want, [4]int{a, b, y0, (y1 - y0) * cols})
				}
			}
		}
		pairs, err := j.overlaps(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got [][4]int
		for _, p := range pairs {
			got = append(got, [4]int{p.i, p.j, p.y0, p.area})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}

// Without it a chunk could miss a tile behind a higher one, or a worker count too little memory.
func TestTilesOfRowsAreThoseThatALookAtAllFinds(t *testing.T) {
	for seed := range uint64(500) {
		j := boxes(seed)
		h, w := j.Mosaic.H, j.Mosaic.W
		index := j.tilesByRow(h, w)
		for _, rows := range []int{1, 7, 32, h} {
			most := 0
			for y := range h {
				var want []int
				for i := range j.Tiles {
					x0, y0, x1, y1 := j.Tiles[i].Map.Clip(h, w)
					if x0 < x1 && y0 < y1 && y0 < y+rows && y < y1 {
						want = append(want, i)
					}
				}
				most = max(most, len(want))
				if got := index.meeting(nil, y, y+rows); !slices.Equal(got, want) {
					t.Fatalf("seed %d, %d rows from %d: got %v, want %v", seed, rows, y, got, want)
				}
			}
			if got := j.crowd(h, w, rows); got != most {
				t.Fatalf("seed %d: a crowd of %d on %d rows, want %d", seed, got, rows, most)
			}
		}
	}
}

// Without it what a block of columns shows could be missed at the block's ends.
func TestColumnsHoldWhatHasPixelsThere(t *testing.T) {
	const width = 3*blockPixels + 100
	rng := rand.New(rand.NewPCG(5, 18))
	var c columns
	for _, x0 := range []int{0, blockPixels} {
		c.reset(x0, width)
		var spans [][2]int
		for k := range 300 {
			a := rng.IntN(width)
			spans = append(spans, [2]int{a, a + rng.IntN(width-a+1)})
			c.add(k, spans[k][0], spans[k][1])
		}
		for from := x0; from < width; from += blockPixels {
			var want []int32
			for k, s := range spans {
				if s[0] < s[1] && s[0] < from+blockPixels && from < s[1] {
					want = append(want, int32(k))
				}
			}
			if got := c.at(from); !slices.Equal(got, want) {
				t.Errorf("columns from %d: got %v, want %v", from, got, want)
			}
		}
	}
}

// Without it a plan of many tiles, or of many pairs, goes on for long after nobody waits for it.
func TestACancelledPlanEndsSoon(t *testing.T) {
	const tiles = 3000 // all on the same pixel: 4.5 million pairs
	j := &Job{Mosaic: NewView(1, 1, 1), Tiles: make([]Tile, tiles)}
	for i := range j.Tiles {
		j.Tiles[i] = Tile{Image: NewView(1, 1, 1), WeightScale: 1, Map: PixelMap{X1: 1, Y1: 1, Plane: [9]float64{0: 1, 4: 1, 8: 1}}}
	}
	for _, when := range []int{1, 2, 100, 300} {
		asked := 0
		j.Cancelled = func() bool {
			asked++
			return asked >= when
		}
		if _, err := NewPlan(j, RunMatch); !errors.Is(err, ErrCancelled) || asked != when {
			t.Errorf("cancelled when asked %d times: %v after %d", when, err, asked)
		}
	}
}
