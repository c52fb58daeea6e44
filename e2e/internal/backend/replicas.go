package backend

import (
	"net"
	"net/http"
)

// ReplicaHeader is the response header by which a test learns which replica of a cluster has answered, by its port. Only clusters with several set it.
const ReplicaHeader = "x-replica"

// Replicas adds more backends for a cluster that has one already, and returns the ports of all of them.
func (s *Set) Replicas(cluster string, more int) ([]int, error) {
	s.replicated.Store(true)
	ports := []int{s.ports[cluster]}
	for range more {
		port, err := s.serve(cluster)
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// serve starts one backend for a cluster, on a free port of 127.0.0.1.
func (s *Set) serve(cluster string) (port int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	handler := s.handler(cluster)
	server := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.replicated.Load() {
			w.Header().Set(ReplicaHeader, l.Addr().String())
		}
		handler.ServeHTTP(w, r)
	})}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	s.servers = append(s.servers, server)
	go server.Serve(l)
	return l.Addr().(*net.TCPAddr).Port, nil
}
