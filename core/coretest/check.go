// Package coretest is what every core.Device must satisfy: the CPU's numbers.
package coretest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"zetwopass/core"
	"zetwopass/core/vec"
)

// Check runs random jobs on the device, alone and beside workers, and compares them with
// the workers'.
func Check(t *testing.T, d core.Device) {
	for seed := range uint64(12) {
		channels := 1 + int(seed%4)
		t.Run(fmt.Sprintf("seed %d, %d channels", seed, channels), func(t *testing.T) {
			for _, mode := range []core.Mode{core.GPU, core.Hybrid} {
				coadd(t, d, seed, channels, mode)
				secondPass(t, d, seed, channels, mode)
			}
		})
	}
	t.Run("reprojections", func(t *testing.T) { reprojections(t, d) })
	t.Run("blur of odd shapes", func(t *testing.T) { blurs(t, d) })
	t.Run("blur of values far apart", func(t *testing.T) { farApart(t, d) })
	t.Run("a little memory", func(t *testing.T) { littleMemory(t, d) })
	t.Run("gains of a given blur", func(t *testing.T) { givenBlur(t, d) })
	t.Run("gains that are NaN", func(t *testing.T) { lostGains(t, d) })
	t.Run("cancel", func(t *testing.T) { cancelled(t, d) })
}

// run computes the stages of the scene, by the CPU alone and by the device.
func run(t *testing.T, d core.Device, mode core.Mode, stages core.Stages, make func() *core.Job) (want, got *core.Job) {
	t.Helper()
	want, got = make(), make()
	want.Mode = core.CPU
	got.Mode, got.Device = mode, d
	var last core.Stats
	got.OnStats = func(s core.Stats) { last = s }
	for _, j := range []*core.Job{want, got} {
		if err := core.Run(j, stages); err != nil {
			t.Fatal(err)
		}
	}
	if got.DeviceError != nil {
		t.Fatalf("the device gave up: %v", got.DeviceError)
	}
	if mode == core.GPU && !last.DeviceRan {
		t.Error("the device has computed nothing")
	}
	return want, got
}

// coadd compares match and coadd bit by bit.
func coadd(t *testing.T, d core.Device, seed uint64, channels int, mode core.Mode) {
	want, got := run(t, d, mode, core.RunCoadd, func() *core.Job { return Scene(seed, channels) })
	same(t, "mosaic", got.Mosaic, want.Mosaic, 0)
	same(t, "coverage", got.CoverageOut, want.CoverageOut, 0)
	for i, c := range got.Offsets {
		if math.Float64bits(c) != math.Float64bits(want.Offsets[i]) {
			t.Errorf("offset %d is %v, want %v", i, c, want.Offsets[i])
		}
	}
	for i, g := range got.Groups {
		if g != want.Groups[i] {
			t.Errorf("tile %d is in group %d, want %d", i, g, want.Groups[i])
		}
	}
}

// bound is how far a blurred value may lie from the CPU's, as a share of it; each is
// within half of that of the truth.
const bound = 5e-7

// secondPass compares all of it: the gains follow the blur.
func secondPass(t *testing.T, d core.Device, seed uint64, channels int, mode core.Mode) {
	want, got := run(t, d, mode, core.RunAll, func() *core.Job { return Scene(seed, channels) })
	same(t, "blurred", got.Blurred, want.Blurred, bound)
	for i, g := range got.Gains {
		if !(math.Abs(g-want.Gains[i]) <= bound*want.Gains[i]) {
			t.Errorf("gain %d is %v, want %v", i, g, want.Gains[i])
		}
	}
	same(t, "coverage", got.CoverageOut, want.CoverageOut, 0)
}

// blurs compares the blur where kernels are wider than images, and of what is not finite.
func blurs(t *testing.T, d core.Device) {
	for _, c := range []struct{ h, w, sigma, odd int }{
		{1, 1, 3, 0}, {1, 50, 9, 0}, {50, 1, 9, 0}, {7, 9, 40, 0}, {130, 70, 1, 0}, {130, 70, 2, 5}, {1100, 20, 3, 0},
	} {
		for _, profile := range []core.Profile{core.V45, core.V42} {
			make := func() *core.Job {
				j := &core.Job{Profile: profile, Sigma: c.sigma,
					Coverage: core.NewView(c.h, c.w, 1), Blurred: core.NewView(c.h, c.w, 1)}
				for i := range j.Coverage.Pix {
					j.Coverage.Pix[i] = float32(i / 40 % 4)
				}
				for i := range c.odd {
					j.Coverage.Pix[(i+1)*len(j.Coverage.Pix)/(c.odd+1)] = float32(math.Inf(1 - 2*(i%2)))
				}
				return j
			}
			want, got := run(t, d, core.GPU, core.RunBlur, make)
			same(t, fmt.Sprint("blurred ", c, profile), got.Blurred, want.Blurred, bound)
		}
	}
}

