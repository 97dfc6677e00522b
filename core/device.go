package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"
)

// Mode says who computes.
type Mode int

const (
	Auto   Mode = iota // both where that pays, else the CPU
	CPU                // the workers alone
	GPU                // the device alone, but for what its memory can't hold
	Hybrid             // both, from the same queue of tasks
)

// The sentinels that errors of a Device wrap.
var (
	// ErrDevice says that there is no device, or that it failed.
	ErrDevice = errors.New("GPU")
	// ErrNoBackend says that a build has no Device.
	ErrNoBackend = fmt.Errorf("%w: this library was built without its backend", ErrDevice)
	// ErrDeviceMemory says that a smaller task might do.
	ErrDeviceMemory = errors.New("out of GPU memory")
)

// Device is a GPU. What it computes are the CPU's numbers, bit for bit, but for the
// blur, which keeps to the same bounds.
type Device interface {
	// Info describes the device; the error says why there is none.
	Info() (DeviceInfo, error)
	// Open readies the device for a valid job, whose arrays must stay until Close,
	// within bytes of its memory; 0 = what is free, less a margin.
	Open(ctx context.Context, j *Job, bytes int64) (Session, error)
}

// DeviceInfo describes a device.
type DeviceInfo struct {
	Name         string
	Major, Minor int   // compute capability
	Total, Free  int64 // bytes of its memory
	Driver       int   // 1000 major + 10 minor of the CUDA that the driver has
}

// Session is a device at work on a job. One goroutine calls it at a time, any one.
// A method that returns finish has only begun: finish waits for the end, and is called
// before the method's next but one call.
type Session interface {
	// Blur writes the rows [y0,y1) of the job's Blurred.
	Blur(y0, y1 int) (finish func() error, err error)
	// Scales sifts the scales of the valid pixels of tile i; see pass.gains.
	Scales(i int, s Sieve) (Tally, error)
	// Differences sifts, for every overlap, the differences of the two tiles on the
	// rows [y0,y1) in each channel: tallies [len(overlaps)*C].
	Differences(y0, y1 int, overlaps []Overlap) ([]Tally, error)
	// Coadd writes the rows [y0,y1) of the job's Mosaic and CoverageOut, where these tiles may
	// show something, and tells which of them gave channel 0 a pixel; see pass.coadd.
	Coadd(y0, y1 int, tiles []int, offsets []float64, shown []bool) (finish func() error, err error)
	// Reproject writes the rows [y0,y1) of a reprojection, whose map and shapes the
	// session's job has.
	Reproject(r *Reprojection, y0, y1 int) (finish func() error, err error)
	// Use is what the session has of the device.
	Use() Use
	// Close frees all that the session holds.
	Close() error
}

// Use is what a session has of its device.
type Use struct {
	Bytes int64         // of its memory, held now
	Busy  time.Duration // that kernels ran, up to the last call that has finished
}

// Sieve says what to keep of a stream of numbers: with All, all of them, else those
// between Lo and Hi.
type Sieve struct {
	StepX, StepY int // only of pixels whose x and y are multiples of these
	All          bool
	Lo, Hi       float64
	Room         int // about how many will be kept
}

// Overlap is what is wanted of the differences of tile I less tile J: a sieve for each
// channel, nil where none is wanted. All have the same steps.
type Overlap struct {
	I, J   int
	Sieves []*Sieve
}

// Tally is what a sieve found. NaN is no number.
type Tally struct {
	Below, AtLo, AtHi, Above int  // than Lo, at it, at Hi, than Hi; AtHi = 0 where Lo = Hi
	None                     bool // a difference of infinities; a scale of a valid pixel that is NaN
	Shown                    int  // Scales: pixels that the tile shows
	Kept                     []float64
}

// take adds what a device found to the run that is under way.
func (k *bracket) take(t Tally) {
	k.below += t.Below
	k.atLo += t.AtLo
	k.atHi += t.AtHi
	k.above += t.Above
	k.none = k.none || t.None
	k.numbers.addAll(t.Kept)
}

// sieve is what a device has to look for in the run over a grid that is under way.
func (k *bracket) sieve(of grid) Sieve {
	return Sieve{StepX: of.x, StepY: of.y, Lo: k.lo, Hi: k.hi, Room: k.keeps(k.bound, of)}
}

