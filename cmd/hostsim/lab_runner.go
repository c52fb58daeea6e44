package main

import (
	"github.com/mom-router/mom-router/hostsim"
)

// runner is one worker. After a trap it starts a new VM, as Envoy does under FAIL_RELOAD, so that a
// request's outcome does not depend on those before it.
type runner struct {
	lab      *lab
	upstream bool
	worker   *hostsim.Worker
}

func (r *runner) start() (err error) {
	r.worker, err = r.lab.worker()
	return err
}

func (r *runner) do(j job) outcome {
	if j.err != nil {
		return unsent(j.name, j.err)
	}
	if r.worker == nil {
		if err := r.start(); err != nil {
			return unsent(j.name, err)
		}
	}
	result := r.worker.Do(j.req)
	if result.Trap != nil {
		r.close()
	}
	return newOutcome(j.name, result, r.upstream)
}

func (r *runner) close() {
	if r.worker != nil {
		r.worker.Close()
		r.worker = nil
	}
}
