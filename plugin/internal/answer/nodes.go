package answer

// node is a place in an answer that matters. All shapes have one tree, as they do not contradict each other: chat completions and completions, whole and
// in pieces; responses, whole and in the events that carry one; messages, and the events that begin and end one.
type node uint8

const (
	nodeNone  node = iota // and nothing in it
	nodeRoot              // of an answer or of an event
	nodeWhole             // the whole answer inside an event
	nodeUsage
	nodeIn  // what usage says of the input in detail
	nodeOut // and of the output
	nodeChoices
	nodeChoice
	nodeDelta // text, or an object with some
	nodeCalls // of tools
	nodeText
	nodeModel
	nodeFinish
	nodeStatus
	nodeIncomplete
	nodeReason
	nodeError
	nodeTokens // numbers of tokens, by kind, from here on
)

// The kinds of tokens.
const (
	tokensIn = iota
	tokensOut
	tokensReasoning
	tokensCached
	tokensRead    // from a cache, beside those in (messages)
	tokensWritten // to a cache, beside those in (messages)
	kinds
)

// listens reports whether a container has members that matter.
func (n node) listens() bool {
	switch n {
	case nodeRoot, nodeWhole, nodeUsage, nodeIn, nodeOut, nodeChoice, nodeDelta, nodeIncomplete:
		return true
	}
	return false
}

// kept reports whether the text of a string matters.
func (n node) kept() bool {
	return n == nodeModel || n == nodeFinish || n == nodeStatus || n == nodeReason
}

// element is what stands in an array.
func (n node) element() node {
	switch n {
	case nodeChoices:
		return nodeChoice
	case nodeCalls:
		return nodeCalls
	}
	return nodeNone
}

// member is what stands under a name.
func (n node) member(name []byte) node {
	switch n {
	case nodeRoot, nodeWhole:
		switch string(name) {
		case "usage":
			return nodeUsage
		case "choices":
			return nodeChoices
		case "model":
			return nodeModel
		case "delta":
			return nodeDelta
		case "error":
			return nodeError
		case "stop_reason":
			return nodeFinish
		case "status":
			return nodeStatus
		case "incomplete_details":
			return nodeIncomplete
		case "response", "message":
			if n == nodeRoot {
				return nodeWhole
			}
		}
	case nodeChoice:
		switch string(name) {
		case "delta":
			return nodeDelta
		case "text":
			return nodeText
		case "finish_reason":
			return nodeFinish
		}
	case nodeDelta:
		switch string(name) {
		case "content", "reasoning_content", "reasoning", "text", "thinking", "partial_json", "refusal":
			return nodeText
		case "tool_calls", "function_call":
			return nodeCalls
		case "stop_reason":
			return nodeFinish
		}
	case nodeIncomplete:
		if string(name) == "reason" {
			return nodeReason
		}
	case nodeUsage:
		switch string(name) {
		case "prompt_tokens", "input_tokens":
			return nodeTokens + tokensIn
		case "completion_tokens", "output_tokens":
			return nodeTokens + tokensOut
		case "prompt_tokens_details", "input_tokens_details":
			return nodeIn
		case "completion_tokens_details", "output_tokens_details":
			return nodeOut
		case "reasoning_tokens":
			return nodeTokens + tokensReasoning
		case "cache_read_input_tokens":
			return nodeTokens + tokensRead
		case "cache_creation_input_tokens":
			return nodeTokens + tokensWritten
		}
	case nodeIn:
		if string(name) == "cached_tokens" {
			return nodeTokens + tokensCached
		}
	case nodeOut:
		if string(name) == "reasoning_tokens" {
			return nodeTokens + tokensReasoning
		}
	}
	return nodeNone
}

// tokens are what one usage, or all of an answer, say.
type tokens struct {
	n       [kinds]int64
	seen    uint8 // by kind
	invalid bool
	twice   bool
}

// take adds what a later usage says: numbers of a stream are those so far.
func (t *tokens) take(u *tokens) {
	for kind, n := range u.n {
		if u.seen>>kind&1 != 0 {
			t.n[kind] = n
		}
	}
	t.seen |= u.seen
}

// enter is the begin of an object or an array.
func (r *Reader) enter(n node, object bool) {
	e := &r.event
	switch {
	case n == nodeUsage:
		e.usages++
		e.usage.invalid = e.usage.invalid || !object
	case n == nodeChoices:
		e.choices = !object
	case n == nodeChoice:
		e.choice = true
	case n == nodeCalls:
		e.said = e.said || object
	case n == nodeError:
		r.failed = true
	case n >= nodeTokens:
		e.usage.invalid = true
	}
}

// scalar is the begin of a value that is no container and not null.
func (r *Reader) scalar(n node) {
	e := &r.event
	switch {
	case n == nodeUsage:
		e.usages++
		e.usage.invalid = true
	case n == nodeChoice:
		e.choice = true
	case n == nodeError:
		r.failed = true
	case n >= nodeTokens && r.json.state != inNumber:
		e.usage.invalid = true
	}
}

func (r *Reader) gotNumber(n node, value *number) {
	if n < nodeTokens {
		return
	}
	u, kind := &r.event.usage, n-nodeTokens
	u.twice = u.twice || u.seen>>kind&1 != 0
	u.invalid = u.invalid || value.strange
	u.seen |= 1 << kind
	u.n[kind] = value.value
}

func (r *Reader) gotText(n node, at int) {
	s := &r.json
	switch n {
	case nodeText, nodeDelta:
		r.event.said = r.event.said || s.some
		r.event.textEnd = at
	case nodeModel:
		if r.model.n == 0 && !s.odd {
			r.model = s.text
		}
	case nodeFinish:
		r.end(false)
	case nodeReason:
		r.end(true)
	case nodeStatus:
		switch string(s.text.bytes()) {
		case "in_progress", "queued":
			return
		case "failed":
			r.failed = true
		}
		if !r.reason {
			r.end(false)
		}
	}
}

// end notes why the answer ended. It is a word, or "other": nobody may write a text into a record.
func (r *Reader) end(reason bool) {
	s := &r.json
	r.finish, r.reason = s.text, reason
	const longest = 40
	ok := !s.odd && s.text.n <= longest
	for _, c := range s.text.bytes() {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_')
	}
	if !ok {
		r.finish = text{}
		r.finish.add([]byte("other"))
	}
}
