package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/mom-router/mom-router/internal/version"
)

// Media types: of OCI's image specification, and of the Wasm image specification (github.com/solo-io/wasm, spec/).
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeTarGzip  = "application/vnd.oci.image.layer.v1.tar+gzip"
	typeWasm     = "application/vnd.module.wasm.content.layer.v1+wasm"
	typeRuntime  = "application/vnd.module.wasm.config.v1+json"
)

// image is one that was written.
type image struct {
	name   string // of the image in the layout
	digest string // SHA-256 of its manifest in hex, as WasmPlugin's sha256 wants it
}

// build writes the layout with both images.
func build(module, out string) ([]image, error) {
	code, err := os.ReadFile(module)
	if err != nil {
		return nil, fmt.Errorf("%w: run make build, or say -module FILE", err)
	}
	if !bytes.HasPrefix(code, []byte("\x00asm")) {
		return nil, fmt.Errorf("%s is not a Wasm module: it does not begin with \\0asm", module)
	}
	l, err := newLayout(out)
	if err != nil {
		return nil, err
	}
	compat, err := l.compat(code)
	if err != nil {
		return nil, err
	}
	artifact, err := l.artifact(code)
	if err != nil {
		return nil, err
	}
	if err := l.index(named{"compat", compat}, named{"oci", artifact}); err != nil {
		return nil, err
	}
	return []image{{"compat", hex.EncodeToString(compat.sum[:])}, {"oci", hex.EncodeToString(artifact.sum[:])}}, nil
}

// compat is an image of one layer, a tar file with plugin.wasm in it.
func (l *layout) compat(code []byte) (blob, error) {
	archive, err := pack("plugin.wasm", code)
	if err != nil {
		return blob{}, err
	}
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // without a time and a name: the bytes are to be the same
	if err != nil {
		return blob{}, err
	}
	_, err = z.Write(archive)
	if err := errors.Join(err, z.Close()); err != nil {
		return blob{}, err
	}
	layer, err := l.blob(typeTarGzip, zipped.Bytes())
	if err != nil {
		return blob{}, err
	}
	sum := sha256.Sum256(archive)
	config, err := l.json(typeConfig, map[string]any{
		"architecture": "wasm", "os": "wasip1", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return blob{}, err
	}
	return l.manifest(config, annotations("module.wasm.image/variant", "compat"), layer)
}

// artifact is an image of two layers: the module as it is, and what kind of host it is for.
func (l *layout) artifact(code []byte) (blob, error) {
	module, err := l.blob(typeWasm, code)
	if err != nil {
		return blob{}, err
	}
	module.title = "plugin.wasm"
	runtime, err := l.json(typeRuntime, map[string]any{"type": "envoy_proxy", "abiVersions": []string{"v0.2.1"}})
	if err != nil {
		return blob{}, err
	}
	layer := runtime
	layer.title = "runtime-config.json"
	return l.manifest(runtime, annotations(), module, layer)
}

// annotations say what is in an image, in the names of OCI's image specification, and more by pairs of name and value.
func annotations(more ...string) map[string]string {
	all := map[string]string{
		"org.opencontainers.image.title":    "mom-router",
		"org.opencontainers.image.version":  version.Number,
		"org.opencontainers.image.licenses": "Apache-2.0",
		"org.opencontainers.image.source":   "https://github.com/mom-router/mom-router",
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// pack makes a tar file with one file in it, of nobody and no time.
func pack(name string, data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	_, err := w.Write(data)
	err = errors.Join(err, w.Close()) // which writes the end of the archive
	return b.Bytes(), err
}
