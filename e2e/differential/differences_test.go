package differential

import (
	"regexp"
	"strings"
)

// differences are the lines that may differ, with the reason.
var differences = []struct{ line, reason string }{
	{`property xds\.node=.*`, "the whole node is a message with everything that Envoy was built with; its id and cluster can be read"},
	{`property xds\.virtual_host_name=.*`, "hostsim routes by a function: virtual hosts have no names"},
	{`property upstream\.local_address=.*`, "Envoy knows it once a connection to the backend stands, which it does sooner if the last request left one"},
	{`property response\.headers=0 \d+`, "Envoy takes hop-by-hop headers off and adds server behind the filters, before the response is logged"},
}

var differing = func() (all []*regexp.Regexp) {
	for _, d := range differences {
		all = append(all, regexp.MustCompile(`^\s*`+d.line+`$`))
	}
	return all
}()

// excused puts the reason in the place of a line that may differ.
func excused(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		for j, d := range differing {
			if d.MatchString(line) {
				lines[i] = "(may differ: " + differences[j].reason + ")"
			}
		}
	}
	return strings.Join(lines, "\n")
}
