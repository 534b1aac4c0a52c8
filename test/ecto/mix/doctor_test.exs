defmodule Mix.Tasks.EctoLibsql.DoctorTest do
  use EctoLibSql.EctoCase, async: true

  alias EctoLibSql.Doctor

  test "finds what is wrong, and only that", %{folder: folder} do
    path = Path.join(folder, "test.db")

    sql!("""
    CREATE TABLE parents (id INTEGER PRIMARY KEY, uid TEXT, a INTEGER, b INTEGER);
    CREATE INDEX short ON parents (a);
    CREATE INDEX long ON parents (a, b);
    CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents(id), other_id INTEGER REFERENCES parents(id));
    CREATE INDEX children_parent ON children (parent_id);
    """)

    {:ok, report} = Doctor.examine(path)
    assert {"journal mode", "wal"} in report.facts
    refute report.damaged

    assert [
             "index short is a prefix of long",
             "foreign key 0 of children (other_id) has no index"
           ] == report.findings

    sql!("INSERT INTO parents (uid) VALUES (x'00112233445566778899aabbccddeeff')")

    sql!(
      "PRAGMA foreign_keys=OFF; INSERT INTO children (parent_id) VALUES (99); PRAGMA foreign_keys=ON"
    )

    {:ok, %{findings: findings}} = Doctor.examine(path)
    assert Enum.any?(findings, &(&1 =~ "1 rows break a foreign key, the first in children"))
    assert Enum.any?(findings, &(&1 =~ "parents.uid holds 1 UUIDs as bytes"))
  end

  test "says what is no database", %{folder: folder} do
    path = Path.join(folder, "text.db")
    File.write!(path, String.duplicate("text", 2000))
    assert {:error, message} = Doctor.examine(path)
    assert message =~ "not a database"
    none = Path.join(folder, "none.db")
    assert Doctor.examine(none) == {:error, none <> ": no such file"}
  end

  test "the task prints the report", %{folder: folder} do
    Mix.shell(Mix.Shell.Process)
    sql!("CREATE TABLE t (a)")
    Mix.Tasks.EctoLibsql.Doctor.run([Path.join(folder, "test.db")])
    assert_received {:mix_shell, :info, ["journal mode:          wal"]}
    assert_raise Mix.Error, ~r/usage/, fn -> Mix.Tasks.EctoLibsql.Doctor.run([]) end
  after
    Mix.shell(Mix.Shell.IO)
  end
end
