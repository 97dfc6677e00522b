package core

import (
	"sync"
	"time"
)

// Stage is a part of the second pass, in the order of running.
type Stage int

const (
	StageStart Stage = iota
	StageBlur
	StageGains
	StageGainsDone
	StageBackground
	StageReproject
	StageDone
)

// Stats is a snapshot of a running call.
type Stats struct {
	Stage                  Stage
	TilesDone, TilesTotal  int // of this stage
	ChunkIndex, ChunkTotal int // of this stage
	RowsPerChunk           int
	ScratchBytes           int64 // held now
	Workers                int
	DeviceRan              bool // the device has computed something
	DeviceUse              Use
	DeviceRowsPerChunk     int
	RowsHere, RowsThere    int     // of the mosaic, by the workers and by the device
	Fraction               float64 // of the whole call, 0 to 1, never falls
	Elapsed                time.Duration
	ETA                    time.Duration // negative = not known yet
}

// progress counts what is done. Work is in arbitrary units, about nanoseconds of
// one core.
type progress struct {
	mu        sync.Mutex
	now       Stats
	begun     time.Time
	stageWork float64 // of the running stage
	underWay  float64 // chunks of the stage, beyond those that are done
	before    float64 // of the stages behind
	total     float64 // of all
	events    chan Stats
}

// stage runs f as the given stage of chunks and work, and tells its begin.
func (p *progress) stage(s Stage, chunks int, work float64, f func() error) error {
	p.mu.Lock()
	p.now.Stage = s
	p.now.ChunkIndex, p.now.ChunkTotal, p.now.TilesDone = 0, chunks, 0
	p.before += p.stageWork
	p.stageWork, p.underWay = work, 0
	p.mu.Unlock()
	p.events <- p.snapshot()
	return f()
}

// chunkDone counts one more chunk of the stage.
func (p *progress) chunkDone() { p.chunksDone(1) }

// chunksDone counts n more chunks of the stage.
func (p *progress) chunksDone(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.ChunkIndex += n
}

// advance says that another part of the chunks under way is done, less those that have ended.
func (p *progress) advance(chunks float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.underWay += chunks
}

// tileDone counts one more tile of the stage.
func (p *progress) tileDone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.TilesDone++
}

// rowsDone counts rows of the mosaic, done by the workers or by the device.
func (p *progress) rowsDone(n int, onDevice bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if onDevice {
		p.now.RowsThere += n
	} else {
		p.now.RowsHere += n
	}
}

// hold adds to the scratch held.
func (p *progress) hold(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.ScratchBytes += bytes
}

func (p *progress) snapshot() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.now
	s.Elapsed, s.ETA = time.Since(p.begun), -1
	done := p.before
	if s.ChunkTotal > 0 {
		done += p.stageWork * (float64(s.ChunkIndex) + p.underWay) / float64(s.ChunkTotal)
	}
	if p.total > 0 {
		s.Fraction = min(done/p.total, 1)
	}
	if s.Stage == StageDone {
		s.Fraction = 1
	}
	p.now.Fraction = max(p.now.Fraction, s.Fraction)
	s.Fraction = p.now.Fraction
	if s.Fraction > 0 {
		s.ETA = time.Duration(float64(s.Elapsed) * (1/s.Fraction - 1))
	}
	return s
}
