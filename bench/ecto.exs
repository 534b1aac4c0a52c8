defmodule LibsqlBench.Ecto do
  @moduledoc false
  # The same work through a Repo: structs of five fields, changesets, the pool of a repository.
  # insert_all is compared with the same statement in C: one INSERT of all rows, whose text is generated
  # and compiled within the measured time on both sides.
  #
  # If ecto_sqlite3 is available (ECTO_DEPS_DIR with exqlite and ecto_sqlite3, or Hex), it runs the same workloads
  # alternately, on the same SQLite: tools/bench builds exqlite with the system's.

  import Ecto.Query, only: [from: 2]

  alias LibsqlBench.{Fixture, Measure, RawC, Report, StateTarget}

  defmodule Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  if Code.ensure_loaded?(Ecto.Adapters.SQLite3) do
    defmodule Peer do
      @moduledoc false
      use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.SQLite3
    end

    @repos [Repo, Peer]
  else
    @repos [Repo]
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

  defmodule Child do
    @moduledoc false
    use Ecto.Schema

    schema "child" do
      field(:t_id, :integer)
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
  # A peer whose writers wait for each other's locks does not finish.
  @patience 5_000

  @doc "The peer's name, for the head of its column."
  def peer, do: if(length(@repos) > 1, do: "ecto_sqlite3", else: "")

  def run(dir) do
    file = Path.join(dir, "read.db")
    unless File.exists?(file), do: RawC.run("fill", file, [@rows])

    [
      get(file),
      children(file),
      all(file, "1,000 structs", 1000, 500, 3.2),
      all(file, "1,000 structs, a process each", 1000, 500, 3.2, &reading/1),
      all(file, "100,000 structs", @rows, 5, 6),
      insert(dir),
      insert_all(dir)
    ] ++ writers(dir) ++ [readers(file)]
  end

  defp with_repo(repo, path, pool_size, fun) do
    options = Fixture.options(path) ++ [pool_size: pool_size, log: false]
    {:ok, pid} = repo.start_link(options)
    result = fun.()
    Supervisor.stop(pid)
    result
  end

  # Each repository is open while all of them are measured.
  defp with_repos(path, pool_size, fun, repos \\ @repos)
  defp with_repos(_path, _pool_size, fun, []), do: fun.()

  defp with_repos(path, pool_size, fun, [repo | repos]),
    do: with_repo(repo, path, pool_size, fn -> with_repos(path, pool_size, fun, repos) end)

  # `measured.(repo)` returns nanoseconds per operation.
  defp in_turns(raw, measured, repetitions \\ 7),
    do: Measure.in_turns([raw | for(repo <- @repos, do: fn -> measured.(repo) end)], repetitions)

  defp get(file) do
    with_repos(file, 1, fn ->
      keys = Fixture.keys(@lookups, @rows, 1)
      look = fn repo -> Enum.each(keys, &(%{id: _} = repo.get(Row, &1))) end
      for repo <- @repos, do: Measure.in_fresh_process(fn -> look.(repo) end)
      raw = fn -> per_operation(RawC.run("point_select", file, [@lookups])) end
      measured = fn repo -> Measure.time(fn -> look.(repo) end) / @lookups end
      Report.timed("Repo.get by key", in_turns(raw, measured), :lower, 9)
    end)
  end

  defp children(file) do
    with_repos(file, 1, fn ->
      keys = Fixture.keys(@lookups, div(@rows, 20), 1)
      query = &from(c in Child, where: c.t_id == ^&1)
      look = fn repo -> Enum.each(keys, &([_ | _] = repo.all(query.(&1)))) end
      for repo <- @repos, do: Measure.in_fresh_process(fn -> look.(repo) end)
      raw = fn -> per_operation(RawC.run("index_select", file, [@lookups])) end
      measured = fn repo -> Measure.time(fn -> look.(repo) end) / @lookups end
      Report.timed("Repo.all, 20 structs by an index", in_turns(raw, measured), :lower, 5)
    end)
  end

  defp all(file, name, limit, count, goal, in_process \\ & &1.()) do
    with_repos(file, 1, fn ->
      query = from(r in Row, where: r.id <= ^limit, order_by: r.id)
      once = fn repo -> fn -> [%Row{} | _] = repo.all(query) end end
      many = fn repo -> Enum.each(1..count, fn _ -> in_process.(once.(repo)) end) end
      for repo <- @repos, do: Measure.in_fresh_process(once.(repo))
      raw = fn -> per_operation(RawC.run("range_select", file, [limit, count])) end
      measured = fn repo -> Measure.time(fn -> many.(repo) end) / count end
      Report.timed("Repo.all, #{name}", in_turns(raw, measured), :lower, goal)
    end)
  end

  # Reads in a short-lived process, as requests and jobs do: its heap is freed without a collection.
  defp reading(once) do
    Measure.in_fresh_process(fn ->
      once.()
      :done
    end)
  end

  defp insert(dir) do
    work = fn repo -> for id <- 1..@inserts, do: {:ok, _} = repo.insert(row(id)) end

    compare_writes(dir, "autocommit_insert", @inserts, work, 7)
    |> then(&Report.timed("Repo.insert", &1, :lower, 6))
  end

  defp insert_all(dir) do
    [_, name, body, score, data] = Fixture.row(1)
    rows = for id <- 1..1000, do: %{id: id, name: name, body: body, score: score, data: data}
    work = fn repo -> {1000, nil} = repo.insert_all(Row, rows) end

    compare_writes(dir, "multi_row_insert", 1000, work, @repetitions)
    |> then(&Report.timed("Repo.insert_all, 1,000 rows of 5 columns", &1, :lower, 3))
  end

  defp row(id) do
    [_, name, body, score, data] = Fixture.row(1)
    %Row{id: id, name: name, body: body, score: score, data: data}
  end

  # Each repetition has a new file; the tables of all sides must be equal.
  defp compare_writes(dir, workload, count, work, repetitions) do
    raw_file = Path.join(dir, "raw.db")
    file = Path.join(dir, "write.db")
    wanted = RawC.run(workload, raw_file, [count])

    measured = fn repo ->
      {ns, written} =
        with_new_table(repo, file, 1, fn ->
          repo.aggregate(Row, :count)
          Measure.time(fn -> work.(repo) end)
        end)

      if written != {count, wanted.checksum}, do: raise("#{workload} wrote another table")
      ns / count
    end

    for repo <- @repos, do: Measure.in_fresh_process(fn -> measured.(repo) end)
    raw = fn -> per_operation(RawC.run(workload, raw_file, [count])) end
    in_turns(raw, measured, repetitions)
  end

  # The result of `fun`, and the rows that it has written.
  defp with_new_table(repo, file, pool_size, fun) do
    state = StateTarget.create(file)
    result = with_repo(repo, file, pool_size, fun)
    written = StateTarget.table_checksum(state)
    StateTarget.close(state)
    {result, written}
  end

  ## Eight processes

  defp writers(dir) do
    [raw, eight] = compare_writers(dir, 8)
    [_raw, one] = compare_writers(dir, 1)
    peers = for repo <- @repos -- [Repo], do: impatient_writers(repo, dir)
    eight_at_once = "8 processes writing through a Repo, pool of 8: throughput"

    [
      Report.timed(eight_at_once, [raw, eight | peers], :higher, 0.08),
      Report.row("8 writers through a Repo, pool of 8 / pool of 1", one / eight, :higher, 1)
    ]
  end

  # A busy error raises, and so ends the benchmark.
  defp compare_writers(dir, pool_size) do
    raw_file = Path.join(dir, "raw.db")
    file = Path.join(dir, "write.db")
    total = @workers * @writes

    raw = fn ->
      per_operation(RawC.run("writers", raw_file, [@workers, @writes]))
    end

    write = fn number -> for id <- 1..@writes, do: write(Repo, number * @writes + id) end
    work = fn -> Measure.workers(@workers, & &1, write) end

    ours = fn ->
      {{ns, _}, {^total, _}} = with_new_table(Repo, file, pool_size, work)
      ns / total
    end

    Measure.in_turns([raw, ours])
  end

  defp write(repo, id), do: {:ok, _} = repo.transaction(fn -> repo.insert!(row(id)) end)

  # The same for a peer, within a fixed time: the number of rows that it has written counts.
  defp impatient_writers(repo, dir) do
    file = Path.join(dir, "write.db")

    write = fn number ->
      Process.put(:end, System.monotonic_time(:millisecond) + @patience)
      for id <- 1..@writes, do: impatient_write(repo, number * @writes + id)
    end

    work = fn -> Measure.workers(@workers, & &1, write) end
    {{ns, results}, {written, _}} = with_new_table(repo, file, 8, work)
    errors = results |> List.flatten() |> Enum.count(&(&1 == :error))
    IO.puts("  #{peer()} wrote #{written} of #{@workers * @writes}, with #{errors} errors")
    ns / max(written, 1)
  end

  defp impatient_write(repo, id) do
    if System.monotonic_time(:millisecond) < Process.get(:end), do: write(repo, id), else: :late
  rescue
    _busy -> :error
  end

  defp readers(file) do
    with_repos(file, @workers, fn ->
      query = from(r in Row, where: r.id <= 1000, order_by: r.id)
      # Each result is dropped before the next, as the C threads do.
      read = fn repo -> Enum.each(1..@ranges, fn _ -> [%Row{} | _] = repo.all(query) end) end
      once = fn repo -> Measure.workers(@workers, & &1, fn _ -> read.(repo) end) end
      for repo <- @repos, do: once.(repo)

      raw = fn -> per_operation(RawC.run("range_readers", file, [@workers, 1000, @ranges])) end
      measured = fn repo -> elem(once.(repo), 0) / (@workers * @ranges) end

      Report.timed(
        "8 processes reading 1,000 structs: throughput",
        in_turns(raw, measured),
        :higher,
        0.2
      )
    end)
  end

  defp per_operation(%{ns: ns, count: count}), do: ns / count
end
