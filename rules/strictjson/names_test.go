package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Names that are alike in all but their length and their last byte are different names.
func TestNamesWithNULsAreNotTakenForOneAnother(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `,"%s%d":0`, strings.Repeat(`\u0000`, i%40), i)
	}
	for zeros := range 40 {
		for _, last := range []string{"!", "A", "\\u0001", "\\u0002", "\\u0003"} {
			fmt.Fprintf(&b, `,"%s%s":0`, strings.Repeat(`\u0000`, zeros), last)
		}
	}
	if err := strictjson.Valid([]byte("{" + b.String()[1:] + "}")); err != nil {
		t.Error(err)
	}
}
