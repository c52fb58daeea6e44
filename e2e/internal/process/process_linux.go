// Package process runs the programs that stand beside an Envoy: each ends with the test, and so do its children.
package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Options say how to start a program.
type Options struct {
	Path  string   // the executable
	Args  []string // without the program's name
	Env   []string // NAME=value, beside PATH and HOME
	Dir   string   // working directory; the log file NAME.log is made there
	Apart bool     // in name spaces of its own: an empty /var/lib, and no process of it outlives it
}

// Process is a running program.
type Process struct {
	name   string
	log    string
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of Wait; read after exited is closed
}

// Start runs a program. Its output goes to a file, which Log reads.
func Start(o Options) (*Process, error) {
	p := &Process{name: filepath.Base(o.Path), exited: make(chan struct{})}
	p.log = filepath.Join(o.Dir, p.name+".log")
	out, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600) // Envoy opens it again
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.Command(o.Path, o.Args...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if o.Apart {
		// pilot-agent keeps modules under /var/lib/istio/data and takes no other place.
		p.cmd = exec.Command("/bin/sh", append([]string{"-c",
			`mount -t tmpfs tmpfs /var/lib && mkdir -p /var/lib/istio/data && exec "$0" "$@"`, o.Path}, o.Args...)...)
		p.cmd.SysProcAttr = apart()
	}
	p.cmd.Dir = o.Dir
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + o.Dir}, o.Env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", o.Path, err)
	}
	return p, nil
}

// apart gives a process a mount name space, and a process name space: its end is the end of all in it.
func apart() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Pdeathsig:    syscall.SIGKILL,
		Cloneflags:   syscall.CLONE_NEWPID,
		Unshareflags: syscall.CLONE_NEWNS,
	}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// run starts the program and waits for it, in one thread that lives as long as it: the kernel is to end it when its parent
// dies, and takes the thread for the parent.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.exited)
}

// Await polls until ready says so. If the program ends before, or the time is over, the error has the end of its log.
func (p *Process) Await(patience time.Duration, ready func() bool) error {
	for deadline := time.Now().Add(patience); !ready(); {
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended before it was ready: %v\n%s", p.name, p.err, p.Tail(20))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after %v\n%s", p.name, patience, p.Tail(20))
		}
	}
	return nil
}

// Exited says whether the program has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Log is all that the program has written.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Tail is the last n lines of the log.
func (p *Process) Tail(n int) string {
	lines := strings.Split(strings.TrimRight(p.Log(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Stop ends the program: politely, and after three seconds by force. It is safe to call it twice, and on nil.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Kill ends the program by force.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

func (p *Process) end(signal syscall.Signal) {
	if p == nil {
		return
	}
	p.cmd.Process.Signal(signal)
	select {
	case <-p.exited:
	case <-time.After(3 * time.Second):
		p.cmd.Process.Kill()
		<-p.exited
	}
}
