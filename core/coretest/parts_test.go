package coretest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"zetwopass/core"
)

// window returns a job of the pixels [x0,x1) x [y0,y1) of another's output, without images.
func window(j *core.Job, y0, x0, y1, x1 int) *core.Job {
	w := *j
	w.Tiles = slices.Clone(j.Tiles)
	for i := range w.Tiles {
		w.Tiles[i].Map.Shift(x0, y0)
		w.Tiles[i].WeightMap.Shift(x0, y0)
	}
	w.Mosaic = core.NewView(y1-y0, x1-x0, j.Mosaic.C)
	w.CoverageOut = core.NewView(y1-y0, x1-x0, 1)
	w.Offsets, w.Groups, w.Gains = slices.Clone(j.Offsets), nil, slices.Clone(j.Gains)
	return &w
}

// cut returns the pixels of an image in a window.
func cut(v core.View, y0, x0, y1, x1 int) core.View {
	out := core.NewView(y1-y0, x1-x0, v.C)
	for y := range out.H {
		for x := range out.W {
			for c := range v.C {
				out.Set(y, x, c, v.At(y+y0, x+x0, c))
			}
		}
	}
	return out
}

func sameBits(a, b core.View) bool {
	return slices.EqualFunc(a.Pix, b.Pix, func(a, b float32) bool {
		return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
	})
}

func mustRun(t *testing.T, j *core.Job, stages core.Stages) {
	t.Helper()
	if err := core.Run(j, stages); err != nil {
		t.Fatal(err)
	}
}

// Without it a mosaic made in parts has seams: every kind of map, of weights and of blocks must
// give a pixel the bits that it has in the whole, whatever the window begins with.
func TestWindowsOfACoaddHaveTheBitsOfTheWhole(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 3))
		j := Scene(seed, 1+int(seed%4))
		mustRun(t, j, core.RunCoadd)
		for range 5 {
			y0, x0 := rng.IntN(j.Mosaic.H), rng.IntN(j.Mosaic.W)
			y1, x1 := y0+1+rng.IntN(j.Mosaic.H-y0), x0+1+rng.IntN(j.Mosaic.W-x0)
			w := window(j, y0, x0, y1, x1)
			w.OffsetsKnown = true
			mustRun(t, w, core.RunCoadd)
			if !sameBits(w.Mosaic, cut(j.Mosaic, y0, x0, y1, x1)) || !sameBits(w.CoverageOut, cut(j.CoverageOut, y0, x0, y1, x1)) {
				t.Fatalf("scene %d: rows %d to %d, columns %d to %d differ", seed, y0, y1, x0, x1)
			}
		}
	}
}

// A canvas of a million pixels a side is where parts are wanted: positions must not depend on
// where a window of it begins.
func TestWindowsFarOutHaveTheSameBits(t *testing.T) {
	for seed := range uint64(20) {
		j := Scene(seed, 1)
		const far = 900_001
		for i := range j.Tiles {
			for _, m := range []*core.PixelMap{&j.Tiles[i].Map, &j.Tiles[i].WeightMap} {
				if m.Empty() {
					continue
				}
				p := &m.Plane
				for k := 0; k < 9; k += 3 {
					p[k+2] -= far * (p[k] + p[k+1])
				}
				m.OriginX, m.OriginY = m.OriginX+far, m.OriginY+far
				m.Col0, m.Row0 = far, far
			}
		}
		mustRun(t, j, core.RunCoadd)
		h, w := j.Mosaic.H, j.Mosaic.W
		part := window(j, h/3, w/3, h, w)
		part.OffsetsKnown = true
		mustRun(t, part, core.RunCoadd)
		if !sameBits(part.Mosaic, cut(j.Mosaic, h/3, w/3, h, w)) {
			t.Fatalf("scene %d differs", seed)
		}
	}
}

// Without it gains found where the tiles are would not be those of the whole.
func TestGainsOfATileOnItsWindowAreThoseOfTheWhole(t *testing.T) {
	for seed := range uint64(30) {
		j := Scene(seed, 1)
		j.Profile = core.Profile(seed % 2)
		mustRun(t, j, core.RunGains)
		for i := range j.Tiles {
			x0, y0, x1, y1 := j.Tiles[i].Map.Clip(j.Coverage.H, j.Coverage.W)
			w := window(j, y0, x0, y1, x1)
			w.Tiles, w.Gains, w.BlurredKnown = w.Tiles[i:i+1], []float64{0}, true
			w.Coverage, w.Blurred = cut(j.Coverage, y0, x0, y1, x1), cut(j.Blurred, y0, x0, y1, x1)
			mustRun(t, w, core.RunGains)
			if math.Float64bits(w.Gains[0]) != math.Float64bits(j.Gains[i]) {
				t.Fatalf("scene %d, tile %d: %g, want %g", seed, i, w.Gains[0], j.Gains[i])
			}
		}
	}
}

