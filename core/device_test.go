package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"testing"

	"zetwopass/core/vec"
)

// twin is a device that computes as the workers do. fail makes the n-th call fail.
type twin struct {
	fail func(call string, n int) error
}

func (d twin) Info() (DeviceInfo, error) { return DeviceInfo{Name: "twin"}, nil }

func (d twin) Open(_ context.Context, j *Job, _ int64) (Session, error) {
	s := &twinSession{twin: d, job: j}
	return s, s.called("Open")
}

type twinSession struct {
	twin
	job    *Job
	calls  atomic.Int64
	inside atomic.Int64
}

func (s *twinSession) called(name string) error {
	n := int(s.calls.Add(1))
	if s.inside.Add(1) > 1 {
		panic("called twice at a time")
	}
	defer s.inside.Add(-1)
	if s.fail == nil {
		return nil
	}
	return s.fail(name, n)
}

func (s *twinSession) Use() Use     { return Use{Bytes: 1000} }
func (s *twinSession) Close() error { return s.called("Close") }

func (s *twinSession) Blur(y0, y1 int) (func() error, error) {
	err := s.called(fmt.Sprint("Blur ", y1-y0))
	return func() error {
		cpu := *s.job
		cpu.Mode, cpu.OnStats, cpu.Blurred = CPU, nil, NewView(cpu.Coverage.H, cpu.Coverage.W, 1)
		err := Run(&cpu, RunBlur)
		for y := y0; y < y1; y++ {
			for x := range cpu.Coverage.W {
				s.job.Blurred.Set(y, x, 0, cpu.Blurred.At(y, x, 0))
			}
		}
		return err
	}, err
}

func (s *twinSession) Reproject(r *Reprojection, y0, y1 int) (func() error, error) {
	err := s.called(fmt.Sprint("Reproject ", y1-y0))
	return func() error {
		for y := y0; y < y1; y++ {
			for n := range r.Out.N {
				value := make([]float64, r.Out.W)
				for x := range value {
					value[x] = r.slow(n, x, y)
				}
				r.Put(n, y, 0, value)
			}
		}
		return nil
	}, err
}

func (v Sieve) sift(t *Tally, d float64) {
	switch {
	case d != d:
	case v.All:
		t.Kept = append(t.Kept, d)
	case d < v.Lo:
		t.Below++
	case d > v.Hi:
		t.Above++
	case d == v.Lo:
		t.AtLo++
	case d == v.Hi:
		t.AtHi++
	default:
		t.Kept = append(t.Kept, d)
	}
}

func (s *twinSession) Scales(i int, v Sieve) (Tally, error) {
	g := newGainer(s.job)
	var t Tally
	p := &pass{job: s.job, ctx: context.Background()}
	y := 0
	seen, err := g.rows(p, &s.job.Tiles[i], y, v.StepY, func(x int, scale []float32) {
		for k, d := range scale {
			if (x+k)%v.StepX == 0 {
				v.sift(&t, float64(d))
			}
		}
	})
	t.Shown, t.None = seen.shown, seen.nan
	return t, errors.Join(err, s.called("Scales"))
}

func (s *twinSession) Differences(y0, y1 int, overlaps []Overlap) ([]Tally, error) {
	j, c := s.job, s.job.Mosaic.C
	tallies := make([]Tally, len(overlaps)*c)
	for y := y0; y < y1; y++ {
		for x := range j.Mosaic.W {
			for k, o := range overlaps {
				p, q := j.show(o.I, y, x), j.show(o.J, y, x)
				for i, v := range o.Sieves {
					if v != nil && y%v.StepY == 0 && x%v.StepX == 0 {
						v.sift(&tallies[k*c+i], p[i]-q[i])
					}
				}
			}
		}
	}
	return tallies, s.called(fmt.Sprint("Differences ", y1-y0))
}

// show returns what tile i shows at a pixel.
func (j *Job) show(i, y, x int) (value [vec.Lanes4]float64) {
	for c := range value {
		value[c] = math.NaN()
	}
	t := &j.Tiles[i]
	if o := newOutline(t, j.Mosaic.W); o.row(y).a <= x && x < o.row(y).b {
		newWarper(t.Map.NX, blockPixels).warpRow(j, i, 0, y, x, x+1, value[:vec.Values(j.Mosaic.C)])
	}
	return value
}

func (s *twinSession) Coadd(y0, y1 int, tiles []int, offsets []float64, shown []bool) (func() error, error) {
	return func() error {
		a := newCoadder(s.job)
		a.begin(tiles)
		err := a.chunk(context.Background(), findings{offsets: offsets}, box{y0, 0, y1, s.job.Mosaic.W})
		copy(shown, a.shown)
		return err
	}, s.called(fmt.Sprint("Coadd ", y1-y0))
}

// deviceScene is a job and its answer by the workers.
func deviceScene(t *testing.T, mode Mode, d Device) (j, want *Job) {
	t.Helper()
	make := func() *Job {
		j := scene(11, 2, 2, 40, 50, 3)
		j.Workers, j.RowsPerChunk, j.DeviceRows = 2, 5, 20
		return j
	}
	j, want = make(), make()
	want.Mode = CPU
	if err := Run(want, RunAll); err != nil {
		t.Fatal(err)
	}
	j.Mode, j.Device = mode, d
	return j, want
}

