package signal

import "github.com/mom-router/mom-router/rules/internal/disguise"

// injection.template is true when a string of the body holds a marker of a chat template, such as
// <|im_start|>, [INST] or a line "### System:", by which a text pretends that another message
// begins. Engines that tokenize such a marker as text take no harm; not all do.
var injectionKind = kind{
	name:     "injection",
	searches: true,
	builtins: []string{"template"},
	builtin: func(b *Builder, _ string) (evaluator, about) {
		r := &b.readable
		r.disguises, r.hideKinds = true, r.hideKinds|disguise.Template
		r.template = b.pattern()
		return everyone.finds(r.template)
	},
}
