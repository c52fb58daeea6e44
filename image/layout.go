package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
)

// layout is a directory in the form of OCI's image layout.
type layout struct{ dir string }

// blob is a file of the layout, named by its hash.
type blob struct {
	media string
	sum   [sha256.Size]byte
	size  int
	title string // of a layer: the file that it is
}

// named is an image and its name in the layout.
type named struct {
	name     string
	manifest blob
}

// newLayout makes an empty layout; what an earlier run has left there is removed.
func newLayout(dir string) (*layout, error) {
	for _, name := range []string{"blobs", "index.json", "oci-layout"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return nil, err
	}
	return &layout{dir}, os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

func (l *layout) blob(media string, data []byte) (blob, error) {
	b := blob{media: media, sum: sha256.Sum256(data), size: len(data)}
	return b, os.WriteFile(filepath.Join(l.dir, "blobs", "sha256", hex.EncodeToString(b.sum[:])), data, 0o644)
}

// json is blob for a value; encoding/json sorts the members of maps, so the same value gives the same bytes.
func (l *layout) json(media string, value any) (blob, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return blob{}, err
	}
	return l.blob(media, data)
}

func (l *layout) manifest(config blob, annotations map[string]string, layers ...blob) (blob, error) {
	return l.json(typeManifest, map[string]any{"schemaVersion": 2, "mediaType": typeManifest, "config": config.descriptor(), "layers": descriptors(layers),
		"annotations": annotations})
}

// index names the images; it is written last, since it is what makes the layout whole.
func (l *layout) index(images ...named) error {
	var manifests []map[string]any
	for _, i := range images {
		d := i.manifest.descriptor()
		d["annotations"] = map[string]string{"org.opencontainers.image.ref.name": i.name}
		manifests = append(manifests, d)
	}
	data, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": manifests})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.dir, "index.json"), data, 0o644)
}

func (b blob) descriptor() map[string]any {
	d := map[string]any{"mediaType": b.media, "digest": "sha256:" + hex.EncodeToString(b.sum[:]), "size": b.size}
	if b.title != "" {
		d["annotations"] = map[string]string{"org.opencontainers.image.title": b.title}
	}
	return d
}

func descriptors(blobs []blob) []map[string]any {
	var all []map[string]any
	for _, b := range blobs {
		all = append(all, b.descriptor())
	}
	return all
}
