package core

import "math"

// selectNth reorders x so that x[k] is the k-th smallest, none before it is larger
// and none behind it smaller. x holds no NaN. The method is that of Floyd & Rivest
// (1975, "Algorithm 489: Select"), of many numbers with a sample from all over x.
func selectNth(x []float64, k int) float64 {
	const many = 400
	for len(x) > 1 {
		if len(x) > many {
			a, b := sampleAround(k, len(x))
			for i := a; i < b; i++ {
				j := (i - a) * len(x) / (b - a)
				x[i], x[j] = x[j], x[i]
			}
			selectNth(x[a:b], k-a)
		}
		pivot, n := x[k], 0
		for i, v := range x { // without jumps, which could not be foreseen
			less := 0
			if v < pivot {
				less = 1
			}
			x[i] = x[n]
			x[n] = v
			n += less
		}
		if k < n {
			x = x[:n]
			continue
		}
		x, k, n = x[n:], k-n, 0
		for i, v := range x {
			if v == pivot {
				x[i], x[n] = x[n], v
				n++
			}
		}
		if k < n {
			return pivot
		}
		x, k = x[n:], k-n
	}
	return x[0]
}

// sampleAround returns the places [a,b) among n for a sample, such that what then stands
// at place k lies a little beyond the k-th number, on the side of the middle.
func sampleAround(k, n int) (a, b int) {
	all, share := float64(n), float64(k)/float64(n)
	size := float64(0.5 * math.Pow(all, 2.0/3))
	beyond := float64(0.5 * math.Sqrt(math.Log(all)*size*(1-size/all)))
	if share < 0.5 {
		beyond = -beyond
	}
	first := float64(k) - float64(share*size) + beyond
	return max(0, int(first)), min(n, int(first+size)+1)
}