// farApart compares the blur where pixels dwarf those around, and at float32's ends.
func farApart(t *testing.T, d core.Device) {
	for _, c := range []struct{ scale, hot float64 }{{1, 1e9}, {1, 1e20}, {1, 3e38}, {1, 1e-40},
		{0x1p-149, 1e-43}, {1e-38, 1e-35}, {1e-36, 1e-10}, {1e30, 1e3}, {6e37, 1}} {
		for _, profile := range []core.Profile{core.V45, core.V42} {
			make := func() *core.Job {
				j := &core.Job{Profile: profile, Sigma: 5, Coverage: core.NewView(700, 60, 1), Blurred: core.NewView(700, 60, 1)}
				for i := range j.Coverage.Pix {
					j.Coverage.Pix[i] = float32(c.scale * float64(1+i*i%7%5))
				}
				for i := range 5 {
					j.Coverage.Pix[(2*i+1)*len(j.Coverage.Pix)/11] = float32(c.hot)
				}
				return j
			}
			want, got := run(t, d, core.GPU, core.RunBlur, make)
			for i, w := range want.Blurred.Pix {
				if g := got.Blurred.Pix[i]; !(math.Abs(float64(g)-float64(w)) <= float64(bound*float64(w))+0x1p-148) {
					t.Fatalf("%v, profile %d: blurred[%d] is %g, want %g", c, profile, i, g, w)
				}
			}
		}
	}
}

// littleMemory has room for a tile or two at a time, at last for none.
func littleMemory(t *testing.T, d core.Device) {
	for _, bytes := range []int64{400 << 10, 200 << 10, 60 << 10, 1} {
		make := func() *core.Job {
			j := Scene(3, 3)
			j.DeviceBytes = bytes
			return j
		}
		want, got := make(), make()
		got.Mode, got.Device = core.GPU, d
		got.OnStats = func(s core.Stats) {
			if s.DeviceUse.Bytes > bytes {
				t.Errorf("%d bytes of the device are held, %d were allowed", s.DeviceUse.Bytes, bytes)
			}
		}
		want.Mode = core.CPU
		for _, j := range []*core.Job{want, got} {
			if err := core.Run(j, core.RunCoadd); err != nil {
				t.Fatal(err)
			}
		}
		if got.DeviceError != nil && !errors.Is(got.DeviceError, core.ErrDeviceMemory) {
			t.Fatalf("the device gave up: %v", got.DeviceError)
		}
		same(t, "mosaic", got.Mosaic, want.Mosaic, 0)
	}
}

// givenBlur compares gains bit by bit: without a blur the scales of coverages below the
// least that is divided by are these, over that.
func givenBlur(t *testing.T, d core.Device) {
	for seed := range uint64(6) {
		want, got := run(t, d, core.GPU, core.RunGains, func() *core.Job {
			j := Scene(seed, 1)
			j.Profile, j.Sigma, j.GainMin = core.V42, 0, 0.1
			rng := rand.New(rand.NewPCG(seed, 3))
			fill(j.Coverage, func() float32 { return vec.Epsilon * max(0, float32(rng.Float32()*1.2)-0.1) })
			return j
		})
		for i, g := range got.Gains {
			if g != want.Gains[i] || (g == 1 && i == 0) {
				t.Errorf("gain %d is %v, want %v", i, g, want.Gains[i])
			}
		}
	}
}

// lostGains has a coverage whose blur is not finite.
func lostGains(t *testing.T, d core.Device) {
	want, got := run(t, d, core.GPU, core.RunGains, func() *core.Job {
		j := Scene(5, 1)
		j.Profile = core.V42
		j.Coverage.Set(j.Coverage.H/2, j.Coverage.W/8, 0, float32(math.Inf(1)))
		j.Coverage.Set(j.Coverage.H/2, j.Coverage.W/8+1, 0, float32(math.Inf(-1)))
		return j
	})
	lost := 0
	for i, g := range got.Gains {
		if math.IsNaN(g) != math.IsNaN(want.Gains[i]) {
			t.Errorf("gain %d is %v, want %v", i, g, want.Gains[i])
		}
		if math.IsNaN(g) {
			lost++
		}
	}
	if lost == 0 {
		t.Error("no gain is NaN, so nothing was tried")
	}
}

// cancelled ends a job in each of its stages, and then has the device do one more.
func cancelled(t *testing.T, d core.Device) {
	for _, stage := range []core.Stage{core.StageBlur, core.StageGains, core.StageBackground, core.StageReproject} {
		j, now := Scene(7, 3), core.StageStart
		j.RowsPerChunk, j.Mode, j.Device = 1, core.GPU, d
		j.OnStats = func(s core.Stats) { now = s.Stage }
		j.Cancelled = func() bool { return now == stage }
		if err := core.Run(j, core.RunAll); !errors.Is(err, core.ErrCancelled) || j.DeviceError != nil {
			t.Errorf("in stage %d: %v, %v", stage, err, j.DeviceError)
		}
	}
	coadd(t, d, 7, 3, core.GPU)
}

// same compares images: NaN and infinities where they are, else within a share of the
// value, which is that of the largest where that is below 1.
func same(t *testing.T, name string, got, want core.View, share float64) {
	t.Helper()
	bad := 0
	for y := range want.H {
		for x := range want.W {
			for c := range want.C {
				g, w := float64(got.At(y, x, c)), float64(want.At(y, x, c))
				if g == w || (g != g && w != w) || math.Abs(g-w) <= share*max(1, math.Abs(w)) {
					continue
				}
				if bad++; bad == 1 {
					t.Errorf("%s[%d,%d,%d] is %v, want %v", name, y, x, c, g, w)
				}
			}
		}
	}
	if bad > 1 {
		t.Errorf("%s differs at %d samples", name, bad)
	}
}
