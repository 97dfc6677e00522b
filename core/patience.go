package core

// patience asks now and then whether a job is cancelled, on the goroutine of its caller: for
// what comes before a pass, which has a goroutine that does nothing else.
type patience struct {
	job  *Job
	left int // steps until it asks
}

// patienceSteps, each of some nanoseconds to a microsecond, take some milliseconds.
const patienceSteps = 1 << 14

// spend returns ErrCancelled, and soon after the job is cancelled, if so many steps are reported.
func (p *patience) spend(steps int) error {
	if p == nil {
		return nil
	}
	if p.left -= steps; p.left > 0 {
		return nil
	}
	p.left = patienceSteps
	return p.ask()
}

// ask returns ErrCancelled if the job is cancelled.
func (p *patience) ask() error {
	if p.job.Cancelled != nil && p.job.Cancelled() {
		return ErrCancelled
	}
	return nil
}
