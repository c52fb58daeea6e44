package recordschema

import (
	"strings"
	"testing"
)

const record = `{"v":1,"time":"2026-11-22T10:00:00.123456Z","request_id":"abc","path":"/v1/chat/completions","tenant":"","asked":"auto","action":"route","status":200,"code":"","param":"",` +
	`"decision":"d","model":"m","name":"n","cluster":"c","reasoning":"","reasoning_asked":"","signals":["domain.math"],"flags":[],"tier":2,"guard":"","demoted":null,` +
	`"conversation":null,"domain":null,"session":"","prefix":"","warnings":[],"policy":{"name":"","version":"1","hash":"00ff","weights":"","arm":""},"would":null,"attempts":2,"fallback":{"from":"a","why":"status"},"tokens_in":12,"cost":0.5,"max_tokens":0,"model_answered":"n","finish":"stop",` +
	`"usage":{"in":1,"out":2,"reasoning":0,"cached":0},"usage_unknown":"","cost_actual":0.000001,"ttft_ms":1.5,"tpot_ms":null,"duration_ms":9.001,"aborted":false,` +
	`"upstream_error":"","prompt":null,"bytes":99,"us":42,"vm":"vm","seq":7,"prev":"0123456789abcdef0123456789abcdef"}`

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	if err := Check([]byte(record)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a member that nobody knows":    {`"v":1`, `"v":1,"more":1`},
		"a member that is missing":      {`"aborted":false,`, ``},
		"a member of a member missing":  {`,"cached":0`, ``},
		"another version":               {`"v":1`, `"v":2`},
		"another action":                {`"route"`, `"routed"`},
		"a reason that is none":         {`"upstream_error":""`, `"upstream_error":"it was late"`},
		"a number as a string":          {`"status":200`, `"status":"200"`},
		"a negative number":             {`"out":2`, `"out":-2`},
		"a time that is none":           {`2026-11-22T10`, `2026-13-22T10`},
		"a digest that is none":         {`0123456789abcdef"`, `0123456789abcdeX"`},
		"a null where there must be no": {`"finish":"stop"`, `"finish":null`},
		"text that stands by itself":    {`"prompt":null`, `"prompt":"Why is the sky blue?"`},
		"half a record":                 {`,"prev":"0123456789abcdef0123456789abcdef"}`, ``},
	} {
		changed := strings.Replace(record, change[0], change[1], 1)
		if changed == record || Check([]byte(changed)) == nil {
			t.Errorf("%s is taken for a record", name)
		}
	}
}
