"""Says how Python's json reads texts: one in base64 a line in, one answer a line out.

An answer is "refused", or the value: strings as the hexadecimal digits of their UTF-8, numbers as they are written,
members in their order, so that a member that stands twice shows twice.
"""

import base64
import json
import sys


class Number(str):
    pass


class Object(list):
    pass


def show(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Number):
        return "n" + value
    if isinstance(value, str):
        return "s" + value.encode("utf-8").hex()
    if isinstance(value, Object):
        return "{" + ",".join(show(name) + ":" + show(member) for name, member in value) + "}"
    return "[" + ",".join(map(show, value)) + "]"


for line in sys.stdin:
    try:
        text = base64.b64decode(line).decode("utf-8", "strict")
        value = json.loads(text, object_pairs_hook=Object, parse_int=Number, parse_float=Number, parse_constant=Number)
        print(show(value))
    except (ValueError, RecursionError):  # UnicodeError is a ValueError
        print("refused")
