package reply

import "github.com/mom-router/mom-router/plugin/internal/audit"

// Models returns the answer to GET /v1/models: the names that a client may put
// into "model", in OpenAI's shape.
func Models(ids []string) []byte {
	dst := append([]byte(nil), `{"object":"list","data":[`...)
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":`...)
		dst = audit.AppendString(dst, id, longest)
		dst = append(dst, `,"object":"model","created":0,"owned_by":"mom-router"}`...)
	}
	return append(dst, "]}"...)
}
