"""Makes all calls of a list with an SDK for Python, one after the other, and prints one row for each.

    python calls.py openai|anthropic CALLS_JSON BASE_URL

The SDK is the one that PYTHONPATH finds. A call is good when the answer parses into the SDK's own types, has text, and
names a model other than the "auto" that was asked for; where the list gives a status, when the SDK raises its error for
that status. Exit code 1 when a call is not good.
"""

import importlib
import json
import operator
import sys

kind, calls_file, base_url = sys.argv[1:]
sdk = importlib.import_module(kind)
label = f"{kind}-python-{sdk.__version__}"
if kind == "openai":
    client = sdk.OpenAI(base_url=base_url + "/v1", api_key="none", max_retries=0, timeout=30)
else:
    client = sdk.Anthropic(base_url=base_url, api_key="none", max_retries=0, timeout=30)


class Absent(Exception):
    """This version of the SDK has no such call."""


def call(entry):
    """Makes one call and returns what the SDK gives back: an object or a stream."""
    kwargs = dict(entry["args"], extra_headers={"x-case": f"{label}/{entry['name']}"})
    if "extra_body" in entry:
        kwargs["extra_body"] = entry["extra_body"]
    try:
        method = operator.attrgetter(entry["method"])(client)
        return method(**kwargs)
    except AttributeError as e:
        raise Absent(str(e)) from e
    except TypeError as e:
        if "unexpected keyword argument" in str(e):
            raise Absent(str(e)) from e
        raise


def read(entry, result):
    """Returns the model and the text of an answer, and raises if it does not have the SDK's types."""
    if entry["method"].endswith(".stream"):
        with result as stream:
            for name in ("get_final_completion", "get_final_response", "get_final_message"):
                if hasattr(stream, name):
                    for _ in stream:
                        pass
                    return read_object(getattr(stream, name)())
        raise TypeError(f"{type(result).__name__} has no final object")
    if entry["args"].get("stream"):
        return read_stream(result)
    return read_object(result)


def read_object(answer):
    if hasattr(answer, "data"):  # a page of models
        return answer.data[0].id, f"{len(answer.data)} models"
    if hasattr(answer, "output_text"):  # responses
        return answer.model, answer.output_text
    if hasattr(answer, "content"):  # messages
        return answer.model, "".join(block.text for block in answer.content if block.type == "text")
    choice = answer.choices[0]
    return answer.model, choice.message.content if hasattr(choice, "message") else choice.text


def read_stream(stream):
    model, text = "", ""
    for event in stream:
        kind = getattr(event, "type", None)
        if kind is None:  # chat completions and completions
            model = event.model
            for choice in event.choices:
                text += (choice.delta.content if hasattr(choice, "delta") else choice.text) or ""
        elif kind == "response.created":
            model = event.response.model
        elif kind == "response.output_text.delta":
            text += event.delta
        elif kind == "message_start":
            model = event.message.model
        elif kind == "content_block_delta":
            text += event.delta.text
    return model, text


def judge(entry):
    """Returns ok, skip or FAILED, and what to print beside it: the model, or what happened instead."""
    wanted = entry.get("status", 200)
    try:
        model, text = read(entry, call(entry))
    except Absent:
        return "skip", "not in this version"
    except sdk.APIStatusError as e:
        return "ok" if e.status_code == wanted else "FAILED", f"status {e.status_code}: {e.message}"
    except Exception as e:  # whatever else: the SDK could not make sense of the answer
        return "FAILED", f"{type(e).__name__}: {e}"
    if wanted != 200:
        return "FAILED", f"answered by {model!r}, not refused with {wanted}"
    if not model or model == "auto" or not text:
        return "FAILED", f"the answer names the model {model!r} and has the text {text!r}"
    return "ok", model


failed = 0
with open(calls_file, encoding="utf-8") as f:
    for entry in json.load(f):
        verdict, what = judge(entry)
        failed += verdict == "FAILED"
        print(f"{verdict:<6} {label:<24} {entry['name']:<24} {what}", flush=True)
sys.exit(1 if failed else 0)
