package core

import (
	"fmt"
	"runtime"
)

// Plan tells how a job will be cut up, and the scratch that it takes.
type Plan struct {
	Workers      int
	RowsPerChunk int   // output rows
	ChunkTotal   int   // of the mosaic
	ChunkBytes   int64 // scratch of one worker on one chunk, at most
	Bytes        int64 // scratch of the whole call, at most
	Budget       int64 // that the scratch keeps to

	slots                                    int     // tiles on one row, at most
	blurWork, gainWork, matchWork, coaddWork float64 // about ns of one core
}

const (
	// mostRows bounds a chunk that nobody asked for: chunks are the grain of
	// progress and of the workers' balance.
	mostRows        = 1024
	chunksPerWorker = 4
	// freeBudget is the scratch for medians where the job sets no bound.
	freeBudget = 256 << 20
)

// NewPlan plans the stages of a valid job.
func NewPlan(j *Job, stages Stages) (Plan, error) {
	plan := Plan{Workers: j.Workers}
	if plan.Workers == 0 {
		plan.Workers = runtime.GOMAXPROCS(0)
	}
	rows, width, samples := j.Coverage.H, j.Coverage.W, 1
	if stages&RunCoadd != 0 {
		rows, width, samples = j.Mosaic.H, j.Mosaic.W, j.Mosaic.C+1
	}
	plan.RowsPerChunk = chunkRows(j, rows, int64(4*width*samples), plan.Workers)
	plan.ChunkTotal = (rows + plan.RowsPerChunk - 1) / plan.RowsPerChunk

	var fixed, most int64 // of all, at one worker; of all, at all workers
	need := func(least, wanted, each int64, tasks int) {
		fixed = max(fixed, least+each)
		most = max(most, wanted+each*int64(min(plan.Workers, tasks)))
		plan.ChunkBytes = max(plan.ChunkBytes, each)
	}
	if stages&(RunBlur|RunGains) != 0 {
		shared, each := blurBytes(j)
		need(shared, shared, each, (j.Coverage.W+blurStrip-1)/blurStrip)
		plan.blurWork = blurCost(j)
	}
	if stages&RunGains != 0 {
		need(0, 0, gainBytes(j), len(j.Tiles))
		plan.gainWork = 6 * shownArea(j.Tiles, j.Coverage.H, j.Coverage.W)
	}
	if stages&RunCoadd != 0 {
		area := shownArea(j.Tiles, j.Mosaic.H, j.Mosaic.W) * float64(j.Mosaic.C)
		need(0, 0, coaddBytes(j), plan.ChunkTotal)
		plan.coaddWork = 6 * area
		if !j.KeepBackground && len(j.Tiles) > 1 {
			plan.slots = tilesOnARow(j)
			pairs := overlaps(j.Tiles, j.Mosaic.H, j.Mosaic.W)
			least, wanted := medianBytes(j, pairs)
			need(least, wanted, matchBytes(j, plan.slots), plan.ChunkTotal)
			need(offsetBytes(len(j.Tiles)), offsetBytes(len(j.Tiles)), 0, 0)
			plan.matchWork = matchCost(j, pairs)
		}
	}
	plan.Budget = j.MaxChunkBytes
	if plan.Budget == 0 {
		plan.Budget = most
	}
	plan.Bytes = min(most, plan.Budget)
	if fixed > plan.Budget {
		return plan, fmt.Errorf("%w: max_chunk_bytes = %d, want at least %d", ErrBudget, plan.Budget, fixed)
	}
	return plan, nil
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
		x0, y0, x1, y1 := tiles[i].Map.clip(h, w)
		area += float64(max(x1-x0, 0)) * float64(max(y1-y0, 0))
	}
	return area
}

// tilesOnARow is the largest number of boxes that one row of the mosaic meets.
func tilesOnARow(j *Job) int {
	change := make([]int, j.Mosaic.H+1)
	for i := range j.Tiles {
		x0, y0, x1, y1 := j.Tiles[i].Map.clip(j.Mosaic.H, j.Mosaic.W)
		if x0 < x1 && y0 < y1 {
			change[y0]++
			change[y1]--
		}
	}
	most, now := 0, 0
	for _, d := range change {
		now += d
		most = max(most, now)
	}
	return most
}

// medianBytes returns what the search for the pairs' medians keeps: at least
// that of the largest pair, and as many more at a time as freeBudget holds.
func medianBytes(j *Job, pairs []*pair) (least, wanted int64) {
	for _, q := range pairs {
		bytes := q.leastBytes(j.Mosaic.C)
		least = max(least, bytes)
		wanted += bytes
	}
	return least, min(wanted, max(freeBudget, least))
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
	area := 0.0
	for _, q := range pairs {
		area += float64(q.area)
	}
	shown := shownArea(j.Tiles, j.Mosaic.H, j.Mosaic.W)
	return (5*min(2*area, shown) + 2*area) * float64(j.Mosaic.C)
}
