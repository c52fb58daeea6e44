package rules

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"unsafe"

	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/internal/siphash"
	"github.com/mom-router/mom-router/rules/internal/volatile"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Keys makes the keys of requests, by which a proxy sends what has a beginning in common to the same replica of a model, where the engine has it in its
// cache. A key is the same from every proxy with the same secret, and says nothing to whoever does not have it. It is safe for concurrent use.
//
// There are two of them. That of the session tells conversations apart: by the client's own key if it has one, else by system text and the first words of
// the user's, up to the first answer. That of the prefix is of system text and tools alone, which many conversations share. In system texts and tools,
// lines that change from day to day or from machine to machine do not count (package volatile).
type Keys struct {
	secret []byte
	inner  siphash.Key
}

// NewKeys returns what makes keys under a secret, which should have at least 16 random bytes.
func NewKeys(secret []byte) *Keys {
	sum := sha256.NewKey(secret).HMAC([]byte("mom-router keys: texts"))
	return &Keys{
		secret: append([]byte(nil), secret...),
		inner:  siphash.Key{K0: binary.LittleEndian.Uint64(sum[:]), K1: binary.LittleEndian.Uint64(sum[8:])},
	}
}

// Draw is a keyed hash of a text, by which something is drawn that nobody without the secret can foretell. salt tells one draw from the next.
func (k *Keys) Draw(salt, text string) uint64 {
	var h siphash.Hash
	h.Begin(k.inner)
	h.Write(unsafe.Slice(unsafe.StringData(salt), len(salt)))
	h.Write(separator[:])
	h.Write(unsafe.Slice(unsafe.StringData(text), len(text)))
	sum := h.Sum()
	return sum.Lo
}

var separator [1]byte

// keySize is how many digits a key has: 64 bits, so that two among a million conversations share one in one case of 30 million.
const keySize = 16

// promptHead is how much of the prompt of a completion counts, in bytes: what is behind it grows with a conversation.
const promptHead = 1 << 10

// keying works out the keys of one request. It hears all that the signals hear, and digests what counts.
//
// Each piece, which is a message or the definition of a tool, has a digest that depends on nothing but the piece: whoever remembers what came of a piece can
// remember its digest with it.
type keying struct {
	signals prompt.Keeper
	keys    *Keys
	mac     *sha256.Key // of keys; each session has its own, as it writes to it

	tenant, client string // given with the request

	str   digests // of the open string
	lines volatile.Text
	part  digests // of its strings
	heard digests // of the open message's parts
	wants want    // of the open string
	last  want    // of the last string of the open message
	room  int     // so many bytes of a user's words still count
	over  bool    // the first answer has come: no later words of a user's count

	system, tools, user siphash.Hash // of pieces
	piece               pieceKeying
	answered            bool // the message that was read last is an answer

	session, prefix [keySize]byte
	done            bool // they stand
	known           known
}

// known says which of the keys there are.
type known struct{ session, prefix bool }

// digests are of a text.
type digests struct {
	whole  siphash.Hash // what is spoken, as it is
	steady siphash.Hash // what is spoken, without what changes in it
	all    siphash.Hash // the same of all strings, spoken or not
}

func (d *digests) begin(k siphash.Key) {
	d.whole.Begin(k)
	d.steady.Begin(k)
	d.all.Begin(k)
}

// add adds the digests of another text.
func (d *digests) add(o *digests) {
	fold(&d.whole, &o.whole)
	fold(&d.steady, &o.steady)
	fold(&d.all, &o.all)
}

// fold adds the digest of one text to that of several, unless there is none.
func fold(to, from *siphash.Hash) {
	if !from.Empty() {
		to.Add(from.Sum())
	}
}

// want says what of a string is digested.
type want uint8

const (
	wantWhole want = 1 << iota
	wantSteady
)

// begin makes ready for a request.
func (k *keying) begin(keys *Keys, shape prompt.Shape, tenant, client string) {
	if k.keys != keys {
		k.keys, k.mac = keys, sha256.NewKey(keys.secret)
	}
	k.tenant, k.client = tenant, client
	k.over, k.done, k.wants, k.last, k.known = false, false, 0, 0, known{}
	k.piece.open = false
	if k.room = math.MaxInt; shape == prompt.Completions {
		k.room = promptHead
	}
	k.part.begin(keys.inner)
	k.heard.begin(keys.inner)
	for _, h := range [...]*siphash.Hash{&k.system, &k.tools, &k.user} {
		h.Begin(keys.inner)
	}
}

// BeginText begins a string, as prompt.Sink says.
func (k *keying) BeginText(of prompt.Whose) {
	k.signals.BeginText(of)
	k.wants = 0
	if k.done {
		return
	}
	switch of {
	case prompt.Operators:
		k.wants = wantSteady
	case prompt.Users:
		k.wants = wantWhole
	case prompt.MaybeUsers:
		k.wants = wantWhole | wantSteady
	}
	if k.over {
		k.wants &^= wantWhole
	}
	if k.last = k.wants; k.wants != 0 {
		k.str.begin(k.keys.inner)
		k.lines.Begin()
	}
}

