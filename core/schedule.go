package core

import "container/heap"

// schedule says, before a pass begins, from when to when each tile is resident: a tile is
// read once for each of its stays. Tasks start in order, and none before those that lie a
// window before it are done, so that what is resident at a time, and what is read, do not
// depend on which task is quicker.
//
// At every task the tiles of its window have to be there. What is left of the room keeps
// tiles that a later task needs; where it does not hold them, the one goes that is needed
// furthest ahead, as nothing else saves more reads of tiles of one size (Belady 1966, "A study
// of replacement algorithms for a virtual-storage computer").
type schedule struct {
	needs
	turn   int     // tasks of the match; those of the coadd follow
	window [2]int  // of the match and of the coadd
	stay   []int32 // of each of the needs; -1 = of a task that is left out
	stays  []stay
	most   int64 // bytes of tiles resident at a time, at most
	read   int64 // bytes
}

// stay is a tile in memory for some tasks, and how it stands with it.
type stay struct {
	tile  int32
	uses  int32 // tasks that are not done
	state stayState
}

type stayState uint8

const (
	stayAhead stayState = iota
	stayReading
	stayHere
)

// needBytes is what a schedule takes for one of its needs, at most.
const needBytes = 32

// bytes is what a pass by the schedule takes.
func (s *schedule) bytes() int64 { return s.most + s.overhead() }

func (s *schedule) overhead() int64 { return needBytes * int64(len(s.tile)) }

// limit is the first task that has to wait while task left is the first that is not done.
func (s *schedule) limit(left int) int {
	if left < s.turn { // the coadd waits for all of the match
		return min(left+s.window[0], s.turn)
	}
	return min(left+s.window[1], s.tasks())
}

// idle is a resident tile that no task of the window needs.
type idle struct {
	tile, next int32 // next = the task that needs it
}

// idles is a heap of them, with the one that is needed last on top.
type idles []idle

func (h idles) Len() int           { return len(h) }
func (h idles) Less(a, b int) bool { return h[a].next > h[b].next }
func (h idles) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *idles) Push(x any)        { *h = append(*h, x.(idle)) }
func (h *idles) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// settle plays the sweeps through in a room for so many bytes. tile i takes bytes[i]; skip
// tells which tasks are left out, nil = none. The room holds what the tasks of a window need.
func (s *schedule) settle(bytes []int64, room int64, skip func(k int) bool, stop *patience) error {
	room -= s.overhead()
	n := s.tasks()
	next := s.nextUses(len(bytes), skip)
	now := make([]int32, len(bytes)) // the stay of each tile, plus 1
	used := make([]int32, len(bytes))
	var held int64
	var waiting idles
	s.stays, s.most, s.read = nil, 0, 0
	enter := func(k int) {
		for m := s.start[k]; m < s.start[k+1]; m++ {
			i := s.tile[m]
			if s.stay[m] < 0 {
				continue
			}
			if now[i] == 0 {
				s.stays = append(s.stays, stay{tile: i})
				now[i] = int32(len(s.stays))
				held += bytes[i]
				s.read += bytes[i]
			}
			s.stay[m] = now[i] - 1
			s.stays[now[i]-1].uses++
			used[i] = int32(k)
		}
	}
	entered := 0
	for left := range n {
		if err := stop.spend(16 * (s.start[left+1] - s.start[left] + 1)); err != nil {
			return err
		}
		for ; entered < s.limit(left); entered++ {
			enter(entered)
		}
		for held > room && len(waiting) > 0 {
			if w := heap.Pop(&waiting).(idle); now[w.tile] != 0 && int(used[w.tile]) < left {
				now[w.tile] = 0
				held -= bytes[w.tile]
			}
		}
		s.most = max(s.most, held)
		for m := s.start[left]; m < s.start[left+1]; m++ {
			i := s.tile[m]
			switch {
			case s.stay[m] < 0:
			case next[m] < 0:
				now[i] = 0
				held -= bytes[i]
			case int(next[m]) >= entered:
				heap.Push(&waiting, idle{i, next[m]})
			}
		}
	}
	return nil
}

// nextUses returns, for each of the needs, the next task that needs the same tile, -1 = none,
// and marks the needs of tasks that are left out.
func (s *schedule) nextUses(tiles int, skip func(k int) bool) []int32 {
	s.stay = make([]int32, len(s.tile))
	next, ahead := make([]int32, len(s.tile)), make([]int32, tiles) // plus 1
	for k := s.tasks() - 1; k >= 0; k-- {
		for m := s.start[k]; m < s.start[k+1]; m++ {
			if skip != nil && skip(k) {
				s.stay[m] = -1
				continue
			}
			i := s.tile[m]
			next[m] = ahead[i] - 1
			ahead[i] = int32(k + 1)
		}
	}
	return next
}
