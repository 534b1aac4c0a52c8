defmodule EctoLibSql.Transactions.CallbacksTest do
  # Transactions as DBConnection begins and ends them.
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE)")
    %{state: state}
  end

  test "begin, commit and rollback return what is documented", %{state: state} do
    assert {:idle, ^state} = EctoLibSql.handle_status([], state)
    assert {:ok, :begin, begun} = EctoLibSql.handle_begin([], state)
    assert {:transaction, ^begun} = EctoLibSql.handle_status([], begun)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    assert {:ok, %Result{}, ended} = EctoLibSql.handle_commit([], begun)
    assert {:idle, ^ended} = EctoLibSql.handle_status([], ended)
    assert rows!(ended, "SELECT x FROM t") == [[1]]

    begun = begin!(ended)
    run!(begun, "DELETE FROM t")
    assert {:ok, %Result{}, ended} = EctoLibSql.handle_rollback([], begun)
    assert {:idle, ^ended} = EctoLibSql.handle_status([], ended)
    assert rows!(ended, "SELECT x FROM t") == [[1]]
  end

  test "commit and rollback without a transaction are idle", %{state: state} do
    assert {:idle, ^state} = EctoLibSql.handle_commit([], state)
    assert {:idle, ^state} = EctoLibSql.handle_rollback([], state)
  end

  test "the state is the same before and after", %{state: state} do
    for finish <- [&EctoLibSql.handle_commit/2, &EctoLibSql.handle_rollback/2] do
      {:ok, _, ended} = finish.([], begin!(state))
      assert ended == state
    end
  end

  test "handle_status/2 asks the connection, not the state", %{state: state} do
    run!(state, "BEGIN")
    assert {:transaction, _} = EctoLibSql.handle_status([], state)
    run!(state, "ROLLBACK")
    assert {:idle, _} = EctoLibSql.handle_status([], state)

    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    error!(begun, "INSERT OR ROLLBACK INTO t (x) VALUES (1)")
    assert {:idle, _} = EctoLibSql.handle_status([], begun)
  end

  test "rolling back what SQLite rolled back already is no error", %{state: state} do
    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    error!(begun, "INSERT OR ROLLBACK INTO t (x) VALUES (1)")
    assert elem(EctoLibSql.handle_rollback([], begun), 0) in [:ok, :idle]
    assert_usable(state)
  end

  # Otherwise the rest of the caller's transaction would take effect outside of any transaction.
  test "nothing runs in a transaction that SQLite has rolled back, until it is ended", %{
    state: state
  } do
    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    error!(begun, "INSERT OR ROLLBACK INTO t (x) VALUES (1)")

    for refused <- [
          fn -> EctoLibSql.query(begun, "INSERT INTO t (x) VALUES (2)") end,
          fn -> EctoLibSql.query(begun, "SELECT 1; SELECT 2") end,
          fn ->
            EctoLibSql.Native.batch(begun, [{"INSERT INTO t (x) VALUES (2)", []}])
          end
        ] do
      assert {:error, error} = refused.()

      assert inspect(error) =~
               "rolled back by #{if Suite.server?(), do: "the server", else: "SQLite"}"
    end

    assert %Error{kind: :misuse, sqlite: %{extended_code: :abort_rollback}} =
             error!(begun, "SELECT 1")

    assert {:error, %Error{kind: :misuse}, _} = EctoLibSql.handle_begin([mode: :savepoint], begun)

    {_ok_or_idle, _, ended} = EctoLibSql.handle_rollback([], begun)
    assert rows!(ended, "SELECT x FROM t") == []
    assert_usable(ended)
  end

  test "a second begin says that a transaction is open", %{state: state} do
    begun = begin!(state)
    assert {:transaction, ^begun} = EctoLibSql.handle_begin([], begun)
    assert {:transaction, _} = EctoLibSql.handle_status([], begun)
  end

  test "a commit that SQLite refuses is rolled back", %{state: state} do
    run!(state, "CREATE TABLE p (id INTEGER PRIMARY KEY)")
    run!(state, "CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)")
    begun = begin!(state)
    run!(begun, "INSERT INTO c VALUES (9)")

    assert {:error, %Error{message: "FOREIGN KEY constraint failed"}, ended} =
             EctoLibSql.handle_commit([], begun)

    assert {:idle, _} = EctoLibSql.handle_status([], ended)
    assert rows!(ended, "SELECT * FROM c") == []
    assert_usable(ended)
  end

  test "mode: :savepoint nests", %{state: state} do
    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    {:ok, :begin, inner} = EctoLibSql.handle_begin([mode: :savepoint], begun)
    run!(inner, "INSERT INTO t (x) VALUES (2)")
    {:ok, :begin, deepest} = EctoLibSql.handle_begin([mode: :savepoint], inner)
    run!(deepest, "INSERT INTO t (x) VALUES (3)")
    {:ok, %Result{}, inner} = EctoLibSql.handle_rollback([mode: :savepoint], deepest)
    {:ok, %Result{}, begun} = EctoLibSql.handle_commit([mode: :savepoint], inner)
    assert {:transaction, _} = EctoLibSql.handle_status([], begun)
    ended = commit!(begun)
    assert rows!(ended, "SELECT x FROM t ORDER BY x") == [[1], [2]]
  end

  test "a savepoint may be read-only", %{state: state} do
    begun = begin!(state)
    options = [mode: :savepoint, mode: :read_only]
    {:ok, :begin, inner} = EctoLibSql.handle_begin(options, begun)
    assert error!(inner, "INSERT INTO t (x) VALUES (1)").sqlite.code == :readonly
    {:ok, %Result{}, begun} = EctoLibSql.handle_commit(options, inner)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    assert rows!(commit!(begun), "SELECT x FROM t") == [[1]]
  end

  for option <- [:mode, :behavior, :behaviour] do
    @tag :local_file
    test "#{option}: :immediate takes the write lock at once" do
      path = temp_file()
      run!(file!(path), "CREATE TABLE t (x)")
      begin!(file!(path), [{unquote(option), :immediate}])

      assert error!(file!(path, busy_timeout: 0), "INSERT INTO t VALUES (1)").sqlite.code ==
               :busy
    end
  end

  test "mode: :read_only refuses writes", %{state: state} do
    begun = begin!(state, mode: :read_only)
    assert rows!(begun, "SELECT * FROM t") == []
    assert %Error{sqlite: %{code: :readonly}} = error!(begun, "INSERT INTO t (x) VALUES (1)")
    ended = commit!(begun)
    run!(ended, "INSERT INTO t (x) VALUES (1)")
  end

  test "an unknown mode is refused", %{state: state} do
    assert {:error, %Error{kind: :invalid_argument, message: message}, ^state} =
             EctoLibSql.handle_begin([mode: :sideways], state)

    assert message =~ "the transaction mode must be :deferred, :immediate"
    assert {:idle, _} = EctoLibSql.handle_status([], state)
  end

  test "commit and rollback return the state that the transaction was begun with", %{state: state} do
    for finish <- [&EctoLibSql.handle_commit/2, &EctoLibSql.handle_rollback/2], _ <- 1..3 do
      {:ok, _, ended} = finish.([], begin!(state))
      assert ended == state
    end
  end
end
