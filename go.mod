module zetwopass

go 1.26.0

require (
	github.com/astrogo/fitsio v0.3.0
	golang.org/x/sync v0.24.0
	gonum.org/v1/gonum v0.17.0
	gorgonia.org/cu v0.9.6
)

require (
	github.com/google/uuid v1.1.1 // indirect
	github.com/pkg/errors v0.9.1 // indirect
)

// What of it is needed is a type; see there.
replace github.com/google/uuid => ./cuda/uuid
