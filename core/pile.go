package core

import (
	"fmt"
	"math"
	"slices"

	"zetwopass/core/vec"
)

// ofPlanes reports whether it is a job of planes.
func (j *Job) ofPlanes() bool { return j.MosaicPlanes.N != 0 }

// planes is how many the job has, at least 1.
func (j *Job) planes() int { return max(1, j.MosaicPlanes.N) }

// settlePlanes gives a job of planes the shapes that all stages go by. One float32 plane
// that needs nothing more is an image, which a device can take, too.
func (j *Job) settlePlanes() {
	all := []*Planes{&j.MosaicPlanes, &j.CoveragePlanes}
	views := []*View{&j.Mosaic, &j.CoverageOut}
	for i := range j.Tiles {
		t := &j.Tiles[i]
		all, views = append(all, &t.Planes, &t.WeightPlanes), append(views, &t.Image, &t.Weight)
	}
	plain := j.Combine <= Sum && !j.SignedWeights
	for _, p := range all {
		plain = plain && p.N <= 1 && p.F64 == nil
	}
	for k, p := range all {
		*views[k] = View{H: p.H, W: p.W, C: min(p.N, 1)}
		if plain {
			*views[k] = View{Pix: p.F32, H: p.H, W: p.W, C: min(p.N, 1), RowStride: p.RowStride, ColStride: p.ColStride}
			*p = Planes{}
		}
	}
}

