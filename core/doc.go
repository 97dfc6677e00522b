// Package core computes the second pass of mosaic assembly: arrays in, arrays
// out, without C, Python or the sky. MATHS.md beside this file is what must come
// out; this is how it is reached.
//
// # Blur (blur.go, gauss.go, fold.go, spoilt.go)
//
// The Gaussian, cut at 4 sigma, is a sum of nine cosines to 1e-7 of every tap. A
// cosine window slides along a line in constant time, so the cost does not depend
// on sigma. Where a window holds few steps, as over most of a coverage map, what each
// brings is added up instead: its height times the kernel's cumulative sum. Small
// results beside large ones, which the recursion's noise would hide, are sums over the
// same cosines that only grow. What is not finite is filtered as 0 and written over its
// windows. Columns first, then rows; numerator and denominator of the normalised blur together, eight
// lines side by side.
//
// # Gains (gain.go)
//
// Each tile is visited over its own box on the output alone. Its exact median is
// found as those of the background match, below.
//
// # Pixel maps (pixmap.go) and the warp (warp.go)
//
// Where an output pixel lies in a tile is given: a homography, a grid of nodes, or
// a position for every pixel. A block of the output is warped at a time, row by row,
// bilinearly, by the rules of reproject_interp.
//
// # Background match (match.go, look.go, overlap.go, bracket.go, offsets.go)
//
// All pairs are swept in one pass over the blocks of the output, each tile warped
// once a block. The exact median of a pair's differences is bracketed by a sample, and
// the middle of that by a smaller one; only what falls between is kept: in the memory
// of the outputs, which are yet to be written, as far as that goes (kept.go). The offsets
// are the least squares solution on the graph of pairs, by conjugate gradients,
// preconditioned by an incomplete elimination, a group and channel at a time (laplacian.go).
//
// # Planes (seam.go, loops.go, tilt.go, damping.go, plates.go, block3.go)
//
// The sample of a pair, somewhat denser, has the medians of blocks along the overlap: no
// further sweep. Of each part that loops of overlaps tie pairs are left out and told from
// the others, with every damping, by conjugate gradients on 3 x 3 blocks; the best damping
// is taken if it is much better than constants.
//
// # Coadd (coadd.go, target.go), first coverage (first.go)
//
// Block by block, tiles in the order of the job, float64 sums. A pixel is summed by
// one worker, so the bits do not depend on how many there are. What goes to a target in the
// place of memory does so from a worker's own, a few rows at a time. A coadd leaves out the
// chunks that are done already, and so goes on where another ended. The coverage of a first
// pass is counted in the same chunks.
//
// # Tiles that are not in memory (place.go, schedule.go, resident.go, pairwise.go)
//
// Where all tiles fit they are read beforehand, and all is as with tiles in memory. Else a
// plan decides beforehand when each tile from a source is read and when it goes: tasks have
// an order and none starts far ahead of the others, so what is resident at a time, and how many
// bytes are read, depend on nothing else. Chunks are bands of rows times blocks of columns, as
// wide as the budget holds their tiles. The match takes the pairs one by one, each with all
// its runs while both tiles are there, against the order in which the coadd follows: two
// sweeps over the tiles, and what is resident where they meet is not read again. Gains
// read masks alone.
//
// # Inner loops (vec)
//
// Package vec holds them: plain loops that say what is computed, and AVX2 bodies
// that a generator writes, chosen at run time. Both give the same bits, and so does every
// processor: products are rounded before they are added, float64(x*y) + z, or fused by
// math.FMA everywhere, and Exp, Sin and Cos are those of package portable.
//
// # A device (device.go, queue.go)
//
// A GPU computes the same, beside the workers or alone: they take chunks from one queue.
// Its numbers are the CPU's bit by bit, but for the blur, which one of them does alone.
// What its memory can't hold goes to the workers; if it fails, all is done again without.
//
// # Running (run.go, plan.go, sched.go, progress.go)
//
// A plan cuts the output into chunks and bounds the scratch; workers take
// chunks in order; the calling goroutine serves progress and cancel.
package core
