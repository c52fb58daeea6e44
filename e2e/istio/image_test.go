package istio

import (
	"io"
	"log"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// quiet keeps the registry from telling every request.
var quiet = log.New(io.Discard, "", 0)

// image is one in the registry.
type image struct {
	url, sha256 string
}

// push does for a module what `make image` does, and publishes its image of standard media types under a tag.
func (s *stand) push(t *testing.T, module, tag string) image {
	t.Helper()
	return s.publish(t, s.layout(t, module), "compat", tag)
}

// artifact publishes the other form of the module under test, under a name of its own: the agent would take a module that
// it has already.
func (s *stand) artifact(t *testing.T) image {
	t.Helper()
	return s.publish(t, s.layout(t, module(t)), "oci", "artifact")
}

func (s *stand) layout(t *testing.T, module string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	command := exec.Command("go", "run", "./image", "-module", module, "-out", dir)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("image: %v\n%s", err, out)
	}
	return dir
}

// publish copies an image of a layout to the registry, as skopeo and crane do.
func (s *stand) publish(t *testing.T, dir, name, tag string) image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifest.Manifests {
		if m.Annotations["org.opencontainers.image.ref.name"] != name {
			continue
		}
		i, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(s.reference(t, tag), i); err != nil {
			t.Fatal(err)
		}
		return image{"oci://" + s.registry + "/mom-router:" + tag, m.Digest.Hex}
	}
	t.Fatalf("%s has no image %q", filepath.Base(dir), name)
	return image{}
}

func (s *stand) reference(t *testing.T, tag string) name.Reference {
	t.Helper()
	r, err := name.ParseReference(s.registry+"/mom-router:"+tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
