defmodule EctoLibSql.Transactions.RefusedCallsTest do
  # What is left behind by a call that is refused because of its transaction: no lock, no open transaction, no secret.
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Nif

  setup do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x UNIQUE ON CONFLICT ROLLBACK)")
    %{path: path, state: state}
  end

  @tag :local
  test "a waiting writer whose transaction ends meanwhile leaves the write lock to others",
       context do
    %{path: path, state: state} = context
    other = file!(path, busy_timeout: 2_000)
    {:ok, writing} = Native.begin(other, mode: :immediate)
    {:ok, waiting} = Native.begin(state, mode: :deferred)
    before = Nif.live_counts().tickets
    test = self()

    # It lives on, so that only the refused call itself can give the lock back.
    pid =
      spawn_link(fn ->
        send(test, {:answer, EctoLibSql.query(waiting, "INSERT INTO t VALUES (1)")})
        Process.sleep(:infinity)
      end)

    eventually(fn -> Nif.live_counts().tickets > before end)
    assert {:ok, _} = Native.rollback(waiting)
    assert {:ok, _} = Native.commit(writing)
    assert_receive {:answer, {:error, %Error{kind: :not_found}}}, 5_000
    assert {:ok, _} = EctoLibSql.query(other, "INSERT INTO t VALUES (2)")
    assert rows!(other, "SELECT x FROM t") == [[2]]
    Process.unlink(pid)
    Process.exit(pid, :kill)
  end

  test "a commit that is interrupted while it waits for the connection is rolled back", %{
    state: state
  } do
    {:ok, begun} = Native.begin(state)
    run!(begun, "INSERT INTO t VALUES (1)")
    reader = Task.async(fn -> EctoLibSql.query(begun, endless()) end)
    Process.sleep(100)
    commit = Task.async(fn -> EctoLibSql.handle_commit([], begun) end)
    Process.sleep(100)
    :ok = Native.interrupt(state)
    assert {:error, %Error{kind: :interrupted}} = Task.await(reader)
    assert {:error, %Error{kind: :interrupted}, ended} = Task.await(commit)
    assert {:idle, _} = EctoLibSql.handle_status([], ended)
    assert rows!(state, "SELECT x FROM t") == []
  end

  test "reset works on the state of a transaction that SQLite has rolled back", %{state: state} do
    {:ok, begun} = Native.begin(state)
    run!(begun, "INSERT INTO t VALUES (1)")

    assert {:error, %Error{kind: :constraint}} =
             EctoLibSql.query(begun, "INSERT INTO t VALUES (1)")

    assert Native.reset(begun) == :ok
    assert rows!(state, "SELECT x FROM t") == []
  end

  test "the id of a transaction that was committed does not claim that its changes are lost",
       context do
    {:ok, begun} = Native.begin(context.state)
    run!(begun, "INSERT INTO t VALUES (1)")
    run!(begun, "COMMIT")
    assert {:error, %Error{kind: :not_found, recovery: []}} = EctoLibSql.query(begun, "SELECT 1")
    assert rows!(context.state, "SELECT x FROM t") == [[1]]
  end

  test "the error about a key in SQL text does not show the key", %{state: state} do
    for sql <- [
          "PRAGMA key = 'topsecret-topsecret'",
          "ATTACH 'x.db' AS y KEY 'topsecret-topsecret'"
        ] do
      assert {:error, %Error{kind: :invalid_argument} = error} = EctoLibSql.query(state, sql)
      refute inspect(error) <> Exception.message(error) =~ "topsecret"
    end
  end
end
