package vec
import "testing"
func BenchmarkTRuns(b *testing.B) {
	src := make([]float32, 1<<14); flat := make([]uint32, 512); var run [8]int32
	for i := range src { src[i]=float32(i*7%13) }
	for b.Loop() { Runs(flat, &run, src, 40) }
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
}
func BenchmarkTMost(b *testing.B) {
	src := make([]float32, 1<<14); var m [8]float32
	for b.Loop() { Most(&m, src[:512]) }
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
}
func BenchmarkTBelow(b *testing.B) {
	src := make([]float32, 1<<14); var m [8]float32
	for b.Loop() { Below(src[:512], &m) }
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
}
func BenchmarkTAdvance(b *testing.B) {
	var state Cosines
	src := make([]float32, 1<<14); flat := make([]uint32, 512); dst := make([]float32, 512)
	sum, factor := make([]float64, 512), new(Factors)
	for b.Loop() { Advance(dst, flat, src, src, sum, &state, factor) }
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
}
