package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Object is a resource as it stands in a manifest.
type Object = unstructured.Unstructured

// Kube applies and deletes resources of any kind that the API server knows.
type Kube struct {
	config *rest.Config
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

// NewKube makes a client.
func NewKube(config *rest.Config) (*Kube, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	d, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Kube{config: config, client: client, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(d))}, nil
}

// Read splits a manifest into its resources.
func Read(manifest []byte) ([]*Object, error) {
	d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	var all []*Object
	for {
		o := &Object{}
		if err := d.Decode(&o.Object); err != nil {
			if errors.Is(err, io.EOF) {
				return all, nil
			}
			return nil, err
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
}

// Apply does what `kubectl apply --server-side --validate=strict` does: an unknown kind, version or member is an error.
func (k *Kube) Apply(objects ...*Object) error {
	for _, o := range objects {
		r, err := k.resource(o)
		if err != nil {
			return err
		}
		data, err := o.MarshalJSON()
		if err != nil {
			return err
		}
		force := true
		_, err = r.Patch(context.Background(), o.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{
			FieldManager: "e2e", FieldValidation: metav1.FieldValidationStrict, Force: &force,
		})
		if err != nil {
			return fmt.Errorf("%s %q: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

// Delete removes resources; one that is not there is no error.
func (k *Kube) Delete(objects ...*Object) error {
	for _, o := range objects {
		r, err := k.resource(o)
		if err != nil {
			return err
		}
		if err := r.Delete(context.Background(), o.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// Get reads a resource as the API server has it.
func (k *Kube) Get(o *Object) (*Object, error) {
	r, err := k.resource(o)
	if err != nil {
		return nil, err
	}
	return r.Get(context.Background(), o.GetName(), metav1.GetOptions{})
}

func (k *Kube) resource(o *Object) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	m, err := k.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		k.mapper.Reset() // it may have been defined since
		if m, err = k.mapper.RESTMapping(kind.GroupKind(), kind.Version); err != nil {
			return nil, err
		}
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return k.client.Resource(m.Resource), nil
	}
	namespace := o.GetNamespace()
	if namespace == "" {
		namespace = "default"
	}
	return k.client.Resource(m.Resource).Namespace(namespace), nil
}

// Namespace makes one.
func (k *Kube) Namespace(name string) error {
	o := &Object{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}
	o.SetName(name)
	return k.Apply(o)
}

// Define applies the resource definitions of a file and waits until the API server serves them all.
func (k *Kube) Define(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	definitions, err := Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, d := range definitions {
		d.SetManagedFields(nil)
		unstructured.RemoveNestedField(d.Object, "status")
	}
	if err := k.Apply(definitions...); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, d := range definitions {
		if err := k.established(d); err != nil {
			return err
		}
	}
	return nil
}

func (k *Kube) established(definition *Object) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		o, err := k.Get(definition)
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range conditions {
			if m, ok := c.(map[string]any); ok && m["type"] == "Established" && m["status"] == "True" {
				return nil
			}
		}
	}
	return fmt.Errorf("%s was not established within %v", definition.GetName(), patience)
}

// kubeconfig is the client's configuration as istiod reads it.
func (k *Kube) kubeconfig() []byte {
	return fmt.Appendf(nil, `{"apiVersion":"v1","kind":"Config","current-context":"e2e",
"clusters":[{"name":"e2e","cluster":{"server":%q,"insecure-skip-tls-verify":true}}],
"users":[{"name":"e2e","user":{"token":%q}}],
"contexts":[{"name":"e2e","context":{"cluster":"e2e","user":"e2e"}}]}`, k.config.Host, k.config.BearerToken)
}
