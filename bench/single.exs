defmodule LibsqlBench.Single do
  @moduledoc false
  # The workloads of one process: lookups, results of 1,000 and 100,000 rows, inserts.

  alias EctoLibSql.{Native, Result}
  alias LibsqlBench.{Fixture, Measure, PoolTarget, RawC, Report, StateTarget}

  @lookups 20_000
  @inserts 3_000
  @bulk 100_000

  def run(dir, pool?) do
    file = Path.join(dir, "read.db")
    rows = 100_000
    RawC.run("fill", file, [rows])
    check_rows(file, rows)
    keys = Fixture.keys(@lookups, rows, 1)

    [
      point_select(file, keys),
      pool_point_select(file, keys, pool?),
      children(file),
      pool_children(file, pool?),
      select(file, "1,000 rows", 1000, 500, 1.6),
      select(file, "100,000 rows", 100_000, 10, 2.2),
      autocommit(dir),
      pool_autocommit(dir, pool?),
      bulk(dir),
      pool_bulk(dir, pool?),
      batch(dir)
    ]
  end

  # --- Reads ---

  # Checks the rows of the driver against their formula and the sums of the baseline.
  defp check_rows(file, rows) do
    state = StateTarget.open(file)

    for id <- Fixture.keys(500, rows, 7) do
      {[row], _} = StateTarget.rows(state, Fixture.point_sql(), [id])
      same!(row, Fixture.row(id), "row #{id}")
    end

    for limit <- [1000, rows] do
      {all, _} = StateTarget.rows(state, Fixture.range_sql(), [limit])
      %{checksum: wanted} = RawC.run("range_select", file, [limit, 1])
      same!(Fixture.checksum(all), wanted, "sum over #{limit} rows")
    end

    StateTarget.close(state)
  end

  defp point_select(file, keys) do
    state = StateTarget.open(file)
    query = StateTarget.query(Fixture.point_sql())
    StateTarget.lookup(state, query, keys)
    ours = fn -> Measure.time(fn -> StateTarget.lookup(state, query, keys) end) / @lookups end
    medians = Measure.interleave(fn -> raw_lookup(file) end, ours)
    StateTarget.close(state)
    Report.timed("point SELECT, handle_execute on a state", medians, :lower, 2)
  end

  defp pool_point_select(_file, _keys, false),
    do: no_pool("point SELECT, through a pool", :lower, 6)

  defp pool_point_select(file, keys, true) do
    pool = PoolTarget.open(file, 1)
    query = PoolTarget.prepare(pool, Fixture.point_sql())
    PoolTarget.lookup(pool, query, keys)
    ours = fn -> Measure.time(fn -> PoolTarget.lookup(pool, query, keys) end) / @lookups end
    medians = Measure.interleave(fn -> raw_lookup(file) end, ours)
    PoolTarget.close(pool)
    Report.timed("point SELECT, through a pool", medians, :lower, 6)
  end

  defp raw_lookup(file), do: per_operation(RawC.run("point_select", file, [@lookups]))

  @children "20 rows by an index"

  defp children(file) do
    state = StateTarget.open(file)
    query = StateTarget.query(Fixture.children_sql())
    select = &StateTarget.select(state, query, &1, 20)
    medians = compare_children(file, select)
    StateTarget.close(state)
    Report.timed("#{@children}, on a state", medians, :lower, 2)
  end

  defp pool_children(_file, false), do: no_pool("#{@children}, through a pool", :lower, 2.5)

  defp pool_children(file, true) do
    pool = PoolTarget.open(file, 1)
    query = PoolTarget.prepare(pool, Fixture.children_sql())
    medians = compare_children(file, &PoolTarget.select(pool, query, &1, 20))
    PoolTarget.close(pool)
    Report.timed("#{@children}, through a pool", medians, :lower, 2.5)
  end

  defp compare_children(file, select) do
    keys = Fixture.keys(@lookups, div(@bulk, 20), 1)
    all = fn -> Enum.each(keys, select) end
    Measure.in_fresh_process(all)
    raw = fn -> per_operation(RawC.run("index_select", file, [@lookups])) end
    Measure.interleave(raw, fn -> Measure.time(all) / @lookups end)
  end

  defp select(file, name, limit, count, goal) do
    state = StateTarget.open(file)
    query = StateTarget.query(Fixture.range_sql())

    ours = fn ->
      # Each result is dropped before the next: keeping all would measure the garbage collector.
      select = fn _ -> StateTarget.select(state, query, limit, limit) end
      Measure.time(fn -> Enum.each(1..count, select) end) / count
    end

    raw = fn -> per_operation(RawC.run("range_select", file, [limit, count])) end
    Measure.in_fresh_process(ours)
    medians = Measure.interleave(raw, ours)
    StateTarget.close(state)
    Report.timed("SELECT of #{name}, as lists", medians, :lower, goal)
  end

  # --- Writes ---

  defp autocommit(dir) do
    medians =
      compare_writes(dir, "autocommit_insert", @inserts, fn state ->
        query = StateTarget.query(Fixture.insert_sql())
        row = Fixture.row(1)
        insert = &StateTarget.insert(&2, query, Fixture.params(&1, row))
        fn -> Enum.reduce(1..@inserts, state, insert) end
      end)

    Report.timed("autocommit INSERT, on a state", medians, :lower, 1.3)
  end

  defp pool_autocommit(_dir, false), do: no_pool("autocommit INSERT, through a pool", :lower, 4)

  defp pool_autocommit(dir, true) do
    medians =
      compare_pool_writes(dir, "autocommit_insert", @inserts, fn pool, query, row ->
        Enum.each(1..@inserts, &PoolTarget.insert(pool, query, Fixture.params(&1, row)))
      end)

    Report.timed("autocommit INSERT, through a pool", medians, :lower, 4)
  end

  defp bulk(dir) do
    medians =
      compare_writes(dir, "bulk_insert", @bulk, fn state ->
        sql = Fixture.insert_sql()
        row = Fixture.row(1)
        {:ok, id} = Native.prepare(state, sql)

        fn ->
          {:ok, state} = Native.begin(state, behavior: :immediate)
          insert = &StateTarget.insert_prepared(state, id, sql, Fixture.params(&1, row))
          Enum.each(1..@bulk, insert)
          {:ok, _} = Native.commit(state)
        end
      end)

    Report.timed("100,000 INSERTs in a transaction, prepared", medians, :lower, 2)
  end

  @pool_bulk "100,000 INSERTs in a transaction, through a pool"

  defp pool_bulk(_dir, false), do: no_pool(@pool_bulk, :lower, 7)

  defp pool_bulk(dir, true) do
    medians =
      compare_pool_writes(dir, "bulk_insert", @bulk, fn pool, query, row ->
        PoolTarget.transaction(pool, fn conn ->
          Enum.each(1..@bulk, &PoolTarget.insert(conn, query, Fixture.params(&1, row)))
        end)
      end)

    Report.timed(@pool_bulk, medians, :lower, 7)
  end

  defp batch(dir) do
    sql = Fixture.insert_sql()
    row = Fixture.row(1)
    members = for id <- 1..@bulk, do: {sql, Fixture.params(id, row)}

    medians =
      compare_writes(dir, "bulk_insert", @bulk, fn state ->
        # Whether every row was written is checked after the measurement, as for the baseline.
        fn -> {:ok, [%Result{num_rows: 1} | _]} = Native.batch_transactional(state, members) end
      end)

    Report.timed("100,000 INSERTs as one batch", medians, :lower, 1.3)
  end

  # --- Comparing ---

  # `setup.(state)` returns the function to time; each repetition has a new file.
  defp compare_writes(dir, workload, count, setup) do
    ours = fn ->
      state = StateTarget.create(Path.join(dir, "write.db"))
      ns = Measure.time(setup.(state))
      written = StateTarget.table_checksum(state)
      StateTarget.close(state)
      {ns / count, written}
    end

    compare_with_raw(dir, workload, count, ours)
  end

  defp compare_pool_writes(dir, workload, count, work) do
    row = Fixture.row(1)
    file = Path.join(dir, "write.db")

    ours = fn ->
      state = StateTarget.create(file)
      pool = PoolTarget.open(file, 1)
      query = PoolTarget.prepare(pool, Fixture.insert_sql())
      ns = Measure.time(fn -> work.(pool, query, row) end)
      PoolTarget.close(pool)
      written = StateTarget.table_checksum(state)
      StateTarget.close(state)
      {ns / count, written}
    end

    compare_with_raw(dir, workload, count, ours)
  end

  # The tables of both sides must be equal.
  defp compare_with_raw(dir, workload, count, ours) do
    wanted = RawC.run(workload, Path.join(dir, "raw.db"), [count])

    Measure.interleave(
      fn -> per_operation(RawC.run(workload, Path.join(dir, "raw.db"), [count])) end,
      fn ->
        {ns, written} = ours.()
        same!(written, {count, wanted.checksum}, "table after #{workload}")
        ns
      end
    )
  end

  defp per_operation(%{ns: ns, count: count}), do: ns / count

  defp same!(found, wanted, _what) when found == wanted, do: :ok

  defp same!(found, wanted, what) do
    raise "#{what}: expected #{inspect(wanted)}, found #{inspect(found)}"
  end

  defp no_pool(workload, better, goal) do
    Report.skipped(workload, better, goal, "db_connection is not there (set ECTO_DEPS_DIR)")
  end
end
