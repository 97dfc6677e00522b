package vec

import "math"

// AddWeighted adds what pixels show to their sums, with as many values a pixel as
// value has per weight:
//
//	for each pixel i, value c:
//		if value[i,c] is a number {
//			sum[i,c] += (value[i,c] - offset[c]) * weight[i]
//			norm[i,c] += weight[i]
//		}
func AddWeighted(sum, norm, value, weight []float64, offset *[Lanes4]float64) {
	addWeighted(sum, norm, value, weight, offset)
}

func addWeightedLoop(sum, norm, value, weight []float64, offset *[Lanes4]float64) {
	if len(weight) == 0 {
		return
	}
	lanes := len(value) / len(weight)
	for i, w := range weight {
		for c := range lanes {
			at := i*lanes + c
			if v := value[at]; v == v {
				sum[at] += float64((v - offset[c]) * w)
				norm[at] += w
			}
		}
	}
}

// Finish says how sums become a mosaic.
type Finish struct {
	Divide bool    // by norm
	Blank  float32 // where norm is not above 0
	Clear  bool    // coverage 0 where it is not finite; NaN where not finite or not covered
}

// Mosaic writes the pixels of a row of channels side by side, and their coverage,
//
//	for each pixel i:
//		coverage[i] = norm[i,0]
//		for each channel c:
//			dst[i,c] = sum[i,c] / norm[i,c] where norm[i,c] > 0, else f.Blank
//
// then what f.Clear clears,
//
// with sum and norm of 1 or Lanes4 values a pixel, 1 where channels is 1.
func Mosaic(dst, coverage []float32, sum, norm []float64, channels int, f Finish) {
	mosaic(dst, coverage, sum, norm, channels, f)
}

func mosaicLoop(dst, coverage []float32, sum, norm []float64, channels int, f Finish) {
	lanes := Values(channels)
	nan := float32(math.NaN())
	for i := range coverage {
		cover := float32(norm[i*lanes])
		if f.Clear && cover-cover != 0 {
			cover = 0
		}
		coverage[i] = cover
		for c := range channels {
			value := f.Blank
			if s, n := sum[i*lanes+c], norm[i*lanes+c]; n > 0 {
				if f.Divide {
					s /= n
				}
				value = float32(s)
			}
			if f.Clear && (value-value != 0 || !(cover > 0)) {
				value = nan
			}
			dst[i*channels+c] = value
		}
	}
}
