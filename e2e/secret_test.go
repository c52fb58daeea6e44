package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// The key of the records of the listener keyed stands in this variable of Envoy's environment.
const (
	keyVariable = "MOM_E2E_RECORD_KEY"
	keyValue    = "wholly-secret-0123456789"
)

// withKey gives a listener a virtual machine with a key in its environment.
func (s *stand) withKey(t *testing.T, l *envoy.Listener) {
	t.Helper()
	if err := os.Setenv(keyVariable, keyValue); err != nil { // the same for all stands
		t.Fatal(err)
	}
	for _, name := range s.filters {
		l.VM(name, keyed)
		l.Filter(name)["config"].(map[string]any)["vm_config"].(map[string]any)["environment_variables"] = map[string]any{"host_env_keys": []any{keyVariable}}
	}
	l.Configure(s.filters[0], `{"policy":"default","hold":"`+s.mode+`","record":{"key_env":"`+keyVariable+`"}}`)
}

// keys shows that a key of the environment is used and that nobody sees it.
func keys(t *testing.T, s *stand) {
	s.idle(t)
	before := s.logged(t)
	c := s.newClient(t, keyed, "HTTP/1")
	defer c.Close()
	const requests = 6
	for range requests {
		s.routed(t, c, post(chat("auto", prompts[0].text)))
	}
	eventually(t, "the requests are logged", func() bool { return len(s.envoy.AccessLog()) >= before+requests })
	lines, records := s.readLog(t, before)
	s.keyedVMs = map[string]bool{}
	chained := 0
	for i, r := range records {
		s.keyedVMs[r.VM] = true
		for k, earlier := range records {
			if earlier.VM == r.VM && earlier.Seq == r.Seq-1 {
				chained++
				if want := keyedDigest(lines[k].Mom[0]); r.Prev != want {
					t.Errorf("record %d names %s as the one before, the HMAC under the key is %s", i, r.Prev, want)
				}
			}
		}
	}
	if chained < requests-2 { // two workers
		t.Errorf("%d of %d records follow another one", chained, requests)
	}
	response, err := http.Get("http://" + s.envoy.Admin + "/config_dump?include_eds")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	dump, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(dump), keyVariable) {
		t.Errorf("config_dump has not the variable %s: it is of something else", keyVariable)
	}
	for what, text := range map[string]string{"config_dump": string(dump), "Envoy's log": s.envoy.Log(), "the access log": strings.Join(s.envoy.AccessLog(), "\n")} {
		if strings.Contains(text, keyValue) {
			t.Errorf("%s shows the key", what)
		}
	}
}

// keyedDigest is what the record after this one must have as prev.
func keyedDigest(record []byte) string {
	h := hmac.New(sha256.New, []byte(keyValue))
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
