# `make bench-vector`: writes to a table with a vector index, and what searches find after many of them, beside libSQL (npm's libsql).
# Prints a table.
#
#   mix run bench/vector_writes.exs [--rows N] [--alone]
#
# NODE_PATH names the folder of libsql. Data set B (bench/support/vector_data.mjs), 384 dimensions, WAL, page cache 2 MB; recall is that of the
# ten nearest of 100 queries, as the same side's exact search finds them. libSQL inserts 90 to 190 rows a second, so its table has 1,000 rows;
# `--rows` says how many ours has, 10,000 unless given; `--alone` leaves libSQL out.

for file <- ["measure", "vector_files"],
    do: Code.require_file("support/#{file}.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.VectorWrites do
  @moduledoc false

  import LibsqlBench.VectorFiles

  alias EctoLibSql.Native
  alias LibsqlBench.Measure

  @their_rows 1_000
  @batch 500
  @batches 4
  @singles 200
  @queries 100
  @measures [
    plain: "inserted without an index, batches of #{@batch}, rows/s",
    share: "the share of this with the index",
    batch: "inserted, batches of #{@batch}, rows/s",
    single: "inserted, one a transaction, rows/s",
    delete: "deleted in one transaction, ms a row",
    thousand: "rows returned for k = 1000",
    thousand_ms: "its p50, ms",
    fresh: "recall before",
    churned: "recall after a fifth of the rows was deleted and inserted again",
    again: "recall after every row was inserted twice, the first ones deleted"
  ]
  # Of these, more is better.
  @more [:batch, :single]
  @less [:delete, :thousand_ms]

  def run(dir, rows, alone) do
    File.mkdir_p!(dir)
    most = max(rows, @their_rows) + @batches * @batch + @singles
    data = data("B", most, dir)
    ours = ours(data, rows)
    theirs = if alone, do: %{}, else: theirs(data)
    IO.puts("| writes to an index | here, #{rows} rows | libsql, #{@their_rows} rows | ratio |")
    IO.puts("| --- | --- | --- | --- |")

    for {key, label} <- @measures do
      ratio = ratio(key, ours[key], theirs[key])
      IO.puts("| #{label} | #{shown(ours[key])} | #{shown(theirs[key])} | #{ratio} |")
    end
  end

  defp ratio(_key, _ours, nil), do: ""
  defp ratio(key, ours, theirs) when key in @more, do: Float.round(ours / theirs, 1)
  defp ratio(key, ours, theirs) when key in @less, do: Float.round(theirs / ours, 1)
  defp ratio(_key, _ours, _theirs), do: ""

  defp shown(nil), do: ""

  defp shown(number) when number >= 100, do: round(number)
  defp shown(number), do: round3(number)

  # The peer takes the same steps.
  defp theirs(data) do
    files = [data.path <> ".written", data.path <> ".vectors", data.path <> ".queries"]
    counts = [data.size, @their_rows, @batch, @batches, @singles, @queries]
    output = node("vector_writes_peer.mjs", files ++ counts)

    for line <- lines(output), [key, value] = String.split(line), into: %{} do
      {String.to_existing_atom(key), elem(Float.parse(value), 0)}
    end
  end

  defp ours(data, rows) do
    {:ok, state} = EctoLibSql.connect(database: data.path <> ".ours", cache_size: -2_000)
    EctoLibSql.query!(state, "CREATE TABLE v (id INTEGER PRIMARY KEY, x F32_BLOB(#{data.size}))")
    vectors = numbered(data)
    {base, others} = Enum.split(vectors, rows)
    insert_all(state, base)
    EctoLibSql.query!(state, "CREATE INDEX i ON v (libsql_vector_idx(x))")
    plain = plain(state, vectors, data.size)
    queries = File.read!(data.path <> ".queries") |> pieces(data.size) |> Enum.take(@queries)
    fresh = recall_of(state, queries)
    {batched, singles} = Enum.split(others, @batches * @batch)
    singles = Enum.take(singles, @singles)
    batch = rate(length(batched), fn -> in_batches(state, batched) end)
    single = rate(length(singles), fn -> Enum.each(singles, &insert(state, &1)) end)
    {thousand, thousand_ms} = thousand(state, queries)
    fifth = Enum.take_every(base, 5)
    {delete, _} = :timer.tc(fn -> delete_fifth(state, rows) end)
    insert_all(state, fifth)
    churned = recall_of(state, queries)
    insert_again(state, base)
    again = recall_of(state, queries)
    EctoLibSql.disconnect([], state)

    %{
      plain: plain,
      share: batch / plain,
      batch: batch,
      single: single,
      delete: delete / 1000 / length(fifth),
      thousand: thousand,
      thousand_ms: thousand_ms,
      fresh: fresh,
      churned: churned,
      again: again
    }
  end

  # Into a table of its own, as many as there are new ones for the index.
  defp plain(state, vectors, size) do
    EctoLibSql.query!(state, "CREATE TABLE p (id INTEGER PRIMARY KEY, x F32_BLOB(#{size}))")
    rows = Enum.take(vectors, @batches * @batch)
    rate = rate(length(rows), fn -> in_batches(state, rows, "p") end)
    EctoLibSql.query!(state, "DROP TABLE p")
    rate
  end

  # `{id, vector}`, from 1.
  defp numbered(data) do
    vectors = pieces(File.read!(data.path <> ".vectors"), data.size)
    Enum.zip(1..length(vectors), vectors)
  end

  defp insert(state, {id, vector}),
    do: EctoLibSql.query!(state, insert_sql("v"), [id, {:blob, vector}])

  defp insert_sql(table), do: "INSERT INTO #{table} (id, x) VALUES (?, ?)"

  defp insert_all(state, rows, table \\ "v") do
    sql = insert_sql(table)
    statements = for {id, vector} <- rows, do: {sql, [id, {:blob, vector}]}
    {:ok, _results} = Native.batch_transactional(state, statements)
  end

  defp in_batches(state, rows, table \\ "v"),
    do: rows |> Enum.chunk_every(@batch) |> Enum.each(&insert_all(state, &1, table))

  defp delete_fifth(state, rows),
    do: EctoLibSql.query!(state, "DELETE FROM v WHERE id <= ? AND id % 5 = 1", [rows])

  # With ids of their own; then what was there before is deleted.
  defp insert_again(state, rows) do
    offset = 1_000_000
    in_batches(state, for({id, vector} <- rows, do: {id + offset, vector}))
    EctoLibSql.query!(state, "DELETE FROM v WHERE id <= ?", [offset])
  end

  defp rate(count, fun), do: 1_000_000_000 * count / Measure.time(fun)

  defp search(state, sql, query),
    do: List.flatten(EctoLibSql.query!(state, sql, [{:blob, query}]).rows)

  defp recall_of(state, queries) do
    answers =
      for query <- queries,
          do: {0, search(state, "SELECT id FROM vector_top_k('i', ?, 10)", query)}

    exact = "SELECT id FROM v ORDER BY vector_distance_cos(x, ?) LIMIT 10"
    recall(answers, for(query <- queries, do: search(state, exact, query)))
  end

  defp thousand(state, queries) do
    answers =
      for query <- queries do
        sql = "SELECT id FROM vector_top_k('i', ?, 1000)"
        {time, ids} = :timer.tc(fn -> search(state, sql, query) end)
        {time / 1000, length(ids)}
      end

    {times, counts} = Enum.unzip(answers)
    {Measure.median(counts), Measure.median(times)}
  end
end

{options, []} = OptionParser.parse!(System.argv(), strict: [rows: :integer, alone: :boolean])
dir = Path.join(System.tmp_dir!(), "libsql-vector-writes-#{System.os_time()}")

try do
  LibsqlBench.VectorWrites.run(dir, Keyword.get(options, :rows, 10_000), options[:alone])
after
  File.rm_rf!(dir)
end
