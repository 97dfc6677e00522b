package core

import "zetwopass/core/vec"

// segmentRows returns how many rows the blur takes at a time: so many that reading
// the kernel's margins anew costs no more than the rows themselves.
func segmentRows(radius int) int { return max(512, 2*radius) }

// blurPlanes is 2 where the blur is normalised: numerator and denominator.
func blurPlanes(j *Job) int {
	if j.Profile == V42 {
		return 1
	}
	return 2
}

// blurSizes are the sizes of the blur's scratch.
type blurSizes struct {
	planes, rows, strips int // rows of a segment, strips of columns
	in, out              int // samples of a padded strip and of its result, all planes
}

func sizeBlur(j *Job) blurSizes {
	h, w, pad := j.Coverage.H, j.Coverage.W, 2*KernelRadius(j.Sigma)+2
	s := blurSizes{planes: blurPlanes(j), strips: (w + vec.Lanes - 1) / vec.Lanes}
	s.rows = min(segmentRows(KernelRadius(j.Sigma)), h)
	wide := s.strips * vec.Lanes
	s.in, s.out = s.planes*vec.Lanes*(max(s.rows, wide)+pad), s.planes*vec.Lanes*wide
	return s
}

// blurBytes is the scratch of the blur: what its workers share, and of each.
func blurBytes(j *Job) (shared, each int64) {
	s := sizeBlur(j)
	const sliderBytes, blockBytes = 8*len(vec.Cosines{}) + 4*vec.Lanes + 8, slideSteps * vec.Lanes * (3*8 + 4)
	return int64(s.planes*s.strips) * int64(4*vec.Lanes*s.rows+sliderBytes),
		4*int64(s.in+s.out) + blockBytes
}

// blur writes the blurred coverage of p.job to dst [H,W,1]:
//
//	V45  G(c where c > 0, else 0) / G(1 where c > 0, else 0), 0 where that is 0
//	V42  G(c)
//
// with G the Gaussian of scipy.ndimage.gaussian_filter for float32 (truncate 4,
// mode reflect): columns first, then rows, each accumulated in float64 and stored
// as float32.
func (p *pass) blur() error {
	h, seg := p.job.Coverage.H, segmentRows(KernelRadius(p.job.Sigma))
	return p.stage(StageBlur, (h+seg-1)/seg, p.plan.blurWork, func() error {
		if done, err := p.deviceBlur(seg); done || err != nil {
			return err
		}
		g := newGauss(p.job.Sigma)
		shared, each := blurBytes(p.job)
		if err := p.acquire(shared); err != nil {
			return err
		}
		defer p.release(shared)
		b := newBlurrer(p, g, each)
		err := b.run(p.chunkDone)
		if err == nil && b.lost() { // V42: infinities and NaN spread over the whole kernel
			g.exact = true
			err = b.run(func() {})
		}
		return err
	})
}

// blurrer holds the scratch of one blur. Plane 0 is the numerator, plane 1 the
// denominator (V45 only).
type blurrer struct {
	p        *pass
	g        *gauss
	cov, dst View
	blurSizes
	inter   [2][]float32 // [strips, rows, Lanes], what the columns' pass gave
	sliders [2][]slider  // of each strip of columns: they go on from segment to segment
	lines   []*blurLines // of each worker
	bytes   int64        // of one of them
}

// blurLines is the scratch of one worker: padded strips of input and their output.
type blurLines struct {
	in, out [2][]float32
	block   slideBlock
}

func newBlurrer(p *pass, g *gauss, bytes int64) *blurrer {
	b := &blurrer{p: p, g: g, cov: p.job.Coverage, dst: p.job.Blurred,
		blurSizes: sizeBlur(p.job), lines: make([]*blurLines, p.plan.Workers), bytes: bytes}
	for i := range b.planes {
		b.inter[i] = make([]float32, b.strips*b.rows*vec.Lanes)
		b.sliders[i] = make([]slider, b.strips)
	}
	return b
}

// scratch returns the lines of a worker, made at its first use.
func (b *blurrer) scratch(worker int) *blurLines {
	if b.lines[worker] == nil {
		l := new(blurLines)
		for i := range b.planes {
			l.in[i], l.out[i] = make([]float32, b.in/b.planes), make([]float32, b.out/b.planes)
		}
		b.lines[worker] = l
	}
	return b.lines[worker]
}

// run blurs everything and calls done after every segment.
func (b *blurrer) run(done func()) error {
	for y := 0; y < b.cov.H; y += segmentRows(b.g.radius) {
		if err := b.segment(y, min(y+segmentRows(b.g.radius), b.cov.H)); err != nil {
			return err
		}
		done()
	}
	return nil
}

// lost reports whether a column held what is not finite, which the recursion can't take.
func (b *blurrer) lost() bool {
	for i := range b.planes {
		for k := range b.sliders[i] {
			if s := &b.sliders[i][k]; s.lost || !s.finite() {
				return true
			}
		}
	}
	return false
}

// segment blurs the rows [y0,y1).
func (b *blurrer) segment(y0, y1 int) error {
	const pair = 2 // strips in a cache line
	err := parallel(b.p, (b.strips+pair-1)/pair, b.bytes, b.scratch, func(l *blurLines, i int) error {
		for strip := pair * i; strip < min(pair*(i+1), b.strips); strip++ {
			b.columns(l, y0, y1, strip)
		}
		return nil
	})
	if err != nil {
		return err
	}
	tasks := (y1 - y0 + vec.Lanes - 1) / vec.Lanes
	return parallel(b.p, tasks, b.bytes, b.scratch, func(l *blurLines, i int) error {
		b.lineUp(l, i*vec.Lanes)
		b.ratio(l)
		b.write(l, y0+i*vec.Lanes, y1)
		return nil
	})
}

