defmodule EctoLibSql.DoctorTest do
  use EctoLibSql.DriverCase, async: true

  import ExUnit.CaptureIO

  alias EctoLibSql.Doctor

  setup do
    path = temp_file()
    {:ok, path: path, state: file!(path)}
  end

  @tag :local_file
  @tag :plain
  test "reports each defect of a database, and none of a sound one", %{path: path, state: state} do
    for sql <- [
          "CREATE TABLE parents (id INTEGER PRIMARY KEY, uid TEXT, a INTEGER, b INTEGER)",
          "CREATE INDEX short ON parents (a)",
          "CREATE INDEX long ON parents (a, b)",
          "CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents(id), " <>
            "other_id INTEGER REFERENCES parents(id))",
          "CREATE INDEX children_parent ON children (parent_id)"
        ],
        do: run!(state, sql)

    {:ok, report} = Doctor.examine(path)
    assert {"journal mode", "wal"} in report.facts
    refute report.damaged

    assert [
             "index short is a prefix of long",
             "foreign key 0 of children (other_id) has no index"
           ] == report.findings

    run!(state, "INSERT INTO parents (uid) VALUES (x'00112233445566778899aabbccddeeff')")
    run!(state, "PRAGMA foreign_keys=OFF")
    run!(state, "INSERT INTO children (parent_id) VALUES (99)")

    {:ok, %{findings: findings}} = Doctor.examine(path)
    assert Enum.any?(findings, &(&1 =~ "1 rows break a foreign key, the first in children"))
    assert Enum.any?(findings, &(&1 =~ "parents.uid holds 1 UUIDs as bytes"))
  end

  test "a file that is no database, or does not exist, is named in the error" do
    path = temp_file("text.db")
    File.write!(path, String.duplicate("text", 2000))
    assert {:error, %Error{kind: :not_a_database} = error} = Doctor.examine(path)
    assert error.message == "file is not a database: " <> path
    assert {:error, %Error{kind: :cannot_open} = error} = Doctor.examine(path <> "x")
    assert error.message == path <> "x: no such file"
  end

  @tag :plain
  test "print!/1 prints the report, and raises if there is no file", %{path: path, state: state} do
    run!(state, "CREATE TABLE t (a)")
    run!(state, "CREATE INDEX one ON t (a)")
    run!(state, "CREATE INDEX two ON t (a, a)")
    text = capture_io(fn -> assert Doctor.print!(path) == :ok end)
    assert text =~ "journal mode:          wal\n"
    assert text =~ "! index one is a prefix of two\n"
    assert_raise EctoLibSql.Error, ~r/no such file/, fn -> Doctor.print!(path <> "x") end
  end

  @tag :plain
  @tag :local
  test "print!/1 raises on damage, after the report", %{path: path, state: state} do
    run!(state, "CREATE TABLE t (a)")
    run!(state, "INSERT INTO t VALUES (zeroblob(100000))")
    {:ok, _} = EctoLibSql.checkpoint(state, :truncate)
    :ok = EctoLibSql.disconnect([], state)

    File.open!(path, [:read, :write, :binary], fn file ->
      :file.pwrite(file, 4096, String.duplicate("x", 4096))
    end)

    text =
      capture_io(fn ->
        assert_raise EctoLibSql.Error, path <> " is damaged", fn -> Doctor.print!(path) end
      end)

    assert text =~ "! damaged: "
  end
end
