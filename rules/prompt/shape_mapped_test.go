package prompt

import (
	"slices"
	"strings"
	"testing"
)

func TestTextsOfMappedPathsAreAUsersButForDocuments(t *testing.T) {
	for body, want := range map[string]struct {
		words []string // with whose each is said to be
		roles []Role
	}{
		`{"input":"a1"}`:                                      {[]string{"a1 true 1"}, []Role{RoleUser}},
		`{"input":["a1","a2"],"n":1}`:                         {[]string{"a1 true 1", "a2 true 1"}, []Role{RoleUser}},
		`{"query":"a1","documents":["d1",{"text":"d2"}]}`:     {[]string{"a1 true 1", "d1 true 5", "text false 5", "d2 true 5"}, []Role{RoleUser, RoleTool}},
		`{"prompt":"a1","size":"s1"}`:                         {[]string{"a1 true 1", "size false 2", "s1 false 2"}, []Role{RoleUser, RoleOther}},
		`{"x":{"y":["u1"]}}`:                                  {[]string{"x false 2", "y false 2", "u1 false 2"}, []Role{RoleOther}},
		`{"input":[{"type":"text","text":"a1"},{"n":12345}]}`: {[]string{"a1 true 1", "12345 false 2"}, []Role{RoleUser}},
		`{"model":"m1","input":"a1","instructions":"a2"}`:     {[]string{"m1 false 2", "a1 true 1", "a2 true 1"}, []Role{RoleOther, RoleUser, RoleUser}},
		`{"input":null}`:                                      {nil, nil},
		`{}`:                                                  {nil, nil},
	} {
		for _, chunk := range []int{1, 5, 500} {
			h, f := hear(t, &Options{}, Mapped, body, chunk)
			for _, w := range want.words {
				if !slices.Contains(h.words, w) {
					t.Errorf("%s in chunks of %d: heard %q, want %q", body, chunk, h.words, w)
				}
			}
			if !slices.Equal(h.roles, want.roles) || f.Open {
				t.Errorf("%s in chunks of %d: messages of %v (open: %v), want %v", body, chunk, h.roles, f.Open, want.roles)
			}
		}
	}
	for body, images := range map[string]int{
		`{"input":[{"type":"image_url","image_url":{"url":"u"}},{"image_url":"u"}]}`: 2,
		`{"input":{"image_url":"u"}}`: 0, // no API has it so: it is text
	} {
		if _, f := hear(t, &Options{}, Mapped, body, 5); f.Images != images {
			t.Errorf("%s shows %d images, want %d", body, f.Images, images)
		}
	}
}

func TestMappedPathsRefuseWhatOthersRefuse(t *testing.T) {
	for _, r := range topRows {
		if r.allow == "" {
			continue
		}
		for _, name := range strings.Fields(r.names) {
			if name == "documents" {
				continue // what is ranked
			}
			body := `{"input":"a","` + name + `":"x"}`
			if e := answer(Mapped, body, 7); e == nil || e.Code != CodeNotInspectable || e.Param != name {
				t.Errorf("%s: %+v, want not_inspectable", body, e)
			}
			if e := answer(Mapped, body, 7, r.allow); e != nil {
				t.Errorf("%s with leave: %v", body, e)
			}
		}
	}
	for body, code := range map[string]string{
		`{"input":[1,2]}`: CodeNotInspectable, `{"input":[[1],["a"]]}`: CodeNotInspectable, `{"input":7}`: CodeNotInspectable,
		`{"messages":[]}`: CodeInvalid, `{"messages":"a","input":"b"}`: CodeInvalid, `{"input":"a","system":[{"type":"text","text":"b"}]}`: CodeInvalid,
		`{"Input":"a"}`: CodeAmbiguous, `{"input":"a","input":"b"}`: CodeDuplicate, `[]`: CodeInvalid, ``: CodeEmpty,
	} {
		if e := answer(Mapped, body, 3); e == nil || e.Code != code {
			t.Errorf("%s: %+v, want %s", body, e, code)
		}
	}
	if e := answer(Mapped, `{"input":[1,2]}`, 3, "token_ids"); e != nil {
		t.Errorf("tokens with leave: %v", e)
	}
}
