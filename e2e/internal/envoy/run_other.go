//go:build !linux

package envoy

// run starts the process and waits for it.
func (p *Process) run(started chan<- error) {
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.exited)
}