// Text reads a piece of a string, as prompt.Sink says.
func (k *keying) Text(p []byte, at int64, verbatim bool) {
	k.signals.Text(p, at, verbatim)
	if k.wants == 0 {
		return
	}
	if k.wants&wantWhole != 0 {
		n := min(len(p), k.room)
		k.room -= n
		k.str.whole.Write(p[:n])
	}
	if k.wants&wantSteady != 0 {
		k.lines.Write(p, &k.str.steady)
	}
}

// EndText ends a string, as prompt.Sink says.
func (k *keying) EndText(spoken bool) {
	k.signals.EndText(spoken)
	k.endString(spoken)
}

func (k *keying) endString(spoken bool) {
	if k.wants&wantSteady != 0 {
		k.lines.End(&k.str.steady)
	}
	if k.wants != 0 {
		if fold(&k.part.all, &k.str.steady); spoken {
			fold(&k.part.whole, &k.str.whole)
			fold(&k.part.steady, &k.str.steady)
		}
	}
	k.wants = 0
}

// EndPart ends a content part, as prompt.Sink says.
func (k *keying) EndPart(of prompt.Part) {
	k.signals.EndPart(of)
	if k.done {
		return
	}
	k.endPart(of)
}

func (k *keying) endPart(of prompt.Part) {
	switch of {
	case prompt.PartOwn:
		k.heard.add(&k.part)
	case prompt.PartDefinition:
		k.add(toolsDigest, &k.part.all)
	}
	k.part.begin(k.keys.inner)
}

// EndMessage ends a message, as prompt.Sink says.
func (k *keying) EndMessage(role prompt.Role) {
	k.signals.EndMessage(role)
	if k.done {
		return
	}
	k.endPart(prompt.PartOwn)
	switch role {
	case prompt.RoleSystem:
		k.add(systemDigest, &k.heard.steady)
	case prompt.RoleUser:
		if !k.over {
			k.add(userDigest, &k.heard.whole)
		}
	case prompt.RoleAssistant, prompt.RoleTool:
		k.over, k.answered = true, true
	}
	k.heard.begin(k.keys.inner)
	k.last = 0
}

// finish makes the keys of what has been read, also where that ends amidst a message. client is the key in the body; one in the headers comes before it,
// as no window hides that.
func (k *keying) finish(client []byte) {
	if k.done {
		return
	}
	k.endString(true)
	k.endPart(prompt.PartOwn)
	switch {
	case k.last == wantSteady:
		k.add(systemDigest, &k.heard.steady)
	case k.last&wantWhole != 0:
		k.add(userDigest, &k.heard.whole)
	}
	k.done = true

	var h siphash.Hash
	if k.known.prefix = !k.system.Empty() || !k.tools.Empty(); k.known.prefix {
		k.open(&h, 'p')
		h.Add(k.system.Sum())
		h.Add(k.tools.Sum())
		k.write(&k.prefix, 'p', h.Sum())
	}
	switch {
	case k.client != "":
		k.open(&h, 'c')
		h.Write(unsafe.Slice(unsafe.StringData(k.client), len(k.client)))
	case len(client) > 0:
		k.open(&h, 'c')
		h.Write(client)
	case !k.user.Empty() || !k.system.Empty():
		k.open(&h, 't')
		h.Add(k.system.Sum())
		h.Add(k.user.Sum())
	default:
		return
	}
	k.known.session = true
	k.write(&k.session, 's', h.Sum())
}

// open begins the digest of a key: of another kind or another tenant, it is another key.
func (k *keying) open(h *siphash.Hash, kind byte) {
	h.Begin(k.keys.inner)
	var tenant siphash.Hash
	tenant.Begin(k.keys.inner)
	tenant.Write(unsafe.Slice(unsafe.StringData(k.tenant), len(k.tenant)))
	h.Add(tenant.Sum())
	h.Write([]byte{kind})
}

// write makes the key that is shown: what is known of the inner digest's function does not matter behind it.
func (k *keying) write(to *[keySize]byte, kind byte, s siphash.Sum) {
	var message [17]byte
	message[0] = kind
	binary.LittleEndian.PutUint64(message[1:], s.Lo)
	binary.LittleEndian.PutUint64(message[9:], s.Hi)
	sum := k.mac.HMAC(message[:])
	hex.Encode(to[:], sum[:keySize/2])
}

// Key has the session make the keys of its request, for a tenant and with the client's own key of the headers, both of which may be empty. It is called
// after Reset and before the first Feed; what is given must last until the decision.
func (s *Session) Key(keys *Keys, tenant, client string) {
	s.keying.signals = s.state
	s.keying.begin(keys, s.shape, tenant, client)
	s.keyed, s.shares = true, false
	s.reader.Reset(s.shape, &s.keying)
}

// SessionKey is the key of the conversation, "" before the decision, without Key, and where nothing tells it from others. It is valid until the next Reset.
func (s *Session) SessionKey() string {
	if s.lead != nil {
		return s.lead.SessionKey()
	}
	if !s.keyed || s.shares || !s.keying.known.session {
		return ""
	}
	return unsafe.String(&s.keying.session[0], keySize)
}

// PrefixKey is the key of system text and tools, "" before the decision, without Key, and where there are neither. It is valid until the next Reset.
func (s *Session) PrefixKey() string {
	if s.lead != nil {
		return s.lead.PrefixKey()
	}
	if !s.keyed || s.shares || !s.keying.known.prefix {
		return ""
	}
	return unsafe.String(&s.keying.prefix[0], keySize)
}
