package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// A schema describes one spot of a request body: what may stand there, what stands
// inside it and what reading it does. The schemas of a shape are a tree (with
// cycles, where blocks hold blocks), and reading a body is a walk over it.
type schema struct {
	name    string               // of the member, set by the tree's root; "" for elements
	accept  kindSet              // the kinds that may stand here; 0 is any
	members members              // of an object
	also    []string             // names of further members that an engine reads
	rest    *schema              // of an object's members that nobody knows; set to anything by the tree's root
	heard   bool                 // its name reaches the sink like any other: engines show it
	own     bool                 // the client's own data: its members have their names in one spelling only, and numbers are text
	known   *dictionary[*schema] // the members, and also's with nil, set by the tree's root
	done    bool                 // the tree's root has been here
	items   *schema              // the elements of an array; nil: anything
	words   words                // whether its strings are words of the conversation
	piece   piece                // its values may be remembered: see reader_pieces.go
	capture bool                 // keep its string, up to MaxModel bytes, for end
	bypass  string               // the key in Options.Allow without which only null may stand here
	single  bool                 // the member's own name does, too
	typed   bool                 // an object of one of several kinds, which a member of it names: see strange
	list    bool                 // tools, in which clients have data of their own even where the item is strange

	begin func(r *Reader, kind strictjson.Kind) error
	// end gets a number's literal or a captured string.
	end func(r *Reader, kind strictjson.Kind, text []byte) error
}

type members map[string]*schema

// anything is the schema of whatever the reader has no opinion on. Its strings
// are text like all others, though not spoken.
var anything = func() *schema {
	p := &schema{}
	p.rest = p
	return p
}()

// words says whether the strings of a spot are what a model reads as words of
// the message.
type words uint8

const (
	quiet words = iota
	spoken
	spokenUnlessBinary // data of a source, which may be text or an image in base64
	listed             // one of a list of ours, and refused if it is not: no words at all
	sealed             // reasoning that only the engine can read: quiet if it is not
	mediaURL           // an address of a picture, a sound or a film, or a data URL that holds it: quiet, but for what is in base64 there
	mediaData          // a sound in base64: quiet if it is not
)

type kindSet uint8

const (
	null    kindSet = 1 << strictjson.Null
	boolean kindSet = 1<<strictjson.False | 1<<strictjson.True
	number  kindSet = 1 << strictjson.Number
	text    kindSet = 1 << strictjson.String
	array   kindSet = 1 << strictjson.Array
	object  kindSet = 1 << strictjson.Object
)

func (s kindSet) has(k strictjson.Kind) bool { return s == 0 || s>>k&1 == 1 }

// String lists the kinds for an error message: "a string or null".
func (s kindSet) String() string {
	names := make([]string, 0, 6)
	for _, k := range []struct {
		kind kindSet
		name string
	}{
		{text, "a string"}, {number, "a number"}, {boolean, "true or false"}, {array, "an array"}, {object, "an object"}, {null, "null"},
	} {
		if s&k.kind != 0 {
			names = append(names, k.name)
		}
	}
	var list string
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			list += " or "
		default:
			list += ", "
		}
		list += name
	}
	return list
}

// named sets the names of all members below p, and what looks them up.
func named(p *schema) *schema {
	if p.done {
		return p
	}
	p.done = true
	if p.rest == nil {
		p.rest = anything
	}
	if p.members != nil {
		words := make(map[string]*schema, len(p.members)+len(p.also))
		for _, name := range p.also {
			words[name] = nil
		}
		for name, m := range p.members {
			words[name] = m
		}
		p.known = newDictionary(words)
	}
	if p.items != nil {
		named(p.items)
	}
	named(p.rest)
	for name, m := range p.members {
		if m.name == "" {
			m.name = name
			named(m)
		}
	}
	return p
}

// body is the schema of a whole request body: the members of one shape, those
// that all shapes share, and those that bypass the text in some engine.
func body(own members) *schema {
	all := members{
		"model":     {accept: text | null, capture: true, end: (*Reader).readModel},
		"stream":    {accept: boolean | null, end: (*Reader).readStream},
		"tools":     {accept: array | null, items: tool(), piece: toolsPiece},
		"functions": {accept: array | null, items: tool(), piece: functionsPiece},
	}
	all["extra_body"] = extraBody()
	addClientKeys(all)
	for name, m := range settings() {
		all[name] = m
	}
	for name, m := range own {
		all[name] = m
	}
	addCost(all)
	return named(knows(&schema{accept: object, members: all}, topRows))
}
