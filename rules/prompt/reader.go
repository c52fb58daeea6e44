package prompt

import (
	"math"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Options say what a policy wants of the bodies it reads.
type Options struct {
	// Reasoning are the paths, of one to three names, of the members that carry
	// reasoning wishes, such as {"reasoning_effort"} or {"chat_template_kwargs",
	// "enable_thinking"}. The reader notes where they stand, for Edit. Where a path and a longer one that begins with it
	// are both here, an object loses the inner members and any other value goes as a whole.
	Reasoning [][]string
	// Allow are the members and parts that may bypass the text, by the keys that
	// Bypasses lists.
	Allow map[string]bool
	// Refuse are the kinds of what is passed else and may not pass, by the keys that Refusals lists.
	Refuse map[string]bool
	// DenyUnknown refuses roles, parts and items of kinds that are not known here. Else they pass, and what they say is read as nobody's: see PartUnknown.
	DenyUnknown bool
}

// Reader reads one body at a time: Reset, then Feed for every chunk, then Close.
// Edit and Take rewrite the body as it passes. However a body is cut into chunks,
// the sink, the facts and the errors are the same. It is for one goroutine.
type Reader struct {
	allow    map[string]bool
	refusals map[string]bool
	deny     bool // what is of no known kind
	lexer    strictjson.Lexer
	sink     Sink
	shape    Shape
	body     *schema
	facts    Facts
	err      *Error
	at       int64 // offset of the event being handled, for errors

	stack [strictjson.MaxDepth]frame
	depth int
	next  *schema // of the member whose name was read
	value *schema // of the value that begins or ends

	captured []byte
	overflow bool  // the captured string is longer than MaxModel
	length   int64 // decoded bytes of the current string

	unsealed       bool  // the current string looked sealed and is text
	blob           words // mediaURL or mediaData if it looks like media
	sealedAt       int64 // where what is captured of a string that may be kept from the sink stands
	sealedVerbatim bool

	partOpen   bool // there are strings since the last EndPart
	turnOpen   bool // there are strings since the last EndMessage
	turnSpoken bool // and spoken ones that are not empty
	message    message
	bypassed   bool // an allowed bypass stands in for the conversation

	pieces    pieceReader
	clientKey clientKey
	unknown   unknowns

	lastModel string // clients ask for few models: no garbage for the same one again

	worked int64 // see Worked
	edit   editor
}

// frame is an open array or object.
type frame struct {
	schema *schema
	array  bool
	index  int // of the current element or member; -1 before the first
	part   partType
	source sourceType
	stored bool  // of a part: it names a file that the engine has stored
	sealed bool  // of a part: it has text that only the provider can read
	media  media // of a part: what its members show

	unsettled bool    // its kind is not known yet
	strange   bool    // it is of no known kind
	suspect   *schema // of what it holds, the first member that would be refused if it were strange
	opaque    bool    // it holds what was taken for sealed before its kind was known
}

var bodies = [...]*schema{Chat: chatBody, Completions: completionsBody, Responses: responsesBody, Messages: messagesBody, Mapped: mappedBody}

// Bypasses are the keys of Options.Allow, each with what it lets through. The name of a single member (see AllowedBy) lets
// that one through alone.
var Bypasses = map[string]string{
	"token_ids":               "prompts as token ids (prompt, prompt_token_ids, input_ids)",
	"prompt_embeds":           "prompts as embeddings (prompt_embeds, input_embeds)",
	"chat_template":           "a chat template of the client's, in the body or in chat_template_kwargs",
	"template_variables":      "variables that the chat template shows in the place of the engine's own (tools, bos_token, model_identity in chat_template_kwargs), tools inside a message",
	"documents":               "documents for the chat template, in the body or in chat_template_kwargs",
	"previous_response_id":    "a stored response that the conversation goes on from",
	"previous_response":       "a whole response that the conversation goes on from (Responses)",
	"conversation":            "a stored conversation",
	"session_params":          "a stored session (session_params, session_id)",
	"prompt":                  "a stored prompt template (prompt of Responses, prompt_id)",
	"previous_input_messages": "messages in an engine's own form (Responses)",
	"item_reference":          "a stored item (Responses)",
	"kv_transfer_params":      "a cache filled elsewhere (kv_transfer_params, ec_transfer_params, bootstrap_host, cache_key)",
	"cached_media":            "an image or a sound stored before (uuid of a part, audio of a message)",
	"encrypted_content":       "text that only the provider can read (search results)",
	"vector_stores":           "text that the engine looks up by itself (file_search, vector_store_ids, data_sources)",
	"container":               "a container with files or skills that are stored (container, file_ids of a tool)",
	"mcp":                     "tools that the engine fetches and calls by itself (mcp_servers, tools of type mcp)",
	"fallbacks":               "other models that the engine may turn to by itself (fallbacks, models, route, provider)",
	"engine":                  "another engine, its address or its keys (api_base, base_url, user_config)",
	"lora":                    "an adapter that changes the model (lora_path, lora)",
	"logit_processor":         "code that changes what the model says (custom_logit_processor, logits_processors)",
	"extra_body":              "another conversation or model inside extra_body",
	"file":                    "files and documents by reference or in base64",
}

// NewReader returns a reader for the policy that o belongs to. Paths of more than
// three names are not supported and are left out.
func NewReader(o *Options) *Reader {
	r := &Reader{allow: o.Allow, refusals: o.Refuse, deny: o.DenyUnknown}
	r.edit.compile(o.Reasoning)
	return r
}

// Reset makes the reader ready for a new body. Splices of the one before are gone.
func (r *Reader) Reset(shape Shape, sink Sink) {
	r.lexer.Reset((*events)(r))
	r.sink = sink
	r.forgetPiece()
	r.pieces.memory = nil
	r.shape, r.body = shape, bodies[shape]
	r.facts = Facts{Open: true}
	r.err = nil
	r.at, r.depth, r.worked = 0, 0, 0
	r.next, r.value = nil, nil
	r.partOpen, r.turnOpen, r.turnSpoken, r.bypassed = false, false, false, false
	r.message = message{}
	r.clientKey.rank = 0
	r.unknown = unknowns{}
	r.edit.reset()
}

// Feed reads the next chunk of the body. An error is always an *Error, and after
// one every call returns it.
func (r *Reader) Feed(p []byte) error {
	_, err := r.FeedPart(p, math.MaxInt)
	return err
}

// FeedPart is Feed for those who must not work for long at a time. A piece that has been kept up to its end is not read at once but most bytes of it with
// each call; as long as it is Behind with that, the reader takes no more of p than it says.
func (r *Reader) FeedPart(p []byte, most int) (n int, err error) {
	if r.err != nil {
		return len(p), r.err
	}
	n, err = r.read(p, most)
	r.facts.Bytes += int64(n)
	if err != nil {
		r.fail(err)
	} else if err := r.edit.checkTail(r.facts.Bytes); err != nil {
		r.fail(err)
	}
	return n, r.result()
}

// Worked is how much work reading has been so far, in bytes: those that were not remembered, and a little for each that was kept or is media.
func (r *Reader) Worked() int64 { return r.worked }

// Complete says that the top-level object is closed, so that only white space may follow.
func (r *Reader) Complete() bool { return r.err == nil && r.lexer.Complete() }

// Ended reports whether the document was read to its end, whatever is wrong behind it.
func (r *Reader) Ended() bool { return r.lexer.Ended() }

// Close says that the body has ended. A body without anything is "empty_body", one that is
// not complete "invalid_json".
func (r *Reader) Close() error {
	if r.Settle(math.MaxInt) == nil {
		if err := r.lexer.Close(); err != nil {
			r.fail(err)
		}
	}
	return r.result()
}

// Kept is how much memory in bytes the members that are open take, and a piece that has not come to its end.
func (r *Reader) Kept() int64 { return r.lexer.Kept() + int64(cap(r.pieces.begun)) }

// Facts returns what is known so far. It is valid between calls and changes with
// every Feed.
func (r *Reader) Facts() *Facts { return &r.facts }

// result avoids an error that is not nil around a nil *Error.
func (r *Reader) result() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// fail notes the error that ends the body.
func (r *Reader) fail(err error) {
	syntax, ok := err.(*strictjson.Error)
	if !ok {
		r.err = err.(*Error)
		return
	}
	// Read byte by byte, the body would have failed by its tail before it came here.
	if tail := r.edit.checkTail(syntax.Offset); tail != nil {
		r.err = tail.(*Error)
		return
	}
	r.err = &Error{Status: 400, Code: syntax.Code, Offset: syntax.Offset, Message: "the body is not acceptable JSON: " + syntax.Error()}
}
