package core

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// feathered returns the scenes that a feather can have, with holes of every kind, and their
// feathers.
func feathered(seed uint64) map[string]*Job {
	rng := rand.New(rand.NewPCG(seed, 23))
	scenes := jobs()
	delete(scenes, "weights apart")
	scenes["wide"] = wide(seed, 1)
	scenes["finer than the output"] = finer(seed)
	for name, j := range scenes {
		j.Feather = 1 + rng.IntN(9)
		for i := range j.Tiles {
			t := &j.Tiles[i]
			for range rng.IntN(3) { // images end within their arrays
				y0, x0 := rng.IntN(t.Image.H), rng.IntN(t.Image.W)
				for y := y0; y < min(y0+rng.IntN(20), t.Image.H); y++ {
					for x := x0; x < min(x0+rng.IntN(40), t.Image.W); x++ {
						t.Image.Set(y, x, rng.IntN(t.Image.C), float32(math.NaN()))
					}
				}
			}
			if rng.IntN(3) == 0 && name != "finer than the output" {
				turn := rng.Float64() * 2 * math.Pi
				turned(&t.Map, turn, float64(t.Image.W)/2, float64(t.Image.H)/2)
			}
		}
	}
	return scenes
}

// turned turns what a plane shows by an angle around a pixel of the tile.
func turned(m *PixelMap, angle, u, v float64) {
	if m.Kind != MapPlane {
		return
	}
	sin, cos := math.Sincos(angle)
	p := m.Plane
	for k := range 3 {
		m.Plane[k] = cos*p[k] + sin*p[3+k] + (u-cos*u-sin*v)*p[6+k]
		m.Plane[3+k] = cos*p[3+k] - sin*p[k] + (v-cos*v+sin*u)*p[6+k]
	}
	m.X0, m.Y0, m.X1, m.Y1 = 0, 0, 1<<20, 1<<20
}

// finer is a scene whose tiles have so many pixels that a block's feather has no room for them.
func finer(seed uint64) *Job {
	j := scene(seed, 1, 1, 40, 200, 1)
	const fine = 8
	for i := range j.Tiles {
		t := &j.Tiles[i]
		t.Image = NewView(40*fine, 200*fine, 1)
		for k := range t.Image.Pix {
			t.Image.Pix[k] = float32(k % 97)
		}
		for k := range 6 {
			t.Map.Plane[k] *= fine
		}
	}
	return j
}

// Without it a feather is another one than MATHS.md says, for some shape of a hole or a map.
func TestFeatheredCoaddsEqualTheirSlowTwin(t *testing.T) {
	for name, j := range feathered(1) {
		if err := Run(j, RunCoadd); err != nil {
			t.Fatal(name, err)
		}
		mosaic, coverage := slowCoadd(j)
		near(t, name+": mosaic", j.Mosaic.Pix, mosaic.Pix, 0, 3e-7)
		near(t, name+": coverage", j.CoverageOut.Pix, coverage.Pix, 0, 3e-7)
	}
}

// Without it a distance is not the exact one, or depends on which part of a tile is looked at.
func TestEveryRegionOfAFeatherIsExact(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 31))
		h, w := 1+rng.IntN(90), 1+rng.IntN(150)
		j := &Job{Feather: 1 + rng.IntN(40), Mosaic: View{C: 1}, Tiles: []Tile{{Image: NewView(h, w, 1)}}}
		tile, few := &j.Tiles[0], []int{3, 50, 500, math.MaxInt}[rng.IntN(4)]
		for k := range tile.Image.Pix {
			if rng.IntN(few) == 0 {
				tile.Image.Pix[k] = float32(math.NaN())
			}
		}
		if err := j.mark(t.Context(), tile, make([]uint32, j.holeWords(tile))); err != nil {
			t.Fatal(err)
		}
		f := newFeather(j)
		for range 5 {
			y0, x0 := rng.IntN(h), rng.IntN(w)
			region := box{y0, x0, y0 + 1 + rng.IntN(h-y0), x0 + 1 + rng.IntN(w-x0)}
			some := f.set(tile, 0, region)
			for y := region.y0; y < region.y1; y++ {
				for x := region.x0; x < region.x1; x++ {
					got, want := float32(1), float32(slowFall(j, tile, 0, y, x))
					if some {
						got = f.weight[(y-y0)*(region.x1-x0)+x-x0]
					}
					if got != want {
						t.Fatalf("seed %d: [%d,%d] of %v, reach %d: %g, want %g", seed, y, x, region, j.Feather, got, want)
					}
				}
			}
		}
	}
}

