package coretest

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zetwopass/core"
)

//go:embed testdata/bits.txt
var known string // a line for every result: its job, its name and the hash of its bits

// Without it another processor, its vector bodies or their absence could change results. A
// change of the maths fails here too: what it prints is what testdata/bits.txt shall hold.
func TestResultsHaveTheSameBitsOnEveryProcessor(t *testing.T) {
	lines := slices.Concat(ofBlurs(t), ofScenes(t), ofFeathers(t), ofStacks(t), ofReprojections(t))
	want := strings.Split(strings.TrimSpace(known), "\n")
	if len(lines) != len(want) {
		t.Errorf("%d results, want %d", len(lines), len(want))
	}
	for _, line := range lines {
		if !slices.Contains(want, line) {
			t.Error(line)
		}
	}
}

// result is a line for what a job has written: numbers of one type. No bits of a NaN count,
// which processors make as they like.
func result[T float32 | float64 | int32](job, name string, numbers ...[]T) string {
	sum := fnv.New64a()
	for _, some := range numbers {
		for _, x := range some {
			add(sum, float64(x))
		}
	}
	return fmt.Sprintf("%s: %s %016x", job, name, sum.Sum64())
}

func add(to hash.Hash64, x float64) {
	if x != x {
		x = math.NaN()
	}
	to.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
}

// ofBlurs blurs what drives every way of filtering: steps, noise, and both below pixels
// that dwarf them.
func ofBlurs(t *testing.T) (lines []string) {
	for _, sigma := range []int{0, 1, 7, 40, 200} {
		for profile := range core.V42 + 1 {
			rng := rand.New(rand.NewPCG(uint64(sigma), uint64(profile)))
			j := &core.Job{Profile: profile, Sigma: sigma, Coverage: core.NewView(600, 90, 1), Blurred: core.NewView(600, 90, 1)}
			for i := range j.Coverage.Pix {
				c := float32(1 + (i/90/50+i%90/20)%3)
				if i%90 > 30 {
					c *= float32(rng.IntN(1000)) / 999
				}
				if rng.IntN(2000) == 0 {
					c *= []float32{1e9, 1e20, 1e-30}[rng.IntN(3)]
				}
				j.Coverage.Pix[i] = c
			}
			if err := core.Run(j, core.RunBlur); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, result(fmt.Sprintf("blur of sigma %d, profile %d", sigma, profile), "blurred", j.Blurred.Pix))
		}
	}
	return lines
}

// ofScenes takes the second pass of every scene.
func ofScenes(t *testing.T) (lines []string) {
	for seed := range uint64(12) {
		j, job := Scene(seed, 1+int(seed%4)), fmt.Sprint("scene ", seed)
		if err := core.Run(j, core.RunAll); err != nil {
			t.Fatal(job, err)
		}
		lines = append(lines, result(job, "blurred", j.Blurred.Pix), result(job, "gains", j.Gains),
			result(job, "offsets", j.Offsets), result(job, "groups", j.Groups),
			result(job, "mosaic", j.Mosaic.Pix), result(job, "coverage", j.CoverageOut.Pix))
	}
	return lines
}

// ofFeathers adds scenes up whose tiles fade out.
func ofFeathers(t *testing.T) (lines []string) {
	for seed := range uint64(6) {
		j, job := Scene(seed, 1+int(seed%4)), fmt.Sprint("feathered scene ", seed)
		j.Feather = 2 + 7*int(seed)
		for i := range j.Tiles {
			if t := &j.Tiles[i]; !t.WeightMap.Empty() {
				t.WeightMap, t.Weight = core.PixelMap{}, core.View{}
			}
		}
		if err := core.Run(j, core.RunCoadd); err != nil {
			t.Fatal(job, err)
		}
		lines = append(lines, result(job, "mosaic", j.Mosaic.Pix), result(job, "coverage", j.CoverageOut.Pix))
	}
	return lines
}

// ofStacks combines planes by every function.
func ofStacks(t *testing.T) (lines []string) {
	for seed := range uint64(14) {
		j := stack(seed)
		job := fmt.Sprintf("stack %d, combined by %d", seed, j.Combine)
		if err := core.Run(j, core.RunCoadd); err != nil {
			t.Fatal(job, err)
		}
		m, c := &j.MosaicPlanes, &j.CoveragePlanes
		lines = append(lines, result(job, "offsets", j.Offsets),
			result(job, "mosaic", m.F64, wide(m.F32)), result(job, "coverage", c.F64, wide(c.F32)))
	}
	return lines
}

// stack is a scene of planes.
func stack(seed uint64) *core.Job {
	j, rng := Scene(seed, 1), rand.New(rand.NewPCG(seed, 13))
	n, double := 1+rng.IntN(3), func() bool { return rng.IntN(2) == 0 }
	j.Combine, j.Profile, j.Gains = core.Combine(seed%uint64(core.Median+1)), core.V42, nil
	j.SignedWeights, j.KeepBackground = rng.IntN(2) == 0, rng.IntN(4) == 0
	j.MosaicPlanes = planes(rng, n, j.Mosaic.H, j.Mosaic.W, double())
	j.CoveragePlanes = planes(rng, n, j.Mosaic.H, j.Mosaic.W, double())
	for i := range j.Tiles {
		t := &j.Tiles[i]
		t.Planes = planes(rng, n, t.Image.H, t.Image.W, double())
		if !t.Weight.Absent() {
			t.WeightPlanes = planes(rng, []int{1, n}[rng.IntN(2)], t.Weight.H, t.Weight.W, double())
		}
		t.Image, t.Weight = core.View{}, core.View{}
	}
	return j
}

func ofReprojections(t *testing.T) (lines []string) {
	for seed := range uint64(24) {
		r, job := reprojection(seed), fmt.Sprint("reprojection ", seed)
		if err := core.Reproject(r); err != nil {
			t.Fatal(job, err)
		}
		lines = append(lines, result(job, "out", r.Out.F64, wide(r.Out.F32)), result(job, "footprint", r.Footprint.F64))
	}
	return lines
}

func wide(narrow []float32) (all []float64) {
	for _, x := range narrow {
		all = append(all, float64(x))
	}
	return all
}
