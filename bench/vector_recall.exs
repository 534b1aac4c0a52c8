# `make bench-vector`: recall against latency, as a picture: vector_top_k here and in libSQL (npm's libsql) for several `search_l`, and
# hnswlib-node, an index in memory without durability, transactions or SQL, for several `ef`. Prints the points, too.
#
#   mix run bench/vector_recall.exs [--rows N] [--picture FILE]
#
# NODE_PATH names the folder of libsql and hnswlib-node. Data set C (bench/support/vector_data.mjs), random directions: the hard case, because
# any index finds the clustered data's nearest. 500 queries, page cache 2 MB, recall of the ten nearest in double precision.

for file <- ["measure", "vector_files", "plot"],
    do: Code.require_file("support/#{file}.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.VectorRecall do
  @moduledoc false

  import LibsqlBench.VectorFiles

  alias LibsqlBench.{Measure, Plot}

  @efforts [20, 50, 100, 200, 400, 800]
  @cache -2_000
  @colours [here: <<30, 110, 200>>, libsql: <<210, 70, 40>>, hnsw: <<140, 140, 140>>]
  @milliseconds [0.02, 0.1, 0.5, 2, 10, 50]
  @recalls [0.2, 0.4, 0.6, 0.8, 1.0]

  def run(dir, rows, picture) do
    File.mkdir_p!(dir)
    data = data("C", rows, dir)
    truth = for line <- lines(File.read!(data.path <> ".nearest")), do: numbers(line)
    sides = [here: ours(data), libsql: theirs(data), hnsw: hnsw(data)]
    IO.puts("| #{data.count} × #{data.size} | search_l or ef | p50, ms | recall |")
    IO.puts("| --- | --- | --- | --- |")
    series = for {side, found} <- sides, do: {@colours[side], points(side, found, truth)}
    Plot.write(picture, series, @milliseconds, @recalls)
    IO.puts("\n#{picture}: here blue, libsql red, hnswlib-node in memory grey")
  end

  defp points(side, found, truth) do
    for {effort, answers} <- found do
      p50 = answers |> Enum.map(&elem(&1, 0)) |> Measure.median()
      recall = recall(answers, truth)
      IO.puts("| #{side} | #{effort} | #{round3(p50)} | #{round3(recall)} |")
      {p50, recall}
    end
  end

  defp ours(data) do
    state = filled!(data, cache_size: @cache)
    queries = pieces(File.read!(data.path <> ".queries"), data.size)

    found =
      for effort <- @efforts do
        EctoLibSql.query!(state, "DROP INDEX IF EXISTS i")
        settings = "'search_l=#{effort}'"
        EctoLibSql.query!(state, "CREATE INDEX i ON v (libsql_vector_idx(x, #{settings}))")
        {effort, for(query <- queries, do: search(state, query))}
      end

    EctoLibSql.disconnect([], state)
    found
  end

  defp search(state, query) do
    sql = "SELECT id FROM vector_top_k('i', ?, 10)"
    {time, result} = :timer.tc(fn -> EctoLibSql.query!(state, sql, [{:blob, query}]) end)
    {time / 1000, List.flatten(result.rows)}
  end

  defp theirs(data) do
    path = data.path <> ".libsql"
    node("vector_index_peer.mjs", ["build", path, data.path <> ".vectors", data.size])

    for effort <- @efforts do
      node("vector_index_peer.mjs", ["effort", path, effort])
      words = ["search", path, data.path <> ".queries", data.size, @cache, 0, data.queries]
      {effort, answers(lines(node("vector_index_peer.mjs", words)))}
    end
  end

  defp hnsw(data) do
    files = [data.path <> ".vectors", data.path <> ".queries"]
    efs(node("vector_index_peer.mjs", ["hnsw" | files] ++ [data.size]))
  end
end

{options, []} = OptionParser.parse!(System.argv(), strict: [rows: :integer, picture: :string])
dir = Path.join(System.tmp_dir!(), "libsql-vector-recall-#{System.os_time()}")
picture = Keyword.get(options, :picture, "docs/vector_recall.png")

try do
  LibsqlBench.VectorRecall.run(dir, Keyword.get(options, :rows, 5_000), picture)
after
  File.rm_rf!(dir)
end
