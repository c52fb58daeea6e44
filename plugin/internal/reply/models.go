package reply

import "github.com/mom-router/mom-router/plugin/internal/audit"

// Models returns the answer to GET /v1/models: the names that a client may put
// into "model", in OpenAI's shape with the members that Anthropic's has beside them, so that clients of both read it.
func Models(ids []string) []byte {
	dst := append([]byte(nil), `{"object":"list","data":[`...)
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendModel(dst, id)
	}
	dst = append(dst, `],"has_more":false`...)
	if len(ids) > 0 {
		dst = append(dst, `,"first_id":`...)
		dst = audit.AppendString(dst, ids[0], longest)
		dst = append(dst, `,"last_id":`...)
		dst = audit.AppendString(dst, ids[len(ids)-1], longest)
	}
	return append(dst, '}')
}

// Model returns the answer to GET /v1/models/ and a name that a client may put into "model".
func Model(id string) []byte { return appendModel(nil, id) }

func appendModel(dst []byte, id string) []byte {
	dst = append(dst, `{"id":`...)
	dst = audit.AppendString(dst, id, longest)
	dst = append(dst, `,"object":"model","created":0,"owned_by":"mom-router","type":"model","display_name":`...)
	dst = audit.AppendString(dst, id, longest)
	return append(dst, `,"created_at":"1970-01-01T00:00:00Z"}`...)
}