// strip returns the rows of inter of one strip.
func (b *blurrer) strip(plane, i int) []float32 {
	n := b.rows * vec.Lanes
	return b.inter[plane][i*n:][:n]
}

// columns filters a strip of columns of the rows [y0,y1) into inter.
func (b *blurrer) columns(l *blurLines, y0, y1, strip int) {
	rows := y1 - y0 + 2*b.g.radius + 2
	b.gather(l.in[0][:rows*vec.Lanes], y0-b.g.radius-2, strip*vec.Lanes)
	if b.planes == 2 {
		vec.Covered(l.in[0][:rows*vec.Lanes], l.in[1])
	}
	for i := range b.planes {
		b.g.filter(b.strip(i, strip)[:(y1-y0)*vec.Lanes], l.in[i][:rows*vec.Lanes],
			&b.sliders[i][strip], &l.block)
	}
}

// gather reads the strip of the columns from x0 on, from row first of the coverage,
// mirrored beyond its ends, into in.
func (b *blurrer) gather(in []float32, first, x0 int) {
	v, rows := b.cov, len(in)/vec.Lanes
	width := min(vec.Lanes, v.W-x0)
	one := func(from, to int) {
		for j := from; j < to; j++ {
			row := v.Pix[fold(first+j, v.H)*v.RowStride+x0*v.ColStride:]
			for i := range width {
				in[j*vec.Lanes+i] = row[i*v.ColStride]
			}
		}
	}
	top := max(-first, 0)
	end := max(top, min(rows, v.H-first))
	one(0, top)
	if width == vec.Lanes && v.ColStride == 1 {
		vec.Columns(in[top*vec.Lanes:end*vec.Lanes], v.Pix[(first+top)*v.RowStride+x0:], v.RowStride)
	} else {
		one(top, end)
	}
	one(end, rows)
}

// lineUp filters a strip of rows of inter, from row y of the segment, into l.out.
func (b *blurrer) lineUp(l *blurLines, y int) {
	w, r := b.cov.W, b.g.radius
	for plane := range b.planes {
		in := l.in[plane][:(w+2*r+2)*vec.Lanes]
		line := l.in[plane][(r+2)*vec.Lanes:]
		for i := range b.strips {
			to, from := line[i*vec.Lanes*vec.Lanes:], b.strip(plane, i)[y*vec.Lanes:]
			if len(from) >= len(rowBlock{}) && len(to) >= len(rowBlock{}) {
				vec.Transpose((*rowBlock)(to), (*rowBlock)(from))
				continue
			}
			var padded, turned rowBlock
			copy(padded[:], from)
			vec.Transpose(&turned, &padded)
			copy(to, turned[:])
		}
		for j := range r + 2 {
			*(*row)(in[j*vec.Lanes:]) = row(line[fold(j-r-2, w)*vec.Lanes:])
		}
		for j := w; j < w+r; j++ {
			*(*row)(line[j*vec.Lanes:]) = row(line[fold(j, w)*vec.Lanes:])
		}
		var s slider
		b.g.filter(l.out[plane][:w*vec.Lanes], in, &s, &l.block)
	}
}

// row is a sample of each line of a strip, rowBlock a square of samples.
type (
	row      = [vec.Lanes]float32
	rowBlock = [vec.Lanes * vec.Lanes]float32
)

// ratio divides the numerators in l.out by the denominators.
func (b *blurrer) ratio(l *blurLines) {
	if b.planes == 1 {
		return
	}
	n := b.cov.W * vec.Lanes
	num, den := l.out[0][:n], l.out[1][:n]
	if !vec.Ratio(num, den, faint) {
		return
	}
	for i, d := range den {
		if d < faint && d != 0 {
			n, d := b.g.direct(l.in[0][i+2*vec.Lanes:]), b.g.direct(l.in[1][i+2*vec.Lanes:])
			if num[i] = 0; d > 0 {
				num[i] = n / d
			}
		}
	}
}

// write stores l.out, a strip of rows from y, of which those before y1 exist.
func (b *blurrer) write(l *blurLines, y, y1 int) {
	var turned rowBlock
	rows := min(vec.Lanes, y1-y)
	for i := range b.strips {
		x0 := i * vec.Lanes
		width := min(vec.Lanes, b.cov.W-x0)
		vec.Transpose(&turned, (*rowBlock)(l.out[0][x0*vec.Lanes:]))
		for j := range rows {
			to, from := b.dst.Pix[(y+j)*b.dst.RowStride+x0*b.dst.ColStride:], turned[j*vec.Lanes:][:width]
			if width == vec.Lanes && b.dst.ColStride == 1 {
				*(*row)(to) = row(from)
				continue
			}
			for k, s := range from {
				to[k*b.dst.ColStride] = s
			}
		}
	}
}

// faint is the denominator below which the recursion's noise, 1e-14 of the
// largest value, could show in the ratio: there the kernel is summed directly.
const faint = 1e-6

// fold reflects index i into [0,n): d c b a | a b c d | d c b a.
func fold(i, n int) int {
	i %= 2 * n
	if i < 0 {
		i += 2 * n
	}
	if i >= n {
		i = 2*n - 1 - i
	}
	return i
}
