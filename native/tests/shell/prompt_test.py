"""Types at the shell's prompt through a pseudo-terminal and reads what it shows."""

import os
import pty
import select
import signal
import sys
import time

DEADLINE_SECONDS = 30


class Terminal:
    """One run of the shell on a terminal of its own."""

    def __init__(self, arguments, state):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = dict(os.environ, TERM="xterm", XDG_STATE_HOME=state, LC_ALL="C.UTF-8")
            environment["HOME"] = state
            environment["XDG_CONFIG_HOME"] = os.path.join(state, "config")
            os.execvpe(arguments[0], arguments, environment)

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, text):
        """Reads until `text` has been shown, forgets everything up to it, returns what was before."""
        wanted = text.encode()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while wanted not in self.seen:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                sys.exit(f"FAILED: expected {text!r}, got {self.seen!r}")
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                data = b""
            if not data:
                sys.exit(f"FAILED: the shell ended before {text!r}, got {self.seen!r}")
            self.seen += data
        before, _, self.seen = self.seen.partition(wanted)
        return before.decode(errors="replace")

    def exit_code(self):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
            try:
                if not os.read(self.fd, 4096):
                    break
            except OSError:
                break
        if time.monotonic() >= deadline:
            os.kill(self.pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def check(name, wanted, got):
    if wanted != got:
        sys.exit(f"FAILED: {name}: expected {wanted!r}, got {got!r}")


def first_session(shell, state):
    terminal = Terminal([shell, ":memory:"], state)
    terminal.expect(".help")
    terminal.expect("in memory")
    terminal.expect("libsql> ")
    terminal.type("SELECT 40 + 2\r")
    terminal.expect("   ...> ")
    terminal.type("AS answer;\r")
    terminal.expect("| answer |")
    terminal.expect("| 42     |")
    terminal.expect("libsql> ")

    # An error shows its place and does not end the session.
    terminal.type("SELECT 1 FORM t;\r")
    terminal.expect("error: near")
    terminal.expect("^")
    terminal.expect("libsql> ")

    # Ctrl-C drops a statement that was begun ...
    terminal.type("SELECT 'never\r")
    terminal.expect("   ...> ")
    terminal.type("\x03")
    terminal.expect("^C")
    terminal.expect("libsql> ")
    # ... and interrupts one that runs: it does once its first rows are seen.
    terminal.type(".mode list\r")
    terminal.expect("libsql> ")
    terminal.type(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT 'row', printf('%.*c', 100, 'x') FROM n;\r"
    )
    terminal.expect("row|xxx")
    terminal.type("\x03")
    terminal.expect("error: interrupted")
    terminal.expect("libsql> ")
    terminal.type("SELECT 'still' || ' here';\r")
    terminal.expect("still here")
    terminal.expect("libsql> ")
    terminal.type("\x04")
    check("Ctrl-D ends with 0", 0, terminal.exit_code())


def second_session(shell, state):
    with open(os.path.join(state, "libsql_history"), encoding="utf-8") as history:
        text = history.read()
    check("the history is kept", True, "still" in text)
    terminal = Terminal([shell, ":memory:"], state)
    terminal.expect("libsql> ")
    terminal.type("\x1b[A\r")  # The arrow up: the last line of the first session
    terminal.expect("still here")
    terminal.expect("libsql> ")
    with open(os.path.join(state, "two.csv"), "w", encoding="utf-8") as csv:
        csv.write("a,b\n1,2\n3,4\n")
    terminal.type(f".import {os.path.join(state, 'two.csv')} t\r")
    terminal.expect("2 rows imported")
    terminal.expect("libsql> ")
    terminal.type("SELECT 'ü日';\r")
    terminal.expect("| ü日   |")
    terminal.type(".quit\r")
    check(".quit ends with 0", 0, terminal.exit_code())


def third_session(shell, state):
    """The window is closed: what was typed is not lost."""
    terminal = Terminal([shell, os.path.join(state, "third.db")], state)
    terminal.expect("libsql> ")
    terminal.type("SELECT 'typed ' || 'before';\r")
    terminal.expect("typed before")
    terminal.expect("libsql> ")
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)
    with open(os.path.join(state, "libsql_history"), encoding="utf-8") as history:
        check("a hang-up keeps the history", True, "before" in history.read())


