package strictjson_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// chosen are the verdicts that the suite leaves open (i_), or where this
// lexer is stricter than RFC 8259 on purpose (y_). All others are fixed by the name.
var chosen = map[string]bool{
	// Numbers are passed on as they are written; what they are worth is not our question.
	"i_number_double_huge_neg_exp.json":   true,
	"i_number_huge_exp.json":              true,
	"i_number_neg_int_huge_exp.json":      true,
	"i_number_pos_double_huge_exp.json":   true,
	"i_number_real_neg_overflow.json":     true,
	"i_number_real_pos_overflow.json":     true,
	"i_number_real_underflow.json":        true,
	"i_number_too_big_neg_int.json":       true,
	"i_number_too_big_pos_int.json":       true,
	"i_number_very_big_negative_int.json": true,
	// Half a surrogate pair is no text: decoders differ on it.
	"i_object_key_lone_2nd_surrogate.json":                false,
	"i_string_1st_surrogate_but_2nd_missing.json":         false,
	"i_string_1st_valid_surrogate_2nd_invalid.json":       false,
	"i_string_incomplete_surrogate_and_escape_valid.json": false,
	"i_string_incomplete_surrogate_pair.json":             false,
	"i_string_incomplete_surrogates_escape_valid.json":    false,
	"i_string_invalid_lonely_surrogate.json":              false,
	"i_string_invalid_surrogate.json":                     false,
	"i_string_inverted_surrogates_U+1D11E.json":           false,
	"i_string_lone_second_surrogate.json":                 false,
	// Only UTF-8, and only its one valid form of each code point.
	"i_string_UTF-16LE_with_BOM.json":              false,
	"i_string_UTF-8_invalid_sequence.json":         false,
	"i_string_UTF8_surrogate_U+D800.json":          false,
	"i_string_invalid_utf-8.json":                  false,
	"i_string_iso_latin_1.json":                    false,
	"i_string_lone_utf8_continuation_byte.json":    false,
	"i_string_not_in_unicode_range.json":           false,
	"i_string_overlong_sequence_2_bytes.json":      false,
	"i_string_overlong_sequence_6_bytes.json":      false,
	"i_string_overlong_sequence_6_bytes_null.json": false,
	"i_string_truncated-utf-8.json":                false,
	"i_string_utf16BE_no_BOM.json":                 false,
	"i_string_utf16LE_no_BOM.json":                 false,
	"i_structure_UTF-8_BOM_empty_object.json":      false,
	// Deeper than MaxDepth.
	"i_structure_500_nested_arrays.json": false,
	// Parsers differ on which of two members counts.
	"y_object_duplicated_key.json":           false,
	"y_object_duplicated_key_and_value.json": false,
}

func TestVerdictsOfTheJSONTestSuite(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(needs.Data(t, "jsontestsuite"), "*.json"))
	if len(files) != 318 {
		t.Errorf("the suite has %d files, want 318", len(files))
	}
	used := 0
	for _, file := range files {
		name := filepath.Base(file)
		want, ok := chosen[name]
		if ok {
			used++
		} else if want = strings.HasPrefix(name, "y_"); !want && !strings.HasPrefix(name, "n_") {
			t.Errorf("%s: no choice is stated", name)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := strictjson.Valid(text); (err == nil) != want {
			t.Errorf("%s: accepted is %v, want %v (%v)", name, err == nil, want, err)
		}
		compareChunkings(t, name, text)
	}
	if used != len(chosen) {
		t.Errorf("%d of the %d stated choices were used", used, len(chosen))
	}
}
