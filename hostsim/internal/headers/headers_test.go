package headers

import (
	"reflect"
	"strings"
	"testing"
)

func text(m *Map) string {
	var b strings.Builder
	for _, f := range m.Fields() {
		b.WriteString(f.Name + "=" + f.Value + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestHeadersAreKeptAsEnvoyKeepsThem(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(*Map)
		want string
	}{
		"names become lower case":                      {func(m *Map) { m.Add("X-C", "3") }, ":path=/ x-a=1 via=p x-c=3"},
		"a pseudo-header stands before others":         {func(m *Map) { m.Add(":scheme", "http") }, ":path=/ :scheme=http x-a=1 via=p"},
		"a header may come twice":                      {func(m *Map) { m.Add("x-a", "2") }, ":path=/ x-a=1 via=p x-a=2"},
		"a second value of an inline header is joined": {func(m *Map) { m.Add("Via", "q") }, ":path=/ x-a=1 via=p,q"},
		"setting leaves one, at the end":               {func(m *Map) { m.Add("x-a", "2"); m.Set("x-a", "3") }, ":path=/ via=p x-a=3"},
		"setting an inline header keeps its place":     {func(m *Map) { m.Set(":path", "/b") }, ":path=/b x-a=1 via=p"},
		"removing takes all of that name":              {func(m *Map) { m.Add("x-a", "2"); m.Remove("X-A") }, ":path=/ via=p"},
		"removing what is not there changes nothing":   {func(m *Map) { m.Remove("x-z") }, ":path=/ x-a=1 via=p"},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(Field{":path", "/"}, Field{"x-a", "1"}, Field{"via", "p"})
			before := m.Clone()
			tt.do(m)
			if got := text(m); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := text(before); got != ":path=/ x-a=1 via=p" {
				t.Errorf("the clone changed, too: %q", got)
			}
		})
	}
}

func TestOnlyTheFirstOfSeveralIsGot(t *testing.T) {
	m := New(Field{"a", "1"}, Field{"A", "2"})
	if v, ok := m.Get("A"); v != "1" || !ok {
		t.Errorf("Get gave %q, %v", v, ok)
	}
	if v, _ := m.All("a"); v != "1,2" {
		t.Errorf("All gave %q", v)
	}
	if _, ok := m.All("b"); ok {
		t.Error("All found a header that is not there")
	}
}

func TestANilMapIsEmpty(t *testing.T) {
	var m *Map
	if m.Len() != 0 || m.Bytes() != 0 || m.Value("a") != "" || !reflect.DeepEqual(m.Clone(), m) {
		t.Error("a nil map is not empty")
	}
}
