//go:build !linux

// Package pages asks the system for large pages of memory.
package pages

// Large does nothing: other systems choose the pages themselves, or give large ones to privileged
// programs alone.
func Large([]float64) {}
