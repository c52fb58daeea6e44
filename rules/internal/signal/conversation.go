package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/sidecall"
)

// conversation tells the shape of the request. multi_turn (more than one user message), tools,
// tool_results, images, audio and system become true as soon as such a thing is read and stay
// true. side_task is a call beside the conversation: see sidetask.go. follow_up is a short last message that leans on what was said before: see followup.go.
var conversationKind = kind{
	name:     "conversation",
	builtins: []string{"multi_turn", "tools", "tool_results", "images", "audio", "system", "follow_up", "side_task"},
	builtin: func(b *Builder, name string) (evaluator, about) {
		switch name {
		case "follow_up":
			return followUp{}, about{message: true, whyNot: "a newer message replaces the last one"}
		case "side_task":
			b.sides = sidecall.NewTable()
			return sideTask{}, about{whyNot: "more text makes it another call"}
		}
		return conversation(name), about{}
	},
}

type conversation string

func (c conversation) value(_ *State, in *Input) expr.Value {
	f := in.Facts
	switch c {
	case "multi_turn":
		return expr.Of(f.UserTurns > 1)
	case "tools":
		return expr.Of(f.Tools > 0)
	case "tool_results":
		return expr.Of(f.ToolResults > 0)
	case "images":
		return expr.Of(f.Images > 0)
	case "audio":
		return expr.Of(f.Audio > 0)
	default:
		return expr.Of(f.System)
	}
}

type followUp struct{}

func (followUp) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	return expr.Of(in.Facts.UserTurns > 1 && st.followUps > 0)
}
