defmodule EctoLibSql.Writers.ProcessesTest do
  # Two OS processes on one file: SQLite's own locks and busy handler.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.OtherVM

  @moduletag timeout: 180_000

  setup do
    path = temp_file()
    state = file!(path, busy_timeout: 20_000)
    run!(state, "CREATE TABLE t (who TEXT, n INTEGER)")
    %{path: path, state: state}
  end

  test "a lock of another process is waited for, or refused in time", %{path: path, state: state} do
    other = OtherVM.start(path)
    assert "ok" = OtherVM.run(other, "BEGIN IMMEDIATE")
    assert "ok" = OtherVM.run(other, "INSERT INTO t VALUES ('other', 1)")

    hasty = file!(path, busy_timeout: 50)
    assert error!(hasty, "INSERT INTO t VALUES ('hasty', 1)").sqlite.code == :busy

    # Readers see what was committed.
    assert rows!(state, "SELECT * FROM t") == []

    patient = Task.async(fn -> run!(state, "INSERT INTO t VALUES ('patient', 1)") end)
    refute Task.yield(patient, 50)
    assert "ok" = OtherVM.run(other, "COMMIT")
    Task.await(patient, 25_000)
    assert rows!(state, "SELECT who FROM t ORDER BY who") == [["other"], ["patient"]]
    run!(hasty, "INSERT INTO t VALUES ('hasty', 2)")
  end

  @tag :local_file
  test "a wait for another process can be interrupted and timed out", %{path: path, state: state} do
    other = OtherVM.start(path)
    assert "ok" = OtherVM.run(other, "BEGIN IMMEDIATE")
    waiting = Task.async(fn -> EctoLibSql.handle_execute("DELETE FROM t", [], [], state) end)

    assert {:ok, {:error, %Error{sqlite: %{code: :interrupt}}, _}} =
             eventually(fn ->
               Native.interrupt(state)
               Task.yield(waiting, 10)
             end)

    {milliseconds, error} = timed(fn -> error!(state, "DELETE FROM t", [], timeout: 100) end)
    assert error.sqlite.code in [:interrupt, :busy]
    assert milliseconds < 5000
    assert "ok" = OtherVM.run(other, "COMMIT")
    run!(state, "DELETE FROM t")
  end

  test "both write to the end without losing a row", %{path: path, state: state} do
    other = OtherVM.start(path, 20_000)
    for n <- 1..200, do: OtherVM.send_only(other, "INSERT INTO t VALUES ('other', #{n})")
    for n <- 1..200, do: run!(state, "INSERT INTO t VALUES ('own', ?)", [n])
    assert Enum.all?(1..200, fn _ -> OtherVM.answer(other) == "ok" end)

    assert rows!(state, "SELECT who, count(*) FROM t GROUP BY who ORDER BY who") == [
             ["other", 200],
             ["own", 200]
           ]
  end

  @tag :slow
  test "kill -9 in a write transaction loses no committed row and leaves the file sound", %{
    path: path,
    state: state
  } do
    for round <- 1..20 do
      other = OtherVM.start(path)
      assert "ok" = OtherVM.run(other, "INSERT INTO t VALUES ('kept', #{round})")
      assert "ok" = OtherVM.run(other, "BEGIN IMMEDIATE")
      assert "ok" = OtherVM.run(other, "INSERT INTO t VALUES ('lost', #{round})")
      OtherVM.kill(other)
      assert value!(state, "SELECT count(*) FROM t WHERE who = 'kept'") == round
      run!(state, "INSERT INTO t VALUES ('own', ?)", [round])
    end

    assert rows!(state, "SELECT count(*) FROM t WHERE who = 'lost'") == [[0]]
    assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
  end
end