func sameAnswer(t *testing.T, j, want *Job) {
	t.Helper()
	for what, both := range map[string][2]View{"mosaic": {j.Mosaic, want.Mosaic}, "coverage": {j.CoverageOut, want.CoverageOut}} {
		for i, s := range both[0].Pix {
			if w := both[1].Pix[i]; s != w && (s == s || w == w) {
				t.Fatalf("%s[%d] is %v, want %v", what, i, s, w)
			}
		}
	}
	for i, g := range j.Gains {
		if g != want.Gains[i] || j.Groups[i] != want.Groups[i] {
			t.Fatalf("tile %d: gain %v, group %d, want %v, %d", i, g, j.Groups[i], want.Gains[i], want.Groups[i])
		}
	}
}

// Without it what a device and workers share could be done twice, or by nobody.
func TestADeviceAndWorkersShareTheRows(t *testing.T) {
	for _, mode := range []Mode{GPU, Hybrid} {
		j, want := deviceScene(t, mode, twin{})
		var last Stats
		j.OnStats = func(s Stats) {
			if s.Fraction < last.Fraction {
				t.Errorf("progress fell from %v to %v", last.Fraction, s.Fraction)
			}
			last = s
		}
		if err := Run(j, RunAll); err != nil || j.DeviceError != nil {
			t.Fatal(err, j.DeviceError)
		}
		sameAnswer(t, j, want)
		if !last.DeviceRan || last.DeviceUse.Bytes != 1000 || last.RowsHere+last.RowsThere != j.Mosaic.H {
			t.Errorf("%d: the last stats are %+v", mode, last)
		}
		if mode == GPU && last.RowsHere != 0 {
			t.Errorf("the workers did %d rows of the GPU's", last.RowsHere)
		}
		if last.TilesDone != len(j.Tiles) && last.Stage == StageReproject {
			t.Errorf("%d of %d tiles are done", last.TilesDone, len(j.Tiles))
		}
	}
}

// Without it a small device would fail the call instead of leaving to the workers what it
// can't hold.
func TestWhatADeviceCannotHoldGoesToTheWorkers(t *testing.T) {
	for _, most := range []int{0, 5, 12} {
		for _, mode := range []Mode{GPU, Hybrid} {
			j, want := deviceScene(t, mode, twin{func(call string, _ int) error {
				var name string
				var rows int
				if n, _ := fmt.Sscan(call, &name, &rows); n == 2 && rows > most || (n == 1 && most == 0 && name == "Scales") {
					return fmt.Errorf("%w: %s", ErrDeviceMemory, call)
				}
				return nil
			}})
			var last Stats
			j.OnStats = func(s Stats) { last = s }
			if err := Run(j, RunAll); err != nil {
				t.Fatal(err)
			}
			if last.DeviceRan == errors.Is(j.DeviceError, ErrDeviceMemory) {
				t.Errorf("%d rows at most: it ran: %v, it is said: %v", most, last.DeviceRan, j.DeviceError)
			}
			sameAnswer(t, j, want)
		}
	}
}

// Without it a failing GPU would cost the night's mosaic, or mix two blurs.
func TestAfterAFailureTheWorkersDoAllOfIt(t *testing.T) {
	for n := 1; n < 12; n++ {
		for _, mode := range []Mode{GPU, Hybrid} {
			failed := false
			j, want := deviceScene(t, mode, twin{func(call string, k int) error {
				if failed = k >= n && call != "Close"; failed {
					return fmt.Errorf("%w: fell off the bus", ErrDevice)
				}
				return nil
			}})
			if err := Run(j, RunAll); err != nil {
				t.Fatal(err)
			}
			if failed && !errors.Is(j.DeviceError, ErrDevice) {
				t.Errorf("call %d failed: DeviceError is %v", n, j.DeviceError)
			}
			sameAnswer(t, j, want)
		}
	}
}

// Without it a defect in a backend would end the host's process or hang the call.
func TestADeviceThatPanicsIsAnError(t *testing.T) {
	j, _ := deviceScene(t, GPU, twin{func(call string, _ int) error {
		if call[0] == 'C' && call != "Close" {
			panic("defect")
		}
		return nil
	}})
	if err := Run(j, RunAll); !errors.Is(err, ErrInternal) {
		t.Errorf("got %v", err)
	}
}

// Without it a GPU that was asked for and is not there would go unnoticed, or one that
// nobody asked for would be missed.
func TestWhatIsSaidWithoutADevice(t *testing.T) {
	for mode, want := range map[Mode]bool{Auto: false, CPU: false, GPU: true, Hybrid: true} {
		j, answer := deviceScene(t, mode, nil)
		if err := Run(j, RunAll); err != nil {
			t.Fatal(err)
		}
		if said := errors.Is(j.DeviceError, ErrDevice); said != want || (!said && j.DeviceError != nil) {
			t.Errorf("mode %d: %v", mode, j.DeviceError)
		}
		sameAnswer(t, j, answer)
	}
}

// Without it a short call would wait for a GPU to open, or a long one would leave it idle;
// or the workers, which change no bit, would decide who blurs.
func TestAutoTakesADeviceWhereItPays(t *testing.T) {
	for seconds, want := range map[float64]Mode{0.01: Auto, 0.5: Auto, 2: Hybrid} {
		for _, workers := range []int{1, 7} {
			j, _ := deviceScene(t, Auto, twin{})
			j.Workers = workers
			plan, err := NewPlan(j, RunAll)
			if err != nil {
				t.Fatal(err)
			}
			p := newPass(j, plan)
			p.total = 1e9 * seconds * float64(runtime.GOMAXPROCS(0))
			p.open()
			if (p.session != nil) != (want == Hybrid) || p.mode != want {
				t.Errorf("%v s, %d workers: the mode is %d", seconds, workers, p.mode)
			}
		}
	}
}
