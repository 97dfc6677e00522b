package main

/*
#include "guard.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"zetwopass/core"
	"zetwopass/core/fitstile"
)

const (
	// tileBytes is what fetching a tile leaves behind, at most.
	tileBytes = 2 << 10
	// pollTiles are fetched in a millisecond or two.
	pollTiles = 256
)

func (f *fetcher) tiles(j *core.Job) error {
	n := int64(f.job.tile_count)
	if n < 1 || n > core.MaxTiles {
		return fmt.Errorf("%w: tile_count = %d, want 1 to %d", core.ErrArgument, n, core.MaxTiles)
	}
	if f.job.tiles == nil {
		return fmt.Errorf("%w: tiles is NULL", core.ErrArgument)
	}
	var known C.ztp_tile
	err := sized("tile_size", f.job.tile_size, C.sizeof_ztp_tile, // what came later:
		unsafe.Offsetof(known.weight_map), unsafe.Offsetof(known.planes), unsafe.Offsetof(known.image_file))
	if err != nil {
		return err
	}
	of, err := slice[byte]("tiles", unsafe.Pointer(f.job.tiles), n*int64(f.job.tile_size))
	if err != nil {
		return err
	}
	f.touches(sliceExtent("tiles", of), false)
	if err := f.room(n * tileBytes); err != nil {
		return err
	}
	if knowsFiles(f.job) {
		for _, at := range []C.int64_t{f.job.row0, f.job.col0} {
			if at < 0 || at > most {
				return fmt.Errorf("%w: row0, col0 = %d, %d, want a pixel of the canvas", core.ErrArgument, f.job.row0, f.job.col0)
			}
		}
	}
	j.Tiles = make([]core.Tile, n)
	for i := range j.Tiles {
		if i%pollTiles == 0 && f.cancelled() {
			return core.ErrCancelled
		}
		at := unsafe.Add(unsafe.Pointer(f.job.tiles), i*int(f.job.tile_size))
		if err := f.tile(fmt.Sprintf("tiles[%d]", i), (*C.ztp_tile)(at), &j.Tiles[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetcher) tile(name string, from *C.ztp_tile, to *core.Tile) (err error) {
	if err := f.pixels(name, from, to); err != nil {
		return err
	}
	if to.Map, err = pixelMap(name+".map", &from._map); err != nil {
		return err
	}
	if uintptr(f.job.tile_size) > unsafe.Offsetof(from.weight_map) {
		if to.WeightMap, err = pixelMap(name+".weight_map", &from.weight_map); err != nil {
			return err
		}
	}
	if knowsFiles(f.job) {
		to.Map.Shift(int(f.job.col0), int(f.job.row0))
		to.WeightMap.Shift(int(f.job.col0), int(f.job.row0))
	}
	to.WeightScale = float64(from.weight_scale)
	if to.WeightScale == 0 {
		to.WeightScale = 1
	}
	f.inputs = append(f.inputs, sliceExtent(name+".map.nodes", to.Map.Nodes),
		sliceExtent(name+".weight_map.nodes", to.WeightMap.Nodes))
	return nil
}

// pixels borrows the images of a tile, or its planes.
func (f *fetcher) pixels(name string, from *C.ztp_tile, to *core.Tile) (err error) {
	if f.planes {
		return f.tilePlanes(name, from, to)
	}
	files := uintptr(f.job.tile_size) > unsafe.Offsetof(from.image_file)
	for _, p := range []struct {
		name   string
		borrow func(string, *C.ztp_image) (core.View, error)
		from   *C.ztp_image
		file   *C.ztp_file
		to     *core.View
		source *core.Source
	}{
		{name + ".image", image, &from.image, &from.image_file, &to.Image, &to.ImageSource},
		{name + ".mask", optional, &from.mask, &from.mask_file, &to.Mask, &to.MaskSource},
		{name + ".weight", optional, &from.weight, &from.weight_file, &to.Weight, &to.WeightSource},
	} {
		if files && p.file.path != nil {
			*p.to, *p.source, err = f.inFile(p.name, p.from, p.file)
		} else {
			*p.to, err = p.borrow(p.name, p.from)
			f.inputs = append(f.inputs, extentOf(p.name, *p.to))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place is a file that an image is read from.
type place struct{ name, path string }

// inFile opens an image that a file holds, and takes its shape.
func (f *fetcher) inFile(name string, im *C.ztp_image, file *C.ztp_file) (core.View, core.Source, error) {
	v := core.View{}
	switch {
	case im.data != nil:
		return v, nil, fmt.Errorf("%w: %s has data and a file, want one of them", core.ErrArgument, name)
	case file.hdu < 0:
		return v, nil, fmt.Errorf("%w: %s_file.hdu = %d, want 0 or more", core.ErrArgument, name, file.hdu)
	case f.cancelled():
		return v, nil, core.ErrCancelled
	}
	hdu := fitstile.HDU{Number: int(file.hdu)}
	if file.hdu_name != nil {
		hdu = fitstile.HDU{Name: C.GoString(file.hdu_name)}
	}
	path := C.GoString(file.path)
	found, err := fitstile.Open(path, hdu)
	if err != nil {
		return v, nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, n := range []struct {
		wanted C.int64_t
		found  int
	}{{im.height, found.H}, {im.width, found.W}, {im.channels, found.C}} {
		if n.wanted != 0 && int64(n.wanted) != int64(n.found) {
			return v, nil, fmt.Errorf("%w: %s has shape [%d,%d,%d], want [%d,%d,%d] as %s has", core.ErrShape,
				name, im.height, im.width, im.channels, found.H, found.W, found.C, path)
		}
	}
	f.read = append(f.read, place{name, path})
	v.H, v.W, v.C = found.H, found.W, found.C
	v.RowStride, v.ColStride, v.ChanStride = v.W*v.C, v.C, 1
	return v, found, nil
}
