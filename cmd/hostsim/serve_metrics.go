package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// statsTag makes a label of a part of a statistic's name: the first group of its pattern goes out of the name, and the second one is the label's value.
type statsTag struct {
	name    string
	pattern *regexp.Regexp
}

// statsTags are the stats_tags of examples/envoy, which a test compares with them. Other modules' metrics match none of them.
var statsTags = []statsTag{
	{"action", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.action\.(.+?))(?:\.code\..+)?$`)},
	{"arm", regexp.MustCompile(`^wasmcustom\.mom_router_candidate_.*?(\.arm\.(active|candidate))`)},
	{"code", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.code\.(.+))$`)},
	{"decision", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.decision\.(.+?))(?:\.(?:model|action|would)\..+)$`)},
	{"guard", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.guard\.(.+))$`)},
	{"kind", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.kind\.(.+))$`)},
	{"model", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.model\.(.+?))(?:\.(?:action|kind|reason)\..+)?$`)},
	{"policy", regexp.MustCompile(`^wasmcustom\.mom_router_[a-z_]+(\.policy\.([A-Za-z0-9_-]+))`)},
	{"reason", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.reason\.(.+))$`)},
	{"signal", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.signal\.(.+))$`)},
	{"slot", regexp.MustCompile(`^wasmcustom\.mom_router_.*?(\.slot\.(.+))$`)},
	{"would", regexp.MustCompile(`^wasmcustom\.mom_router_candidate_.*?(\.would\.(.+))$`)},
}

// tagged parts a metric's name into what Prometheus calls it and its labels, as Envoy does with stats_tags.
func tagged(metric string) (name, labels string) {
	const prefix = "wasmcustom."
	full := prefix + metric
	out := make([]bool, len(full))
	var pairs []string
	for _, tag := range statsTags {
		at := tag.pattern.FindStringSubmatchIndex(full)
		if at == nil {
			continue
		}
		for i := at[2]; i < at[3]; i++ {
			out[i] = true
		}
		pairs = append(pairs, tag.name+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(full[at[4]:at[5]])+`"`)
	}
	var b strings.Builder
	for i := len(prefix); i < len(full); i++ {
		switch c := full[i]; {
		case out[i]:
		case c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			b.WriteByte(c)
		default:
			b.WriteByte('_')
		}
	}
	return b.String(), strings.Join(pairs, ",")
}

// prometheus is the text exposition format, with names and labels as Envoy gives them with the stats_tags of the examples. All series of a metric stand together.
func (v *service) prometheus() string {
	type series struct {
		name, kind, labels string
		value, count       uint64
	}
	var all []series
	for _, m := range v.module.Host().Metrics() {
		s := series{kind: m.Kind, value: m.Value, count: m.Count}
		s.name, s.labels = tagged(m.Name)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.labels, b.labels))
	})
	var b strings.Builder
	for i, s := range all {
		first := i == 0 || all[i-1].name != s.name
		if s.kind == "histogram" {
			if first {
				fmt.Fprintf(&b, "# TYPE %s summary\n", s.name)
			}
			fmt.Fprintf(&b, "%s_sum{%s} %d\n%s_count{%s} %d\n", s.name, s.labels, s.value, s.name, s.labels, s.count)
			continue
		}
		if first {
			fmt.Fprintf(&b, "# TYPE %s %s\n", s.name, s.kind)
		}
		fmt.Fprintf(&b, "%s{%s} %d\n", s.name, s.labels, s.value)
	}
	return b.String()
}
