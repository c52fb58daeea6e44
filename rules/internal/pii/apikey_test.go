package pii

import (
	"math/rand"
	"testing"
)

// sample writes n random characters of an alphabet.
func (a alphabet) sample(r *rand.Rand, n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		if c := byte(33 + r.Intn(94)); member[c]&a != 0 && !(len(b) == n-1 && !inWord[c]) {
			b = append(b, c)
		}
	}
	return string(b)
}

// Keys of every published form are found, of the shortest and the longest length, and some of them have no digit.
func TestKeysOfEveryFormAreFound(t *testing.T) {
	r := rand.New(rand.NewSource(13))
	for i := range keyForms {
		f := &keyForms[i]
		if f.prefix == "eyJ" {
			continue
		}
		missed := 0
		const tries = 100
		for range tries {
			n := int(f.least)
			if r.Intn(2) == 0 && f.most < long {
				n = int(f.most)
			}
			key := f.prefix + f.alphabet.sample(r, n)
			for _, text := range []string{key, "my key is " + key + ".", `{"key":"` + key + `"}`, "KEY=" + key + "\n", `a\n` + key} {
				if find(text)&APIKey == 0 {
					missed++
					if missed == 1 {
						t.Logf("missed %q", text)
					}
				}
			}
		}
		if missed > tries*5/50 {
			t.Errorf("%s: %d of %d missed", f.prefix, missed, tries*5)
		}
	}
}

func TestKeysAndSecretsAreFound(t *testing.T) {
	for _, text := range []string{
		"hf_" + "abcdefghijklmnopqrSTUVWXYZabcdefGH",
		"glpat-" + "abcdefghijKLMNOPqrst",
		"AKIA" + "QWERTYUIOPASDFGH",
		"dapi" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9" + "-2",
		"8123456789:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_",
		"bot123456789:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1/getMe",
		"OPENAI_API_KEY=" + "q7Zx81LmNv02PoKj55TgRw",
		"abcdefghij1234" + ".atlasv1." + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5aB3dE5fG7hI9jK1lM3nO5pQ7rS9t",
		"secret abc8Q~" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW",
		"https://hooks.slack.com/services/" + "T0123ABCD/B0456EFGH/aB3dE5fG7hI9jK1lM3nO5pQ7",
		"https://discord.com/api/webhooks/" + "112233445566778899/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW",
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ", "-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN ENCRYPTED PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----", `"private_key": "-----BEGIN PRIVATE KEY-----\nMIIE`, "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
		"postgres://ann:Tr0ub4dor@db.example.com/x", "mongodb+srv://app:correct-horse@c0.example.net/?w=1", "redis://:hunter22@10.0.0.1:6379/0",
		"amqps://svc:q1w2e3@mq.example.com", "https://bob:s3cr3t!@example.com/a", "ftp://u:p@ss@example.com", "jdbc:mysql://root:letmein@db/x",
		"https://x:" + "aB3dE5fG7h%21@git.example.com", "smtp://mailer:winter2026@[2001:db8::1]:25",
		"https://" + "aB3dE5fG7hI9jK1lM3nO" + ":x-oauth-basic@github.com/a",
	} {
		if find(text)&APIKey == 0 {
			t.Errorf("%q: found %v", text, find(text).names())
		}
	}
}

func TestPlaceholdersAreNoKeys(t *testing.T) {
	for _, text := range []string{
		"AKIAIOSFODNN7EXAMPLE", "AKIAXXXXXXXXXXXXXXXX", "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "hf_your_token_goes_here", "ghp_REPLACE_ME",
		"glpat-xxxxxxxxxxxxxxxxxxxx", "glpat-your-token-goes-here1", "sk-proj-your-key", "dapi00000000000000000000000000000000", "dapi_client_v2",
		"hf_hub_download_with_retries_and_more", "npm_config_registry", "sk_live_...", "sk_live_xxxxxxxxxxxxxxxx", "SG.x.y", "key-value-store-abstraction-layer-name",
		"api-gateway-service-discovery-endpoints", "secret_manager_client_configuration", "pat.example.com", "AC repair", "SKU 12345", "dp.pt.", "sdk-js",
		"-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP MESSAGE-----", "-----BEGIN CERTIFICATE-----", "----------", "-- BEGIN private key",
		"-----BEGIN PUBLIC KEY-----\nprivate key",
		"postgres://user:password@localhost/db", "postgres://user:${PASSWORD}@host/db", "https://user:pass@example.com", "redis://user:{pw}@host",
		"mysql://root:root@db", "https://example.com:8080/a@b", "https://example.com/a:b@c", "http://a.b/c?d=e:f@g.h", "mailto:a:b@c.d", "ssh://git@github.com/x",
		"https://ann:***@example.com", "https://ann:<pw>@example.com", "https://ann:xxxx@example.com", "ftp://u:%s@h", "12:30@noon", "a:b@c",
		"123456789:ABC", "12345678:A and so on, as long as it takes to get there", "at 10:AAAA", "~", "Q~", "1Q~a", "https://x-access-token:$TOKEN@github.com/a",
	} {
		if find(text)&APIKey != 0 {
			t.Errorf("%q is taken for a key", text)
		}
	}
}
