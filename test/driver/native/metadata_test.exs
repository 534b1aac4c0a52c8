defmodule EctoLibSql.Native.MetadataTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    %{state: state}
  end

  test "rowid and counts are bare integers", %{state: state} do
    run!(state, "INSERT INTO t (x) VALUES (1), (2)")
    assert Native.get_last_insert_rowid(state) == 2
    assert Native.get_changes(state) == 2
    run!(state, "DELETE FROM t WHERE id = 1")
    assert Native.get_changes(state) == 1
    assert Native.get_total_changes(state) == 3
  end

  test "rowids have 64 bits", %{state: state} do
    run!(state, "INSERT INTO t VALUES (9223372036854775807, 1)")
    assert Native.get_last_insert_rowid(state) == 9_223_372_036_854_775_807
  end

  test "get_is_autocommit/1 follows the transaction", %{state: state} do
    assert Native.get_is_autocommit(state) == true
    {:ok, begun} = Native.begin(state)
    assert Native.get_is_autocommit(begun) == false
    Native.rollback(begun)
    assert Native.get_is_autocommit(state) == true
  end

  @tag :local
  test "busy_timeout/1,2 set and refuse a negative time", %{state: state} do
    assert :ok = Native.busy_timeout(state)
    assert :ok = Native.busy_timeout(state, 0)
    assert :ok = Native.busy_timeout(state, 100)
    assert_raise FunctionClauseError, fn -> Native.busy_timeout(state, -1) end
  end

  test "reset/1 rolls back, closes cursors and keeps statements usable", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT 1")
    {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)
    {:ok, begun} = Native.begin(state)
    run!(begun, "INSERT INTO t (x) VALUES (1)")
    assert :ok = Native.reset(begun)
    assert Native.get_is_autocommit(state)
    assert rows!(state, "SELECT * FROM t") == []

    assert {:error, %Error{sqlite: %{extended_code: :not_found_cursor}}, _} =
             EctoLibSql.handle_fetch(query, cursor, [], state)

    assert {:ok, %Result{rows: [[1]]}} = Native.query_stmt(state, statement, [])
  end

  test "interrupt/1 is :ok when nothing runs and harms nothing", %{state: state} do
    assert :ok = Native.interrupt(state)
    assert_usable(state)
  end

  test "interrupt/1 answers at once from another process and stops the query", %{state: state} do
    query = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [], state) end)

    outcome =
      eventually(fn ->
        {milliseconds, :ok} = timed(fn -> Native.interrupt(state) end)
        assert milliseconds < 4000
        Task.yield(query, 0)
      end)

    assert {:ok, {:error, %Error{} = error, %State{}}} = outcome
    assert stopped?(error)
    assert_usable(state)
  end

  test "sync is a success that does nothing", %{state: state} do
    assert {:ok, "success sync"} = Native.sync(state)
    assert {:ok, _} = Native.sync(state, timeout: 1000)
  end

  test "hooks and authorizers keep answering that they are unsupported", %{state: state} do
    assert {:error, :unsupported} = Native.add_update_hook(state)
    assert {:error, :unsupported} = Native.add_update_hook(state, self())
    assert {:error, :unsupported} = Native.remove_update_hook(state)
    assert {:error, :unsupported} = Native.add_authorizer(state)
    assert {:error, :unsupported} = Native.add_authorizer(state, self())
  end

  test "replica functions answer for a local connection", %{state: state} do
    for target <- [state, state.conn_id] do
      for call <- [
            &Native.get_frame_number_for_replica/1,
            &Native.sync_until_frame(&1, 3),
            &Native.flush_and_get_frame/1
          ] do
        assert call.(target) ==
                 {:error, "a local connection is not a replica: it has no frames"}
      end

      assert {:ok, 0} = Native.get_max_write_frame(target)
    end

    assert {:error, :unsupported} = Native.freeze_replica(state)
    assert {:error, :unsupported} = Native.freeze_replica(:anything)
    assert {:error, "Connection not found"} = Native.get_max_write_frame("no such connection")
  end

  describe "extensions" do
    @tag :local
    test "are off until enabled, and a missing file is an error", %{state: state} do
      path = Path.join(temp_folder(), "missing_extension")
      assert {:error, "loading extensions is switched off" <> _} = Native.load_ext(state, path)
      assert :ok = Native.enable_extensions(state, true)
      missing = path <> ".so: cannot open shared object file: No such file or directory"
      assert Native.load_ext(state, path) == {:error, missing}
      assert Native.load_ext(state, path, "entry") == {:error, missing}

      assert Native.load_ext(state, "a\0b") ==
               {:error, "the path of an extension must be a string without NUL characters"}

      assert :ok = Native.enable_extensions(state, false)
      assert_usable(state)
    end

    @tag :local_answer
    test "cannot be loaded from SQL", %{state: state} do
      assert error!(state, "SELECT load_extension('x')").message =~
               ~r/authorized|no such function/
    end
  end

  test "functions answer for a closed connection with an error", %{state: state} do
    EctoLibSql.disconnect([], state)

    for call <- [
          &Native.get_last_insert_rowid/1,
          &Native.get_changes/1,
          &Native.get_total_changes/1,
          &Native.get_is_autocommit/1,
          &Native.busy_timeout/1,
          &Native.reset/1,
          &Native.interrupt/1
        ] do
      assert {:error, reason} = call.(state)
      assert reason =~ ~r/Connection not found|Invalid connection/
    end
  end
end
