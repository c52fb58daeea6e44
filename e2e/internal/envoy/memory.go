package envoy

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is what the process holds of the machine's memory now, and the most that it has ever held, in bytes. It needs
// Linux: the lines VmRSS and VmHWM of /proc/PID/status.
func (p *Process) Memory() (now, most int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, 0, fmt.Errorf("no memory figures of process %d: this needs Linux with /proc/PID/status", p.PID())
	}
	for _, line := range strings.Split(string(text), "\n") {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kilobytes << 10
		case "VmHWM":
			most = kilobytes << 10
		}
	}
	return now, most, nil
}