// The steps of pairs that are matched one by one, on a window that one of the tiles lies in, and
// what follows from them in any order, are a match's of all.
func TestPairsOneByOneGiveTheOffsetsOfTheWhole(t *testing.T) {
	for seed := range uint64(30) {
		channels := 1 + int(seed%4)
		j := Scene(seed, channels)
		var whole, found []core.PairStep
		j.Pairs = func(p core.PairStep) { whole = append(whole, p) }
		mustRun(t, j, core.RunMatch)
		for a := range j.Tiles {
			for b := a + 1; b < len(j.Tiles); b++ {
				x0, y0, x1, y1 := j.Tiles[a].Map.Clip(j.Mosaic.H, j.Mosaic.W)
				w := window(j, y0, x0, y1, x1)
				w.PairsWanted = [][2]int{{a, b}}
				w.Pairs = func(p core.PairStep) { found = append(found, p) }
				mustRun(t, w, core.RunMatch)
			}
		}
		same := func(a, b core.PairStep) bool {
			for c := range a.Step {
				if math.Float64bits(a.Step[c]) != math.Float64bits(b.Step[c]) && a.Step[c] == a.Step[c] {
					return false
				}
			}
			return a.I == b.I && a.J == b.J && a.Pixels == b.Pixels
		}
		if !slices.EqualFunc(whole, found, same) {
			t.Fatalf("scene %d: pairs %v, want %v", seed, found, whole)
		}
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(found), func(a, b int) { found[a], found[b] = found[b], found[a] })
		offsets, groups := make([]float64, len(j.Offsets)), make([]int32, len(j.Tiles))
		if err := core.OffsetsFromPairs(found, channels, offsets, groups, func() bool { return false }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(offsets, j.Offsets) || !slices.Equal(groups, j.Groups) {
			t.Fatalf("scene %d: %v, want %v", seed, offsets, j.Offsets)
		}
	}
}

// Without it a wrong list of pairs would be read beyond its tiles, or counted twice.
func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	nan := math.NaN()
	never := func() bool { return false }
	step := func(i, j int) core.PairStep { return core.PairStep{I: i, J: j, Step: [4]float64{nan}} }
	for name, pairs := range map[string][]core.PairStep{
		"beyond": {step(0, 3)}, "below": {step(-1, 1)}, "itself": {step(1, 1)}, "turned": {step(2, 1)},
		"twice": {step(0, 1), step(1, 2), step(0, 1)},
	} {
		if err := core.OffsetsFromPairs(pairs, 1, make([]float64, 3), make([]int32, 3), never); !errors.Is(err, core.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, wanted := range map[string][][2]int{
		"beyond": {{0, 6}}, "below": {{-1, 1}}, "itself": {{1, 1}}, "turned": {{2, 1}},
		"twice": {{0, 1}, {0, 1}}, "unordered": {{1, 2}, {0, 1}},
	} {
		j := Scene(1, 1)
		j.PairsWanted = wanted
		if err := core.Run(j, core.RunMatch); !errors.Is(err, core.ErrArgument) {
			t.Errorf("pairs_wanted %s: %v", name, err)
		}
	}
	j := Scene(1, 1)
	j.BlurredKnown = true
	if err := core.Run(j, core.RunAll); !errors.Is(err, core.ErrArgument) {
		t.Errorf("blurred_known of all: %v", err)
	}
}

// The solution of many tiles takes seconds: it must end when nobody wants it any more.
func TestOffsetsFromPairsCanBeCancelled(t *testing.T) {
	pairs := []core.PairStep{{I: 0, J: 1}, {I: 1, J: 2}, {I: 0, J: 2, Step: [4]float64{1}}}
	err := core.OffsetsFromPairs(pairs, 1, make([]float64, 3), make([]int32, 3), func() bool { return true })
	if !errors.Is(err, core.ErrCancelled) {
		t.Error(err)
	}
}
