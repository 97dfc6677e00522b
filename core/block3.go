package core

// addTimes is y += sign * a x.
func (a *block3) addTimes(y, x *vec3, sign float64) {
	for r := range 3 {
		y[r] += float64(sign * (float64(a[3*r]*x[0]) + float64(a[3*r+1]*x[1]) + float64(a[3*r+2]*x[2])))
	}
}

// addTurnedTimes is y += sign * aᵀ x.
func (a *block3) addTurnedTimes(y, x *vec3, sign float64) {
	for c := range 3 {
		y[c] += float64(sign * (float64(a[c]*x[0]) + float64(a[3+c]*x[1]) + float64(a[6+c]*x[2])))
	}
}

// times returns a b.
func (a *block3) times(b *block3) (p block3) {
	for r := range 3 {
		for c := range 3 {
			p[3*r+c] = float64(a[3*r]*b[c]) + float64(a[3*r+1]*b[3+c]) + float64(a[3*r+2]*b[6+c])
		}
	}
	return p
}

// subTurned is a -= b cᵀ.
func (a *block3) subTurned(b, c *block3) {
	for r := range 3 {
		for k := range 3 {
			a[3*r+k] -= float64(b[3*r]*c[3*k]) + float64(b[3*r+1]*c[3*k+1]) + float64(b[3*r+2]*c[3*k+2])
		}
	}
}

// invert makes a the inverse of b, which is symmetric, and reports whether b is positive.
func (a *block3) invert(b *block3) bool {
	const least = 1e-13 // of a pivot, as a share of its diagonal: what rounding leaves
	l10, l20 := b[3]/b[0], b[6]/b[0]
	d1 := b[4] - float64(l10*b[3])
	s21 := b[7] - float64(l20*b[3])
	l21 := s21 / d1
	d2 := b[8] - float64(l20*b[6]) - float64(l21*s21)
	if !(b[0] > 0 && d1 > least*b[4] && d2 > least*b[8]) {
		return false
	}
	for c := range 3 { // L D Lᵀ x = e_c
		var x vec3
		x[c] = 1
		x[1] -= float64(l10 * x[0])
		x[2] -= float64(l20*x[0]) + float64(l21*x[1])
		x[0], x[1], x[2] = x[0]/b[0], x[1]/d1, x[2]/d2
		x[1] -= float64(l21 * x[2])
		x[0] -= float64(l10*x[1]) + float64(l20*x[2])
		a[c], a[3+c], a[6+c] = x[0], x[1], x[2]
	}
	return true
}

func dot3(a, b []vec3) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i][0]*b[i][0]) + float64(a[i][1]*b[i][1]) + float64(a[i][2]*b[i][2])
	}
	return sum
}
