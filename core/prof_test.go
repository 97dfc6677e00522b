package core
import "testing"
func BenchmarkGain(b *testing.B) {
	j := scene(1, 2, 2, 1080, 1920, 3)
	j.Sigma = 50; j.Workers = 1; j.Profile = V42
	if err := Run(j, RunAll); err != nil { b.Fatal(err) }
	plan, _ := NewPlan(j, RunGains)
	_ = plan
	g := newGainer(j, 0)
	p := newPass(b.Context(), j, plan)
	b.Run("gain", func(b *testing.B) { for b.Loop() { for i := range j.Tiles { g.gain(p, &j.Tiles[i]) } } })
	b.Run("coadd", func(b *testing.B) { j.KeepBackground = true; for b.Loop() { Run(j, RunCoadd) } })
}
