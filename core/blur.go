package core

import "math"

// blurStrip is the number of columns that the vertical pass takes at a time: one
// cache line of float32.
const blurStrip = 16

// segmentRows returns how many rows the blur computes from one fresh start of
// its recursion. It depends on the kernel alone, so that neither chunks nor
// workers move a bit.
func segmentRows(radius int) int { return max(512, 2*radius) }

// blurBytes is the scratch of the blur: what its workers share, and of each.
func blurBytes(j *Job) (shared, each int64) {
	h, w, r := j.Coverage.H, j.Coverage.W, kernelRadius(j.Sigma)
	planes, rows := blurPlanes(j), min(segmentRows(r), h)
	in, out := lineSizes(rows, w, r, planes)
	return int64(planes*rows*w) * 4, int64(in+out)*4 + int64(max(rows, w))*8
}

// blurPlanes is 2 where the blur is normalised: numerator and denominator.
func blurPlanes(j *Job) int {
	if j.Profile == V42 {
		return 1
	}
	return 2
}

// lineSizes returns the samples that one worker needs for its padded input lines
// and for their output: a strip of columns, or a row.
func lineSizes(rows, w, radius, planes int) (in, out int) {
	pad := 2*radius + 2
	return planes * max(blurStrip*(rows+pad), w+pad), max(rows, planes*w)
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
	cov := p.job.Coverage
	g := newGauss(p.job.Sigma)
	if p.job.Profile == V42 && !allFinite(cov) {
		g.exact = true // infinities and NaN must spread over the whole kernel
	}
	seg := segmentRows(g.radius)
	segments := (cov.H + seg - 1) / seg
	return p.stage(StageBlur, segments, p.plan.blurWork, func() error {
		shared, each := blurBytes(p.job)
		if err := p.acquire(shared); err != nil {
			return err
		}
		defer p.release(shared)
		b := newBlurrer(p, g, each)
		for y := 0; y < cov.H; y += seg {
			if err := b.segment(y, min(y+seg, cov.H)); err != nil {
				return err
			}
			p.chunkDone()
		}
		return nil
	})
}

// blurrer holds the scratch of one blur. Plane 0 is the numerator, plane 1 the
// denominator (V45 only).
type blurrer struct {
	p        *pass
	g        *gauss
	cov, dst View
	planes   int
	inter    [2][]float32 // [segment rows, W], what the columns' pass gave
	lines    []*blurLines // of each worker
	bytes    int64        // of one of them
}

// blurLines is the scratch of one worker: padded input lines, their output, and
// sums for one of them.
type blurLines struct {
	in, out []float32
	sum     []float64
}

func newBlurrer(p *pass, g *gauss, bytes int64) *blurrer {
	b := &blurrer{p: p, g: g, cov: p.job.Coverage, dst: p.job.Blurred,
		planes: blurPlanes(p.job), lines: make([]*blurLines, p.plan.Workers), bytes: bytes}
	for i := range b.planes {
		b.inter[i] = make([]float32, min(segmentRows(g.radius), b.cov.H)*b.cov.W)
	}
	return b
}

// scratch returns the lines of a worker, made at its first use.
func (b *blurrer) scratch(worker int) *blurLines {
	if b.lines[worker] == nil {
		rows := min(segmentRows(b.g.radius), b.cov.H)
		in, out := lineSizes(rows, b.cov.W, b.g.radius, b.planes)
		b.lines[worker] = &blurLines{
			make([]float32, in), make([]float32, out), make([]float64, max(rows, b.cov.W))}
	}
	return b.lines[worker]
}

// segment blurs the rows [y0,y1).
func (b *blurrer) segment(y0, y1 int) error {
	strips := (b.cov.W + blurStrip - 1) / blurStrip
	err := parallel(b.p, strips, b.bytes, b.scratch, func(l *blurLines, i int) error {
		b.columns(l, y0, y1, i*blurStrip, min((i+1)*blurStrip, b.cov.W))
		return nil
	})
	if err != nil {
		return err
	}
	const block = 16 // rows a task
	return parallel(b.p, (y1-y0+block-1)/block, b.bytes, b.scratch, func(l *blurLines, i int) error {
		for y := y0 + i*block; y < min(y0+(i+1)*block, y1); y++ {
			b.row(l, y, y0)
		}
		return nil
	})
}

// columns filters the columns [x0,x1) of the rows [y0,y1) into inter.
func (b *blurrer) columns(l *blurLines, y0, y1, x0, x1 int) {
	n, width := y1-y0, x1-x0
	padded := n + 2*b.g.radius + 2
	in, out := l.in, l.out[:n]
	for j := range padded {
		base := fold(y0+j-b.g.radius-2, b.cov.H)*b.cov.RowStride + x0*b.cov.ColStride
		for i := range width {
			c := b.cov.Pix[base+i*b.cov.ColStride]
			if b.planes == 2 {
				c = covered(c)
				one := float32(0)
				if c > 0 {
					one = 1
				}
				in[(blurStrip+i)*padded+j] = one
			}
			in[i*padded+j] = c
		}
	}
	for i := range width {
		few := b.g.fewSteps(in[i*padded:][:padded]) // the mask steps nowhere else
		for plane := range b.planes {
			b.g.filter(out, in[(plane*blurStrip+i)*padded:][:padded], few, l.sum)
			to := b.inter[plane][x0+i:]
			for j, s := range out {
				to[j*b.cov.W] = s
			}
		}
	}
}

// row filters row y of inter, whose first row is y0, and writes it to dst.
func (b *blurrer) row(l *blurLines, y, y0 int) {
	w, r := b.cov.W, b.g.radius
	padded := w + 2*r + 2
	in, out := l.in, l.out
	for plane := range b.planes {
		line := in[plane*padded:][:padded]
		from := b.inter[plane][(y-y0)*w:][:w]
		for j := range r + 2 {
			line[j] = from[fold(j-r-2, w)]
		}
		copy(line[r+2:], from)
		for j := r + 2 + w; j < padded; j++ {
			line[j] = from[fold(j-r-2, w)]
		}
	}
	few := b.g.fewSteps(in[:padded]) && (b.planes == 1 || b.g.fewSteps(in[padded:][:padded]))
	for plane := range b.planes {
		b.g.filter(out[plane*w:][:w], in[plane*padded:][:padded], few, l.sum)
	}
	to := b.dst.Pix[y*b.dst.RowStride:]
	if b.planes == 1 {
		for x, s := range out[:w] {
			to[x*b.dst.ColStride] = s
		}
		return
	}
	for x := range w {
		num, den := out[x], out[w+x]
		if den < faint && den != 0 {
			num = b.g.direct(in[x+2:])
			den = b.g.direct(in[padded+x+2:])
		}
		s := float32(0)
		if den > 0 {
			s = num / den
		}
		to[x*b.dst.ColStride] = s
	}
}

// faint is the denominator below which the recursion's noise, 1e-14 of the
// largest value, could show in the ratio: there the kernel is summed directly.
const faint = 1e-6

// covered returns c where it is finite and above 0, else 0.
func covered(c float32) float32 {
	if c > 0 && c <= math.MaxFloat32 {
		return c
	}
	return 0
}

func allFinite(v View) bool {
	for y := range v.H {
		for x := range v.W {
			if c := v.At(y, x, 0); c-c != 0 {
				return false
			}
		}
	}
	return true
}

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
