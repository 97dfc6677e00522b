package core

import (
	"reflect"

	"zetwopass/core/vec"
)

// segmentRows returns how many rows the blur takes at a time: so many that reading
// the kernel's margins anew costs no more than the rows themselves.
func segmentRows(radius int) int { return max(leastSegment, 2*radius) }

const leastSegment = 512

// blurPlanes is 2 where the blur is normalised: numerator and denominator.
func blurPlanes(j *Job) int {
	if j.Profile == V42 {
		return 1
	}
	return 2
}

// blurSizes are the sizes of the blur's scratch.
type blurSizes struct {
	planes, rows, wide int // of a segment, rounded up to strips
	in, out            int // samples of a padded strip and of its result
}

func sizeBlur(j *Job) blurSizes {
	whole := func(n int) int { return (n + vec.Lanes - 1) / vec.Lanes * vec.Lanes }
	h, w, radius := j.Coverage.H, j.Coverage.W, KernelRadius(j.Sigma)
	s := blurSizes{planes: blurPlanes(j), rows: whole(min(segmentRows(radius), h)), wide: whole(w)}
	s.out = vec.Lanes * max(s.rows, s.wide)
	s.in = s.out + vec.Lanes*(2*radius+2)
	return s
}

func (s blurSizes) strips() int { return s.wide / vec.Lanes }

// blurBytes is the scratch of the blur: what its workers share, and of each.
func blurBytes(j *Job) (shared, each int64) {
	s := sizeBlur(j)
	planes := int64(s.planes)
	shared = planes * (4*int64(s.rows*s.wide) + int64(s.strips())*sizeOf[slider]())
	table, sums := foldBytes(KernelRadius(j.Sigma))
	each = 4*(int64(s.in)+planes*int64(s.in+s.out)) + sizeOf[gaussScratch]() + sums + spoiltBytes(s.in)
	return shared + table, each
}

func sizeOf[T any]() int64 { return int64(reflect.TypeFor[T]().Size()) }

// blur writes the blurred coverage of p.job to dst [H,W,1]:
//
//	V45  G(c where c > 0, else 0) / G(1 where c > 0, else 0), 0 where that is 0
//	V42  G(c)
//
// with G the Gaussian of scipy.ndimage.gaussian_filter for float32 (truncate 4,
// mode reflect): columns first, then rows, each accumulated in float64 and stored
// as float32.
func (p *pass) blur() error {
	if p.job.BlurredKnown {
		return nil
	}
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
		if err := b.run(p.chunkDone); err != nil || !b.enlarge() {
			return err
		}
		return b.run(func() {})
	})
}

// blurrer holds the scratch of one blur. Plane 0 is the numerator, plane 1 the
// denominator (V45 only).
type blurrer struct {
	p        *pass
	g        *gauss
	cov, dst View
	blurSizes
	inter   [2][]float32 // [rows/Lanes, wide, Lanes], what the columns' pass gave
	sliders []slider     // [strips, planes], which go on from segment to segment
	lines   []*blurLines // of each worker
	scale   float64      // power of two by which the numerator is enlarged
	bytes   int64        // of one of them
}

// blurLines is the scratch of one worker: padded strips of input and their output.
type blurLines struct {
	in, out [2][]float32
	next    []float32 // in[0] of the strip after
	gauss   gaussScratch
	spoilt  spoilt
	tiny    bool // a numerator was
}

func newBlurrer(p *pass, g *gauss, bytes int64) *blurrer {
	b := &blurrer{p: p, g: g, cov: p.job.Coverage, dst: p.job.Blurred,
		blurSizes: sizeBlur(p.job), lines: make([]*blurLines, p.plan.Workers), scale: 1, bytes: bytes}
	for i := range b.planes {
		b.inter[i] = make([]float32, b.rows*b.wide)
	}
	b.sliders = make([]slider, b.strips()*b.planes)
	return b
}