// Without it planes with a feather are added up otherwise than images, or by each other's holes.
func TestFeatheredPlanesEqualTheirSlowTwin(t *testing.T) {
	tried := 0
	for seed := range uint64(120) {
		j, slow := ofPlanes(seed), ofPlanes(seed)
		j.Feather, slow.Feather = 1+int(seed%11), 1+int(seed%11)
		apart := slices.ContainsFunc(j.Tiles, func(t Tile) bool { return !t.WeightMap.Empty() })
		if j.Combine > Sum || apart {
			continue
		}
		tried++
		if err := Run(j, RunCoadd); err != nil {
			t.Fatal(err)
		}
		copy(slow.Offsets, j.Offsets)
		for i := range slow.Tiles {
			p := &slow.Tiles[i].Planes
			slow.Tiles[i].Image = View{H: p.H, W: p.W}
		}
		comparePlanes(t, "feathered", slow, ofPlanesResult(j))
	}
	if tried < 10 {
		t.Errorf("%d jobs of planes can be feathered, want some", tried)
	}
}

// Without it a feathered mosaic could depend on the machine, the plan, or where tiles are, or
// take more memory than planned.
func TestAFeatherHasTheSameBitsHoweverItIsCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(29, 0))
	for name, j := range feathered(5) {
		if err := Run(j, RunAll); err != nil {
			t.Fatal(name, err)
		}
		want := bits(j)
		for k := range 8 {
			d := &disk{}
			got := d.away(j, func(tile, part int) bool { return k > 2 && (k > 4 || (tile+part)%3 == 0) })
			anyCut(t, name, got, d, want, rng)
		}
	}
}

// Without it the match or the gains would follow the feather, or a pixel be lost or changed that
// one tile alone shows.
func TestAFeatherChangesNothingWhereOneTileShows(t *testing.T) {
	for name, j := range feathered(7) {
		j.Combine, j.Feather = Mean, 200
		plain := new(disk).away(j, func(int, int) bool { return false })
		plain.Feather = 0
		if err := errors.Join(Run(j, RunAll), Run(plain, RunAll)); err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(j.Gains, plain.Gains) || !slices.Equal(j.Offsets, plain.Offsets) || !slices.Equal(j.Groups, plain.Groups) {
			t.Errorf("%s: gains, offsets or groups are others", name)
		}
		changed := 0
		for y := range j.Mosaic.H {
			for x := range j.Mosaic.W {
				a, b := float64(j.Mosaic.At(y, x, 0)), float64(plain.Mosaic.At(y, x, 0))
				if math.IsNaN(a) != math.IsNaN(b) {
					t.Fatalf("%s: [%d,%d] is %g, without a feather %g", name, y, x, a, b)
				}
				if !(math.Abs(a-b) > 2e-7*math.Abs(b)) {
					continue
				}
				changed++
				there := 0
				for i := range j.Tiles {
					if v, _ := slowWarp(plain, i, x, y, 0); v == v {
						there++
					}
				}
				if there < 2 {
					t.Fatalf("%s: [%d,%d] is %g of one tile, without a feather %g", name, y, x, a, b)
				}
			}
		}
		if len(j.Tiles) > 3 && changed == 0 {
			t.Errorf("%s: nothing is feathered", name)
		}
	}
}

// Without it a feather that can't be would be another one.
func TestAFeatherThatCannotBeIsRefused(t *testing.T) {
	for want, change := range map[string]func(j *Job){
		"feather = -1":             func(j *Job) { j.Feather = -1 },
		"feather = 65537":          func(j *Job) { j.Feather = MaxFeather + 1 },
		"tiles[1].weight_map":      func(j *Job) { j.Tiles[1].WeightMap = j.Tiles[1].Map },
		"combine = 4":              func(j *Job) { j.Combine = Min },
		"max_chunk_bytes = 100000": func(j *Job) { j.MaxChunkBytes = 100000 },
	} {
		j := ofPlanes(0)
		j.Combine, j.Feather = Mean, 3
		for i := range j.Tiles {
			j.Tiles[i].WeightMap, j.Tiles[i].WeightPlanes = PixelMap{}, Planes{}
		}
		change(j)
		if err := Run(j, RunCoadd); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Without it a device that does not feather would be asked to, or its user not told.
func TestADeviceIsNotAskedToFeather(t *testing.T) {
	for _, mode := range []Mode{Auto, GPU, Hybrid} {
		j := scene(3, 2, 1, 20, 30, 1)
		j.Feather, j.Mode = 4, mode
		j.Device = twin{fail: func(string, int) error { return errors.New("asked") }}
		if err := Run(j, RunAll); err != nil {
			t.Fatal(err)
		}
		if said := errors.Is(j.DeviceError, ErrDevice); said != (mode != Auto) {
			t.Errorf("mode %d: %v", mode, j.DeviceError)
		}
	}
}

// Without it a call that is cancelled while holes are found, or tiles feathered, goes on.
func TestAFeatheredCoaddCanBeCancelled(t *testing.T) {
	for n := range 12 {
		j, asked := scene(3, 2, 2, 200, 300, 1), 0
		j.Feather, j.Workers = 30, 1
		j.Cancelled = func() bool { asked++; return asked > n }
		if err := Run(j, RunCoadd); err != nil && !errors.Is(err, ErrCancelled) {
			t.Fatal(err)
		} else if n == 0 && err == nil {
			t.Error("it was cancelled, and ended well")
		}
	}
}
