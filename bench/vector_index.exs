# `make bench-vector`: vector_top_k over an index of this library, beside libSQL's own index (npm's libsql) on the same rows, in turns, and
# hnswlib-node, an index in memory without durability, transactions or SQL. Prints a table.
#
#   mix run bench/vector_index.exs [--rows N]
#
# NODE_PATH names the folder of libsql, hnswlib-node and mnist. Data sets (bench/support/vector_data.mjs): A 9,500 handwritten digits,
# B 10,000 rows in clusters, C 5,000 random directions. libSQL needs 11 to 23 ms a row to build its index, which decides how many rows there
# are; `--rows` takes fewer. 500 queries that are not in the data, WAL, page cache 2 MB; recall is that of the ten nearest in double precision.

for file <- ["measure", "vector_files"],
    do: Code.require_file("support/#{file}.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.VectorIndex do
  @moduledoc false

  import LibsqlBench.VectorFiles

  alias LibsqlBench.Measure

  @rows [{"A", 9_500}, {"B", 10_000}, {"C", 5_000}]
  @cache -2_000
  @turns 5
  @search "SELECT id FROM vector_top_k('i', ?, 10)"

  def run(dir, most) do
    File.mkdir_p!(dir)
    IO.puts("| data | | build, ms a row | size ÷ vectors | p50, ms | p99, ms | recall |")
    IO.puts("| --- | --- | --- | --- | --- | --- | --- |")
    for {name, rows} <- @rows, do: measure(dir, name, min(rows, most))
  end

  defp measure(dir, name, rows) do
    data = data(name, rows, dir)
    theirs = build_theirs(data)
    ours = build_ours(data)
    {our_answers, their_answers} = in_turns(data)
    bytes = 4 * data.size * data.count
    truth = for line <- lines(File.read!(data.path <> ".nearest")), do: numbers(line)
    label = "#{name}, #{data.count} × #{data.size}"
    ours = row(label, "here", ours, bytes, our_answers, truth)
    theirs = row(label, "libsql", theirs, bytes, their_answers, truth)

    [build, p50, p99] = for key <- [:build, :p50, :p99], do: ratio(theirs[key], ours[key])
    IO.puts("| | ratio | #{build} | #{ratio(theirs.size, ours.size)} | #{p50} | #{p99} | |")
    hnsw(data, truth, ours)
  end

  # --- Building: milliseconds a row, and the index's bytes ---

  defp build_theirs(data) do
    [time, bytes] =
      node("vector_index_peer.mjs", [
        "build",
        data.path <> ".libsql",
        data.path <> ".vectors",
        "#{data.size}"
      ])
      |> String.split()

    {elem(Float.parse(time), 0), String.to_integer(bytes)}
  end

  defp build_ours(data) do
    state = filled!(data, cache_size: @cache)
    before = bytes(state)
    create = fn -> EctoLibSql.query!(state, "CREATE INDEX i ON v (libsql_vector_idx(x))") end
    {time, _result} = :timer.tc(create)
    built = {time / 1000 / data.count, bytes(state) - before}
    EctoLibSql.disconnect([], state)
    built
  end

  defp bytes(state) do
    sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    [[bytes]] = EctoLibSql.query!(state, sql).rows
    bytes
  end

  # --- Searching: {milliseconds, ids} of each query ---

  # Each turn asks its share of the queries on one side, then on the other.
  defp in_turns(data) do
    share = div(data.queries, @turns)

    turns =
      for turn <- 0..(@turns - 1) do
        {ours(data, turn * share, share), theirs(data, turn * share, share)}
      end

    {ours, theirs} = Enum.unzip(turns)
    {Enum.concat(ours), Enum.concat(theirs)}
  end

  # A query that is not measured comes first, as in the peer.
  defp ours(data, first, count) do
    {:ok, state} = EctoLibSql.connect(database: data.path <> ".here", cache_size: @cache)

    queries = File.read!(data.path <> ".queries") |> pieces(data.size) |> Enum.slice(first, count)

    search = fn query -> EctoLibSql.query!(state, @search, [{:blob, query}]) end
    search.(hd(queries))

    answers =
      for query <- queries do
        {time, result} = :timer.tc(fn -> search.(query) end)
        {time / 1000, List.flatten(result.rows)}
      end

    EctoLibSql.disconnect([], state)
    answers
  end

  defp theirs(data, first, count) do
    words = ["search", data.path <> ".libsql", data.path <> ".queries"]
    numbers = for number <- [data.size, @cache, first, count], do: "#{number}"
    answers(lines(node("vector_index_peer.mjs", words ++ numbers)))
  end

  # The first ef with a recall of 0.99 counts.
  defp hnsw(data, truth, ours) do
    files = [data.path <> ".vectors", data.path <> ".queries"]
    output = node("vector_index_peer.mjs", ["hnsw" | files] ++ ["#{data.size}"])

    efs =
      for {ef, answers} <- efs(output) do
        {ef, Measure.median(Enum.map(answers, &elem(&1, 0))), round3(recall(answers, truth))}
      end

    {ef, p50, recall} = Enum.find(efs, List.last(efs), &(elem(&1, 2) >= 0.99))

    IO.puts(
      "| | hnsw in memory, ef #{ef}; ours takes #{ratio(ours.p50, p50)} × as long | | | #{round3(p50)} | | #{recall} |"
    )
  end

  # --- Printing ---

  defp row(label, side, {build, size}, bytes, answers, truth) do
    times = Enum.map(answers, &elem(&1, 0))
    [p50, p99] = for percent <- [50, 99], do: Measure.percentile(times, percent)
    found = %{build: build, size: size / bytes, p50: p50, p99: p99}
    [build, size, p50, p99] = for key <- [:build, :size, :p50, :p99], do: round3(found[key])

    IO.puts(
      "| #{label} | #{side} | #{build} | #{size} | #{p50} | #{p99} | #{round3(recall(answers, truth))} |"
    )

    found
  end

  defp ratio(one, other), do: Float.round(one / other, 1)
end

{options, []} = OptionParser.parse!(System.argv(), strict: [rows: :integer])
most = Keyword.get(options, :rows, 10_000)
dir = Path.join(System.tmp_dir!(), "libsql-vector-index-#{System.os_time()}")

try do
  LibsqlBench.VectorIndex.run(dir, most)
after
  File.rm_rf!(dir)
end
