//go:build cuda

package cuda

import (
	"unsafe"

	"zetwopass/core"
	"zetwopass/cuda/driver"
)

// parts are the arrays of a tile.
type parts int

const (
	image parts = 1 << iota
	mask
	weight
	nodes
	weightNodes
)

// key names an array on the GPU.
type key struct {
	tile int
	part parts
}

// array is an array of a tile on the GPU.
type array struct {
	buffer
	used int64
}

// size is the shape of an array as the GPU has it, in float32 samples; 0 = there is none.
func (s *session) size(k key) (rows, width int) {
	t := &s.job.Tiles[k.tile]
	switch {
	case k.part == image:
		return t.Image.H, t.Image.W * s.job.Mosaic.C
	case k.part == mask && !t.Mask.Absent():
		return t.Mask.H, t.Mask.W
	case k.part == weight && !t.Weight.Absent():
		return t.Weight.H, t.Weight.W
	case k.part == nodes:
		return nodeSize(&t.Map)
	case k.part == weightNodes && !t.WeightMap.Empty():
		return nodeSize(&t.WeightMap)
	}
	return 0, 0
}

// nodeSize is the shape of a map's nodes in float32 samples.
func nodeSize(m *core.PixelMap) (rows, width int) {
	switch m.Kind {
	case core.MapGrid:
		return m.NY, 4 * m.NX
	case core.MapPositions:
		return m.Y1 - m.Y0, 4 * (m.X1 - m.X0)
	}
	return 0, 0
}

// bytes is the size of parts of a tile.
func (s *session) bytes(tile int, wanted parts) (n int64) {
	for part := image; part <= weightNodes; part <<= 1 {
		if rows, width := s.size(key{tile, part}); wanted&part != 0 {
			n += 4 * int64(rows) * int64(width)
		}
	}
	return n
}

// resident returns where an array lies on the GPU, sent if it is not there yet; 0 where
// the tile has none.
func (s *session) resident(k key) (driver.Ptr, error) {
	rows, width := s.size(k)
	if rows == 0 {
		return 0, nil
	}
	if a := s.arrays[k]; a != nil {
		a.used = s.clock
		return a.at, nil
	}
	bytes := 4 * int64(rows) * int64(width)
	at, err := s.alloc(bytes)
	if err != nil {
		return 0, err
	}
	s.arrays[k] = &array{buffer{at, bytes}, s.clock}
	if err := s.send(at, rows, width, s.packer(k)); err != nil {
		delete(s.arrays, k)
		_ = s.gpu.Release(at) // the first error counts
		return 0, err
	}
	return at, nil
}

// packer returns what packs the rows of an array.
func (s *session) packer(k key) func(dst []float32, y int) {
	t := &s.job.Tiles[k.tile]
	switch k.part {
	case image:
		return func(dst []float32, y int) { pack(dst, t.Image, y, 0, s.job.Mosaic.C) }
	case mask:
		return func(dst []float32, y int) { pack(dst, t.Mask, y, 0, 1) }
	case weight:
		return func(dst []float32, y int) { pack(dst, t.Weight, y, 0, 1) }
	}
	values := t.Map.Nodes
	if k.part == weightNodes {
		values = t.WeightMap.Nodes
	}
	all := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(values))), 2*len(values))
	return func(dst []float32, y int) { copy(dst, all[y*len(dst):]) }
}

// pack copies pixels of row y from column x on, so many channels each, to dst.
func pack(dst []float32, v core.View, y, x, channels int) {
	row := v.Pix[y*v.RowStride+x*v.ColStride:]
	if v.ColStride == channels && (channels == 1 || v.ChanStride == 1) {
		copy(dst, row)
		return
	}
	for i := range len(dst) / channels {
		for c := range channels {
			dst[i*channels+c] = row[i*v.ColStride+c*v.ChanStride]
		}
	}
}

// unpack copies pixels to row y of v.
func unpack(v core.View, y int, src []float32) {
	row := v.Pix[y*v.RowStride:]
	if v.ColStride == v.C && (v.C == 1 || v.ChanStride == 1) {
		copy(row[:len(src)], src)
		return
	}
	for i := range len(src) / v.C {
		for c := range v.C {
			row[i*v.ColStride+c*v.ChanStride] = src[i*v.C+c]
		}
	}
}

// tile describes a tile whose parts are on the GPU, on an output of height x width.
func (s *session) tile(i int, wanted parts, height, width int) (a tileArgs, err error) {
	for _, p := range []struct {
		part parts
		at   *driver.Ptr
	}{{image, &a.image}, {mask, &a.mask}, {weight, &a.weight}, {nodes, &a.place.nodes},
		{weightNodes, &a.weightPlace.nodes}} {
		if wanted&p.part != 0 {
			if *p.at, err = s.resident(key{i, p.part}); err != nil {
				return a, err
			}
		}
	}
	t := &s.job.Tiles[i]
	a.place.set(&t.Map, t.Image, height, width)
	if !t.WeightMap.Empty() {
		a.weightApart = 1
		a.weightPlace.set(&t.WeightMap, t.Weight, height, width)
	}
	a.weightScale = t.WeightScale
	a.gain = s.job.Gain(i)
	return a, nil
}

// set describes where an image lies on an output of height x width.
func (a *mapArgs) set(m *core.PixelMap, image core.View, height, width int) {
	a.plane = m.Plane
	a.originX, a.originY, a.stepX, a.stepY = m.OriginX, m.OriginY, m.StepX, m.StepY
	a.slack = m.Slack()
	x0, y0, x1, y1 := m.Clip(height, width)
	a.x0, a.y0, a.x1, a.y1 = int32(x0), int32(y0), int32(x1), int32(y1)
	a.left, a.top, a.width = int32(m.X0), int32(m.Y0), int32(m.X1-m.X0)
	a.h, a.w = int32(image.H), int32(image.W)
	a.kind, a.nx, a.ny = int32(m.Kind), int32(m.NX), int32(m.NY)
}