// validatePlanes checks what a job of planes adds to its tiles.
func (j *Job) validatePlanes(stages Stages) error {
	m := &j.MosaicPlanes
	switch {
	case stages != RunCoadd:
		return fmt.Errorf("%w: planes are for the coadd alone", ErrArgument)
	case j.Profile != V42:
		return fmt.Errorf("%w: profile = %d, want 1 (v4.2) for planes", ErrArgument, j.Profile)
	case j.ofFiles():
		return fmt.Errorf("%w: tiles come from sources or outputs go to targets, want planes in memory", ErrArgument)
	case j.Gains != nil:
		return fmt.Errorf("%w: gains are given, want none for planes", ErrArgument)
	case j.Combine < Mean || j.Combine >= combines:
		return fmt.Errorf("%w: combine = %d, want 0 to %d", ErrArgument, j.Combine, combines-1)
	}
	c := &j.CoveragePlanes
	for _, p := range []struct {
		name   string
		planes *Planes
	}{{"mosaic_planes", m}, {"coverage_planes", c}} {
		if p.planes.Absent() {
			return fmt.Errorf("%w: %s is absent", ErrArgument, p.name)
		}
		if err := p.planes.checkWritten(p.name); err != nil {
			return err
		}
	}
	if c.N != m.N || c.H != m.H || c.W != m.W {
		return fmt.Errorf("%w: coverage_planes has shape [%d,%d,%d], want [%d,%d,%d]",
			ErrShape, c.N, c.H, c.W, m.N, m.H, m.W)
	}
	for i := range j.Tiles {
		if err := j.Tiles[i].checkPlanes(fmt.Sprintf("tiles[%d]", i), m.N); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tile) checkPlanes(name string, n int) error {
	p, w := &t.Planes, &t.WeightPlanes
	if p.Absent() {
		return fmt.Errorf("%w: %s.planes is absent", ErrArgument, name)
	}
	if err := p.check(name + ".planes"); err != nil {
		return err
	}
	if p.N != n {
		return fmt.Errorf("%w: %s.planes has %d planes, the mosaic %d", ErrShape, name, p.N, n)
	}
	if w.Absent() {
		return nil
	}
	if err := w.check(name + ".weight_planes"); err != nil {
		return err
	}
	if w.N != 1 && w.N != n {
		return fmt.Errorf("%w: %s.weight_planes has %d planes, want 1 or %d", ErrShape, name, w.N, n)
	}
	if t.WeightMap.Empty() && (w.H != p.H || w.W != p.W) {
		return fmt.Errorf("%w: %s.weight_planes has shape [%d,%d], want [%d,%d]", ErrShape, name, w.H, w.W, p.H, p.W)
	}
	return nil
}

// pilePlanes is how many planes are added up at a time: they share their positions.
const pilePlanes = 8

// pile adds the tiles of a job of planes up, a block of a row at a time.
type pile struct {
	job              *Job
	value, sum, norm [][]float64 // of each plane [blockPixels]
	values           [][]float64 // Median: of each pixel
}

// pileSize is the planes that a pile takes at a time, and the values of a pixel that it keeps.
func pileSize(j *Job) (planes, values int) {
	if j.Combine == Median {
		return 1, max(1, j.crowd(j.Mosaic.H, j.Mosaic.W, 1)) // none may meet the output
	}
	return min(j.MosaicPlanes.N, pilePlanes), 0
}

// pileBytes is the scratch of a pile.
func pileBytes(j *Job) int64 {
	planes, values := pileSize(j)
	return 8 * blockPixels * int64(3*planes+values+3)
}

func newPile(j *Job) *pile {
	s := &pile{job: j}
	planes, values := pileSize(j)
	for range planes {
		s.value = append(s.value, make([]float64, blockPixels))
		s.sum = append(s.sum, make([]float64, blockPixels))
		s.norm = append(s.norm, make([]float64, blockPixels))
	}
	if j.Combine == Median {
		all := make([]float64, blockPixels*values)
		for x := range blockPixels {
			s.values = append(s.values, all[x*values:x*values:(x+1)*values])
		}
	}
	return s
}

// block adds the tiles up on the pixels [x0,x1) of row y and writes them.
func (s *pile) block(a *coadder, found findings, y, x0, x1 int) {
	j := s.job
	for n := 0; n < j.MosaicPlanes.N; n += len(s.sum) {
		planes := min(len(s.sum), j.MosaicPlanes.N-n)
		s.begin(planes, x1-x0)
		for _, k := range a.stack.columns.at(x0) {
			from, to := a.stack.spans.cut(int(k), y, x0, x1)
			if from >= to {
				continue
			}
			i := a.stack.tiles[k]
			t := &j.Tiles[i]
			from, to, u, v := a.warp.locate(t, y, from, to)
			if from == to {
				continue
			}
			for p := range planes { // before the weights take the positions
				t.sample(s.value[p][:to-from], u, v, n+p, 1, 1)
			}
			for p := range planes {
				found.lower(s.value[p][:to-from], 1, 1, i, from, y)
				if p == 0 || t.WeightPlanes.N > 1 {
					a.warp.weigh(j, t, n+p, y, from, u, v)
				}
				if s.add(p, from-x0, s.value[p][:to-from], a.warp.weight[:to-from], found.offsets[i]) {
					a.shown[a.stack.place[k]] = true
				}
			}
		}
		for p := range planes {
			s.write(p, n+p, y, x0, x1)
		}
	}
}

// write writes the sums of the p-th plane at a time, the n-th of the job, on the pixels [x0,x1)
// of row y.
func (s *pile) write(p, n, y, x0, x1 int) {
	s.finish(p, x1-x0)
	s.job.MosaicPlanes.put(n, y, x0, s.sum[p][:x1-x0])
	s.job.CoveragePlanes.put(n, y, x0, s.norm[p][:x1-x0])
}

// begin clears the sums of so many pixels.
func (s *pile) begin(planes, pixels int) {
	start := 0.0
	switch s.job.Combine {
	case Min:
		start = math.Inf(1)
	case Max:
		start = math.Inf(-1)
	case Median:
		for x := range pixels {
			s.values[x] = s.values[x][:0]
		}
	}
	for p := range planes {
		clear(s.norm[p][:pixels])
		spread(s.sum[p], 1, pixels, start)
	}
}

// add adds values less the offset to a plane, from pixel x on, and reports whether any of
// them has a say.
func (s *pile) add(plane, x int, value, weight []float64, offset float64) (some bool) {
	sum, norm := s.sum[plane][x:][:len(value)], s.norm[plane][x:][:len(value)]
	signed, combine := s.job.SignedWeights, s.job.Combine
	for i, w := range weight {
		if !(w > 0 || signed && w < 0) {
			value[i] = math.NaN()
		}
		some = some || value[i] == value[i]
	}
	switch combine {
	case Mean, Sum:
		vec.AddWeighted(sum, norm, value, weight, &[vec.Lanes4]float64{offset})
	case Median:
		s.keep(x, norm, value, weight, offset)
	default:
		for i, w := range weight {
			v := value[i] - offset
			if v == v && w > 0 && combine.takes(v, sum[i], norm[i]) {
				sum[i], norm[i] = v, w
			}
		}
	}
	return some
}

// takes reports whether a value comes into the place of the one that a pixel has, or,
// with norm 0, has not.
func (c Combine) takes(v, now, norm float64) bool {
	switch c {
	case First:
		return norm == 0
	case Min:
		return v < now
	case Max:
		return v > now
	}
	return true
}

// keep notes values for the median, from pixel x on.
func (s *pile) keep(x int, norm, value, weight []float64, offset float64) {
	for i, w := range weight {
		v := value[i] - offset
		if v != v {
			continue
		}
		norm[i] += w
		if w > 0 {
			s.values[x+i] = append(s.values[x+i], v)
		}
	}
}

// finish makes of the sums of a plane what is written.
func (s *pile) finish(plane, pixels int) {
	sum, norm, blank := s.sum[plane][:pixels], s.norm[plane], 0.0
	if s.job.BlankNaN {
		blank = math.NaN()
	}
	for x := range sum {
		switch n := norm[x]; {
		case n == 0:
			sum[x] = blank
		case s.job.Combine == Mean:
			sum[x] /= n
		case s.job.Combine == Median:
			sum[x] = medianOf(s.values[x])
		}
	}
}

// medianOf returns the median of numbers, which it reorders; 0 of none.
func medianOf(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
