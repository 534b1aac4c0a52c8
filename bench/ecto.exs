defmodule LibsqlBench.Ecto do
  @moduledoc false
  # The same work through a Repo: structs of five fields, changesets, the pool of a repository.
  # insert_all is compared with the same statement in C: one INSERT of all rows, whose text is written
  # and compiled within the measured time on both sides, as it is new to both.

  import Ecto.Query, only: [from: 2]

  alias LibsqlBench.{Fixture, Measure, RawC, Report, StateTarget}

  defmodule Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  defmodule Row do
    @moduledoc false
    use Ecto.Schema

    schema "t" do
      field(:name, :string)
      field(:body, :string)
      field(:score, :float)
      field(:data, :binary)
    end
  end

  @rows 100_000
  @lookups 5_000
  @inserts 2_000
  # For workloads of a single call.
  @repetitions 31
  @workers 8
  @writes 500
  @ranges 25

  def run(dir) do
    file = Path.join(dir, "read.db")
    unless File.exists?(file), do: RawC.run("fill", file, [@rows])

    [
      get(file),
      all(file, "1,000 structs", 1000, 500, 3.2),
      all(file, "1,000 structs, a process each", 1000, 500, 3.2, &reading/1),
      all(file, "100,000 structs", @rows, 5, 6),
      insert(dir),
      insert_all(dir)
    ] ++ writers(dir) ++ [readers(file)]
  end

  defp with_repo(path, pool_size, fun) do
    options = Fixture.options(path) ++ [pool_size: pool_size, log: false]
    {:ok, pid} = Repo.start_link(options)
    result = fun.()
    Supervisor.stop(pid)
    result
  end

  defp get(file) do
    with_repo(file, 1, fn ->
      keys = Fixture.keys(@lookups, @rows, 1)
      look = fn -> Enum.each(keys, &(%{id: _} = Repo.get(Row, &1))) end
      Measure.in_fresh_process(look)
      raw = fn -> per_operation(RawC.run("point_select", file, [@lookups])) end
      ours = fn -> Measure.time(look) / @lookups end
      Report.timed("Repo.get by key", Measure.interleave(raw, ours), :lower, 9)
    end)
  end

  defp all(file, name, limit, count, goal, in_process \\ & &1.()) do
    with_repo(file, 1, fn ->
      query = from(r in Row, where: r.id <= ^limit, order_by: r.id)
      once = fn -> [%Row{} | _] = Repo.all(query) end
      many = fn -> Enum.each(1..count, fn _ -> in_process.(once) end) end
      Measure.in_fresh_process(once)
      raw = fn -> per_operation(RawC.run("range_select", file, [limit, count])) end
      ours = fn -> Measure.time(many) / count end
      Report.timed("Repo.all, #{name}", Measure.interleave(raw, ours), :lower, goal)
    end)
  end

  # As a request or a job reads: in a process that ends, and whose heap nobody has to collect.
  defp reading(once) do
    Measure.in_fresh_process(fn ->
      once.()
      :done
    end)
  end

  defp insert(dir) do
    [_, name, body, score, data] = Fixture.row(1)

    work = fn ->
      for id <- 1..@inserts do
        {:ok, _} = Repo.insert(%Row{id: id, name: name, body: body, score: score, data: data})
      end
    end

    compare_writes(dir, "autocommit_insert", @inserts, work, 7)
    |> then(&Report.timed("Repo.insert", &1, :lower, 6))
  end

  defp insert_all(dir) do
    [_, name, body, score, data] = Fixture.row(1)
    rows = for id <- 1..1000, do: %{id: id, name: name, body: body, score: score, data: data}

    work = fn -> {1000, nil} = Repo.insert_all(Row, rows) end

    compare_writes(dir, "multi_row_insert", 1000, work, @repetitions)
    |> then(&Report.timed("Repo.insert_all, 1,000 rows of 5 columns", &1, :lower, 3))
  end

  # Each repetition has a new file, and both sides have to have written the same table.
  defp compare_writes(dir, workload, count, work, repetitions) do
    raw_file = Path.join(dir, "raw.db")
    file = Path.join(dir, "write.db")
    wanted = RawC.run(workload, raw_file, [count])

    ours = fn ->
      state = StateTarget.create(file)

      ns =
        with_repo(file, 1, fn ->
          Repo.aggregate(Row, :count)
          Measure.time(work)
        end)

      written = StateTarget.table_checksum(state)
      StateTarget.close(state)
      if written != {count, wanted.checksum}, do: raise("#{workload} wrote another table")
      ns / count
    end

    Measure.in_fresh_process(ours)
    raw = fn -> per_operation(RawC.run(workload, raw_file, [count])) end
    Measure.interleave(raw, ours, repetitions)
  end

  ## Eight at once

  defp writers(dir) do
    eight = compare_writers(dir, 8)
    one = compare_writers(dir, 1)

    [
      Report.timed(
        "8 processes writing through a Repo, pool of 8: throughput",
        eight,
        :higher,
        0.08
      ),
      Report.row(
        "8 writers through a Repo, pool of 8 / pool of 1",
        elem(one, 1) / elem(eight, 1),
        :higher,
        1
      )
    ]
  end

  # A busy error raises, and so ends the benchmark.
  defp compare_writers(dir, pool_size) do
    raw_file = Path.join(dir, "raw.db")
    file = Path.join(dir, "write.db")
    [_, name, body, score, data] = Fixture.row(1)
    total = @workers * @writes

    raw = fn ->
      per_operation(RawC.run("writers", raw_file, [@workers, @writes]))
    end

    write = fn number ->
      for id <- 1..@writes do
        {:ok, _} =
          Repo.transaction(fn ->
            Repo.insert!(%Row{
              id: number * @writes + id,
              name: name,
              body: body,
              score: score,
              data: data
            })
          end)
      end
    end

    ours = fn ->
      state = StateTarget.create(file)
      {ns, _} = with_repo(file, pool_size, fn -> Measure.workers(@workers, & &1, write) end)
      {^total, _} = StateTarget.table_checksum(state)
      StateTarget.close(state)
      ns / total
    end

    Measure.interleave(raw, ours)
  end

  defp readers(file) do
    with_repo(file, @workers, fn ->
      query = from(r in Row, where: r.id <= 1000, order_by: r.id)
      # Each result is dropped before the next, as the C threads do.
      read = fn _ -> Enum.each(1..@ranges, fn _ -> [%Row{} | _] = Repo.all(query) end) end
      once = fn -> Measure.workers(@workers, & &1, read) end
      once.()

      raw = fn -> per_operation(RawC.run("range_readers", file, [@workers, 1000, @ranges])) end
      ours = fn -> elem(once.(), 0) / (@workers * @ranges) end

      Report.timed(
        "8 processes reading 1,000 structs: throughput",
        Measure.interleave(raw, ours),
        :higher,
        0.2
      )
    end)
  end

  defp per_operation(%{ns: ns, count: count}), do: ns / count
end
