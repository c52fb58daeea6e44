// Train learns the weights of rules/internal/signal and judges its signals.
//
//	go run ./rules/train             learn, and write rules/internal/signal/weights.bin
//	go run ./rules/train eval        print figures about data that was not learned from
//	go run ./rules/train eval FILE   and keep them in a file, too: make eval does so with docs/evaluation.md
//	go run ./rules/train sources [FILE]   figures of attacks without each source of them in turn: make eval-sources
//	go run ./rules/train peers       print the texts that peers.py judges other models by: make eval-peers
//	go run ./rules/train documents   print the texts whose tokens count_tokens.py counts
//	go run ./rules/train pairs       learn which Chinese characters often stand together, before tokens
//	go run ./rules/train tokens      learn what tokens are estimated by
//
// It is run at the root of the repository. The data is public and stands outside of it, in
// ../shared/data; -data names another folder. Two runs over the same data write the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
)

// output is where the weights go, outputHash where their name goes.
const (
	output     = "rules/internal/signal/weights.bin"
	outputHash = "rules/internal/signal/weights.sha256"
)

func main() {
	data := flag.String("data", "../shared/data", "folder of the public data")
	tune := flag.Bool("tune", false, "leave a tenth of the learning rows out, print figures about it, and write nothing")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./rules/train [-data FOLDER] [-tune] [eval [FILE] | sources [FILE] | peers | documents | pairs | tokens]")
		flag.PrintDefaults()
	}
	flag.Parse()
	var err error
	switch {
	case flag.NArg() == 0:
		err = learn(*data, *tune)
	case flag.NArg() <= 2 && flag.Arg(0) == "eval":
		err = evaluateTo(*data, flag.Arg(1))
	case flag.NArg() <= 2 && flag.Arg(0) == "sources":
		err = evaluateSources(*data, flag.Arg(1))
	case flag.NArg() == 1 && flag.Arg(0) == "peers":
		err = printPeers(*data)
	case flag.NArg() == 1 && flag.Arg(0) == "documents":
		err = printDocuments(*data)
	case flag.NArg() == 1 && flag.Arg(0) == "pairs":
		err = learnPairs(*data)
	case flag.NArg() == 1 && flag.Arg(0) == "tokens":
		err = learnTokens(*data)
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		if os.IsNotExist(err) {
			err = fmt.Errorf("%w: run it at the root of the repository, with the public data beside it or named by -data", err)
		}
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(2)
	}
}
