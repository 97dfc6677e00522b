package core

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Without it samples would be too small to tell anything, or too large, or all of them in a few rows.
func TestASampleIsAsLargeAsItAimsAt(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	for range 3000 {
		cols, rows, planes, x := 1+rng.IntN(3000), 1+rng.IntN(3000), 1+rng.IntN(3), 1<<rng.IntN(4)
		target := 1 + rng.IntN(cols*rows*planes)
		g := sampleGrid(cols, rows, cols*rows*planes, target, x, 8)
		n := ((cols-1)/g.x + 1) * ((rows-1)/g.y + 1) * planes
		least := g.y >= rows/sampledLeast && 2*g.x > min(8, cols/sampledLeast) // as small as it gets
		if 10*n < 7*target || 10*n > 14*target+20*(rows+cols)*planes && !least {
			t.Errorf("%d of %d x %d x %d, want %d", n, planes, rows, cols, target)
		}
		if g.y > 1 && rows/g.y < sampledLeast/2 || g.x > 1 && cols/g.x < sampledLeast {
			t.Errorf("%v of %d x %d", g, rows, cols)
		}
	}
}

// Without it the fine sample would be kept whole, or its own bracket not be found.
func TestAFineSampleNarrowsTheBracketOfTheCoarseOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 1))
	const n, few, many = 1 << 20, 512, 64 // numbers, and of how many the samples have one
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	k, pool := new(bracket), newPool(boundless)
	k.setBounds(grid{few, 1}, nth(x, few), aimWidth(n/few, n/many))
	aimed := k.bounds[0]
	k.begin(pool, grid{many, 1})
	sample, kept := nth(x, many), 0
	for _, d := range sample {
		found := Tally{Kept: []float64{d}}
		if !(d > aimed.lo && d < aimed.hi) {
			found.Kept = nil
			found.count(d, &aimed)
		}
		kept += len(found.Kept)
		k.take(found)
	}
	if most := k.keeps(aimed, grid{many, 1}); kept > most || kept > len(sample)/4 {
		t.Errorf("%d of %d are kept, planned are %d", kept, len(sample), most)
	}
	k.narrow(grid{many, 1}, nil)
	slices.Sort(sample)
	lo, hi := ranks(len(sample), halfWidth(len(sample), 0))
	if got := k.bounds[0]; got.lo != sample[lo] || got.hi != sample[hi] {
		t.Errorf("bracket %v, want that of the fine sample, %v to %v", got, sample[lo], sample[hi])
	}
	if wide := k.bounds[1]; wide.lo > aimed.lo || wide.hi < aimed.hi {
		t.Errorf("the second run has %v, narrower than %v", wide, aimed)
	}
}

// Without it a bracket would be made of a sample that does not lie in what the coarse one aimed at.
func TestAFineSampleThatLiesElsewhereNarrowsNothing(t *testing.T) {
	k := &bracket{bounds: [2]bound{{0, 1, 0.2}, {-1, 2, 0.4}}, stream: 800}
	k.begin(newPool(boundless), every)
	k.take(Tally{Below: 1000, Kept: []float64{0.5}})
	if k.narrow(every, nil); k.bounds[0] != (bound{0, 1, 0.2}) {
		t.Errorf("bracket %v of a sample below it", k.bounds[0])
	}
	k.begin(newPool(0), every)
	k.take(Tally{Kept: make([]float64, 1000)})
	if k.narrow(every, nil); k.bounds[0] != (bound{0, 1, 0.2}) || !k.numbers.refused {
		t.Errorf("bracket %v of a sample that there was no room for", k.bounds[0])
	}
}

// Without it weights of a map of their own would be looked up at other pixels.
func TestWeightsOfTheirOwnMapAreSampledSideBySide(t *testing.T) {
	j := scene(3, 2, 1, 400, 600, 1)
	for _, columns := range []int{coarseColumns, 1} {
		if columns == 1 {
			j.Tiles[1].WeightMap = j.Tiles[1].Map
		}
		pairs, err := j.overlaps(&patience{job: j})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pairs {
			if got := p.grid[fine].x; got != min(columns, fineColumns) {
				t.Errorf("every %d-th column, want %d", got, min(columns, fineColumns))
			}
		}
	}
}

// Without it pairs that are sampled once, twice, and in other columns could miss each other's rows.
func TestPairsOfAllSizesHaveTheMediansOfAllPixels(t *testing.T) {
	j := scene(5, 2, 2, 240, 320, 1)
	j.Tiles[2].Map.X0, j.Tiles[2].Map.X1 = 250, 310 // of 60 columns
	j.Tiles[3].Map.X0, j.Tiles[3].Map.X1 = 280, 300 // of 20
	j.Pairs = func(s PairStep) {
		if want := slowMedian(j, s.I, s.J, 0); s.Step[0] != want {
			t.Errorf("tiles %d and %d: median %v, want %v", s.I, s.J, s.Step[0], want)
		}
	}
	pairs, err := j.overlaps(&patience{job: j})
	if err != nil {
		t.Fatal(err)
	}
	grids := map[[2]bool]bool{}
	for _, p := range pairs {
		grids[[2]bool{p.needs(coarse), p.grid[fine].x == 1}] = true
	}
	if len(grids) != 3 {
		t.Fatalf("%v: some way of sampling is not among them", grids)
	}
	if err := Run(j, RunMatch); err != nil {
		t.Fatal(err)
	}
}
