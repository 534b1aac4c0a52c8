defmodule EctoLibSql.Transactions.NativeTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (x)")
    %{state: state}
  end

  test "commit/1 keeps changes, rollback/1 undoes them", %{state: state} do
    assert {:ok, %State{trx_id: id} = begun} = Native.begin(state)
    assert is_binary(id)
    assert Native.get_is_autocommit(begun) == false
    run!(begun, "INSERT INTO t VALUES (1)")
    assert {:ok, "commit success"} = Native.commit(begun)
    assert Native.get_is_autocommit(state) == true

    {:ok, begun} = Native.begin(state)
    run!(begun, "DELETE FROM t")
    assert {:ok, "rollback success"} = Native.rollback(begun)
    assert rows!(state, "SELECT x FROM t") == [[1]]
  end

  test "begin keeps mode and sync", %{state: state} do
    {:ok, begun} = Native.begin(state)
    assert {begun.mode, begun.sync, begun.conn_id} == {state.mode, state.sync, state.conn_id}
  end

  for key <- [:mode, :behavior, :behaviour],
      mode <- [:deferred, :immediate, :exclusive, :read_only] do
    test "begin takes #{key}: #{inspect(mode)}", %{state: state} do
      assert {:ok, begun} = Native.begin(state, [{unquote(key), unquote(mode)}])
      assert rows!(begun, "SELECT * FROM t") == []
      assert {:ok, "rollback success"} = Native.rollback(begun)
    end
  end

  test "a read-only transaction refuses writes", %{state: state} do
    {:ok, begun} = Native.begin(state, behavior: :read_only)
    assert error!(begun, "INSERT INTO t VALUES (1)").sqlite.code == :readonly
    Native.rollback(begun)
    run!(state, "INSERT INTO t VALUES (1)")
  end

  test "a second begin on the connection is an error", %{state: state} do
    {:ok, begun} = Native.begin(state)
    assert {:error, reason} = Native.begin(begun)
    assert reason =~ "within a transaction"
    assert {:ok, "commit success"} = Native.commit(begun)
  end

  test "commit and rollback without a transaction are errors", %{state: state} do
    assert {:error, "No active transaction: cannot commit"} = Native.commit(state)
    assert {:error, "No active transaction: cannot rollback"} = Native.rollback(state)
    assert_usable(state)
  end

  describe "savepoints" do
    test "nest, roll back and release", %{state: state} do
      {:ok, begun} = Native.begin(state)
      run!(begun, "INSERT INTO t VALUES (1)")
      assert :ok = Native.create_savepoint(begun, "one")
      run!(begun, "INSERT INTO t VALUES (2)")
      assert :ok = Native.create_savepoint(begun, "two")
      run!(begun, "INSERT INTO t VALUES (3)")
      assert :ok = Native.rollback_to_savepoint_by_name(begun, "two")
      assert rows!(begun, "SELECT x FROM t") == [[1], [2]]
      run!(begun, "INSERT INTO t VALUES (4)")
      assert :ok = Native.rollback_to_savepoint_by_name(begun, "two")
      assert :ok = Native.release_savepoint_by_name(begun, "two")
      assert :ok = Native.release_savepoint_by_name(begun, "one")
      Native.commit(begun)
      assert rows!(state, "SELECT x FROM t") == [[1], [2]]
    end

    test "need a transaction", %{state: state} do
      for call <- [
            &Native.create_savepoint/2,
            &Native.release_savepoint_by_name/2,
            &Native.rollback_to_savepoint_by_name/2
          ] do
        assert {:error, "No active transaction" <> _} = call.(state, "one")
      end
    end

    test "need a name that is an identifier", %{state: state} do
      {:ok, begun} = Native.begin(state)

      for name <- ["", "1a", "a b", "a;b", "a\"", "a'--", "é", "a\0", "a\n"] do
        assert {:error, "Invalid savepoint name" <> _} = Native.create_savepoint(begun, name)
      end

      assert :ok = Native.create_savepoint(begun, "_Ok9")
    end

    test "that do not exist are errors", %{state: state} do
      {:ok, begun} = Native.begin(state)
      assert {:error, reason} = Native.release_savepoint_by_name(begun, "nope")
      assert reason =~ "no such savepoint: nope"
      assert {:error, reason} = Native.rollback_to_savepoint_by_name(begun, "nope")
      assert reason =~ "no such savepoint: nope"
    end
  end

  test "begin/2 refuses to open a savepoint, and names the function that does" do
    state = open!()
    assert {:error, reason} = Native.begin(state, mode: :savepoint)
    assert reason =~ "create_savepoint"
    assert {:error, reason} = Native.begin(state, :immediate)
    assert reason =~ "keyword list"
    assert Native.get_is_autocommit(state)
  end
end
