package fitstile

// shape reads [h,w] or [C,h,w], planar, or [h,w,C] from the axes, slowest first. ok is
// false where they are none of these.
func shape(axes []int) (h, w, c int, planar, ok bool) {
	for len(axes) > 3 && axes[0] == 1 {
		axes = axes[1:]
	}
	switch {
	case len(axes) == 2:
		return axes[0], axes[1], 1, false, true
	case len(axes) == 3 && channelsFirst(axes[0], axes[2]):
		return axes[1], axes[2], axes[0], axes[0] > 1, true
	case len(axes) == 3 && 1 <= axes[2] && axes[2] <= 4:
		return axes[0], axes[1], axes[2], false, true
	}
	return 0, 0, 0, false, false
}

// channelsFirst is ZeMosaic's rule, which knows 1 and 3 channels, with 2 and 4 where it
// says nothing.
func channelsFirst(first, last int) bool {
	switch first {
	case 1, 3:
		return last != 1 && last != 3
	case 2, 4:
		return last < 1 || last > 4
	}
	return false
}
