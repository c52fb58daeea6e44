package proxy

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// download writes the response to the client as the filters let it go. The error says that the client did not get all.
func (x *exchange) download(w http.ResponseWriter) error {
	head, bare, err := x.down.awaitHead()
	if err != nil {
		return err
	}
	status, err := strconv.Atoi(head.Value(":status"))
	if err != nil || status < 200 || status > 999 {
		return errors.New("the response has no status")
	}
	responseFields(w.Header(), head)
	if !x.http2 && !x.isComplete() {
		// net/http would take what is left of the body for the next request.
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(status)
	_, sized := head.Get("content-length")
	if !bare && !sized && x.down.idle() {
		x.out.Flush() // the head of a stream whose first event is still to come; the next write says if it failed
	}
	for !bare {
		p, err := x.down.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			x.out.Flush() // the client gets what there is, and sees that it is not whole
			return err
		}
		if _, err := w.Write(p); err != nil {
			return err
		}
		x.moved()
		if !sized || x.down.idle() {
			x.out.Flush()
		}
	}
	for _, f := range x.down.trailers().Fields() {
		w.Header().Add(http.TrailerPrefix+f.Name, f.Value)
	}
	if !x.isComplete() {
		// The client may still be sending, and this goroutine is about to wait for it.
		return x.out.Flush()
	}
	return nil
}

func (x *exchange) isComplete() bool {
	x.loop.mu.Lock()
	defer x.loop.mu.Unlock()
	return x.complete
}
