// Package browser drives a headless Chromium for tests of pages: it types keys, looks at what a page says, takes pictures, and notes what a page asks for and complains
// about. It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) over a pipe.
package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mom-router/mom-router/internal/needs"
)

// patience is how long a page may take for anything. A busy machine never needs it.
const patience = 4 * time.Minute

// Look is how a page is looked at.
type Look struct {
	Dark          bool
	Width, Height int // of the window, in pixels; 0: 1400 and 1000
}

// Page is a page in a browser of its own, which ends with the test.
type Page struct {
	t       testing.TB
	in      *os.File
	session string

	mu       sync.Mutex
	last     int
	answers  map[int]chan message
	said     []string
	requests []string
}

type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Open opens a page. A test is skipped where there is no Chromium.
func Open(t testing.TB, url string, look Look) *Page {
	t.Helper()
	path := needs.Chromium(t)
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	p := &Page{t: t, in: in, answers: map[int]chan message{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(out)
	}()
	t.Cleanup(func() {
		p.send("", "Browser.close", nil) // it ends its helpers, too
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
		case <-time.After(patience):
			cmd.Process.Kill()
			<-ended
		}
		in.Close()
		<-read
		out.Close()
	})
	var target struct{ TargetID string }
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	p.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	p.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.call(domain+".enable", nil, nil)
	}
	p.Look(look)
	p.call("Page.navigate", map[string]any{"url": url}, nil)
	return p
}

// Look looks at the page in another way.
func (p *Page) Look(look Look) {
	p.t.Helper()
	if look.Width == 0 {
		look.Width, look.Height = 1400, 1000
	}
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": look.Width, "height": look.Height, "deviceScaleFactor": 1, "mobile": false}, nil)
	p.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// read takes what the browser says until it ends.
func (p *Page) read(out *os.File) {
	r := bufio.NewReader(out)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			p.mu.Lock()
			for id, answer := range p.answers {
				close(answer)
				delete(p.answers, id)
			}
			p.answers = nil
			p.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		p.mu.Lock()
		if answer := p.answers[m.ID]; m.ID != 0 && answer != nil {
			answer <- m
			delete(p.answers, m.ID)
		} else {
			p.note(m.Method, text[:len(text)-1])
		}
		p.mu.Unlock()
	}
}

// note keeps what a page asks for and complains about.
func (p *Page) note(method string, text []byte) {
	var event struct {
		Params struct {
			Request          struct{ URL string }
			Type             string
			Args             []struct{ Value, Description any }
			ExceptionDetails json.RawMessage
			Entry            struct{ Level, Text, URL string }
		}
	}
	if json.Unmarshal(text, &event) != nil {
		return
	}
	switch e := event.Params; method {
	case "Network.requestWillBeSent":
		p.requests = append(p.requests, e.Request.URL)
	case "Runtime.consoleAPICalled":
		p.said = append(p.said, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
	case "Runtime.exceptionThrown":
		p.said = append(p.said, "exception: "+string(e.ExceptionDetails))
	case "Log.entryAdded":
		p.said = append(p.said, fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case "Page.javascriptDialogOpening":
		p.said = append(p.said, "a dialog opens")
	}
}

// send sends a command, and gives what its answer comes by; nil if the browser has ended.
func (p *Page) send(session, method string, params any) chan message {
	p.mu.Lock()
	if p.answers == nil {
		p.mu.Unlock()
		return nil
	}
	p.last++
	answer := make(chan message, 1)
	p.answers[p.last] = answer
	text, err := json.Marshal(message{ID: p.last, SessionID: session, Method: method, Params: params})
	p.mu.Unlock()
	if err == nil {
		_, err = p.in.Write(append(text, 0))
	}
	if err != nil {
		return nil
	}
	return answer
}

func (p *Page) call(method string, params, result any) {
	p.t.Helper()
	answer := p.send(p.session, method, params)
	if answer == nil {
		p.t.Fatalf("%s: the browser has ended", method)
	}
	select {
	case m, ok := <-answer:
		if !ok || m.Error != nil {
			p.t.Fatalf("%s: %+v", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				p.t.Fatalf("%s: %v: %s", method, err, m.Result)
			}
		}
	case <-time.After(patience):
		p.t.Fatalf("%s: no answer", method)
	}
}

// Eval works out an expression of JavaScript in the page, and what it promises; result may be nil. The page's own policy of contents does not hold for it.
func (p *Page) Eval(expression string, result any) {
	p.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	p.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		p.t.Fatalf("%.200s: %s", expression, out.ExceptionDetails)
	}
	if result != nil {
		if err := json.Unmarshal(out.Result.Value, result); err != nil {
			p.t.Fatalf("%.200s: %v: %s", expression, err, out.Result.Value)
		}
	}
}

// Wait waits until an expression is true. One that cannot be worked out yet is not.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var is bool
		if p.Eval("(() => { try { return !!("+expression+") } catch { return false } })()", &is); is {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("it never comes: %s", expression)
		}
	}
}

// keys are those that Press knows, with their codes.
var keys = map[string]struct {
	code int
	text string
}{"Tab": {9, ""}, "Enter": {13, "\r"}, "Escape": {27, ""}, " ": {32, " "}, "End": {35, ""}, "Home": {36, ""}, "ArrowUp": {38, ""}, "ArrowDown": {40, ""}}

// Press presses keys, one after the other: Tab, Shift+Tab, Enter, Escape, a space, End, Home, ArrowUp, ArrowDown.
func (p *Page) Press(names ...string) {
	p.t.Helper()
	for _, name := range names {
		name, shift := strings.CutPrefix(name, "Shift+")
		key, known := keys[name]
		if !known {
			p.t.Fatalf("there is no key %q", name)
		}
		params := map[string]any{"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": key.code, "text": key.text}
		if shift {
			params["modifiers"] = 8
		}
		p.call("Input.dispatchKeyEvent", params, nil)
		params["type"] = "keyUp"
		delete(params, "text")
		p.call("Input.dispatchKeyEvent", params, nil)
	}
}

// Type types a text into what has the focus.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.call("Input.insertText", map[string]any{"text": text}, nil)
}

// Picture writes a picture of the whole page to a file.
func (p *Page) Picture(file string) {
	p.t.Helper()
	p.call("Emulation.setScrollbarsHidden", map[string]any{"hidden": true}, nil)
	defer p.call("Emulation.setScrollbarsHidden", map[string]any{"hidden": false}, nil)
	var shot struct{ Data string }
	p.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// Complaints are what the page has written to the console so far, what was wrong with it, and dialogs that it opened.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...)
}

// Requests are the addresses that the page has asked for so far.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...)
}
