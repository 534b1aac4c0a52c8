defmodule EctoLibSql.Connection.LifetimeTest do
  use EctoLibSql.DriverCase, async: true

  describe "disconnect/2" do
    test "takes anything first, closes, and is :ok again" do
      state = open!()
      assert :ok = EctoLibSql.disconnect([], state)
      assert :ok = EctoLibSql.disconnect(%RuntimeError{message: "x"}, state)
      assert :ok = EctoLibSql.disconnect(:whatever, state)
    end

    test "rolls back an open transaction" do
      path = temp_file()
      state = file!(path)
      run!(state, "CREATE TABLE t (x)")
      state = begin!(state, mode: :immediate)
      run!(state, "INSERT INTO t VALUES (1)")
      assert :ok = EctoLibSql.disconnect([], state)
      other = file!(path, busy_timeout: 0)
      assert rows!(other, "SELECT * FROM t") == []
      run!(other, "INSERT INTO t VALUES (2)")
    end

    test "ends statements and cursors" do
      state = open!()
      {:ok, statement} = Native.prepare(state, "SELECT 1")
      {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)
      EctoLibSql.disconnect([], state)
      assert {:error, "Connection not found"} = Native.query_stmt(state, statement, [])
      assert {:error, "Statement not found"} = Native.query_stmt(open!(), statement, [])

      assert {:error, %Error{sqlite: %{extended_code: :not_found_cursor}}, _} =
               EctoLibSql.handle_fetch(query, cursor, [], open!())
    end
  end

  test "use after close is an error in every callback" do
    state = open!()
    {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)
    EctoLibSql.disconnect([], state)

    for call <- [
          &EctoLibSql.ping/1,
          &EctoLibSql.handle_status([], &1),
          &EctoLibSql.handle_begin([], &1),
          &EctoLibSql.handle_commit([], &1),
          &EctoLibSql.handle_rollback([], &1),
          &EctoLibSql.handle_prepare(query, [], &1),
          &EctoLibSql.handle_execute(query, [], [], &1),
          &EctoLibSql.handle_declare(query, [], [], &1),
          &EctoLibSql.handle_fetch(query, cursor, [], &1)
        ] do
      assert {:disconnect, %Error{kind: :not_found} = error, ^state} = call.(state)
      assert error.sqlite.extended_code == :not_found_connection
    end
  end

  test "a connection ends with its opener when nobody else holds it" do
    {pid, id} = hold(fn -> Native.connect([database: ":memory:"], :local) end)
    assert Native.ping(id) == true
    kill(pid)
    eventually(fn -> match?({:error, "Connection not found" <> _}, Native.ping(id)) end)
  end

  test "a held state keeps the connection alive after its opener" do
    {pid, state} = hold(fn -> open!() end)
    kill(pid)
    assert [[1]] = rows!(state, "SELECT 1")
    assert :ok = EctoLibSql.disconnect([], state)
  end

  test "another process may use and close a connection" do
    state = open!()
    assert [[1]] = Task.await(Task.async(fn -> rows!(state, "SELECT 1") end))
    assert :ok = Task.await(Task.async(fn -> EctoLibSql.disconnect([], state) end))
    assert {:error, reason} = Native.ping(state.conn_id)
    assert reason =~ "Connection not found"
  end

  test "closing by id twice is :ok or not found" do
    id = Native.connect([database: ":memory:"], :local)
    assert :ok = Native.close(id, :conn_id)
    assert Native.close(id, :conn_id) in [:ok, {:error, "Connection not found"}]
    state = %State{conn_id: id, mode: :local, sync: :disable_sync}
    assert :ok = EctoLibSql.disconnect([], state)
  end

  test "closing after the owner's death is :ok or not found" do
    {pid, id} = hold(fn -> Native.connect([database: ":memory:"], :local) end)
    kill(pid)
    assert Native.close(id, :conn_id) in [:ok, {:error, "Connection not found"}]
  end

  test "close_conn/3 closes" do
    state = open!()
    assert :ok = Native.close_conn(state.conn_id, :conn_id, state)
    assert {:error, "Connection not found"} = Native.ping(state.conn_id)
  end

  test "two connections in memory are two databases" do
    run!(open!(), "CREATE TABLE t (x)")
    assert error!(open!(), "SELECT * FROM t").message == "no such table: t"
  end

  test "statements and cursors end with the process that opened them" do
    state = open!()
    parent = self()

    for _ <- 1..50 do
      {pid, monitor} =
        spawn_monitor(fn ->
          own = open!()
          ids = for _ <- 1..10, do: elem(Native.prepare(own, "SELECT 1"), 1)
          {:ok, _, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], own)
          send(parent, {self(), own.conn_id, [cursor.ref | ids]})
        end)

      assert_receive {^pid, connection, ids}
      assert_receive {:DOWN, ^monitor, _, _, _}
      eventually(fn -> Native.ping(connection) != true end)

      for id <- ids,
          do: assert({:error, "Statement not found"} = Native.query_stmt(state, id, []))
    end

    # EctoLibSql.StressTest counts what stays in memory.
    assert_usable(state)
  end
end
