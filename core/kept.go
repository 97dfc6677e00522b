package core

import (
	"math"
	"slices"
	"sync"
)

// blockNumbers is how many numbers a block of kept ones has.
const blockNumbers = 512

// kept is a list of numbers in blocks. What is added after its pool had no block left is lost.
type kept struct {
	pool    *pool
	first   int // numbers of the first block, at most blockNumbers
	full    [][]float64
	last    []float64
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

// grow gets another block, if there is one.
func (k *kept) grow() bool {
	if k.refused {
		return false
	}
	n := blockNumbers
	if k.last == nil {
		n = k.first
	}
	block := k.pool.take(n)
	if block == nil {
		k.refused = true
		return false
	}
	if k.last != nil {
		k.full = append(k.full, k.last)
	}
	k.last = block
	return true
}

func (k *kept) len() int {
	n := len(k.last)
	for _, block := range k.full {
		n += len(block)
	}
	return n
}

// drain appends the numbers to to, and gives the blocks back.
func (k *kept) drain(to []float64) []float64 {
	to = slices.Grow(to, k.len())
	for _, block := range k.full {
		to = append(to, block...)
		k.pool.give(block)
	}
	to = append(to, k.last...)
	k.pool.give(k.last)
	k.full, k.last = nil, nil
	return to
}

// pool hands out blocks of numbers, as many as it may hold, to any goroutine.
type pool struct {
	mu         sync.Mutex
	most, made int64 // numbers that the blocks may have, and have
	free       [][]float64
}

// boundless is the bytes of a pool without a bound.
const boundless = math.MaxInt64

// newPool returns a pool of so many bytes.
func newPool(bytes int64) *pool { return &pool{most: bytes / 8} }

// bound lets the pool have so many bytes from now on; all of its blocks are there.
func (s *pool) bound(bytes int64) {
	s.most = bytes / 8
	for s.made > s.most {
		s.drop()
	}
}

// drop forgets a block that is free.
func (s *pool) drop() (block []float64) {
	last := len(s.free) - 1
	block, s.free[last] = s.free[last], nil
	s.free = s.free[:last]
	s.made -= blockNumbers
	return block
}

// take returns an empty block of n numbers, at most blockNumbers, or nil where there is no room.
func (s *pool) take(n int) (block []float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) > 0 && (n == blockNumbers || s.made+int64(n) > s.most) {
		block = s.drop()
	}
	switch {
	case block != nil && n == blockNumbers:
	case s.made+int64(n) > s.most:
		return nil
	default:
		block = make([]float64, 0, n)
	}
	s.made += int64(n)
	return block
}

// give takes a block back.
func (s *pool) give(block []float64) {
	if block == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cap(block) == blockNumbers {
		s.free = append(s.free, block[:0])
		return
	}
	s.made -= int64(cap(block))
}
