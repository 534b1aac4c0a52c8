defmodule EctoLibSql.RandomCallsTest do
  # 200 processes that call whatever the driver offers, in any order, on connections of their own and of others, and are
  # killed meanwhile. With the sanitizers it runs as long as ECTO_LIBSQL_STRESS_SECONDS says:
  #
  #   ECTO_LIBSQL_STRESS_SECONDS=300 tools/test_asan.sh test/driver/random_calls_test.exs --include sanitizer
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Nif

  @moduletag timeout: :infinity
  @moduletag :sanitizer

  @processes 200
  @shared 20
  @seconds String.to_integer(System.get_env("ECTO_LIBSQL_STRESS_SECONDS", "10"))

  @calls [
    :write,
    :read,
    :large_read,
    :stopped_read,
    :batch,
    :transaction,
    :savepoint,
    :cursor,
    :cursor_left_open,
    :statement,
    :statement_left_open,
    :interrupt,
    :serialize,
    :checkpoint,
    :disconnect
  ]

  test "random calls of processes that are killed leave a whole database and nothing open" do
    path = temp_file()
    keeper = file!(path)
    run!(keeper, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    before = Nif.live_counts()
    until = System.monotonic_time(:millisecond) + 1000 * @seconds

    in_process(fn ->
      shared = for _ <- 1..@shared, do: file!(path, busy_timeout: 200)
      workers = Map.new(1..@processes, &{&1, start_worker(path, shared)})
      workers = kill_some(workers, path, shared, until)
      for {_, pid} <- workers, do: kill(pid)
    end)

    eventually(
      fn ->
        :erlang.garbage_collect()
        Enum.all?(Nif.live_counts(), fn {kind, count} -> count <= Map.fetch!(before, kind) end)
      end,
      60_000
    )

    assert rows!(keeper, "PRAGMA integrity_check") == [["ok"]]
    assert value!(keeper, "SELECT count(*) FROM t") > 0
    assert_usable(keeper)
  end

  defp in_process(fun), do: fun |> Task.async() |> Task.await(:infinity)

  # Kills one every few milliseconds, and starts another in its place.
  defp kill_some(workers, path, shared, until) do
    if System.monotonic_time(:millisecond) > until do
      workers
    else
      number = Enum.random(1..@processes)
      kill(Map.fetch!(workers, number))
      Process.sleep(Enum.random(0..10))

      workers
      |> Map.put(number, start_worker(path, shared))
      |> kill_some(path, shared, until)
    end
  end

  defp start_worker(path, shared) do
    spawn_link(fn -> work(file!(path, busy_timeout: 200), path, shared) end)
  end

  defp work(own, path, shared) do
    state = if :rand.uniform(4) == 1, do: Enum.random(shared), else: own
    call = Enum.random(@calls)
    # A shared connection stays open, or the others would only meet a closed one.
    if call != :disconnect or state == own, do: call(call, state)
    own = if call == :disconnect and state == own, do: file!(path, busy_timeout: 200), else: own
    work(own, path, shared)
  end

  # What comes back does not matter: others may use the connection, hold the lock, or have closed what was meant.
  defp call(:write, state), do: execute(state, "INSERT INTO t (x) VALUES (?)", [:rand.uniform()])
  defp call(:read, state), do: execute(state, "SELECT * FROM t WHERE id = ?", [7])
  defp call(:large_read, state), do: execute(state, "SELECT * FROM t LIMIT 3000", [])

  defp call(:stopped_read, state),
    do: EctoLibSql.handle_execute(endless(), [], [timeout: :rand.uniform(20)], state)

  defp call(:batch, state) do
    members = for n <- 1..:rand.uniform(20), do: {"INSERT INTO t (x) VALUES (?)", [n]}
    Native.batch_transactional(state, members)
  end

  defp call(:transaction, state) do
    with {:ok, :begin, begun} <- EctoLibSql.handle_begin([mode: :immediate], state) do
      call(:write, begun)
      finish = Enum.random([&EctoLibSql.handle_commit/2, &EctoLibSql.handle_rollback/2])
      finish.([], begun)
    end
  end

  defp call(:savepoint, state) do
    with {:ok, begun} <- Native.begin(state) do
      Native.create_savepoint(begun, "s")
      call(:write, begun)
      Native.rollback_to_savepoint_by_name(begun, "s")
      Native.commit(begun)
    end
  end

  defp call(:cursor, state) do
    with {:ok, query, cursor, state} <- declare(state) do
      EctoLibSql.handle_fetch(query, cursor, [max_rows: 10], state)
      EctoLibSql.handle_deallocate(query, cursor, [], state)
    end
  end

  defp call(:cursor_left_open, state), do: declare(state)

  defp call(:statement, state) do
    with {:ok, statement} <- Native.prepare(state, "SELECT count(*) FROM t WHERE id < ?") do
      Native.query_stmt(state, statement, [100])
      Native.close_stmt(statement)
    end
  end

  defp call(:statement_left_open, state), do: Native.prepare(state, "SELECT 1")
  defp call(:interrupt, state), do: Native.interrupt(state)
  defp call(:serialize, _state), do: Native.serialize(open!())
  defp call(:checkpoint, state), do: Native.checkpoint(state)
  defp call(:disconnect, state), do: EctoLibSql.disconnect([], state)

  defp execute(state, sql, arguments),
    do: EctoLibSql.handle_execute(sql, arguments, [timeout: 2_000], state)

  defp declare(state),
    do: EctoLibSql.handle_declare(%Query{statement: "SELECT id FROM t LIMIT 100"}, [], [], state)
end
