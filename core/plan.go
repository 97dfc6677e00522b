package core

import (
	"fmt"
	"math"
	"runtime"
)

// Plan tells how a job will be cut up, and the scratch that it takes.
type Plan struct {
	Workers      int
	RowsPerChunk int // output rows
	// ColumnsPerChunk is the output columns of a chunk. Chunk k is of the k / n-th block of
	// columns and of the k % n-th band of rows, n the number of bands.
	ColumnsPerChunk int
	ChunkTotal      int   // of the mosaic
	ReadBytes       int64 // from sources, by the whole call, exactly
	PairTotal       int   // pairs that the match is to look at
	ChunkBytes      int64 // scratch of one worker on one chunk, at most
	Bytes           int64 // scratch of the whole call, at most
	Budget          int64 // that the scratch keeps to
	DeviceRows      int   // output rows at a time on a device

	layout                                   layout
	pairs                                    []*pair // tiles to match
	medianRoom                               int64   // for what pairs keep at a time, besides lent
	lent                                     slabs   // for that, too
	matcherBytes                             int64   // of a worker's scratch in a sweep
	stripPixels                              int     // see widestStrip
	blurWork, gainWork, matchWork, coaddWork float64 // about ns of one core
	sourced                                          // nothing where tiles are in memory
}

const (
	// mostRows bounds a chunk that nobody asked for: chunks are the grain of
	// progress and of the workers' balance.
	mostRows        = 1024
	chunksPerWorker = 4
	// freeBudget is the scratch for medians where the job sets no bound, or freeShare of what
	// the tiles' images take: deep stacks of them would be warped several times over for less.
	freeBudget = 512 << 20
	freeShare  = 1.0 / 3
)

// NewPlan plans the stages of a valid job. It calls j.Cancelled now and then, on the caller's
// goroutine; true ends it with ErrCancelled.
func NewPlan(j *Job, stages Stages) (Plan, error) {
	plan, stop := Plan{Workers: j.Workers}, &patience{job: j}
	if plan.Workers == 0 {
		plan.Workers = runtime.GOMAXPROCS(0)
	}
	out, samples := j.output(stages)
	plan.layout = layout{h: out.H, w: out.W, cols: out.W}
	plan.layout.rows = chunkRows(j, out.H, int64(4*out.W*samples), plan.Workers)
	if err := plan.place(j, stages, stop); err != nil {
		return plan, err
	}
	plan.RowsPerChunk, plan.ColumnsPerChunk = plan.layout.rows, plan.layout.cols
	plan.ChunkTotal = plan.layout.total()
	plan.DeviceRows = deviceRows(j, plan.RowsPerChunk, out.H, int64(4*out.W*samples))
	d := demand{workers: plan.Workers}
	if j.blurs(stages) {
		shared, each := blurBytes(j)
		d.add(shared, shared, each, sizeBlur(j).strips())
		plan.blurWork = blurCost(j)
	}
	if stages&RunGains != 0 {
		d.add(0, 0, gainBytes(j), len(j.Tiles))
		plan.gainWork = 6 * shownArea(j.Tiles, j.Coverage.H, j.Coverage.W)
	}
	if err := plan.schedules(j, stages, stop); err != nil {
		return plan, err
	}
	plan.ReadBytes = plan.reads(j, stages)
	tiles := plan.tileBytes()
	leastKept := int64(0)
	if j.matches(stages) {
		var err error
		if leastKept, err = plan.match(j, stages, &d, stop); err != nil {
			return plan, err
		}
	}
	if stages&RunCoadd != 0 {
		d.add(tiles, tiles, coaddBytes(j, plan.RowsPerChunk), plan.ChunkTotal)
		plan.coaddWork = 6 * shownArea(j.Tiles, j.Mosaic.H, j.Mosaic.W) * float64(j.Mosaic.C*j.planes())
	}
	if stages == RunFirst {
		d.add(tiles, tiles, counterBytes(j, plan.RowsPerChunk), plan.ChunkTotal)
		plan.coaddWork = shownArea(j.Tiles, out.H, out.W)
	}
	if err := stop.ask(); err != nil {
		return plan, err
	}
	return plan, plan.admit(j, d, leastKept)
}

// output is what the chunks of the stages are cut from, and the samples of a pixel of it.
func (j *Job) output(stages Stages) (out View, samples int) {
	switch {
	case stages == RunFirst:
		return j.CoverageOut, 1
	case stages&(RunMatch|RunCoadd) == 0:
		return j.Coverage, 1
	case j.ofPlanes():
		return j.Mosaic, 4 * j.planes() // of float64 at most
	}
	return j.Mosaic, j.Mosaic.C + 1
}

// demand adds up what the stages want of the budget; they run one by one.
type demand struct {
	workers          int
	least, most, one int64 // at one worker; at all workers; of one worker
}

// add counts a stage of so many tasks, 0 being planned as 1: bytes that its workers share, at
// least and as wanted, and of each worker.
func (d *demand) add(least, wanted, each int64, tasks int) {
	d.least = max(d.least, least+each)
	d.most = max(d.most, wanted+each*int64(min(d.workers, max(tasks, 1))))
	d.one = max(d.one, each)
}

