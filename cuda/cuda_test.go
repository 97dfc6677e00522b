//go:build cuda

package cuda

import (
	"testing"

	"zetwopass/core/coretest"
)

// Without it the GPU's numbers could be others than the CPU's. Without a driver it is
// skipped; build.sh has one that runs the kernels on the CPU.
func TestTheGPUSatisfiesCoretest(t *testing.T) {
	if _, err := Device().Info(); err != nil {
		t.Skip(err)
	}
	coretest.Check(t, Device())
}