// scratch returns the lines of a worker, made at its first use.
func (b *blurrer) scratch(worker int) *blurLines {
	if b.lines[worker] == nil {
		l := &blurLines{next: make([]float32, b.in)}
		for i := range b.planes {
			l.in[i], l.out[i] = make([]float32, b.in), make([]float32, b.out)
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

// segment blurs the rows [y0,y1).
func (b *blurrer) segment(y0, y1 int) error {
	const pair = 2 * vec.Lanes // columns in a cache line
	err := parallel(b.p, (b.wide+pair-1)/pair, b.bytes, b.scratch, func(l *blurLines, i int) error {
		padded := (y1 - y0 + 2*b.g.radius + 2) * vec.Lanes
		b.gather(l.in[0][:padded], l.next[:padded], y0-b.g.radius-2, i*pair)
		b.columns(l, y1-y0, i*pair)
		l.in[0], l.next = l.next, l.in[0]
		b.columns(l, y1-y0, i*pair+vec.Lanes)
		return nil
	})
	if err != nil {
		return err
	}
	tasks := (y1 - y0 + vec.Lanes - 1) / vec.Lanes
	return parallel(b.p, tasks, b.bytes, b.scratch, func(l *blurLines, i int) error {
		b.lines8(l, i)
		b.ratio(l)
		b.write(l, y0+i*vec.Lanes, y1)
		return nil
	})
}

// columns filters some rows of the strip of columns from x on, in l.in, into inter.
func (b *blurrer) columns(l *blurLines, rows, x int) {
	if x >= b.wide {
		return
	}
	if b.planes == 2 {
		in := l.in[0][:(rows+2*b.g.radius+2)*vec.Lanes]
		vec.Covered(in, l.in[1])
		multiply(in, b.scale)
	}
	n, square := rows*vec.Lanes, vec.Lanes*vec.Lanes
	b.filter(l, n, b.sliders[x/vec.Lanes*b.planes:][:b.planes])
	whole := (n + square - 1) / square * square
	for i := range b.planes {
		clear(l.out[i][n:whole])
		vec.Transpose(b.inter[i][x*vec.Lanes:], vec.Lanes, b.wide*vec.Lanes, l.out[i][:whole])
	}
}

// filter filters l.in, which loses what is not finite, into the first n samples of l.out.
func (b *blurrer) filter(l *blurLines, n int, s []slider) {
	padded := n + (2*b.g.radius+2)*vec.Lanes
	odd := b.planes == 1 && !b.g.exact
	if odd {
		l.spoilt.take(l.in[0][:padded])
	}
	for i := range b.planes {
		b.g.filter(l.out[i][:n], l.in[i][:padded], &s[i], &l.gauss)
	}
	if odd {
		l.spoilt.put(l.out[0][:n], b.g.radius)
	}
}

// gather reads two strips of columns from x on, from row first of the coverage on,
// mirrored beyond its ends, 0 right of its end.
func (b *blurrer) gather(in, next []float32, first, x int) {
	v := b.cov
	mirror(len(in), first, v.H, func(a, e, from, step int) {
		at, pitch := from*v.RowStride+x*v.ColStride, step*v.RowStride
		if x+2*vec.Lanes <= v.W && v.ColStride == 1 {
			vec.Columns(in[a:e], next[a:e], v.Pix, at, pitch)
			return
		}
		for ; a < e; a += vec.Lanes {
			for i := range vec.Lanes {
				in[a+i], next[a+i] = 0, 0
				if x+i < v.W {
					in[a+i] = v.Pix[at+i*v.ColStride]
				}
				if x+vec.Lanes+i < v.W {
					next[a+i] = v.Pix[at+(vec.Lanes+i)*v.ColStride]
				}
			}
			at += pitch
		}
	})
}

// lines8 filters strip i of the rows of inter into l.out.
func (b *blurrer) lines8(l *blurLines, i int) {
	w, r := b.cov.W, b.g.radius
	for plane := range b.planes {
		in, line := l.in[plane][:(w+2*r+2)*vec.Lanes], b.inter[plane][i*b.wide*vec.Lanes:]
		mirror(len(in), -r-2, w, func(a, e, from, step int) {
			vec.Columns(in[a:e], nil, line, from*vec.Lanes, step*vec.Lanes)
		})
	}
	var s [2]slider
	b.filter(l, w*vec.Lanes, s[:b.planes])
}

// mirror calls read for each stretch [a,e) of the samples of a strip whose first row is
// row first of n that repeat as d c b a | a b c d | d c b a: the stretch begins with row
// from, and goes upwards or, step -1, downwards from there.
func mirror(samples, first, n int, read func(a, e, from, step int)) {
	for a := 0; a < samples; {
		from, step := ((first%(2*n))+2*n)%(2*n), 1
		rows := n - from
		if from >= n {
			rows, from, step = 2*n-from, 2*n-1-from, -1
		}
		e := min(a+rows*vec.Lanes, samples)
		read(a, e, from, step)
		a, first = e, first+rows
	}
}

// ratio divides the numerators in l.out by the denominators.
func (b *blurrer) ratio(l *blurLines) {
	if b.planes == 1 {
		return
	}
	n := b.cov.W * vec.Lanes
	num := l.out[0][:n]
	if vec.Ratio(num, l.out[1][:n], tiny) {
		l.tiny = true
	}
	multiply(num, 1/b.scale)
}

// write stores l.out, a strip of rows from y, of which those before y1 exist.
func (b *blurrer) write(l *blurLines, y, y1 int) {
	d, rows, x := b.dst, min(vec.Lanes, y1-y), 0
	if rows == vec.Lanes && d.ColStride == 1 {
		x = d.W / vec.Lanes * vec.Lanes
		vec.Transpose(d.Pix[y*d.RowStride:], d.RowStride, vec.Lanes, l.out[0][:x*vec.Lanes])
	}
	for ; x < d.W; x++ {
		for j := range rows {
			d.Pix[(y+j)*d.RowStride+x*d.ColStride] = l.out[0][x*vec.Lanes+j]
		}
	}
}
