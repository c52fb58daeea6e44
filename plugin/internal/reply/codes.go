package reply

import (
	"slices"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// own are the codes of all errors that the plugin, the reader and the engine answer with.
var own = []string{
	// what the request is
	"tenant_not_served", "path_not_served", "method_not_served", "ambiguous_path", "unsupported_encoding", "unsupported_media_type", "upgrade_not_supported",
	// what its body is
	strictjson.CodeEmpty, prompt.CodeInvalidJSON, prompt.CodeInvalid, strictjson.CodeDuplicate, strictjson.CodeTooDeep, strictjson.CodeTooManyMembers,
	strictjson.CodeNameTooLong, strictjson.CodeNumberTooLong, prompt.CodeUnknownRole, prompt.CodeUnsupported, prompt.CodeNotInspectable,
	prompt.CodeLateModel,
	// what it asks for
	rules.CodeModelNotFound, rules.CodeModelNotAllowed, rules.CodeNoModelAllowed, rules.CodeCostCeiling, rules.CodeContext, rules.CodeInput, rules.CodeDraining, rules.CodeBudget,
	// what became of it
	"request_timeout", "router_overloaded", "router_unavailable", "cluster_not_found", "model_overloaded", "fallback_not_allowed",
}

// Codes lists the codes of all errors that a request may be answered with: the router's own and those of the policy's guards.
func Codes(guards []string) []string {
	all := append(slices.Clone(own), guards...)
	slices.Sort(all)
	return slices.Compact(all)
}
