package standin

import (
	"io"
	"net"
	"net/http"
)

// ClusterHeader is the response header by which a Server says whose place it takes.
const ClusterHeader = "x-backend"

// Server is a stand-in for one cluster's engines, on a free port of 127.0.0.1. It speaks HTTP/1 and HTTP/2 in clear text.
type Server struct {
	Address string // host:port
	server  *http.Server
}

// Start runs a stand-in for a cluster until Close. The error says why there is no port to be had.
func Start(cluster string) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler(cluster), Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	go server.Serve(l)
	return &Server{Address: l.Addr().String(), server: server}, nil
}

// Close ends the server and its connections.
func (s *Server) Close() { s.server.Close() }

func handler(cluster string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			return
		}
		// A body that was cut short is not answered, as no engine would.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set(ClusterHeader, cluster)
		Answer(w, r, body)
	}
}