// autoWork is the estimated time of a call on all of the machine's cores, in ns, from
// which on Auto takes a device: opening one takes some tenths of a second, which it has to
// earn. The estimate is about twice too high. It knows nothing of workers, nor of whether
// a device is open already: the blur's last bits shall not depend on these.
const autoWork = 1e9

// device is what a running pass knows of its device.
type device struct {
	session   Session // nil = the CPU alone
	tooLittle error   // what its memory did not hold first; nil
}

// batch is how many chunks of rows the device takes at a time.
func (p *pass) batch() int {
	return (p.plan.DeviceRows + p.plan.RowsPerChunk - 1) / p.plan.RowsPerChunk
}

// deviceBlur has the device blur the coverage, in segments of so many rows. All of it,
// or, where its memory does not suffice, nothing: the CPU's blur keeps to the same bounds
// but has other last bits.
func (p *pass) deviceBlur(rows int) (done bool, err error) {
	if p.session == nil || p.job.Sigma == 0 {
		return false, nil
	}
	h, landed := p.job.Coverage.H, 0
	l := load[struct{}]{batch: 1, device: func(a, b int) (func() error, error) {
		finish, err := p.session.Blur(a*rows, min(b*rows, h))
		return func() error {
			landed++
			p.chunkDone()
			return finish()
		}, err
	}}
	q := newQueue((h + rows - 1) / rows)
	l.onDevice(p, q)
	switch {
	case q.err != nil:
		return false, q.err
	case q.count() > 0:
		p.chunksDone(-landed)
		return false, nil
	}
	p.used()
	return true, nil
}

// used notes that the device has computed something and what it holds.
func (p *pass) used() {
	use := p.session.Use()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.DeviceRan, p.now.DeviceUse = true, use
}

// short notes that the device's memory did not hold a task.
func (p *pass) short(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tooLittle == nil {
		p.tooLittle = err
	}
}

// open opens the job's device where the mode wants it; the job tells why not.
func (p *pass) open() {
	j := p.job
	if p.mode == Auto {
		if j.Device == nil || p.total/float64(runtime.GOMAXPROCS(0)) < autoWork {
			return
		}
		p.mode = Hybrid
	}
	switch {
	case p.mode == CPU:
		return
	case j.Device == nil:
		j.DeviceError = ErrNoBackend
		return
	case j.ofFiles() || j.ChunksDone != nil:
		if j.Mode != Auto {
			j.DeviceError = fmt.Errorf("%w: it takes tiles in memory and makes all of a mosaic there", ErrDevice)
		}
		return
	case j.isPart():
		if j.Mode != Auto {
			j.DeviceError = fmt.Errorf("%w: it takes whole mosaics, whose blur it makes itself", ErrDevice)
		}
		return
	case j.Feather > 0:
		if j.Mode != Auto {
			j.DeviceError = fmt.Errorf("%w: it does not feather", ErrDevice)
		}
		return
	case p.slopes != nil:
		if j.Mode != Auto {
			j.DeviceError = fmt.Errorf("%w: it subtracts constants, not planes, from tiles", ErrDevice)
		}
		return
	case j.ofPlanes():
		if j.Mode != Auto {
			j.DeviceError = fmt.Errorf("%w: it adds up float32 images by mean or sum, not these planes", ErrDevice)
		}
		return
	}
	session, err := j.Device.Open(p.ctx, j, j.DeviceBytes)
	switch {
	case err == nil:
		p.session = session
	case j.Mode != Auto:
		j.DeviceError = err
	}
}

// close frees the device, and says on the job if it could do nothing. What can't be freed
// goes with the process; the results are there.
func (p *pass) close() {
	if p.session == nil {
		return
	}
	_ = p.session.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tooLittle != nil && !p.now.DeviceRan && p.job.Mode != Auto {
		p.job.DeviceError = p.tooLittle
	}
}

// deviceChunk is the output, in bytes, that a device takes at a time: two of them are in
// flight, and each passes through memory of the host that is pinned for it.
const deviceChunk = 16 << 20

// deviceRows is gpu_rows_per_chunk, else about deviceChunk of output, in whole chunks.
func deviceRows(j *Job, chunk, rows int, rowBytes int64) int {
	n := int(min(deviceChunk/rowBytes, math.MaxInt32))
	if j.DeviceRows > 0 {
		n = j.DeviceRows
	}
	return min(max(n/chunk, 1)*chunk, rows)
}
