package vec

import "math"

// Count compares differences d = a - b with brackets, four numbers at a time, each
// lane its own:
//
//	for each group g of four, lane l:
//		below[l]++ if d < lo[l], above[l]++ if d > hi[l]
//		none has bit l if d is no number, but a and b are: infinity less infinity
//		the group's differences go to kept if lo[l] <= d <= hi[l] in any lane
//
// A last group of fewer than four is filled up with NaN. It returns the number of
// groups in kept, which has room for all of them.
func Count(kept, a, b []float64, lo, hi *[4]float64, below, above *[4]int) (groups int, none uint32) {
	return count(kept, a, b, lo, hi, below, above)
}

func countLoop(kept, a, b []float64, lo, hi *[4]float64, below, above *[4]int) (groups int, none uint32) {
	for i := 0; i < len(a); i += 4 {
		to := kept[4*groups:][:4]
		some := false
		for l := range to {
			if to[l] = math.NaN(); i+l >= len(a) {
				continue
			}
			x, y := a[i+l], b[i+l]
			d := x - y
			to[l] = d
			if d != d && x == x && y == y {
				none |= 1 << l
			}
			if d < lo[l] {
				below[l]++
			}
			if d > hi[l] {
				above[l]++
			}
			some = some || (d >= lo[l] && d <= hi[l])
		}
		if some {
			groups++
		}
	}
	return groups, none
}

// Epsilon is the least coverage that Scales divides by, that of float32.
const Epsilon = 0x1p-23

// Scales writes the factors that bring coverages to their blurred values,
//
//	scale[i] = clip(blurred[i] / max(coverage[i], Epsilon), 0.5, 2)
//
// where 0 < coverage[i] <= most and not blurred[i] < threshold, else NaN. nan says
// that the scale of such a pixel is NaN, too.
func Scales(scale []float64, blurred, coverage []float32, threshold, most float32) (nan bool) {
	return scales(scale, blurred, coverage, threshold, most)
}

func scalesLoop(scale []float64, blurred, coverage []float32, threshold, most float32) (nan bool) {
	for i, c := range coverage {
		b := blurred[i]
		if !(c > 0 && c <= most) || b < threshold {
			scale[i] = math.NaN()
			continue
		}
		s := b / max(c, Epsilon)
		if s < 0.5 {
			s = 0.5
		}
		if s > 2 {
			s = 2
		}
		nan = nan || s != s
		scale[i] = float64(s)
	}
	return nan
}

// Mask keeps the scales whose weight is above least, and returns how many these are;
// the others become NaN, their weights 0.
func Mask(scale, weight []float64, least float64) (kept int) { return mask(scale, weight, least) }

func maskLoop(scale, weight []float64, least float64) (kept int) {
	for i, f := range weight {
		if f > least {
			kept++
		} else {
			scale[i], weight[i] = math.NaN(), 0
		}
	}
	return kept
}
