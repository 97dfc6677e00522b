//go:build cuda

package cuda

import "zetwopass/cuda/driver"

// The arguments of the kernels, field by field as in the .cuh files, which assert their
// sizes.

type mapArgs struct {
	nodes                          driver.Ptr
	plane                          [9]float64
	originX, originY, stepX, stepY float64
	slack                          float64
	x0, y0, x1, y1                 int32
	left, top, width               int32
	h, w                           int32
	kind, nx, ny                   int32
}

type tileArgs struct {
	image, mask, weight driver.Ptr
	place, weightPlace  mapArgs
	weightScale         float64
	offset              [4]float64
	weightApart, index  int32
	gain                float32
	_                   int32
}

type coaddArgs struct {
	tiles                              driver.Ptr
	sum, norm                          driver.Ptr
	mosaic, coverage                   driver.Ptr
	shown                              driver.Ptr
	tileCount, channels, width, y0, y1 int32
	begin, end                         int32
	clean, divide, clear               int32
	blank                              float32
	_                                  int32
}

type sieveArgs struct {
	lo, hi                                       float64
	kept                                         driver.Ptr
	below, atLo, atHi, above, shown, count, room uint64
	none, all, wanted                            int32
	_                                            int32
}

type lattice struct {
	x0, y0, x1, y1     int32
	stepX, stepY, rows int32
}

type differenceArgs struct {
	first, second   tileArgs
	lattice         lattice
	channels, clean int32
	_               int32
	sieves          driver.Ptr
}

type scaleArgs struct {
	tile              tileArgs
	lattice           lattice
	_                 int32
	coverage, blurred driver.Ptr
	left, top, width  int32
	threshold, most   float32
	_                 int32
	sieve             driver.Ptr
}

type reprojectArgs struct {
	place                     mapArgs
	image, out                driver.Ptr
	planes, isDouble, nearest int32
	y0, y1                    int32
	_                         int32
}

type blurArgs struct {
	src, dst, taps     driver.Ptr
	first, height      int32
	from, to           int32
	width, radius, use int32
	_                  int32
}

type ratioArgs struct {
	num, den driver.Ptr
	count    uint64
}
