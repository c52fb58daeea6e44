// Command extproc is the same routing as a service: an external processor for Envoy's ext_proc filter that runs the
// router's engine natively, with the official protocol types, over gRPC. The bench measures it beside the plugin. It has a
// module of its own, so that gRPC stays out of the main one.
//
// It does the least that such a service can do: the body comes buffered, the response is not looked at, and no record is
// written. It prints the address that it listens on, a free port of 127.0.0.1, and serves until its standard input ends.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	types "github.com/envoyproxy/go-control-plane/envoy/type/v3"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "extproc:", err)
		os.Exit(2)
	}
}

func run() error {
	e, err := newEngine()
	if err != nil {
		return fmt.Errorf("default policy: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := newServer(e)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	fmt.Println(l.Addr())
	return server.Serve(l)
}

// maxMessage is more than Envoy buffers of a body, in bytes.
const maxMessage = 64 << 20

func newServer(e *engine) *grpc.Server {
	s := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	extproc.RegisterExternalProcessorServer(s, &service{engine: e})
	return s
}

type service struct {
	extproc.UnimplementedExternalProcessorServer
	engine *engine
}

// Process implements extproc.ExternalProcessorServer: one stream is one request.
func (s *service) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	var path string
	for {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled {
			return nil
		}
		if err != nil {
			return err
		}
		var out *extproc.ProcessingResponse
		switch r := in.Request.(type) {
		case *extproc.ProcessingRequest_RequestHeaders:
			path = header(r.RequestHeaders.GetHeaders(), ":path")
			out = &extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{}}}
		case *extproc.ProcessingRequest_RequestBody:
			out = respond(s.engine.decide(path, r.RequestBody.GetBody()))
		default:
			return status.Errorf(codes.InvalidArgument, "unexpected %T: the filter must send request headers and the buffered body only", r)
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

func header(all *core.HeaderMap, name string) string {
	for _, h := range all.GetHeaders() {
		if h.GetKey() == name {
			if raw := h.GetRawValue(); raw != nil {
				return string(raw)
			}
			return h.GetValue()
		}
	}
	return ""
}

func respond(a answer) *extproc.ProcessingResponse {
	if a.status != 0 {
		return &extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_ImmediateResponse{ImmediateResponse: &extproc.ImmediateResponse{
			Status: &types.HttpStatus{Code: types.StatusCode(a.status)},
			Body:   fmt.Appendf(nil, `{"error":{"code":%q,"message":%q}}`, a.code, a.message),
		}}}
	}
	return &extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_RequestBody{RequestBody: &extproc.BodyResponse{
		Response: &extproc.CommonResponse{
			// Envoy refuses a body that does not fit its content-length.
			HeaderMutation: &extproc.HeaderMutation{SetHeaders: []*core.HeaderValueOption{
				set("x-mom-cluster", a.cluster), set("x-mom-model", a.model), set("content-length", strconv.Itoa(len(a.body))),
			}},
			BodyMutation:    &extproc.BodyMutation{Mutation: &extproc.BodyMutation_Body{Body: a.body}},
			ClearRouteCache: true,
		},
	}}}
}

func set(name, value string) *core.HeaderValueOption {
	return &core.HeaderValueOption{
		Header:       &core.HeaderValue{Key: name, RawValue: []byte(value)},
		AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}
