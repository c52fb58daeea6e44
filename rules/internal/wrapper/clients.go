package wrapper

import _ "embed" // the lists are part of the program

var (
	//go:embed clients/agents.txt
	agents string
	//go:embed clients/aider.txt
	aider string
	//go:embed clients/claude-code.txt
	claudeCode string
	//go:embed clients/cline.txt
	cline string
	//go:embed clients/codex.txt
	codex string
	//go:embed clients/copilot.txt
	copilot string
	//go:embed clients/cursor.txt
	cursor string
	//go:embed clients/gemini-cli.txt
	geminiCli string
	//go:embed clients/goose.txt
	goose string
	//go:embed clients/langchain.txt
	langchain string
	//go:embed clients/llama-index.txt
	llamaIndex string
	//go:embed clients/open-webui.txt
	openWebui string
	//go:embed clients/opencode.txt
	opencode string
	//go:embed clients/windsurf.txt
	windsurf string
)

// clients are the files of known clients, by name.
var clients = []struct{ name, file string }{
	{"agents", agents},
	{"aider", aider},
	{"claude-code", claudeCode},
	{"cline", cline},
	{"codex", codex},
	{"copilot", copilot},
	{"cursor", cursor},
	{"gemini-cli", geminiCli},
	{"goose", goose},
	{"langchain", langchain},
	{"llama-index", llamaIndex},
	{"open-webui", openWebui},
	{"opencode", opencode},
	{"windsurf", windsurf},
}
