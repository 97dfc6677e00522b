package core

import "math"

// slowFeather returns the feather of plane n of tile i at output pixel (x,y), by every hole there
// is within reach; 1 without a feather.
func slowFeather(j *Job, i, n, x, y int) float64 {
	if j.Feather == 0 {
		return 1
	}
	t := &j.Tiles[i]
	return slowSample(&t.Map, x, y, t.Image.H, t.Image.W, func(y, x int) float64 {
		return slowFall(j, t, n, y, x)
	})
}

// slowFall returns the feather of pixel (y,x) of a tile.
func slowFall(j *Job, t *Tile, n, y, x int) float64 {
	square, reach := math.Inf(1), j.Feather
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			if d := float64(dx*dx + dy*dy); d < square && slowHole(j, t, n, y+dy, x+dx) {
				square = d
			}
		}
	}
	part := min(math.Sqrt(square)/float64(reach), 1)
	return float64(float32(part * part * (3 - 2*part)))
}

// slowHole reports whether a tile has nothing to show at a pixel, also of those around it.
func slowHole(j *Job, t *Tile, n, y, x int) bool {
	if y < 0 || x < 0 || y >= t.Image.H || x >= t.Image.W {
		return true
	}
	number := false
	if t.Planes.Absent() {
		for c := range j.Mosaic.C {
			number = number || !math.IsNaN(float64(t.Image.At(y, x, c)))
		}
	} else {
		number = !math.IsNaN(t.Planes.at(n, y, x))
	}
	weight := 1.0
	if !t.Weight.Absent() {
		weight = float64(t.Weight.At(y, x, 0))
	} else if w := &t.WeightPlanes; !w.Absent() {
		weight = w.at(min(n, w.N-1), y, x)
	}
	return !number || !(weight > 0 || j.SignedWeights && weight < 0)
}
