package core

import (
	"context"
	"fmt"
	"math"
)

// Source gives the pixels of an image that is not in memory.
type Source interface {
	// Read writes the image, [h,w,c] of float32 without gaps, to to, which has room for it.
	// It returns soon after ctx ends. Many goroutines call it at once.
	Read(ctx context.Context, to []float32) error
}

// Target takes the pixels of an output that is not in memory.
type Target interface {
	// Write takes the finished pixels of the rows from y0 and columns from x0 on, which are
	// the block's until Write returns. Many goroutines call it at once, for each pixel once.
	Write(y0, x0 int, block View) error
}

// PairStep is what a match found of two tiles.
type PairStep struct {
	I, J   int
	Pixels int // that both show, in the channel with most
	// Step is, channel by channel, the median of tile I times its gain less tile J times its
	// gain; NaN where there is none.
	Step [MaxChannels]float64
}

// part is one of the images of a tile.
type part struct {
	name   string
	view   *View
	source *Source
}

func (t *Tile) parts() [3]part {
	return [3]part{{"image", &t.Image, &t.ImageSource}, {"mask", &t.Mask, &t.MaskSource},
		{"weight", &t.Weight, &t.WeightSource}}
}

// ofFiles reports whether some of the job's tiles or outputs are not in memory.
func (j *Job) ofFiles() bool {
	return j.MosaicTarget != nil || j.CoverageTarget != nil || j.hasSources()
}

func (j *Job) hasSources() bool {
	for i := range j.Tiles {
		if t := &j.Tiles[i]; t.ImageSource != nil || t.MaskSource != nil || t.WeightSource != nil {
			return true
		}
	}
	return false
}

// checkSources checks that each image has pixels or a source, and how sources want them to lie.
func (t *Tile) checkSources(name string) error {
	for _, p := range t.parts() {
		switch v := *p.view; {
		case *p.source == nil:
		case v.Pix != nil:
			return fmt.Errorf("%w: %s.%s has pixels and a source, want one of them", ErrArgument, name, p.name)
		case v.RowStride != v.W*v.C || v.ColStride != v.C || v.ChanStride != 1:
			return fmt.Errorf("%w: %s.%s has strides (%d,%d,%d), want (%d,%d,1) of a source",
				ErrStride, name, p.name, v.RowStride, v.ColStride, v.ChanStride, v.W*v.C, v.C)
		}
	}
	return nil
}

// checkTargets checks that each output has memory or a target.
func (j *Job) checkTargets() error {
	for _, o := range []struct {
		name   string
		pix    []float32
		target Target
	}{{"mosaic", j.Mosaic.Pix, j.MosaicTarget}, {"coverage_out", j.CoverageOut.Pix, j.CoverageTarget}} {
		if o.target != nil && o.pix != nil {
			return fmt.Errorf("%w: %s has memory and a target, want one of them", ErrArgument, o.name)
		}
	}
	return nil
}

// checkKnown checks what an earlier call has found.
func (j *Job) checkKnown(stages Stages) error {
	if j.Shown != nil && len(j.Shown) != len(j.Tiles) {
		return fmt.Errorf("%w: %d shown for %d tiles", ErrShape, len(j.Shown), len(j.Tiles))
	}
	if err := j.checkBackground(); err != nil || !j.OffsetsKnown {
		return err
	}
	switch {
	case stages&RunMatch != 0:
		return fmt.Errorf("%w: offsets_known is set, but the match is to find them", ErrArgument)
	case j.KeepBackground:
		return fmt.Errorf("%w: offsets_known is set, and so is keep_background", ErrArgument)
	case j.Offsets == nil:
		return fmt.Errorf("%w: offsets is absent, and offsets_known is set", ErrArgument)
	}
	if err := finite("offsets", j.Offsets); err != nil {
		return err
	}
	return finite("slopes", j.Slopes)
}

func finite(name string, numbers []float64) error {
	for i, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%w: %s[%d] = %g, want a finite number", ErrArgument, name, i, x)
		}
	}
	return nil
}

// checkBackground checks what a job wants for planes.
func (j *Job) checkBackground() error {
	planes := j.Background == PlaneBackground
	switch {
	case j.Background < 0 || j.Background >= backgrounds:
		return fmt.Errorf("%w: background = %d, want 0 (constant) or 1 (plane)", ErrArgument, j.Background)
	case !planes && (j.Slopes != nil || j.Damping != nil):
		return fmt.Errorf("%w: slopes or damping are given, and background is 0 (constant)", ErrArgument)
	case planes && (j.isPart() || j.PairsWanted != nil):
		return fmt.Errorf("%w: background = 1 (plane) for a part of a mosaic, want the whole", ErrArgument)
	case planes && j.OffsetsKnown && j.Slopes == nil:
		return fmt.Errorf("%w: slopes is absent, and offsets_known is set", ErrArgument)
	}
	return nil
}