// match plans the background match and returns the least that its pairs keep besides what is lent.
func (p *Plan) match(j *Job, stages Stages, d *demand, stop *patience) (least int64, err error) {
	if p.pairs == nil {
		if p.pairs, err = j.overlaps(stop); err != nil {
			return 0, err
		}
	}
	p.PairTotal = len(p.pairs)
	p.matchWork = matchCost(j, p.pairs)
	if err := stop.ask(); err != nil {
		return 0, err
	}
	tiles := p.tileBytes()
	if p.schedule != nil {
		p.stripPixels = leastStrip
		d.add(tiles, tiles, pairwiseBytes(j), len(p.pairs))
	} else {
		largest, small, all := medianBytes(j, p.pairs)
		var lent int64
		p.lent, lent = j.lent(stages, all)
		least, p.medianRoom = max(largest-lent, 0), max(all-lent, small)
		p.stripPixels, p.matcherBytes = widestStrip(j, j.crowds(), largest, j.bound()-p.whole, p.Workers)
		d.add(least+tiles, p.medianRoom+tiles, p.matcherBytes, p.ChunkTotal)
	}
	solve, each := tiles+solveBytes(j, len(p.pairs)), int64(0)
	if j.Background == PlaneBackground {
		each = platesBytes(len(j.Tiles), len(p.pairs))
	}
	d.add(solve, solve, each, len(p.pairs))
	return least, nil
}

// admit sets the budget and what follows from it. Up to half of it lets all
// workers match; what the pairs keep has the rest.
func (p *Plan) admit(j *Job, d demand, leastKept int64) error {
	p.ChunkBytes, p.Budget = d.one, j.bound()
	if j.MaxChunkBytes == 0 {
		p.Budget = min(p.Budget, d.most)
	}
	p.Bytes = min(d.most, p.Budget)
	switch {
	case d.least <= p.Budget:
	case j.Memory > 0 && d.least > j.Memory:
		return fmt.Errorf("%w: the job wants at least %d bytes of scratch, the machine has %d bytes of memory",
			ErrBudget, d.least, j.Memory)
	default:
		return fmt.Errorf("%w: max_chunk_bytes = %d, want at least %d", ErrBudget, p.Budget, d.least)
	}
	row, room := p.matcherBytes, p.Budget-p.whole
	rows := max(row, min(row*int64(p.Workers), room/2, room-leastKept))
	p.medianRoom = min(p.medianRoom, room-rows) // no more than is planned
	return nil
}

// bound is what the job and the machine let the scratch be.
func (j *Job) bound() int64 {
	bound := int64(math.MaxInt64)
	if j.MaxChunkBytes > 0 {
		bound = j.MaxChunkBytes
	}
	if j.Memory > 0 {
		bound = min(bound, j.Memory)
	}
	return bound
}

// chunkRows is rows_per_chunk, else what max_chunk_bytes holds of output for all
// workers, else enough for chunksPerWorker chunks a worker, at most mostRows.
func chunkRows(j *Job, rows int, rowBytes int64, workers int) int {
	n := (rows + chunksPerWorker*workers - 1) / (chunksPerWorker * workers)
	n = min(n, mostRows)
	if j.MaxChunkBytes > 0 {
		n = int(min(int64(n), j.MaxChunkBytes/(rowBytes*int64(workers))))
	}
	if j.RowsPerChunk > 0 {
		n = j.RowsPerChunk
	}
	return min(max(n, 1), rows)
}

// shownArea is the sum of the tiles' boxes on the output, in pixels.
func shownArea(tiles []Tile, h, w int) float64 {
	area := 0.0
	for i := range tiles {
		area += float64(tiles[i].Map.area(h, w))
	}
	return area
}

// medianBytes returns what the search for the pairs' medians keeps: of the largest pair, of those
// whose lists have places of their own, and of all, or as many at a time as freeBudget or freeShare
// hold.
func medianBytes(j *Job, pairs []*pair) (largest, small, all int64) {
	images := int64(0)
	for i := range j.Tiles {
		images += 4 * int64(j.Tiles[i].Image.samples())
	}
	free := max(freeBudget, int64(freeShare*float64(images)))
	for _, q := range pairs {
		bytes := q.leastBytes()
		largest, all = max(largest, bytes), all+bytes
		if bytes <= int64(8*blockNumbers*len(q.channel)) {
			small += bytes
		}
	}
	all = min(all, max(free, largest))
	return largest, min(small, all), all
}

// The costs are rough counts of nanoseconds, for the share of the stages in the
// progress.
func blurCost(j *Job) float64 {
	if j.Sigma == 0 {
		return float64(j.Coverage.H * j.Coverage.W)
	}
	return 20 * float64(j.Coverage.H*j.Coverage.W)
}

func matchCost(j *Job, pairs []*pair) float64 {
	both := 0.0 // pixels, of both tiles
	for _, q := range pairs {
		both += float64(2 * q.area)
	}
	shown := shownArea(j.Tiles, j.Mosaic.H, j.Mosaic.W) * float64(j.planes())
	return (float64(5*min(both, shown)) + both) * float64(j.Mosaic.C)
}
