package core

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// tasksOf is what tasks need, one list each.
func tasksOf(lists ...[]int32) needs {
	n := needs{start: []int{0}}
	for _, l := range lists {
		n.tile = append(n.tile, l...)
		n.start = append(n.start, len(n.tile))
	}
	return n
}

// Without it a tile that is needed at once could go for one that is not.
func TestTheTileThatIsNeededLastGoesFirst(t *testing.T) {
	a, b, c := []int32{0}, []int32{1}, []int32{2}
	for _, r := range []struct {
		room, window int
		tasks        []string
		want         string
	}{
		{3, 1, []string{"a", "b", "c", "a", "b", "c"}, "read 3, most 3"},
		{2, 1, []string{"a", "b", "c", "a", "b", "c"}, "read 4, most 2"}, // b goes for c, then a is there
		{1, 1, []string{"a", "a", "b", "a"}, "read 3, most 1"},
		{1, 1, []string{"a", "b", "-", "b", "a"}, "read 3, most 1"},
		{2, 2, []string{"a", "b", "c", "a"}, "read 4, most 2"},
	} {
		var lists [][]int32
		for _, name := range r.tasks {
			lists = append(lists, map[string][]int32{"a": a, "b": b, "c": c, "-": nil}[name])
		}
		s := schedule{needs: tasksOf(lists...), window: [2]int{1, r.window}}
		if err := s.settle([]int64{1, 1, 1}, int64(r.room)+s.overhead(), nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("read %d, most %d", s.read, s.most); got != r.want {
			t.Errorf("%v in a room for %d: %s, want %s", r.tasks, r.room, got, r.want)
		}
	}
}

// Without it two stays of a tile could be at once, or more than the room holds.
func TestStaysFollowEachOtherAndKeepToTheRoom(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		tiles, tasks := 1+rng.IntN(8), 1+rng.IntN(40)
		bytes := make([]int64, tiles)
		for i := range bytes {
			bytes[i] = rng.Int64N(20)
		}
		lists := make([][]int32, tasks)
		for k := range lists {
			for i := range tiles {
				if rng.IntN(4) == 0 {
					lists[k] = append(lists[k], int32(i))
				}
			}
		}
		s := schedule{needs: tasksOf(lists...), turn: rng.IntN(tasks + 1), window: [2]int{1 + rng.IntN(4), 1 + rng.IntN(4)}}
		room := s.together(bytes, max(s.window[0], s.window[1])) + rng.Int64N(40) + s.overhead()
		left := map[int]bool{}
		err := s.settle(bytes, room, func(k int) bool {
			if _, asked := left[k]; !asked {
				left[k] = rng.IntN(9) == 0
			}
			return left[k]
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.bytes() > room {
			t.Errorf("seed %d: %d bytes in a room for %d", seed, s.bytes(), room)
		}
		first, last := make([]int, len(s.stays)), make([]int, len(s.stays))
		for k := range tasks {
			for m := s.start[k]; m < s.start[k+1]; m++ {
				switch stay := s.stay[m]; {
				case (stay < 0) != left[k]:
					t.Errorf("seed %d: task %d is left out: %t", seed, k, left[k])
				case stay >= 0:
					if first[stay] == 0 {
						first[stay] = k + 1
					}
					last[stay] = k + 1
				}
			}
		}
		for at := range tasks {
			held, stays := int64(0), 0
			here := map[int32]bool{}
			for n, stay := range s.stays {
				if first[n] <= s.limit(at) && last[n] > at {
					held += bytes[stay.tile]
					here[stay.tile] = true
					stays++
				}
			}
			if len(here) < stays || held > s.most {
				t.Errorf("seed %d: at task %d %d bytes are held, at most %d are said: %v", seed, at, held, s.most, here)
			}
		}
	}
}
