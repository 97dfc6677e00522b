package core

import (
	"math"
	"slices"
	"sync"

	"zetwopass/core/pages"
	"zetwopass/core/vec"
)

// blockNumbers is how many numbers a block of kept ones has.
const blockNumbers = 512

// kept is a list of numbers in blocks. What is added after its pool had no block left is lost.
type kept struct {
	pool    *pool
	first   int       // numbers of the first block, at most blockNumbers
	few     []float64 // the first block, where it has a place of its own
	full    []place   // of the others
	last    []float64 // the block that is being filled
	place   place     // its
	refused bool
}

// newKept returns an empty list that about so many numbers are expected of.
func newKept(pool *pool, about int) kept {
	return kept{pool: pool, first: min(max(about, 1), blockNumbers)}
}

func (k *kept) add(x float64) {
	if len(k.last) < cap(k.last) || k.grow() {
		k.last = append(k.last, x)
	}
}

func (k *kept) addAll(x []float64) {
	for len(x) > 0 && (len(k.last) < cap(k.last) || k.grow()) {
		n := min(len(x), cap(k.last)-len(k.last))
		k.last, x = append(k.last, x[:n]...), x[n:]
	}
}

// soon is about how many numbers are added at a time.
const soon = 40

// fetch has the place of the next numbers fetched into the cache.
func (k *kept) fetch() {
	if n := len(k.last); n < cap(k.last) {
		vec.Fetch(&k.last[:n+1][n], min(soon, cap(k.last)-n))
	}
}

// shut puts the block that is being filled to the others.
func (k *kept) shut() {
	switch {
	case k.last == nil:
	case k.place == ownPlace:
		k.few = k.last
	default:
		k.full = append(k.full, k.place)
	}
	k.last = nil
}

// grow gets another block, if there is one.
func (k *kept) grow() bool {
	if k.refused {
		return false
	}
	n := blockNumbers
	if k.last == nil {
		n = k.first
	}
	block, at := k.pool.take(n)
	if block == nil {
		k.refused = true
		return false
	}
	k.shut()
	k.last, k.place = block, at
	return true
}

func (k *kept) len() int { return len(k.few) + blockNumbers*len(k.full) + len(k.last) }

// drain appends the numbers to to, and gives the blocks back.
func (k *kept) drain(to []float64) []float64 {
	to = append(slices.Grow(to, k.len()), k.few...)
	slabs := k.pool.held()
	for _, at := range k.full {
		to = append(to, slabs.block(at)[:blockNumbers]...)
	}
	to = append(to, k.last...)
	k.shut()
	k.pool.give(k.few, k.full)
	k.few, k.full = nil, nil
	return to
}

// slabs are the memory of blocks: large pieces, of which the collector has little to do.
type slabs [][]float64

// leastSlab is the blocks of the first slabs; later ones are a quarter of all before.
const leastSlab = 64

// place is where a block begins: the slab in the upper half, and in the lower which of its blocks.
type place uint64

// ownPlace is that of a block outside the slabs.
const ownPlace = ^place(0)

// bytes is what their whole blocks have.
func (s slabs) bytes() (n int64) {
	for _, slab := range s {
		n += int64(8 * (len(slab) / blockNumbers * blockNumbers))
	}
	return n
}

// block returns the empty block at a place.
func (s slabs) block(at place) []float64 {
	first := int(at&math.MaxUint32) * blockNumbers
	return s[at>>32][first : first : first+blockNumbers]
}

// pool hands out blocks of numbers, as many as it may hold besides those that were lent to it, to any
// goroutine.
type pool struct {
	mu         sync.Mutex
	most, made int64 // numbers that the blocks may have, and have, without those lent
	slabs      slabs // the first of them are lent
	lent       int
	free       []place
}

// boundless is the bytes of a pool without a bound.
const boundless = math.MaxInt64

// newPool returns a pool of so many bytes, and of memory that is lent to it.
func newPool(bytes int64, lent ...[]float64) *pool {
	s := &pool{most: bytes / 8, slabs: lent, lent: len(lent)}
	s.cut(0)
	return s
}

// cut makes free blocks of the slabs from the first-th on.
func (s *pool) cut(first int) {
	for slab := len(s.slabs) - 1; slab >= first; slab-- {
		for k := len(s.slabs[slab])/blockNumbers - 1; k >= 0; k-- {
			s.free = append(s.free, place(slab)<<32|place(k))
		}
	}
}

// bound lets the pool have so many bytes from now on; all of its blocks are there.
func (s *pool) bound(bytes int64) {
	s.most = bytes / 8
	if s.made > s.most {
		s.made, s.slabs, s.free = 0, s.slabs[:s.lent], nil
		s.cut(0)
	}
}

// held returns the slabs of the blocks that were taken before.
func (s *pool) held() slabs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slabs
}

// take returns an empty block of n numbers, at most blockNumbers, or nil where there is no room. A
// small one has a place of its own while there is room for that.
func (s *pool) take(n int) ([]float64, place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < blockNumbers && s.made+int64(n) <= s.most {
		s.made += int64(n)
		return make([]float64, 0, n), ownPlace
	}
	if len(s.free) == 0 && !s.more() {
		return nil, 0
	}
	last := len(s.free) - 1
	at := s.free[last]
	s.free = s.free[:last]
	return s.slabs.block(at), at
}

// more gets another slab, if there is room for a block; half of the room stays for small ones.
func (s *pool) more() bool {
	room := (s.most - s.made) / blockNumbers
	if room == 0 {
		return false
	}
	blocks := min(max(leastSlab, s.made/blockNumbers/4), (room+1)/2)
	numbers := make([]float64, blocks*blockNumbers)
	pages.Large(numbers)
	s.slabs = append(s.slabs, numbers)
	s.made += blocks * blockNumbers
	s.cut(len(s.slabs) - 1)
	return true
}

// give takes the blocks of a list back: one that has a place of its own, or nil, and the others.
func (s *pool) give(few []float64, full []place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made -= int64(cap(few))
	s.free = append(s.free, full...)
}
