//go:build !noasm

package vec

// Positions are sampled by a body that only tells which of them may lie on a line of pixel
// centres: these, few or none as a rule, are sampled again by the loop. Where they are
// many, as in a tile on the output's own grid, a body that puts them there does all.

func sample(value, u, v []float64, m *Image, slack float64, gain float32) {
	if m.suits() && m.Channels > 1 && m.ColStride == 1 {
		samplePlanes(value, u, v, m, slack, gain)
		return
	}
	one := m.Channels == 1 && m.ColStride == 1
	three := m.Channels == 3 && m.ChanStride == 1 && m.ColStride >= 3
	if m.suits() && (one || three) {
		table, lanes := m.limits(slack), Values(m.Channels)
		for len(u) >= 4 {
			var near nearness
			n := min(len(u)&^3, 4*len(near))
			sampleTold(m, value, u[:n], v, &table, gain, near[:])
			if near.many(n) {
				sampleOnto(m, value, u[:n], v, &table, gain)
			} else {
				for a, b := near.next(0, n); a < n; a, b = near.next(b, n) {
					sampleLoop(value[a*lanes:], u[a:b], v[a:], m, slack, gain)
				}
			}
			value, u, v = value[n*lanes:], u[n:], v[n:]
		}
	}
	sampleLoop(value, u, v, m, slack, gain)
}

// samplePlanes samples an image whose channels are planes of their own, one by one.
func samplePlanes(value, u, v []float64, m *Image, slack float64, gain float32) {
	var channel [256]float64
	for len(u) > 0 {
		n := min(len(u), len(channel))
		for c := range m.Channels {
			plane := *m
			plane.Pix, plane.Channels = m.Pix[c*m.ChanStride:], 1
			sample(channel[:n], u[:n], v[:n], &plane, slack, gain)
			for i, s := range channel[:n] {
				value[i*Lanes4+c] = s
			}
		}
		value, u, v = value[n*Lanes4:], u[n:], v[n:]
	}
}

func sampleTold(m *Image, value, u, v []float64, t *limits, gain float32, near []uint8) {
	dx, dy := m.steps()
	if m.Channels == 3 {
		sample3AVX2(value, u, v, m.Pix, 4*dx, 4*dy, t, gain, near)
		return
	}
	sample1AVX2(value, u, v, m.Pix, 4*dx, 4*dy, t, gain, near)
}

func sampleOnto(m *Image, value, u, v []float64, t *limits, gain float32) {
	dx, dy := m.steps()
	if m.Channels == 3 {
		sample3OntoAVX2(value, u, v, m.Pix, 4*dx, 4*dy, t, gain, nil)
		return
	}
	sample1OntoAVX2(value, u, v, m.Pix, 4*dx, 4*dy, t, gain, nil)
}

func sampleMap(weight, u, v []float64, m *Image, slack float64, clean Cleaning, scale float64) {
	if m.suits() && m.ColStride == 1 {
		table := m.limits(slack)
		for len(u) >= 4 {
			var near nearness
			n := min(len(u)&^3, 4*len(near))
			mapTold(m, weight, u[:n], v, &table, clean, scale, near[:])
			if near.many(n) {
				mapOnto(m, weight, u[:n], v, &table, clean, scale)
			} else {
				for a, b := near.next(0, n); a < n; a, b = near.next(b, n) {
					sampleMapLoop(weight[a:], u[a:b], v[a:], m, slack, clean, scale)
				}
			}
			weight, u, v = weight[n:], u[n:], v[n:]
		}
	}
	sampleMapLoop(weight, u, v, m, slack, clean, scale)
}

func mapTold(m *Image, weight, u, v []float64, t *limits, clean Cleaning, scale float64, near []uint8) {
	_, dy := m.steps()
	switch clean {
	case FiniteOnly:
		sampleFiniteAVX2(weight, u, v, m.Pix, 4*dy, t, scale, near)
	case NumberOnly:
		sampleNumberAVX2(weight, u, v, m.Pix, 4*dy, t, scale, near)
	case ZeroOrOne:
		sampleBinaryAVX2(weight, u, v, m.Pix, 4*dy, t, scale, near)
	}
}

func mapOnto(m *Image, weight, u, v []float64, t *limits, clean Cleaning, scale float64) {
	_, dy := m.steps()
	switch clean {
	case FiniteOnly:
		sampleFiniteOntoAVX2(weight, u, v, m.Pix, 4*dy, t, scale, nil)
	case NumberOnly:
		sampleNumberOntoAVX2(weight, u, v, m.Pix, 4*dy, t, scale, nil)
	case ZeroOrOne:
		sampleBinaryOntoAVX2(weight, u, v, m.Pix, 4*dy, t, scale, nil)
	}
}

func sample64(value, u, v []float64, m *ImageOf[float64], slack float64) {
	n := sampled64(value, u, v, m, slack, false)
	sampleLoop(value[n*Values(m.Channels):], u[n:], v[n:], m, slack, 1)
}

func sampleMap64(weight, u, v []float64, m *ImageOf[float64], slack float64, clean Cleaning, scale float64) {
	n := 0
	if clean == NumberOnly {
		n = sampled64(weight, u, v, m, slack, true)
		for i := range n {
			weight[i] *= scale
		}
	}
	sampleMapLoop(weight[n:], u[n:], v[n:], m, slack, clean, scale)
}

// sampled64 samples as many of the positions as the AVX2 bodies take; of numbers alone, NaN
// counts as 0.
func sampled64(value, u, v []float64, m *ImageOf[float64], slack float64, numbers bool) (done int) {
	if !m.suits() || m.Channels != 1 || m.ColStride != 1 {
		return 0
	}
	table := m.limits(slack)
	_, dy := m.steps()
	for len(u)-done >= 4 {
		var near nearness
		n := min((len(u)-done)&^3, 4*len(near))
		to, u, v := value[done:], u[done:][:n], v[done:]
		if numbers {
			sampleNumber64AVX2(to, u, v, m.Pix, 8*dy, &table, near[:])
		} else {
			sample64AVX2(to, u, v, m.Pix, 8*dy, &table, near[:])
		}
		switch many := near.many(n); {
		case many && numbers:
			sampleNumber64OntoAVX2(to, u, v, m.Pix, 8*dy, &table, nil)
		case many:
			sample64OntoAVX2(to, u, v, m.Pix, 8*dy, &table, nil)
		default:
			near.again64(to, u, v, m, slack, numbers)
		}
		done += n
	}
	return done
}

// again64 samples those of the positions again that may lie on a line.
func (k *nearness) again64(value, u, v []float64, m *ImageOf[float64], slack float64, numbers bool) {
	for a, b := k.next(0, len(u)); a < len(u); a, b = k.next(b, len(u)) {
		if numbers {
			sampleMapLoop(value[a:], u[a:b], v[a:], m, slack, NumberOnly, 1)
		} else {
			sampleLoop(value[a:], u[a:b], v[a:], m, slack, 1)
		}
	}
}
