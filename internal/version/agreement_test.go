package version_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/mom-router/mom-router/internal/rollout"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
)

var update = flag.Bool("update", false, "write what this release says into the newest folder of testdata: only before that release")

// agreement is what two versions of the module have to say alike, since both may be in a fleet and see requests of one conversation.
type agreement struct {
	Path    string `json:"path"`
	Tenant  string `json:"tenant"`
	Client  string `json:"client"` // the conversation's key in a header of the client
	Body    string `json:"body"`
	Session string `json:"session"`
	Prefix  string `json:"prefix"`
	Arm     string `json:"arm"`   // of a share of a half, drawn by the session's key
	Model   string `json:"model"` // what the conversation is folded to
}

// What an earlier release made of conversations, this one makes, too: the same keys for replicas, the same arm, the same model after the same messages.
func TestVersionsAgreeAboutConversations(t *testing.T) {
	releases, err := filepath.Glob("testdata/*")
	if err != nil || len(releases) == 0 {
		t.Fatalf("no releases: %v", err)
	}
	for i, dir := range releases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			file := filepath.Join(dir, "conversations.json")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var all []agreement
			if err := json.Unmarshal(data, &all); err != nil {
				t.Fatal(err)
			}
			policy, err := os.ReadFile(filepath.Join(dir, "policy.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			root, err := source.Load("policy.yaml", policy)
			if err != nil {
				t.Fatal(err)
			}
			table, err := rules.Compile(root)
			if err != nil {
				t.Fatal(err)
			}
			keys := rules.NewKeys([]byte("0123456789abcdef"))
			arms, models := map[string]bool{}, map[string]bool{}
			for i := range all {
				want := all[i]
				shape, served := table.Call(want.Path)
				if !served {
					t.Fatalf("%s is not served", want.Path)
				}
				s := table.NewSession(shape)
				s.Reset(shape, 0)
				s.Key(keys, want.Tenant, want.Client)
				s.Feed([]byte(want.Body))
				d := s.Close()
				if d.Model == nil {
					t.Fatalf("%s: %s", want.Body, d.Message)
				}
				got := want
				got.Session, got.Prefix, got.Model = s.SessionKey(), s.PrefixKey(), d.Model.Key
				got.Arm = rollout.ArmOf(keys.Draw("a candidate", s.SessionKey()), 5000).String()
				if arms[got.Arm], models[got.Model] = true, true; got != want && !*update {
					t.Errorf("this release says %+v, and that one %+v", got, want)
				}
				all[i] = got
			}
			if len(arms) < 2 || len(models) < 2 {
				t.Errorf("all conversations come to the arms %v and the models %v: that tells nothing", arms, models)
			}
			if *update && i == len(releases)-1 {
				data, _ := json.MarshalIndent(all, "", "  ")
				if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
