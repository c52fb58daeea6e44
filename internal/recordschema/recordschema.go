// Package recordschema checks records against the schema that is published for them, for tests: whatever any test makes the router record must be what
// docs/record.schema.json says.
package recordschema

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mom-router/mom-router/internal/needs"
)

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	root, err := needs.Root()
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(filepath.Join(root, "docs", "record.schema.json"))
})

// Check says what is wrong with a record. No error of it repeats the record.
func Check(record []byte) error {
	schema, err := compiled()
	if err != nil {
		return fmt.Errorf("the schema of records: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(record))
	if err != nil {
		return fmt.Errorf("the record is no JSON: %w", err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the record is not as docs/record.schema.json says: %w", err)
	}
	return nil
}
