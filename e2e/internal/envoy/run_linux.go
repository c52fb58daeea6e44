package envoy

import (
	"runtime"
	"syscall"
)

// run starts the process and waits for it, in one thread that lives as long as it: the kernel is to end Envoy when its
// parent dies, and takes the thread for the parent. An interrupt from the terminal goes to the parent alone, which ends Envoy
// when it has done with it.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.exited)
}
