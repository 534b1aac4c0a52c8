defmodule EctoLibSql.EventsTest do
  use EctoLibSql.DriverCase, async: true

  # What belongs to a local file.
  @moduletag :local

  setup do
    state = file!(temp_file())
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    %{state: state}
  end

  test "a change is sent after its commit", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:update], self())
    run!(state, "INSERT INTO t (x) VALUES ('a')")
    assert_receive {:ecto_libsql, ^ref, {:update, :insert, "main", "t", 1}}
    run!(state, "UPDATE t SET x = 'b'")
    assert_receive {:ecto_libsql, ^ref, {:update, :update, "main", "t", 1}}
    run!(state, "DELETE FROM t WHERE id = 1")
    assert_receive {:ecto_libsql, ^ref, {:update, :delete, "main", "t", 1}}
  end

  test "changes of a transaction are sent at its end, in order", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:update, :commit], self())
    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES (1), (2)")
    run!(begun, "DELETE FROM t WHERE id = 1")
    # Events of a statement are sent before its result is returned: none may be in the inbox.
    refute_received {:ecto_libsql, ^ref, _}
    commit!(begun)
    assert_receive {:ecto_libsql, ^ref, :commit}
    assert drain(ref) == [{:insert, 1}, {:insert, 2}, {:delete, 1}]
  end

  test "a change that is rolled back is never sent", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:update, :commit, :rollback], self())
    begun = begin!(state)
    run!(begun, "INSERT INTO t (x) VALUES ('lost')")
    rollback!(begun)
    assert_receive {:ecto_libsql, ^ref, :rollback}

    error!(state, "INSERT INTO t (id, x) VALUES (5, 1), (5, 2)")
    run!(state, "INSERT INTO t (id, x) VALUES (7, 'kept')")
    assert_receive {:ecto_libsql, ^ref, :commit}
    assert drain(ref) == [{:insert, 7}]
  end

  test "the option changes: subscribes a process to every connection that has it" do
    path = temp_file()
    options = EctoLibSql.Suite.options(database: path, changes: self())
    run!(file!(path), "CREATE TABLE t (id INTEGER PRIMARY KEY)")

    for id <- 1..2 do
      {:ok, state} = EctoLibSql.connect(options)
      run!(state, "INSERT INTO t (id) VALUES (#{id})")
      assert_receive {:ecto_libsql, _ref, {:update, :insert, "main", "t", ^id}}
      :ok = EctoLibSql.disconnect([], state)
    end

    assert {:error, %{message: "the option :changes must be a pid, got: :nobody"}} =
             EctoLibSql.connect(EctoLibSql.Suite.options(database: path, changes: :nobody))
  end

  test "the first write after another connection changed the schema is sent" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    run!(state, "INSERT INTO t (id) VALUES (1)")
    {:ok, ref} = Native.subscribe(state, [:update, :commit, :rollback], self())

    for {id, name} <- [{2, "a"}, {3, "b"}] do
      run!(file!(path), "CREATE TABLE #{name} (x)")
      run!(state, "INSERT INTO t (id) VALUES (#{id})")
      assert_receive {:ecto_libsql, ^ref, {:update, :insert, "main", "t", ^id}}
      assert_receive {:ecto_libsql, ^ref, :commit}
    end

    refute_received {:ecto_libsql, ^ref, _}
  end

  test "a change that a savepoint rolled back is never sent", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:update, :commit], self())
    {:ok, begun} = Native.begin(state)
    run!(begun, "INSERT INTO t (id) VALUES (1)")
    :ok = Native.create_savepoint(begun, "one")
    run!(begun, "INSERT INTO t (id) VALUES (2)")
    :ok = Native.rollback_to_savepoint_by_name(begun, "one")
    run!(begun, "INSERT INTO t (id) VALUES (3)")
    {:ok, _} = Native.commit(begun)
    assert_receive {:ecto_libsql, ^ref, :commit}
    assert drain(ref) == [{:insert, 1}, {:insert, 3}]
  end

  test "the growth of the write-ahead log is sent", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:wal], self())
    run!(state, "INSERT INTO t (x) VALUES (1)")
    assert_receive {:ecto_libsql, ^ref, {:wal, "main", pages}}
    assert pages > 0
  end

  test "each of several subscribers gets the events with its own reference", %{state: state} do
    test = self()

    {pid, _} =
      hold(fn ->
        spawn_link(fn -> relay(test) end) |> tap(&Process.register(&1, :events_test_relay))
      end)

    {:ok, own} = Native.subscribe(state, [:update], self())
    {:ok, other} = Native.subscribe(state, [:update], Process.whereis(:events_test_relay))
    assert own != other
    run!(state, "INSERT INTO t (x) VALUES (1)")
    assert_receive {:ecto_libsql, ^own, {:update, :insert, "main", "t", 1}}
    assert_receive {:relayed, {:ecto_libsql, ^other, {:update, :insert, "main", "t", 1}}}
    kill(pid)
    run!(state, "INSERT INTO t (x) VALUES (2)")
    assert_receive {:ecto_libsql, ^own, {:update, :insert, "main", "t", 2}}
  end

  test "changes by batches, cursors and scripts are sent as well", %{state: state} do
    {:ok, ref} = Native.subscribe(state, [:update], self())
    {:ok, _} = Native.batch_transactional(state, [{"INSERT INTO t (id) VALUES (?)", [10]}])
    assert_receive {:ecto_libsql, ^ref, {:update, :insert, "main", "t", 10}}
    {:ok, _} = Native.execute_batch_sql(state, "INSERT INTO t (id) VALUES (11);")
    assert_receive {:ecto_libsql, ^ref, {:update, :insert, "main", "t", 11}}
    {:ok, statement} = Native.prepare(state, "INSERT INTO t (id) VALUES (?)")
    {:ok, 1} = Native.execute_stmt(state, statement, "", [12])
    assert_receive {:ecto_libsql, ^ref, {:update, :insert, "main", "t", 12}}
  end

  test "unknown events and subscribers are refused", %{state: state} do
    kinds =
      "events must be a list of [:update, :commit, :rollback, :wal], or [{:changes, table}] for one table of a server's database"

    process = "a subscriber must be a pid or a registered name"

    for {events, subscriber, reason} <- [
          {[:everything], self(), kinds},
          {[], self(), kinds},
          {[{:changes, ""}], self(), kinds},
          {[{:changes, "t"}, :commit], self(), kinds},
          {[{:changes, "a\0b"}], self(),
           "the name of a table must be a string without NUL characters"},
          {[{:changes, "t"}], self(),
           "a local database is observed, not listened to: only servers report by table"},
          {[:update], 5, process},
          {:update, "x", process},
          {:update, :nobody, "no process is registered as :nobody"}
        ],
        do: assert(Native.subscribe(state, events, subscriber) == {:error, reason})

    assert_usable(state)
  end

  defp drain(ref) do
    receive do
      {:ecto_libsql, ^ref, {:update, kind, "main", "t", rowid}} -> [{kind, rowid} | drain(ref)]
    after
      0 -> []
    end
  end

  defp relay(test) do
    receive do
      message ->
        send(test, {:relayed, message})
        relay(test)
    end
  end
end