def transaction_session(shell, state):
    """A missing file, and a prompt that shows an open transaction."""
    path = os.path.join(state, "fresh.db")
    terminal = Terminal([shell, path], state)
    terminal.expect("fresh.db does not exist; the first write creates it.")
    terminal.expect("libsql> ")
    terminal.type("BEGIN;\r")
    terminal.expect("libsql*> ")
    check("BEGIN creates no file", False, os.path.exists(path))
    terminal.type("CREATE TABLE orders(id,\r")
    terminal.expect("    ...> ")
    terminal.type("ordered_at TEXT);\r")
    terminal.expect("libsql*> ")
    check("the first write creates the file", True, os.path.exists(path))
    terminal.type("COMMIT;\r")
    terminal.expect("libsql> ")

    # Tab completes keywords, tables, columns, dot commands and their arguments; .echo shows the line.
    terminal.type(".echo on\r")
    terminal.expect("libsql> ")
    terminal.type("sel\tordered\tfr\tord\t;\r")
    terminal.expect("select ordered_at from orders ;")
    terminal.expect("| ordered_at |")
    terminal.expect("libsql> ")
    terminal.type(".mo\tvert\t\r")
    terminal.expect(".mode vertical")
    terminal.expect("libsql> ")
    terminal.type("SELECT 'a\tb' FROM \t;\r")  # Inside of a literal it completes nothing.
    terminal.expect("SELECT 'ab' FROM orders ;")
    terminal.expect("libsql> ")
    terminal.type(".o\t")
    terminal.expect(".once")
    terminal.expect(".output")
    terminal.expect(".o")
    terminal.type("\x03")
    terminal.expect("libsql> ")
    terminal.type("\x04")
    check("Ctrl-D ends with 0", 0, terminal.exit_code())


def interrupt_session(shell, state):
    """A query that is interrupted before its first row shows no rows in any mode."""
    terminal = Terminal([shell, ":memory:"], state)
    terminal.expect("libsql> ")
    for mode in ("table", "box", "markdown", "line", "list", "csv", "json", "insert", "quote"):
        terminal.type(f".mode {mode}\r")
        terminal.expect("libsql> ")
        # The timer's line shows that the second statement has begun.
        terminal.type(".timer on\r")
        terminal.expect("libsql> ")
        terminal.type(
            "DROP TABLE IF EXISTS t; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
            " FROM n) SELECT i AS column_name FROM n WHERE i < 0;\r"
        )
        terminal.expect(" ms")
        terminal.type("\x03")
        shown = terminal.expect("error: interrupted")
        check(f"nothing is shown in mode {mode}", "^C", shown.strip().removesuffix("\r\n"))
        terminal.expect("libsql> ")
    terminal.type("\x04")
    check("Ctrl-D ends with 0", 0, terminal.exit_code())


def init_session(shell, state):
    """The prompt runs libsqlrc first; --no-init leaves it out, --init replaces it."""
    with open(os.path.join(state, ".libsqlrc"), "w", encoding="utf-8") as script:
        script.write(".nullvalue from-home\nSELECT nonsense;\n")
    with open(os.path.join(state, "other.init"), "w", encoding="utf-8") as script:
        script.write(".nullvalue from-other\n")
    config = os.path.join(state, "config")
    os.mkdir(config)
    for arguments, config_script, wanted in (
        ([], None, "| from-home |"),
        (["--no-init"], None, "| NULL |"),
        (["--init", os.path.join(state, "other.init")], None, "| from-other |"),
        ([], ".nullvalue from-config\n", "| from-config |"),
    ):
        if config_script:
            with open(os.path.join(config, "libsqlrc"), "w", encoding="utf-8") as script:
                script.write(config_script)
        terminal = Terminal([shell, ":memory:", *arguments], state)
        if wanted == "| from-home |":
            terminal.expect(".libsqlrc:2:8: error: no such column: nonsense")
        terminal.expect("libsql> ")
        if wanted == "| NULL |":
            terminal.type(".nullvalue NULL\r")
            terminal.expect("libsql> ")
        terminal.type("SELECT NULL AS n;\r")
        terminal.expect(wanted)
        terminal.expect("libsql> ")
        terminal.type("\x04")
        check("Ctrl-D ends with 0", 0, terminal.exit_code())


def build_session(shell, state):
    """Building an index on vectors draws a bar, and Ctrl-C ends it."""
    terminal = Terminal([shell, ":memory:", "--no-init"], state)
    terminal.expect("libsql> ")
    terminal.type("CREATE TABLE t(v F32_BLOB(64));\r")
    terminal.expect("libsql> ")
    # Texts, which are parsed at each reading.
    terminal.type(
        "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 40000) INSERT INTO t "
        "SELECT '[' || replace(hex(zeroblob(62)), '00', '1.5,') || (x % 97) || ',' || x || ']' FROM n;\r"
    )
    terminal.expect("libsql> ")
    terminal.type("CREATE INDEX i ON t(libsql_vector_idx(v));\r")
    terminal.expect("building i [#")
    terminal.expect("%")
    terminal.type("\x03")
    terminal.expect("error: interrupted")
    terminal.expect("libsql> ")
    terminal.type("SELECT 'indexes: ' || count(*) FROM sqlite_schema WHERE type = 'index';\r")
    terminal.expect("indexes: 0")
    terminal.expect("libsql> ")
    terminal.type("\x04")
    check("Ctrl-D ends with 0", 0, terminal.exit_code())


def main():
    shell, state = sys.argv[1:]
    first_session(shell, state)
    second_session(shell, state)
    third_session(shell, state)
    transaction_session(shell, state)
    interrupt_session(shell, state)
    build_session(shell, state)
    init_session(shell, state)
    print("all passed")


main()
