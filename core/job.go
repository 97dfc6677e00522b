package core

import (
	"fmt"
	"math"
)

// Profile chooses between the two generations of the maths.
type Profile int

const (
	V45 Profile = iota // normalised blur, threshold, weights, NaN where blank
	V42                // plain blur, 0 where blank
)

// Combine says what the coadd makes of the tiles that show a pixel. What comes after Sum
// is for planes alone, and there only tiles of a weight above 0 have a say.
type Combine int

const (
	Mean   Combine = iota // sum of value * weight / sum of weights
	Sum                   // sum of value * weight
	First                 // value and weight of the first tile
	Last                  // of the last
	Min                   // of the first of those with the least value
	Max                   // of the first of those with the largest
	Median                // of the values; sum of weights
	combines
)

// The limits of a job.
const (
	MaxChannels = 4
	MaxTiles    = 1 << 20
	maxWorkers  = 1024
)

// Tile is one image of the mosaic and where it lies.
type Tile struct {
	Image       View // [h,w,C]
	Mask        View // [h,w,1], its coverage, for the gain; absent = ones
	Weight      View // [h,w,1] for the coadd; absent = ones
	WeightScale float64
	Map         PixelMap
	WeightMap   PixelMap // of Weight; empty = Weight lies on Image and has its shape

	Planes       Planes // [N,h,w] in the place of Image, in a job of planes
	WeightPlanes Planes // [1 or N,h,w] in the place of Weight, likewise; or absent
}

// Job says what to compute and where to put it; include/zetwopass.h is its
// manual, field by field.
type Job struct {
	Profile   Profile
	Sigma     int
	GainMin   float64
	GainMax   float64
	Threshold float64 // of the blurred coverage, >= 0
	Tiles     []Tile

	Coverage    View // in  [Hc,Wc,1]
	Blurred     View // out [Hc,Wc,1]
	Mosaic      View // out [H,W,C]
	CoverageOut View // out [H,W,1]; may be Blurred's memory

	// MosaicPlanes and CoveragePlanes make it a job of planes, which all lie alike: outputs
	// [N,H,W] in the place of Mosaic and CoverageOut, without gains, each plane by itself
	// but for the background, one constant per tile.
	MosaicPlanes, CoveragePlanes Planes

	Gains   []float64 // [T]; nil = ones in the coadd
	Offsets []float64 // [T*C], or nil
	Groups  []int32   // [T], or nil

	Combine        Combine
	KeepBackground bool
	BinaryWeights  bool
	SignedWeights  bool // planes: weights below 0 count in sums and means, else they are 0
	BlankNaN       bool

	Workers       int
	RowsPerChunk  int
	MaxChunkBytes int64

	Mode        Mode
	Device      Device // nil = this build has none
	DeviceRows  int    // output rows at a time on the device; 0 = chosen
	DeviceBytes int64  // bound of the device's memory; 0 = what is free, less a margin
	DeviceError error  // out: why the device was not used, or not to the end; nil

	OnStats   func(Stats) // see Run; or nil
	Cancelled func() bool // see Run; or nil

	// Room is asked before so many bytes are taken; what it said before no longer counts.
	// Its error, which wraps ErrLimit, ends the call. Or nil.
	Room func(bytes int64) error
}

func (j *Job) room(bytes int64) error {
	if j.Room == nil {
		return nil
	}
	return j.Room(bytes)
}

// Stages says which parts of the second pass to run.
type Stages int

const (
	RunBlur Stages = 1 << iota
	RunGains
	RunCoadd
	RunAll = RunBlur | RunGains | RunCoadd
)

// Validate checks what a plan of the stages needs: all but that the images are
// there. Nothing is re-checked behind it. Of a job of planes it sets the shapes of images.
func (j *Job) Validate(stages Stages) error {
	if j.ofPlanes() {
		if err := j.validatePlanes(stages); err != nil {
			return err
		}
		j.settlePlanes()
	}
	if j.Profile != V45 && j.Profile != V42 {
		return fmt.Errorf("%w: profile = %d, want 0 (v4.5) or 1 (v4.2)", ErrArgument, j.Profile)
	}
	if j.Mode < Auto || j.Mode > Hybrid {
		return fmt.Errorf("%w: device = %d, want 0 (auto), 1 (cpu), 2 (gpu) or 3 (hybrid)", ErrArgument, j.Mode)
	}
	for _, n := range []struct {
		name        string
		value, most int64
	}{
		{"workers", int64(j.Workers), maxWorkers},
		{"rows_per_chunk", int64(j.RowsPerChunk), math.MaxInt64},
		{"max_chunk_bytes", j.MaxChunkBytes, math.MaxInt64},
		{"gpu_rows_per_chunk", int64(j.DeviceRows), math.MaxInt64},
		{"gpu_max_chunk_bytes", j.DeviceBytes, math.MaxInt64},
	} {
		if n.value < 0 || n.value > n.most {
			return fmt.Errorf("%w: %s = %d, want 0 to %d", ErrArgument, n.name, n.value, n.most)
		}
	}
	if stages&(RunBlur|RunGains) != 0 {
		if err := j.validateBlur(); err != nil {
			return err
		}
	}
	if stages&(RunGains|RunCoadd) != 0 {
		if err := j.validateTiles(stages); err != nil {
			return err
		}
	}
	if stages&RunCoadd != 0 {
		return j.validateCoadd()
	}
	return nil
}

