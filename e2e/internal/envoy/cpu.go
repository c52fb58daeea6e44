package envoy

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is the processor time that the process has used: see ProcessCPU.
func (p *Process) CPU() (time.Duration, error) { return ProcessCPU(p.PID()) }

// ProcessCPU is the processor time that all threads of a process have used. It needs Linux: it adds up the first field of
// /proc/PID/task/*/schedstat, which counts nanoseconds where /proc/PID/stat counts hundredths of a second.
func ProcessCPU(pid int) (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("no CPU time of process %d: this needs Linux with /proc/PID/schedstat", pid)
	}
	var sum int64
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", thread, err)
		}
		sum += n
	}
	return time.Duration(sum), nil
}
