package signal

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/tree"
)

// header looks at a request header that the configuration trusts; one that is not trusted is as
// if it were not there:
//
//	header:
//	  internal: {name: x-team, prefix: "ml-"}
//
// One of equals (a value, or a list of them), prefix or present: true says what is true of it.
// Repeated headers count as one with commas between the values. No text can change a header, so
// guards may use it.
var headerKind = kind{name: "header", declare: declareHeader}

type header struct {
	name   string
	equals []string
	prefix string
}

func declareHeader(_ *Builder, o *options) (evaluator, about) {
	if !o.only("name", "equals", "prefix", "present") {
		return nil, about{}
	}
	var h header
	if n := o.Required(o.node, "name", "add name: x-team"); n != nil {
		name, _ := o.Word(n)
		h.name = strings.ToLower(name)
	}
	if !o.failed() && !headerName(h.name) {
		o.Add(o.node.Get("name"), "bad header name "+strconv.Quote(h.name), "use letters, digits and -; pseudo-headers such as :path are not trusted")
	}
	tests := 0
	if n := o.node.Get("equals"); n != nil {
		tests++
		if n.Kind == tree.List {
			for _, item := range o.strings("equals") {
				h.equals = append(h.equals, item.Text)
			}
		} else {
			value, _ := o.Text(n)
			h.equals = []string{value}
		}
	}
	if n := o.node.Get("prefix"); n != nil {
		tests++
		var ok bool
		if h.prefix, ok = o.Text(n); ok && h.prefix == "" {
			o.Add(n, "prefix is empty", "write present: true if any value will do")
		}
	}
	if n := o.node.Get("present"); n != nil {
		tests++
		if n.Kind != tree.Bool || n.Text != "true" {
			o.Add(n, "present can only be true", "write not header.NAME in the expression for a header that is absent")
		}
	}
	if tests != 1 && !o.failed() {
		o.Add(o.node, "exactly one of equals, prefix and present must be there", "")
	}
	if o.failed() {
		return nil, about{}
	}
	return h, about{sees: "header"}
}

func headerName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func (h header) value(_ *State, in *Input) expr.Value {
	if in.Header == nil {
		return expr.False
	}
	value, ok := in.Header(h.name)
	if !ok {
		return expr.False
	}
	if h.equals == nil {
		return expr.Of(strings.HasPrefix(value, h.prefix))
	}
	for _, e := range h.equals {
		if e == value {
			return expr.True
		}
	}
	return expr.False
}
