# A vector index on many rows: how long its build takes, in how much memory, and what a search takes next to one among a tenth of the rows.
# Not part of `make bench-vector`: the file has 600 MB.
#
#   mix run bench/vector_scale.exs [--rows N]     1,000,000 unless given
#
# 128 dimensions in 1,000 clusters, WAL, page cache 2 MB, 500 queries that are not in the data.

for file <- ["measure", "vector_files"],
    do: Code.require_file("support/#{file}.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.VectorScale do
  @moduledoc false

  import LibsqlBench.VectorFiles, only: [round3: 1]

  alias EctoLibSql.Native
  alias LibsqlBench.Measure

  @size 128
  @clusters 1_000
  @queries 500
  @portion 5_000
  @noise 1_000_003

  def run(dir, rows) do
    File.mkdir_p!(dir)
    :rand.seed(:exsss, {20, 26, 11})
    centres = List.to_tuple(for _ <- 1..@clusters, do: for(_ <- 1..@size, do: :rand.normal()))
    noise = for _ <- 1..@noise, into: <<>>, do: <<:rand.normal()::float-32-little>>
    IO.puts("| rows × #{@size} | CREATE INDEX, s | memory above before, MB | p50, ms | p99, ms |")
    IO.puts("| --- | --- | --- | --- | --- |")
    [small, large] = for count <- [div(rows, 10), rows], do: measure(dir, count, {centres, noise})
    IO.puts("\np50 of #{rows} rows ÷ p50 of #{div(rows, 10)}: #{round3(large / small)}")
  end

  defp measure(dir, rows, source) do
    options = [database: Path.join(dir, "#{rows}"), cache_size: -2_000]
    {:ok, state} = EctoLibSql.connect(options)
    type = Native.vector_type(@size)
    EctoLibSql.query!(state, "CREATE TABLE v (id INTEGER PRIMARY KEY, x #{type})")

    for portion <- 1..div(rows, @portion),
        do: Measure.in_fresh_process(fn -> fill(state, source, portion) end)

    EctoLibSql.checkpoint(state, :truncate)
    :erlang.garbage_collect()
    before = memory("VmRSS")
    # The peak counts from here on. Source: man proc, clear_refs
    File.write!("/proc/self/clear_refs", "5")
    sql = "CREATE INDEX i ON v (libsql_vector_idx(x))"
    build = Measure.time(fn -> EctoLibSql.query!(state, sql, [], timeout: :infinity) end)
    peak = memory("VmHWM") - before
    times = for _ <- 0..@queries, do: search(state, vector(source))
    EctoLibSql.disconnect([], state)
    # The first one reads the schema and the centres.
    [p50, p99] = for percent <- [50, 99], do: Measure.percentile(tl(times), percent)
    cells = [build / 1.0e9, peak / 1024, p50, p99] |> Enum.map_join(" | ", &round3/1)
    IO.puts("| #{rows} | #{cells} |")
    p50
  end

  defp fill(state, source, portion) do
    :rand.seed(:exsss, {20, 26, portion})
    rows = for _ <- 1..@portion, do: {"INSERT INTO v (x) VALUES (?)", [{:blob, vector(source)}]}
    {:ok, _results} = Native.batch_transactional(state, rows)
  end

  # A centre and half the noise that begins at some place.
  defp vector({centres, noise}) do
    centre = elem(centres, :rand.uniform(@clusters) - 1)
    from = 4 * (:rand.uniform(@noise - @size) - 1)
    around(centre, binary_part(noise, from, 4 * @size), <<>>)
  end

  defp around([], <<>>, made), do: made

  defp around([value | centre], <<noise::float-32-little, rest::binary>>, made),
    do: around(centre, rest, <<made::binary, value + noise / 2::float-32-little>>)

  defp search(state, query) do
    sql = "SELECT id FROM vector_top_k('i', ?, 10)"
    {time, %{num_rows: 10}} = :timer.tc(fn -> EctoLibSql.query!(state, sql, [{:blob, query}]) end)
    time / 1000
  end

  # Kilobytes.
  defp memory(name) do
    [_all, number] = Regex.run(~r/#{name}:\s+(\d+)/, File.read!("/proc/self/status"))
    String.to_integer(number)
  end
end

{options, []} = OptionParser.parse!(System.argv(), strict: [rows: :integer])
dir = Path.join(System.tmp_dir!(), "libsql-vector-scale-#{System.os_time()}")

try do
  LibsqlBench.VectorScale.run(dir, Keyword.get(options, :rows, 1_000_000))
after
  File.rm_rf!(dir)
end