// present reports the first image of the stages that is absent.
func (j *Job) present(stages Stages) error {
	for _, v := range []struct {
		name string
		when Stages
		view View
	}{
		{"coverage", RunBlur | RunGains, j.Coverage},
		{"blurred", RunBlur | RunGains, j.Blurred},
		{"mosaic", RunCoadd, j.Mosaic},
		{"coverage_out", RunCoadd, j.CoverageOut},
	} {
		if stages&v.when != 0 && v.view.Absent() && !j.ofPlanes() {
			return fmt.Errorf("%w: %s is absent", ErrArgument, v.name)
		}
	}
	return nil
}

func (j *Job) validateBlur() error {
	if j.Sigma < 0 || j.Sigma > MaxSigma {
		return fmt.Errorf("%w: sigma = %d, want 0 to %d", ErrArgument, j.Sigma, MaxSigma)
	}
	if err := j.Coverage.check("coverage"); err != nil {
		return err
	}
	if err := j.Blurred.check("blurred"); err != nil {
		return err
	}
	return sameShape("blurred", j.Blurred, j.Coverage.H, j.Coverage.W, 1)
}

func (j *Job) validateTiles(stages Stages) error {
	if n := len(j.Tiles); n < 1 || n > MaxTiles {
		return fmt.Errorf("%w: tile_count = %d, want 1 to %d", ErrArgument, n, MaxTiles)
	}
	if stages&RunGains != 0 {
		if !(j.GainMin <= j.GainMax) || math.IsInf(j.GainMin, 1) || math.IsInf(j.GainMax, -1) {
			return fmt.Errorf("%w: gain clip [%g, %g], want numbers in order with a finite one between",
				ErrArgument, j.GainMin, j.GainMax)
		}
		if !(j.Threshold >= 0) {
			return fmt.Errorf("%w: threshold = %g, want a number", ErrArgument, j.Threshold)
		}
		if len(j.Gains) != len(j.Tiles) {
			return fmt.Errorf("%w: %d gains for %d tiles", ErrShape, len(j.Gains), len(j.Tiles))
		}
	}
	for i := range j.Tiles {
		if err := j.Tiles[i].check(fmt.Sprintf("tiles[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tile) check(name string) error {
	if err := t.Image.check(name + ".image"); err != nil {
		return err
	}
	for _, m := range []struct {
		name string
		view View
		own  bool
	}{{".mask", t.Mask, false}, {".weight", t.Weight, !t.WeightMap.Empty()}} {
		if m.view.Absent() {
			continue
		}
		if err := m.view.check(name + m.name); err != nil {
			return err
		}
		h, w := t.Image.H, t.Image.W
		if m.own {
			h, w = m.view.H, m.view.W
		}
		if err := sameShape(name+m.name, m.view, h, w, 1); err != nil {
			return err
		}
	}
	if !(t.WeightScale > 0) || math.IsInf(t.WeightScale, 0) {
		return fmt.Errorf("%w: %s.weight_scale = %g, want a finite number > 0",
			ErrArgument, name, t.WeightScale)
	}
	if err := t.WeightMap.check(name + ".weight_map"); err != nil {
		return err
	}
	return t.Map.check(name + ".map")
}

func (j *Job) validateCoadd() error {
	if j.ofPlanes() {
		return j.validateFindings()
	}
	m := j.Mosaic
	if err := m.check("mosaic"); err != nil {
		return err
	}
	if m.C > MaxChannels {
		return fmt.Errorf("%w: mosaic has %d channels, want 1 to %d", ErrShape, m.C, MaxChannels)
	}
	if err := j.CoverageOut.check("coverage_out"); err != nil {
		return err
	}
	if err := sameShape("coverage_out", j.CoverageOut, m.H, m.W, 1); err != nil {
		return err
	}
	for i := range j.Tiles {
		if c := j.Tiles[i].Image.C; c < m.C {
			return fmt.Errorf("%w: tiles[%d].image has %d channels, the mosaic has %d", ErrShape, i, c, m.C)
		}
	}
	if j.Combine != Mean && j.Combine != Sum {
		return fmt.Errorf("%w: combine = %d, want 0 (mean) or 1 (sum), others of planes", ErrArgument, j.Combine)
	}
	if j.SignedWeights {
		return fmt.Errorf("%w: signed_weights is set, but there are no planes", ErrArgument)
	}
	if j.Gains != nil && len(j.Gains) != len(j.Tiles) {
		return fmt.Errorf("%w: %d gains for %d tiles", ErrShape, len(j.Gains), len(j.Tiles))
	}
	return j.validateFindings()
}

func (j *Job) validateFindings() error {
	if c := j.Mosaic.C; j.Offsets != nil && len(j.Offsets) != len(j.Tiles)*c {
		return fmt.Errorf("%w: %d offsets for %d tiles of %d channels",
			ErrShape, len(j.Offsets), len(j.Tiles), c)
	}
	if j.Groups != nil && len(j.Groups) != len(j.Tiles) {
		return fmt.Errorf("%w: %d groups for %d tiles", ErrShape, len(j.Groups), len(j.Tiles))
	}
	return nil
}

func sameShape(name string, v View, h, w, c int) error {
	if v.H != h || v.W != w || v.C != c {
		return fmt.Errorf("%w: %s has shape [%d,%d,%d], want [%d,%d,%d]",
			ErrShape, name, v.H, v.W, v.C, h, w, c)
	}
	return nil
}
