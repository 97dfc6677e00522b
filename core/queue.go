package core

import (
	"errors"
	"sync"
)

// queue hands out the tasks [0,tasks), in ascending order but for those given back.
type queue struct {
	mu     sync.Mutex
	tasks  int
	next   int
	back   [][2]int // ranges given back
	failed int      // the lowest task that failed, else tasks
	err    error    // of that task
}

func newQueue(tasks int) *queue { return &queue{tasks: tasks, failed: tasks} }

// take returns the next tasks [a,b), at most n; none if a = b.
func (q *queue) take(n int) (a, b int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return 0, 0
	}
	if last := len(q.back) - 1; last >= 0 {
		r := &q.back[last]
		a, b = r[0], min(r[0]+n, r[1])
		if r[0] = b; r[0] == r[1] {
			q.back = q.back[:last]
		}
		return a, b
	}
	a = q.next
	q.next = min(a+n, q.tasks)
	return a, q.next
}

// giveBack returns tasks that were taken and not done.
func (q *queue) giveBack(a, b int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.back = append(q.back, [2]int{a, b})
}

// count is the number of tasks to be taken.
func (q *queue) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return 0
	}
	n := q.tasks - q.next
	for _, r := range q.back {
		n += r[1] - r[0]
	}
	return n
}

// fail ends the queue with the error of a task.
func (q *queue) fail(i int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i < q.failed {
		q.failed, q.err = i, err
	}
}

// onDevice does tasks on the device until there are none. While the device works on
// some, the next are made ready. Tasks that its memory can't hold are halved; where one
// alone is too much, the workers have the rest.
func (l *load[S]) onDevice(p *pass, q *queue) {
	batch := l.batch
	type flight struct {
		a      int
		finish func() error
	}
	var now *flight
	land := func() bool {
		if now == nil {
			return true
		}
		err := p.once(now.finish)
		if err != nil {
			q.fail(now.a, err)
		}
		now = nil
		return err == nil
	}
	for {
		n := batch
		if p.mode != GPU { // leave the workers their part to the end
			n = min(n, max(1, q.count()/(2*p.plan.Workers)))
		}
		a, b := q.take(n)
		if a == b {
			land()
			return
		}
		next := flight{a: a}
		err := p.once(func() (err error) {
			next.finish, err = l.device(a, b)
			return err
		})
		switch {
		case errors.Is(err, ErrDeviceMemory):
			q.giveBack(a, b)
			if !land() || b-a == 1 {
				p.short(err)
				return
			}
			batch = (b - a) / 2
		case err != nil:
			land()
			q.fail(a, err)
			return
		default:
			if !land() {
				return
			}
			now = &next
		}
	}
}
