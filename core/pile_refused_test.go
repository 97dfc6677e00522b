package core

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// Without it a mistake of a caller reads memory that is not there, or changes a result.
func TestPlanesThatDoNotFitAreRefused(t *testing.T) {
	for name, change := range map[string]func(j *Job){
		"profile = 0":                     func(j *Job) { j.Profile = V45 },
		"gains":                           func(j *Job) { j.Gains = make([]float64, len(j.Tiles)) },
		"combine = 7":                     func(j *Job) { j.Combine = combines },
		"mosaic_planes is absent":         func(j *Job) { j.MosaicPlanes.F64, j.MosaicPlanes.F32 = nil, nil },
		"coverage_planes is absent":       func(j *Job) { j.CoveragePlanes = Planes{} },
		"coverage_planes has shape":       func(j *Job) { j.CoveragePlanes.W-- },
		"tiles[1].planes is absent":       func(j *Job) { j.Tiles[1].Planes = Planes{N: 2, H: 2, W: 2} },
		"tiles[1].planes has":             func(j *Job) { j.Tiles[1].Planes.N++; j.Tiles[1].Planes.PlaneStride = 0 },
		"tiles[1].weight_planes has 12":   func(j *Job) { j.Tiles[1].WeightPlanes.N = 12; j.Tiles[1].WeightPlanes.PlaneStride = 0 },
		"tiles[1].weight_planes has shap": func(j *Job) { j.Tiles[1].WeightPlanes.W--; j.Tiles[1].WeightMap = PixelMap{} },
		"tiles[1].weight_planes reaches":  func(j *Job) { j.Tiles[1].WeightPlanes.RowStride *= 99 },
		"offsets":                         func(j *Job) { j.Offsets = j.Offsets[1:] },
	} {
		j := ofPlanes(7)
		rng := rand.New(rand.NewPCG(1, 2))
		j.Tiles[1].WeightPlanes = planes(rng, j.MosaicPlanes.N, j.Tiles[1].Planes.H, j.Tiles[1].Planes.W, true)
		j.Tiles[1].WeightMap, j.SignedWeights = PixelMap{}, true
		change(j)
		if err := Run(j, RunCoadd); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
	if err := Run(ofPlanes(3), RunAll); err == nil {
		t.Error("planes went through a whole second pass")
	}
}

// Without it a median of many tiles takes more than its budget, in silence.
func TestAMedianKeepsToItsBudget(t *testing.T) {
	j := ofPlanes(uint64(Median))
	j.MaxChunkBytes = 8 * blockPixels
	if err := Run(j, RunCoadd); !errors.Is(err, ErrBudget) || !strings.Contains(err.Error(), "want at least") {
		t.Errorf("got %v, want %v", err, ErrBudget)
	}
}

// Without it a device gets what it can't compute, or a call that it can't do goes unsaid.
func TestADeviceTakesOnePlaneOfFloat32AndNoOther(t *testing.T) {
	for _, c := range []struct {
		combine      Combine
		double       bool
		mode         Mode
		opened, said bool
	}{
		{Mean, false, GPU, true, false},
		{Sum, false, Hybrid, true, false},
		{Max, false, GPU, false, true},
		{Mean, true, Hybrid, false, true},
		{Median, true, Auto, false, false},
	} {
		rng := rand.New(rand.NewPCG(5, 5))
		j := scene(3, 2, 1, 20, 30, 1)
		j.Profile, j.Gains, j.Combine, j.Mode = V42, nil, c.combine, c.mode
		for i := range j.Tiles {
			j.Tiles[i].Planes = planes(rng, 1, 20, 30, c.double)
		}
		j.MosaicPlanes = planes(rng, 1, j.Mosaic.H, j.Mosaic.W, false)
		j.CoveragePlanes = planes(rng, 1, j.Mosaic.H, j.Mosaic.W, false)
		opened := false
		j.Device = twin{fail: func(call string, _ int) error {
			opened = true
			return nil
		}}
		if err := Run(j, RunCoadd); err != nil {
			t.Fatal(err)
		}
		if opened != c.opened || (j.DeviceError != nil) != c.said {
			t.Errorf("%+v: opened %t, said %v", c, opened, j.DeviceError)
		}
	}
}
