"""Compiles statements with Python's own SQLite, which has none of the driver's functions.

Reads one JSON object a line, {"database": path, "attach": {name: path}, "sql": text}, and answers each with one line:
the error of EXPLAIN, or nothing.
"""

import json
import sqlite3
import sys
from urllib.parse import quote


def explain(request):
    uri = "file:" + quote(request["database"]) + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=0)
    try:
        for name, path in request["attach"].items():
            connection.execute(f'ATTACH ? AS "{name}"', (path,))
        # Python wants a value for each parameter; a statement that lacks them has been compiled.
        connection.execute("EXPLAIN " + request["sql"])
        return ""
    except sqlite3.ProgrammingError:
        return ""
    finally:
        connection.close()


for line in sys.stdin:
    try:
        answer = explain(json.loads(line))
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        answer = str(error)
    print(" ".join(answer.split()), flush=True)
