package standin

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var paths = []string{"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages"}

func answer(method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Answer(w, httptest.NewRequest(method, path, nil), []byte(body))
	return w
}

func TestAnAnswerIsJSONThatNamesTheModel(t *testing.T) {
	for _, path := range paths {
		w := answer("POST", path+"?beta=true", `{"model":"a \"MODEL\""}`)
		var got struct{ Model string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Model != `a "MODEL"` || !strings.Contains(w.Body.String(), `I am a \"MODEL\".`) {
			t.Errorf("%s: %v in %s", path, err, w.Body)
		}
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestAStreamIsEventsWithJSON(t *testing.T) {
	for _, path := range paths {
		w := answer("POST", path, `{"model":"m","stream":true}`)
		if w.Header().Get("Content-Type") != "text/event-stream" || !w.Flushed || !strings.Contains(w.Body.String(), `"m"`) {
			t.Errorf("%s: %v flushed %v", path, w.Header(), w.Flushed)
		}
		for _, event := range strings.Split(strings.TrimSuffix(w.Body.String(), "\n\n"), "\n\n") {
			_, data, ok := strings.Cut(event, "data: ")
			if !ok || data != "[DONE]" && !json.Valid([]byte(data)) {
				t.Errorf("%s: event %q", path, event)
			}
		}
	}
}

func TestWhatIsNoCallIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"a path of no API":      {"POST", "/v1/embeddings", "{}", 404},
		"a method of no API":    {"GET", "/v1/messages", "", 404},
		"a body that is cut":    {"POST", "/v1/messages", `{"model":`, 400},
		"a body of another way": {"POST", "/v1/messages", `[]`, 400},
	} {
		if w := answer(tt.method, tt.path, tt.body); w.Code != tt.status || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := answer("POST", "/v1/messages", `{"model":"auto"}`); strings.Contains(w.Body.String(), "auto") {
		t.Errorf("nobody is called auto: %s", w.Body)
	}
}

func TestAServerSaysWhosePlaceItTakesAndIsHealthy(t *testing.T) {
	s, err := Start("c")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := http.Get("http://" + s.Address + "/v1/models")
	if err != nil || r.StatusCode != 200 || r.Header.Get(ClusterHeader) != "c" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := http.Get("http://" + s.Address + "/health"); err != nil || r.StatusCode != 200 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestABodyThatIsCutShortHasNoAnswer(t *testing.T) {
	s, err := Start("c")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("tcp", s.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n{}")
	conn.(*net.TCPConn).CloseWrite()
	if r, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		t.Errorf("answered: %s", r.Status)
	}
}
