defmodule LibsqlBench.Concurrent do
  @moduledoc false
  # The workloads of eight processes on one file, against eight C threads that have a connection each:
  # small write transactions, lookups, results of 1,000 rows.

  alias LibsqlBench.{Fixture, Measure, PoolTarget, RawC, Report, StateTarget}

  @workers 8
  @writes 500
  @lookups 5_000
  @ranges 25

  def run(dir, pool?) do
    writers(dir, pool?) ++ readers(Path.join(dir, "read.db"), pool?)
  end

  # --- Writers ---

  defp writers(dir, pool?) do
    own = compare_writers(dir, &own_writers/1)
    rows = writer_rows("8 writers, own connections", own, 0.5, true)

    if pool? do
      eight = compare_writers(dir, &pool_writers(&1, @workers))
      one = compare_writers(dir, &pool_writers(&1, 1))

      rows ++
        writer_rows("8 writers, pool of 8", eight, 0.15, false) ++
        writer_rows("8 writers, pool of 1", one, 0.15, false) ++
        [Report.row("8 writers, pool of 8 / pool of 1", pools(dir), :higher, 1)]
    else
      rows ++ [no_pool("8 writers, pool of 8", :higher, 0.15)]
    end
  end

  # The two sizes alternate, because their difference is smaller than the drift of the machine within a minute.
  defp pools(dir) do
    {one, eight} = Measure.interleave(pool_run(dir, 1), pool_run(dir, @workers), 15)
    one / eight
  end

  defp pool_run(dir, size) do
    file = Path.join(dir, "write.db")

    fn ->
      state = StateTarget.create(file)
      {ns, results} = pool_writers(file, size)
      check_written(state, results)
      StateTarget.close(state)
      ns
    end
  end

  defp writer_rows(name, result, goal, percentiles?) do
    throughput = Report.timed(name <> ": throughput", {result.raw, result.ours}, :higher, goal)

    busy = Report.row(name <> ": busy errors", result.busy, :lower, 0)
    percentiles = {"p50 #{in_us(result.p50)}", "p99 #{in_us(result.p99)}"}

    if percentiles? do
      spread = result.p99 / result.p50
      [throughput, busy, Report.row(name <> ": p99 / p50", spread, :lower, 20, percentiles)]
    else
      IO.puts("  (#{elem(percentiles, 0)}, #{elem(percentiles, 1)})")
      [throughput, busy]
    end
  end

  defp in_us(ns), do: "#{round(ns / 1000)} us"

  # Medians of the times per transaction and of the percentiles; busy errors of all repetitions.
  defp compare_writers(dir, run_once) do
    raw_file = Path.join(dir, "raw.db")
    file = Path.join(dir, "write.db")
    {:ok, seen} = Agent.start_link(fn -> [] end)

    raw = fn ->
      result = RawC.run("writers", raw_file, [@workers, @writes])
      result.ns / result.count
    end

    ours = fn ->
      state = StateTarget.create(file)
      {ns, results} = run_once.(file)
      check_written(state, results)
      StateTarget.close(state)
      Agent.update(seen, &[summary(results) | &1])
      ns / (@workers * @writes)
    end

    {raw, ours} = Measure.interleave(raw, ours)
    summaries = Agent.get(seen, & &1)
    Agent.stop(seen)

    %{
      raw: raw,
      ours: ours,
      busy: Enum.sum(Enum.map(summaries, & &1.busy)),
      p50: Measure.median(Enum.map(summaries, & &1.p50)),
      p99: Measure.median(Enum.map(summaries, & &1.p99))
    }
  end

  defp own_writers(file) do
    query = StateTarget.query(Fixture.insert_sql())

    Measure.workers(@workers, &{&1, StateTarget.open(file)}, fn {number, state} ->
      {result, state} =
        write_many(number, state, fn state, params ->
          StateTarget.write_transaction(state, query, params)
        end)

      StateTarget.close(state)
      result
    end)
  end

  defp pool_writers(file, size) do
    pool = PoolTarget.open(file, size)
    query = PoolTarget.prepare(pool, Fixture.insert_sql())

    {ns, results} =
      Measure.workers(@workers, & &1, fn number ->
        {result, _} =
          write_many(number, pool, fn pool, params ->
            {pool, PoolTarget.write_transaction(pool, query, params)}
          end)

        result
      end)

    PoolTarget.close(pool)
    {ns, results}
  end

  # `{%{latencies:, busy:}, state}` of one worker's transactions.
  defp write_many(number, state, write) do
    row = Fixture.row(1)
    first = number * 1_000_000 + 1

    {latencies, {state, busy}} =
      Enum.map_reduce(first..(first + @writes - 1), {state, 0}, fn id, {state, busy} ->
        start = System.monotonic_time(:nanosecond)
        {state, errors} = write.(state, Fixture.params(id, row))
        {System.monotonic_time(:nanosecond) - start, {state, busy + errors}}
      end)

    {%{latencies: latencies, busy: busy}, state}
  end

  defp summary(results) do
    latencies = Enum.flat_map(results, & &1.latencies)

    %{
      busy: Enum.sum(Enum.map(results, & &1.busy)),
      p50: Measure.percentile(latencies, 50),
      p99: Measure.percentile(latencies, 99)
    }
  end

  # Checks that the table has the rows of all transactions that returned no error, and no others.
  defp check_written(state, results) do
    wanted = @workers * @writes - Enum.sum(Enum.map(results, & &1.busy))
    {found, _} = StateTarget.table_checksum(state)
    if found != wanted, do: raise("#{wanted} transactions committed, but #{found} rows are there")
  end

  # --- Readers ---

  defp readers(file, pool?) do
    [
      own_lookups(file),
      pool_lookups(file, pool?),
      own_ranges(file)
    ]
  end

  defp own_lookups(file) do
    query = StateTarget.query(Fixture.point_sql())

    prepare = fn number ->
      state = StateTarget.open(file)
      {state, StateTarget.lookup(state, query, keys(number)) && keys(number)}
    end

    ours = fn ->
      {ns, _} =
        Measure.workers(@workers, prepare, fn {state, keys} ->
          StateTarget.lookup(state, query, keys)
        end)

      ns / (@workers * @lookups)
    end

    name = "8 readers, point SELECT, own connections: throughput"
    Report.timed(name, Measure.interleave(fn -> raw_lookups(file) end, ours), :higher, 0.5)
  end

  @pool_readers "8 readers, point SELECT, pool of 8: throughput"

  defp pool_lookups(_file, false), do: no_pool(@pool_readers, :higher, 0.15)

  defp pool_lookups(file, true) do
    pool = PoolTarget.open(file, @workers)
    query = PoolTarget.prepare(pool, Fixture.point_sql())
    once = fn -> Measure.workers(@workers, &keys/1, &PoolTarget.lookup(pool, query, &1)) end
    once.()

    ours = fn ->
      {ns, _} = once.()
      ns / (@workers * @lookups)
    end

    medians = Measure.interleave(fn -> raw_lookups(file) end, ours)
    PoolTarget.close(pool)
    Report.timed(@pool_readers, medians, :higher, 0.15)
  end

  defp own_ranges(file) do
    query = StateTarget.query(Fixture.range_sql())

    prepare = fn _ ->
      state = StateTarget.open(file)
      StateTarget.select(state, query, 1000, 1000)
      state
    end

    ours = fn ->
      {ns, _} =
        Measure.workers(@workers, prepare, fn state ->
          Enum.each(1..@ranges, fn _ -> StateTarget.select(state, query, 1000, 1000) end)
        end)

      ns / (@workers * @ranges)
    end

    raw = fn ->
      result = RawC.run("range_readers", file, [@workers, 1000, @ranges])
      result.ns / result.count
    end

    name = "8 readers, 1,000 rows each, own connections: throughput"
    Report.timed(name, Measure.interleave(raw, ours), :higher, 0.4)
  end

  defp keys(number), do: Fixture.keys(@lookups, 100_000, number + 1)

  defp raw_lookups(file) do
    result = RawC.run("point_readers", file, [@workers, @lookups])
    result.ns / result.count
  end

  defp no_pool(workload, better, goal) do
    Report.skipped(workload, better, goal, "db_connection is not there (set ECTO_DEPS_DIR)")
  end
end
