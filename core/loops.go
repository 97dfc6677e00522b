package core

// loops numbers the parts of the tiles that loops of edges tie: those that stay together
// whichever single edge is left out (Tarjan 1974, Inf. Proc. Lett. 2, 160). Parts are
// numbered in the order of their first tiles.
func loops(tiles int, edges []edge) (part []int32, parts int) {
	first := make([]int32, tiles+1) // of each tile's ends of edges, and their end
	for _, e := range edges {
		first[e.i+1]++
		first[e.j+1]++
	}
	for i := range tiles {
		first[i+1] += first[i]
	}
	next, ends := append([]int32(nil), first...), make([]int32, 2*len(edges))
	for k, e := range edges {
		ends[next[e.i]], ends[next[e.j]] = int32(k), int32(k)
		next[e.i]++
		next[e.j]++
	}
	copy(next, first)
	number, low := make([]int32, tiles), make([]int32, tiles) // of the search by depth; the least that is reached
	through := make([]int32, tiles)                           // the edge that a tile is reached by, from 1
	part = make([]int32, tiles)
	var path, open []int32
	count := int32(0)
	enter := func(t int32) {
		count++
		number[t], low[t] = count, count
		path, open = append(path, t), append(open, t)
	}
	leave := func(t int32) {
		path = path[:len(path)-1]
		if len(path) > 0 {
			up := path[len(path)-1]
			low[up] = min(low[up], low[t])
		}
		if low[t] != number[t] {
			return
		}
		for at := len(open) - 1; ; at-- {
			part[open[at]] = -t - 1 // by its first tile of the search, till all are known
			if open[at] == t {
				open = open[:at]
				return
			}
		}
	}
	for root := range int32(tiles) {
		if number[root] != 0 {
			continue
		}
		enter(root)
		for len(path) > 0 {
			t := path[len(path)-1]
			if next[t] == first[t+1] {
				leave(t)
				continue
			}
			k := ends[next[t]]
			next[t]++
			other := int32(edges[k].i + edges[k].j - int(t))
			switch {
			case through[t] == k+1:
			case number[other] == 0:
				through[other] = k + 1
				enter(other)
			default:
				low[t] = min(low[t], number[other])
			}
		}
	}
	names := make([]int32, tiles) // of a part, by its first tile of the search, from 1
	for t := range part {
		first := -part[t] - 1
		if names[first] == 0 {
			parts++
			names[first] = int32(parts)
		}
		part[t] = names[first] - 1
	}
	return part, parts
}
