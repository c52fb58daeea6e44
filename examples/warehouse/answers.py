"""Answers questions.sql of logs with records: answers.py LOG-PATTERN [--memory 2GB], as one JSON object. Needs the package duckdb (make test-warehouse fetches it)."""

import argparse
import json
import pathlib
import re

import duckdb

here = pathlib.Path(__file__).parent
arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("log", help="a pattern of names, such as 'access*.log'")
arguments.add_argument("--memory", default="2GB", help="the most that DuckDB takes")
arguments = arguments.parse_args()

db = duckdb.connect()
db.execute("SET memory_limit = ?", [arguments.memory])
db.execute("SET TimeZone = 'UTC'")
db.execute("SET VARIABLE log = ?", [arguments.log])
db.execute((here / "load.sql").read_text())
answers = {"records": db.execute("SELECT count(*) FROM records").fetchone()[0]}
for block in (here / "questions.sql").read_text().split("\n\n")[1:]:
    title, query = block.split("\n", 1)
    cursor = db.execute(query)
    columns = [c[0] for c in cursor.description]
    answers[re.match(r"-- (\w+)", title)[1]] = [dict(zip(columns, row)) for row in cursor.fetchall()]
print(json.dumps(answers, default=str))
