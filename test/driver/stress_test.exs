defmodule EctoLibSql.StressTest do
  # The native layer under load and sudden death of processes; run with the sanitizers as well. Not async, because it
  # counts live objects.
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Nif

  @moduletag timeout: 600_000

  # Asserts that nothing that `fun` opened is left. It must open in other processes: objects of the test's own process
  # live as long as the test.
  defp assert_flat(fun) do
    settle()
    before = Nif.live_counts()
    fun.()

    eventually(
      fn ->
        :erlang.garbage_collect()
        Enum.all?(Nif.live_counts(), fn {kind, count} -> count <= Map.fetch!(before, kind) end)
      end,
      20_000
    )
  end

  # Connections of earlier tests end shortly after their processes.
  defp settle do
    eventually(fn ->
      counts = Nif.live_counts()

      receive do
        :never -> :ok
      after
        20 -> Nif.live_counts() == counts
      end
    end)
  end

  defp in_process(fun) do
    task = Task.async(fun)
    Task.await(task, 60_000)
  end

  # A connection with everything open on it.
  defp busy_connection(path) do
    state = file!(path)
    {:ok, _} = Native.prepare(state, "SELECT 1")
    {:ok, _, _, _} = EctoLibSql.handle_declare("VALUES (1), (2), (3)", [], [], state)
    {:ok, begun} = Native.begin(state)
    run!(begun, "SELECT 1")
    begun
  end

  defp open_and_drop(count, finish) do
    path = temp_file()
    in_process(fn -> run!(file!(path), "CREATE TABLE t (x)") end)

    for _ <- 1..div(count, 100) do
      in_process(fn -> for _ <- 1..100, do: finish.(busy_connection(path)) end)
    end

    in_process(fn -> run!(file!(path, busy_timeout: 1000), "INSERT INTO t VALUES (1)") end)
  end

  test "300 connections dropped with all they had open leave nothing" do
    assert_flat(fn -> open_and_drop(300, fn _ -> :dropped end) end)
  end

  test "300 connections disconnected leave nothing" do
    assert_flat(fn -> open_and_drop(300, &EctoLibSql.disconnect([], &1)) end)
  end

  test "processes killed in the middle of a query leave nothing" do
    assert_flat(fn ->
      for _ <- 1..5 do
        pids =
          for _ <- 1..4 do
            {pid, id} = hold_query()
            assert is_binary(id)
            pid
          end

        Enum.each(pids, &kill/1)
      end
    end)
  end

  # A process that runs an endless query.
  defp hold_query do
    test = self()

    pid =
      spawn_link(fn ->
        state = open!()
        send(test, {self(), state.conn_id})
        EctoLibSql.handle_execute(endless(), [], [], state)
      end)

    receive do
      {^pid, id} -> {pid, id}
    after
      5_000 -> flunk("no connection")
    end
  end

  test "an endless query of a killed process stops" do
    {pid, id} = hold_query()
    kill(pid)
    eventually(fn -> Native.ping(id) == {:error, "Connection not found"} end)
  end

  test "writers killed while they wait leave the queue empty" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")

    assert_flat(fn ->
      begun = begin!(state, mode: :immediate)

      pids =
        for _ <- 1..20 do
          {pid, _} =
            hold(fn ->
              own = file!(path)
              spawn_link(fn -> EctoLibSql.handle_execute("DELETE FROM t", [], [], own) end)
              :started
            end)

          pid
        end

      Enum.each(pids, &kill/1)
      commit!(begun)
      run!(state, "INSERT INTO t VALUES (1)")
    end)
  end

  @tag :slow
  test "a cursor over 5 million rows stays within 16 MB of the whole VM" do
    state = open!()

    sql = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000000)
    SELECT i, printf('%0100d', i) FROM n
    """

    # One short stream first, so that loaded code and heaps do not count.
    assert {10_000, _} = stream(state, String.replace(sql, "5000000", "10000"))
    before = resident_bytes()
    {rows, peak} = stream(state, sql)
    assert rows == 5_000_000
    assert peak - before < 16_000_000
  end

  defp stream(state, sql) do
    {:ok, query, cursor, _} = EctoLibSql.handle_declare(sql, [], [], state)
    read(state, query, cursor, {0, 0})
  end

  defp read(state, query, cursor, {rows, peak}) do
    case EctoLibSql.handle_fetch(query, cursor, [max_rows: 500], state) do
      {:cont, %Result{num_rows: n}, _} ->
        peak = if rem(rows, 50_000) == 0, do: max(peak, resident_bytes()), else: peak
        read(state, query, cursor, {rows + n, peak})

      {:halt, _, _} ->
        {rows, peak}
    end
  end

  # Source: proc(5), /proc/pid/statm; where there is none, what the VM has allocated.
  defp resident_bytes do
    case File.read("/proc/self/statm") do
      {:ok, text} -> (text |> String.split() |> Enum.at(1) |> String.to_integer()) * 4096
      {:error, _} -> :erlang.memory(:total)
    end
  end

  @tag :sanitizer
  @tag :slow
  test "10,000 connections opened and dropped leave nothing" do
    assert_flat(fn -> open_and_drop(10_000, fn _ -> :dropped end) end)
  end

  @tag :sanitizer
  @tag :slow
  test "10,000 handles killed with their process leave nothing" do
    path = temp_file()
    run!(file!(path), "CREATE TABLE t (x)")

    assert_flat(fn ->
      for _ <- 1..1_000 do
        {pid, _} = hold(fn -> for(_ <- 1..10, do: busy_connection(path)) && :open end)
        kill(pid)
      end
    end)
  end

  @tag :sanitizer
  test "ten thousand statements and cursors dropped with their connection leave nothing" do
    assert_flat(fn ->
      in_process(fn ->
        state = open!()
        for n <- 1..5_000, do: {:ok, _} = Native.prepare(state, "SELECT #{n}")

        for _ <- 1..5_000,
            do: {:ok, _, _, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)

        :done
      end)
    end)
  end

  @tag :sanitizer
  test "cancelling while busy, again and again" do
    state = open!()

    for _ <- 1..50 do
      task = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [], state) end)

      assert {:ok, {:error, %Error{sqlite: %{code: :interrupt}}, _}} =
               eventually(fn ->
                 Native.interrupt(state)
                 Task.yield(task, 0)
               end)
    end

    assert_usable(state)
  end

  @tag :sanitizer
  test "closing while a statement steps" do
    for _ <- 1..200 do
      state = open!()
      task = Task.async(fn -> EctoLibSql.handle_execute(endless(), [], [], state) end)
      assert :ok = EctoLibSql.disconnect([], state)
      assert elem(Task.await(task), 0) in [:error, :disconnect]
    end
  end

  @tag :sanitizer
  test "closing from several processes at once" do
    for _ <- 1..200 do
      state = open!()
      {:ok, statement} = Native.prepare(state, "SELECT 1")

      tasks =
        for call <- [
              fn -> EctoLibSql.disconnect([], state) end,
              fn -> Native.close(state.conn_id, :conn_id) end,
              fn -> Native.query_stmt(state, statement, []) end,
              fn -> Native.close_stmt(statement) end,
              fn -> Native.interrupt(state) end
            ],
            do: Task.async(call)

      Task.await_many(tasks)
      assert {:error, "Connection not found"} = Native.ping(state.conn_id)
    end
  end

  @tag :sanitizer
  test "owners killed in the middle of reads, writes and fetches" do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")

    assert_flat(fn ->
      for n <- 1..200 do
        test = self()

        pid =
          spawn(fn ->
            own = file!(path)
            send(test, {self(), :ready})
            work(own, rem(n, 3))
          end)

        receive do
          {^pid, :ready} -> kill(pid)
        after
          5_000 -> flunk("not ready")
        end
      end
    end)

    assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
    run!(state, "INSERT INTO t VALUES ('last')")
  end

  defp work(state, kind) do
    case kind do
      0 -> run!(state, "INSERT INTO t VALUES (1)")
      1 -> run!(state, endless())
      2 -> run!(begin!(state, mode: :immediate), "INSERT INTO t VALUES (2)")
    end

    work(state, if(kind == 2, do: 1, else: kind))
  end

  @tag :sanitizer
  test "many processes on one connection" do
    state = open!()
    run!(state, "CREATE TABLE t (x)")

    1..50
    |> Enum.map(fn n ->
      Task.async(fn ->
        for _ <- 1..50 do
          run!(state, "INSERT INTO t VALUES (?)", [n])
          rows!(state, "SELECT count(*) FROM t")
        end
      end)
    end)
    |> Task.await_many(60_000)

    assert value!(state, "SELECT count(*) FROM t") == 2500
  end
end
