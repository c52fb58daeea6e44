package objectives

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// loads reads what engines say in a header of their answers of how busy they are: a bare number, such as how many requests wait, or one of the textual forms of ORCA's
// endpoint-load-metrics, "TEXT cpu_utilization=0.3, named_metrics.waiting=7" and "JSON {"named_metrics":{"waiting":7}}" (envoy, source/common/orca/orca_parser.cc; the
// third, BIN, is not read here). It is for one goroutine.
type loads struct {
	lexer  strictjson.Lexer
	metric string // that is looked for
	depth  int    // open containers
	inner  string // what of the metric's name is to follow in the object that the open member begins; "" if that is another one
	here   bool   // the open member is the metric
	found  string
}

// read finds a metric, "" in a header that is but a number, in millionths.
func (l *loads) read(header, metric string) (millionths int64, ok bool) {
	value := strings.TrimSpace(header)
	form, rest, _ := strings.Cut(value, " ")
	switch {
	case metric == "":
	case form == "JSON":
		value = l.ofJSON(rest, metric)
	case form == "TEXT":
		value = ofText(rest, metric)
	default:
		value = ofText(value, metric)
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f >= 0 && f <= mostLoad) {
		return 0, false
	}
	return int64(f * 1e6), true
}

// mostLoad is the largest number that is taken for a load.
const mostLoad = 1e12

// ofText finds the value of a name in pairs that are parted by commas.
func ofText(pairs, name string) string {
	for pairs != "" {
		var pair string
		pair, pairs, _ = strings.Cut(pairs, ",")
		if of, value, ok := strings.Cut(pair, "="); ok && strings.TrimSpace(of) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ofJSON finds the number that a name leads to, in the object or in one of its objects. It is good as long as the text is.
func (l *loads) ofJSON(text, metric string) string {
	l.metric, l.depth, l.inner, l.here, l.found = metric, 0, "", false, ""
	l.lexer.Reset(l)
	if l.lexer.Feed(unsafe.Slice(unsafe.StringData(text), len(text))) != nil || l.lexer.Close() != nil {
		return ""
	}
	return l.found
}

// Name implements strictjson.Handler.
func (l *loads) Name(name []byte, _ bool, _, _ int64) error {
	l.here = false
	switch l.depth {
	case 1:
		n := len(name)
		l.inner = ""
		if l.here = l.metric == string(name); !l.here && len(l.metric) > n && l.metric[n] == '.' && l.metric[:n] == string(name) {
			l.inner = l.metric[n+1:]
		}
	case 2:
		l.here = l.inner != "" && l.inner == string(name)
	}
	return nil
}

// Begin implements strictjson.Handler.
func (l *loads) Begin(kind strictjson.Kind, _ int64) error {
	if kind >= strictjson.Array {
		l.depth++
		l.here = false
	}
	return nil
}

// End implements strictjson.Handler.
func (l *loads) End(kind strictjson.Kind, literal []byte, _ int64) error {
	if kind >= strictjson.Array {
		l.depth--
	} else if kind == strictjson.Number && l.here {
		l.found = string(literal)
	}
	return nil
}

// Text implements strictjson.Handler.
func (*loads) Text([]byte, int64, bool) {}

// Comma implements strictjson.Handler.
func (*loads) Comma(int64) {}
