//go:build !linux

package core

// onHugePages does nothing: other systems choose the pages themselves, or give large ones to privileged
// programs alone.
func onHugePages([]float64) {}
