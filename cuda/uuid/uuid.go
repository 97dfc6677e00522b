// Package uuid stands in the place of github.com/google/uuid (go.mod has it so): of that
// gorgonia.org/cu takes one type, for a method that nothing here calls, and it would bring Go's
// package net into the library, with getaddrinfo and resolvers.
package uuid

// UUID is that of a device.
type UUID [16]byte
