package core

// store keeps memory for tiles: what one leaves serves the next of its size, since the
// collector would return it later than it is asked for again.
type store struct {
	most    int64 // bytes in use and kept, at most
	held    int64
	samples map[int][][]float32 // free ones, by their lengths
	words   map[int][][]uint32
}

func newStore(most int64) store {
	return store{most: most, samples: map[int][][]float32{}, words: map[int][][]uint32{}}
}

func (s *store) take(n int) []float32 { return taken(s, s.samples, n) }

func (s *store) takeWords(n int) []uint32 { return taken(s, s.words, n) }

func (s *store) giveBack(pix []float32) { s.samples[len(pix)] = append(s.samples[len(pix)], pix) }

func (s *store) giveWordsBack(words []uint32) {
	s.words[len(words)] = append(s.words[len(words)], words)
}

// taken returns n numbers, free ones if there are some.
func taken[T float32 | uint32](s *store, free map[int][][]T, n int) []T {
	if last := len(free[n]) - 1; last >= 0 {
		found := free[n][last]
		free[n] = free[n][:last]
		return found
	}
	s.held += 4 * int64(n)
	shed(s, s.samples)
	shed(s, s.words)
	return make([]T, n)
}

// shed lets free numbers go until no more are held than may be.
func shed[T float32 | uint32](s *store, free map[int][][]T) {
	for size, some := range free {
		for len(some) > 0 && s.held > s.most {
			some = some[:len(some)-1]
			s.held -= 4 * int64(size)
		}
		if free[size] = some; len(some) == 0 {
			delete(free, size)
		}
	}
}
