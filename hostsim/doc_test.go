package hostsim_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// Types of the root that are made in internal packages. go doc shows their comments here, and neither their fields nor their methods.
var madeInside = map[string]reflect.Type{
	"Answer":  reflect.TypeFor[hostsim.Answer](),
	"Call":    reflect.TypeFor[hostsim.Call](),
	"Envoy":   reflect.TypeFor[hostsim.Envoy](),
	"Field":   reflect.TypeFor[hostsim.Field](),
	"Headers": reflect.TypeFor[hostsim.Headers](),
	"Level":   reflect.TypeFor[hostsim.Level](),
	"Metric":  reflect.TypeFor[hostsim.Metric](),
	"Refused": reflect.TypeFor[hostsim.Refused](),
	"Route":   reflect.TypeFor[hostsim.Route](),
}

func TestWhatIsPublicIsDocumented(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	names, _ := filepath.Glob("*.go")
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	root, err := doc.NewFromFiles(set, files, "github.com/mom-router/mom-router/hostsim")
	if err != nil {
		t.Fatal(err)
	}
	say := func(name, comment string) {
		if strings.TrimSpace(comment) == "" {
			t.Errorf("%s has no comment", name)
		}
	}
	say("the package", root.Doc)
	functions, values := root.Funcs, append(root.Consts, root.Vars...)
	seen := 0
	for _, ty := range root.Types {
		say(ty.Name, ty.Doc)
		functions = append(append(functions, ty.Funcs...), ty.Methods...)
		values = append(append(values, ty.Consts...), ty.Vars...)
		if spec := ty.Decl.Specs[0].(*ast.TypeSpec); !spec.Assign.IsValid() {
			continue
		}
		seen++
		inside := madeInside[ty.Name]
		if inside == nil {
			t.Errorf("%s is a type of another package: add it to the table of this test", ty.Name)
			continue
		}
		var names []string
		for i := range reflect.PointerTo(inside).NumMethod() {
			names = append(names, reflect.PointerTo(inside).Method(i).Name)
		}
		if inside.Kind() == reflect.Struct {
			for _, f := range reflect.VisibleFields(inside) {
				if f.IsExported() {
					names = append(names, f.Name)
				}
			}
		}
		for _, name := range names {
			if !regexp.MustCompile(`\b` + name + `\b`).MatchString(ty.Doc) {
				t.Errorf("the comment of %s does not say what %s is", ty.Name, name)
			}
		}
	}
	for _, f := range functions {
		if f.Name != "Error" && f.Name != "String" {
			say(f.Name, f.Doc)
		}
	}
	for _, v := range values {
		say(strings.Join(v.Names, ", "), v.Doc)
	}
	if seen != len(madeInside) || len(functions) < 30 {
		t.Errorf("%d types of other packages were seen, want %d, and %d functions", seen, len(madeInside), len(functions))
	}
}
