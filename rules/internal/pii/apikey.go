package pii

// keyForm is the form of a kind of key: a prefix and what follows it.
type keyForm struct {
	prefix   string
	least    int // characters behind the prefix
	most     int
	alphabet alphabet
}

type alphabet uint8

const (
	alnum    alphabet = iota // letters and digits
	token                    // letters, digits, - and _
	capitals                 // capital letters and digits
	dotted                   // token and full stops
)

// keyForms lists keys whose issuers gave them a form that scanners can know.
// Source: the issuers' documentation.
var keyForms = [...]keyForm{
	{"sk-ant-", 20, 255, token},        // Anthropic
	{"sk-proj-", 20, 255, token},       // OpenAI
	{"sk-svcacct-", 20, 255, token},    // OpenAI
	{"sk-or-v1-", 32, 255, alnum},      // OpenRouter
	{"sk-", 20, 255, token},            // OpenAI and many who followed
	{"gsk_", 20, 255, alnum},           // Groq
	{"hf_", 20, 64, alnum},             // Hugging Face
	{"r8_", 20, 64, alnum},             // Replicate
	{"xai-", 20, 255, alnum},           // xAI
	{"pplx-", 20, 255, alnum},          // Perplexity
	{"nvapi-", 20, 255, token},         // NVIDIA
	{"ghp_", 20, 255, alnum},           // GitHub
	{"gho_", 20, 255, alnum},           //
	{"ghu_", 20, 255, alnum},           //
	{"ghs_", 20, 255, alnum},           //
	{"ghr_", 20, 255, alnum},           //
	{"github_pat_", 20, 255, token},    //
	{"glpat-", 16, 255, token},         // GitLab
	{"gldt-", 16, 255, token},          //
	{"AKIA", 16, 16, capitals},         // AWS
	{"ASIA", 16, 16, capitals},         //
	{"ABIA", 16, 16, capitals},         //
	{"AIza", 30, 40, token},            // Google
	{"ya29.", 20, 255, token},          //
	{"GOCSPX-", 20, 64, token},         //
	{"xoxb-", 16, 255, token},          // Slack
	{"xoxp-", 16, 255, token},          //
	{"xoxa-", 16, 255, token},          //
	{"xoxr-", 16, 255, token},          //
	{"xoxs-", 16, 255, token},          //
	{"xapp-", 16, 255, token},          //
	{"sk_live_", 16, 255, alnum},       // Stripe
	{"sk_test_", 16, 255, alnum},       //
	{"rk_live_", 16, 255, alnum},       //
	{"rk_test_", 16, 255, alnum},       //
	{"pk_live_", 16, 255, alnum},       //
	{"whsec_", 20, 255, alnum},         //
	{"SG.", 40, 255, dotted},           // SendGrid
	{"npm_", 30, 64, alnum},            // npm
	{"pypi-", 40, 255, token},          // PyPI
	{"dckr_pat_", 20, 64, token},       // Docker
	{"dop_v1_", 40, 80, alnum},         // DigitalOcean
	{"shpat_", 24, 64, alnum},          // Shopify
	{"shpss_", 24, 64, alnum},          //
	{"sq0atp-", 16, 64, token},         // Square
	{"sq0csp-", 16, 64, token},         //
	{"lin_api_", 24, 64, alnum},        // Linear
	{"figd_", 24, 64, token},           // Figma
	{"PMAK-", 24, 80, token},           // Postman
	{"hvs.", 24, 255, token},           // Vault
	{"tskey-", 16, 255, token},         // Tailscale
	{"eyJ", 40, 255, dotted},           // a JSON web token
	{"key-", 32, 32, alnum},            // Mailgun
	{"SK", 32, 32, alnum},              // Twilio
	{"AC", 32, 32, alnum},              //
	{"AGE-SECRET-KEY-", 40, 80, token}, // age
}

// keyPair tells which two letters a key, or the name of one, may begin with, whatever their case.
var keyPair = func() (t [1 << 10]bool) {
	for _, f := range keyForms {
		t[pair(f.prefix[0], f.prefix[1])] = true
	}
	for _, n := range secretNames {
		t[pair(n[0], n[1])] = true
	}
	return t
}()

