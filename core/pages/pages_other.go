//go:build !linux

package pages

// Large does nothing: other systems choose the pages themselves, or give large ones to privileged
// programs alone.
func Large([]float64) {}
