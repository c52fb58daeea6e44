package sidecall

import _ "embed" // the lists are part of the program

var (
	//go:embed clients/aider.txt
	aider string
	//go:embed clients/chats.txt
	chats string
	//go:embed clients/claude-code.txt
	claudeCode string
	//go:embed clients/cline.txt
	cline string
	//go:embed clients/codex.txt
	codex string
	//go:embed clients/editors.txt
	editors string
	//go:embed clients/frameworks.txt
	frameworks string
	//go:embed clients/gemini-cli.txt
	geminiCli string
	//go:embed clients/goose.txt
	goose string
	//go:embed clients/open-webui.txt
	openWebui string
	//go:embed clients/opencode.txt
	opencode string
)

// clients are the files of known clients, by name.
var clients = []struct{ name, file string }{
	{"aider", aider},
	{"chats", chats},
	{"claude-code", claudeCode},
	{"cline", cline},
	{"codex", codex},
	{"editors", editors},
	{"frameworks", frameworks},
	{"gemini-cli", geminiCli},
	{"goose", goose},
	{"open-webui", openWebui},
	{"opencode", opencode},
}