func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// apiKey reports whether a key, or the assignment of one, begins at p[i], the beginning of a word.
func apiKey(p []byte, i int) bool {
	if i > 1 && p[i-1] == '-' && wordByte(p[i-2]) {
		return false
	}
	for k := range keyForms {
		f := &keyForms[k]
		if f.prefix[0] == p[i] && hasPrefix(p, i, f.prefix) && f.follows(p, i+len(f.prefix)) {
			return true
		}
	}
	return assigned(p, i)
}

func (f *keyForm) follows(p []byte, i int) bool {
	end := i
	for end < len(p) && end-i < 256 && f.alphabet.has(p[end]) {
		end++
	}
	n := end - i
	for n > 0 && p[i+n-1] == '.' {
		n--
	}
	if n < f.least || n > f.most && end-i < 256 || end < len(p) && wordByte(p[end]) {
		return false
	}
	if f.prefix == "eyJ" {
		return jwt(p[i : i+n])
	}
	return random(p[i : i+n])
}

func (a alphabet) has(c byte) bool {
	switch {
	case isDigit(c):
		return true
	case isLetter(c):
		return a != capitals || c < 'a'
	case c == '-' || c == '_':
		return a == token || a == dotted
	}
	return c == '.' && a == dotted
}

// jwt reports whether a token has a second part that is JSON in base64, too.
func jwt(p []byte) bool {
	for i, c := range p {
		if c == '.' {
			return hasPrefix(p, i+1, "eyJ")
		}
	}
	return false
}

// random tells a key from a placeholder such as sk-your-api-key-goes-here or xxxxxxxx: it has
// letters and digits in one part, and at least eight different characters.
func random(p []byte) bool {
	var seen [4]uint64
	different, letters, digits, mixed := 0, false, false, false
	for _, c := range p {
		if seen[c/64]>>(c%64)&1 == 0 {
			seen[c/64] |= 1 << (c % 64)
			different++
		}
		switch {
		case isDigit(c):
			digits = true
		case isLetter(c):
			letters = true
		default:
			letters, digits = false, false
		}
		mixed = mixed || letters && digits
	}
	return mixed && different >= 8
}

// secretNames are what secrets are called where they are assigned; - and _ are left out.
var secretNames = [...]string{
	"apikey", "apitoken", "apisecret", "accesstoken", "accesskey", "authtoken", "secretkey", "secretaccesskey", "clientsecret",
	"awssecretaccesskey", "bearer", "privatekey", "accountkey", "authorization",
}

// assigned reports whether the word at p[i] is a secret's name with a value behind it:
// api_key = "4f9c...", or Bearer 4f9c....
func assigned(p []byte, i int) bool {
	var name [20]byte
	n := 0
	for ; i < len(p) && n < len(name) && (isLetter(p[i]) || p[i] == '_' || p[i] == '-'); i++ {
		if isLetter(p[i]) {
			name[n] = lower(p[i])
			n++
		}
	}
	known := false
	for _, s := range secretNames {
		known = known || s == string(name[:n])
	}
	if !known {
		return false
	}
	for k := 0; k < 12 && i < len(p); k++ {
		c := p[i]
		if c == '"' || c == '\'' || c == '=' || c == ':' || c == ' ' || c == '>' || c == '\\' {
			i++
			continue
		}
		break
	}
	end := i
	for end < len(p) && end-i < 200 && (token.has(p[end]) || p[end] == '+' || p[end] == '/' || p[end] == '=' || p[end] == '.') {
		end++
	}
	return end-i >= 16 && random(p[i:end])
}

// pemKey reports whether the header of a private key in PEM form begins at p[i].
func pemKey(p []byte, i int) bool {
	const begin, private = "-----BEGIN ", "PRIVATE KEY-----"
	if !hasPrefix(p, i, begin) {
		return false
	}
	for k := i + len(begin); k < len(p) && k < i+40; k++ {
		if hasPrefix(p, k, private) {
			return true
		}
	}
	return false
}
