# Memory of the driver while a cursor reads 5 million rows, after 10,000 connections were opened and closed, and
# while a program keeps one value of each row. Prints numbers and goals; exits with status 1 if a goal is missed.
#
#   tools/bench memory

here = Path.dirname(__ENV__.file)
Code.require_file("support/fixture.exs", here)
Code.require_file("support/raw_c.exs", here)
Code.require_file("support/state_target.exs", here)

defmodule LibsqlBench.Memory do
  @moduledoc false

  alias EctoLibSql.{Nif, Query, Result}
  alias LibsqlBench.{Fixture, RawC, StateTarget}

  @rows 5_000_000
  @table_rows 100_000
  @connections 10_000
  @mega 1_048_576

  # Measurements that need much memory come last: memory that the VM keeps would hide growth. 5 million rows
  # come from reading 100,000 rows 50 times; another program writes them.
  def run(dir) do
    file = Path.join(dir, "memory.db")
    RawC.run("fill", file, [@table_rows])
    cursor = cursor(file)
    connections = Enum.map([:closed, :dropped, :killed], &connections(file, &1))
    retention = retention(file)
    checks = List.flatten([cursor, connections, retention])
    if Enum.all?(checks), do: :ok, else: exit({:shutdown, 1})
  end

  # --- The cursor ---

  defp cursor(file) do
    {rows, sum, peak} =
      in_process(fn ->
        {:ok, state} = EctoLibSql.connect(database: file)
        idle = resident()
        {rows, sum, peak} = walk(state)
        StateTarget.close(state)
        {rows, sum, peak - idle}
      end)

    times = div(@rows, @table_rows)
    ^rows = @rows
    ^sum = times * div(@table_rows * (@table_rows + 1), 2)
    report("cursor over 5 million rows: resident memory above idle", peak, 16 * @mega)
  end

  defp walk(state) do
    sql = """
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < #{div(@rows, @table_rows)})
    SELECT t.id, t.name, t.body, t.score, t.data FROM n CROSS JOIN t
    """

    query = %Query{statement: sql}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)
    totals = fetch(query, cursor, state, {0, 0, resident()})
    {:ok, _, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
    totals
  end

  defp fetch(query, cursor, state, {rows, sum, peak}) do
    {more, %Result{rows: portion}, state} =
      EctoLibSql.handle_fetch(query, cursor, [max_rows: 500], state)

    sum = Enum.reduce(portion, sum, fn [id, _, _, _, _], sum -> sum + id end)
    rows = rows + length(portion)
    peak = if rem(rows, 50_000) == 0, do: max(peak, resident()), else: peak

    case more do
      :cont -> fetch(query, cursor, state, {rows, sum, peak})
      :halt -> {rows, sum, max(peak, resident())}
    end
  end

  # --- Memory that a kept value keeps alive ---

  defp retention(file) do
    for {what, every, goal} <- [
          {"the 100 B text of each row", 1, 4},
          {"the 100 B text of one row in 1,000", 1000, 200}
        ] do
      {kept, held} = in_process(fn -> keep(file, every) end)
      name = "keeping #{what}: memory held per byte kept"
      report_ratio(name, held / kept, goal)
    end
  end

  defp keep(file, every) do
    state = StateTarget.open(file)
    :erlang.garbage_collect()
    before = held()
    {rows, _} = StateTarget.rows(state, Fixture.range_sql(), [@table_rows])
    bodies = for [id, _, body, _, _] <- rows, rem(id, every) == 0, do: body
    collect()
    after_reading = held()
    # The list is used after the measurement, so that it is not collected before.
    true = length(bodies) == div(@table_rows, every)
    StateTarget.close(state)
    {100 * length(bodies), after_reading - before}
  end

  # From a stack frame without the rows, twice: the second collection is a major one.
  defp collect do
    :erlang.garbage_collect()
    :erlang.garbage_collect()
  end

  defp held do
    {:memory, own} = Process.info(self(), :memory)
    own + :erlang.memory(:binary)
  end

  # --- Connections ---

  defp connections(file, how) do
    open_many(file, how, div(@connections, 10))
    {resident_before, erlang_before} = settle()
    open_many(file, how, @connections)
    {resident_after, erlang_after} = settle()
    name = "#{@connections} connections #{how}"

    [
      report("#{name}: growth of resident memory", resident_after - resident_before, 4 * @mega),
      report("#{name}: growth of :erlang.memory", erlang_after - erlang_before, @mega)
    ]
  end

  # In processes of 50 connections each, so that few files are open at a time.
  defp open_many(file, how, count) do
    for _ <- 1..div(count, 50) do
      {pid, monitor} = spawn_monitor(fn -> open_50(file, how) end)
      if how == :killed, do: kill_when_open(pid)

      receive do
        {:DOWN, ^monitor, :process, ^pid, reason} when reason in [:normal, :killed] -> :ok
      after
        60_000 -> raise "a process with connections did not end"
      end

      wait_until(fn -> Nif.live_counts().connections < 100 end)
    end
  end

  defp open_50(file, how) do
    states =
      for number <- 1..50 do
        state = StateTarget.open(file)
        {[[1]], state} = StateTarget.rows(state, "SELECT 1", [])
        # One of the connections that die holds a transaction and a cursor as well.
        if how == :killed and number == 1, do: leave_things_open(state), else: state
      end

    case how do
      :closed -> Enum.each(states, &StateTarget.close/1)
      :dropped -> :ok
      :killed -> Process.register(self(), :libsql_bench_victim) && Process.sleep(:infinity)
    end
  end

  defp leave_things_open(state) do
    {:ok, _, state} = EctoLibSql.handle_begin([mode: :immediate], state)
    query = %Query{statement: Fixture.range_sql()}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [1000], [], state)
    {:cont, _, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 10], state)
    state
  end

  defp kill_when_open(pid) do
    wait_until(fn -> Process.whereis(:libsql_bench_victim) == pid end)
    Process.exit(pid, :kill)
  end

  # Memory once the reaper is done and every process is collected.
  defp settle do
    wait_until(fn -> Nif.live_counts().connections == 0 end)
    for pid <- Process.list(), do: :erlang.garbage_collect(pid)
    {resident(), :erlang.memory(:total)}
  end

  # --- Tools ---

  defp in_process(fun), do: fun |> Task.async() |> Task.await(:infinity)

  defp wait_until(done?, deadline \\ System.monotonic_time(:millisecond) + 60_000) do
    cond do
      done?.() ->
        :ok

      System.monotonic_time(:millisecond) > deadline ->
        raise "still alive after 60 s: #{inspect(Nif.live_counts())}"

      true ->
        receive(do: (:never -> :ok), after: (1 -> wait_until(done?, deadline)))
    end
  end

  defp resident do
    [_, kilobytes] = Regex.run(~r/VmRSS:\s+(\d+) kB/, File.read!("/proc/self/status"))
    String.to_integer(kilobytes) * 1024
  end

  defp report(name, bytes, goal) do
    line(name, "#{Float.round(bytes / @mega, 2)} MB", "#{div(goal, @mega)} MB", bytes <= goal)
  end

  defp report_ratio(name, ratio, goal), do: line(name, Float.round(ratio, 2), goal, ratio <= goal)

  defp line(name, found, goal, met?) do
    mark = if met?, do: "", else: "  MISSED"
    IO.puts("#{String.pad_trailing(name, 66)} #{found} (goal <= #{goal})#{mark}")
    met?
  end
end

dir = Path.join(System.tmp_dir!(), "libsql-memory-#{System.os_time()}")
File.mkdir_p!(dir)

try do
  LibsqlBench.Memory.run(dir)
after
  File.rm_rf!(dir)
end
