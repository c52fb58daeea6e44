package stats

import (
	"reflect"
	"testing"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

func TestMetricsFollowTheirKind(t *testing.T) {
	var set Set
	table := Table{Set: &set}
	c, _ := table.Define(abi.Counter, "c")
	g, _ := table.Define(abi.Gauge, "g")
	h, _ := table.Define(abi.Histogram, "h")
	if c&3 != abi.Counter || g&3 != abi.Gauge || h&3 != abi.Histogram {
		t.Errorf("ids %d %d %d do not carry their kind", c, g, h)
	}
	if _, st := table.Define(3, "x"); st != abi.BadArgument {
		t.Errorf("a kind that does not exist: %d", st)
	}
	for name, tt := range map[string]struct{ got, want abi.Status }{
		"a counter goes up":            {table.Increment(c, 2), abi.OK},
		"a counter does not go down":   {table.Increment(c, -1), abi.BadArgument},
		"a gauge goes down":            {table.Increment(g, -1), abi.OK},
		"a gauge is set":               {table.Record(g, 5), abi.OK},
		"a histogram takes a value":    {table.Record(h, 7), abi.OK},
		"a histogram is not increased": {table.Increment(h, 1), abi.BadArgument},
		"an id that nobody defined":    {table.Record(c+400, 1), abi.NotFound},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", name, tt.got, tt.want)
		}
	}
	want := []Sample{{"c", "counter", 2, 0}, {"g", "gauge", 5, 0}, {"h", "histogram", 7, 1}}
	if got := set.Samples(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if _, st := table.Get(h); st != abi.BadArgument {
		t.Errorf("reading a histogram: %d", st)
	}
}
