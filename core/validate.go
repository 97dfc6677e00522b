package core

import (
	"fmt"
	"math"
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
	if stages&^RunBlur != 0 {
		if err := j.validateTiles(stages); err != nil {
			return err
		}
	}
	if err := j.checkParts(stages); err != nil {
		return err
	}
	switch {
	case stages == RunFirst:
		if err := j.CoverageOut.checkWritten("coverage_out"); err != nil {
			return err
		}
		return j.checkTargets()
	case stages&RunFirst != 0:
		return fmt.Errorf("%w: stages = %d, want the first pass's by itself", ErrArgument, stages)
	case stages&(RunMatch|RunCoadd) != 0:
		if err := j.checkKnown(stages); err != nil {
			return err
		}
		if err := j.checkFeather(); err != nil {
			return err
		}
		return j.validateCoadd(stages)
	}
	return nil
}

// present reports the first image of the stages that is absent.
func (j *Job) present(stages Stages) error {
	if j.ofPlanes() {
		return nil
	}
	for _, v := range []struct {
		name  string
		when  Stages
		there bool
	}{
		{"coverage", RunBlur | RunGains, !j.Coverage.Absent()},
		{"blurred", RunBlur | RunGains, !j.Blurred.Absent()},
		{"mosaic", RunCoadd, !j.Mosaic.Absent() || j.MosaicTarget != nil},
		{"coverage_out", RunCoadd | RunFirst, !j.CoverageOut.Absent() || j.CoverageTarget != nil},
	} {
		if stages&v.when != 0 && !v.there {
			return fmt.Errorf("%w: %s is absent", ErrArgument, v.name)
		}
	}
	if stages&(RunMatch|RunCoadd) == 0 {
		return nil
	}
	for i := range j.Tiles {
		if t := &j.Tiles[i]; t.Image.Absent() && t.ImageSource == nil {
			return fmt.Errorf("%w: tiles[%d].image is absent", ErrArgument, i)
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
	if err := sameShape("blurred", j.Blurred, j.Coverage.H, j.Coverage.W, 1); err != nil || j.BlurredKnown {
		return err
	}
	return j.Blurred.checkWritten("blurred")
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
	stop := patience{job: j, left: patienceSteps}
	for i := range j.Tiles {
		if err := j.Tiles[i].check(fmt.Sprintf("tiles[%d]", i)); err != nil {
			return err
		}
		if err := stop.spend(16); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tile) check(name string) error {
	if err := t.Image.check(name + ".image"); err != nil {
		return err
	}
	if err := t.checkSources(name); err != nil {
		return err
	}
	for _, m := range []struct {
		name   string
		view   View
		source Source
		own    bool
	}{{".mask", t.Mask, t.MaskSource, false}, {".weight", t.Weight, t.WeightSource, !t.WeightMap.Empty()}} {
		if m.view.Absent() && m.source == nil {
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

func (j *Job) validateCoadd(stages Stages) error {
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
	if stages&RunCoadd != 0 {
		if err := j.validateOutputs(); err != nil {
			return err
		}
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

func (j *Job) validateOutputs() error {
	if err := j.Mosaic.checkWritten("mosaic"); err != nil {
		return err
	}
	if err := j.CoverageOut.checkWritten("coverage_out"); err != nil {
		return err
	}
	if err := sameShape("coverage_out", j.CoverageOut, j.Mosaic.H, j.Mosaic.W, 1); err != nil {
		return err
	}
	return j.checkTargets()
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
