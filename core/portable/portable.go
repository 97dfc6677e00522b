// Package portable has functions of math that give the same bits on every processor.
// Those of Go have bodies of their own for some, and on others fuse products and sums.
package portable

import "math"

// Exp returns e^x, to a unit or two in the last place, for |x| up to 700.
func Exp(x float64) float64 {
	const high = 0x1.62e42feep-1 // of ln 2, so few bits that its multiples are exact
	n, r := reduce(x, high, math.Ln2-high)
	sum := 1.0
	for k := 14.0; k > 0; k-- { // Taylor's series from its end: 1 + r/1 (1 + r/2 (1 + ...))
		sum = 1 + r*sum/k
	}
	return math.Ldexp(sum, int(n))
}

// Sin returns the sine of x, to a unit or two in the last place, for |x| up to 1000.
func Sin(x float64) float64 { return quadrants(x, 0) }

// Cos returns the cosine of x, likewise.
func Cos(x float64) float64 { return quadrants(x, 1) }

// quadrants returns the sine of x and so many right angles.
func quadrants(x float64, ahead int) float64 {
	const high = 0x1.921fb544p0 // of π/2, as above
	n, r := reduce(x, high, math.Pi/2-high)
	quadrant := int(n) + ahead
	k, sum := 16.0-float64(quadrant&1), 1.0 // the series of the sine, or of the cosine
	for ; k > 0; k -= 2 {
		sum = 1 - float64(r*r)*sum/(k*(k+1))
	}
	if quadrant&1 == 0 {
		sum *= r
	}
	if quadrant&2 != 0 {
		sum = -sum
	}
	return sum
}

// reduce returns the multiple of high + low that is nearest to x, and x less that.
func reduce(x, high, low float64) (n, rest float64) {
	n = math.Floor(x/(high+low) + 0.5)
	return n, x - float64(n*high) - float64(n*low)
}
