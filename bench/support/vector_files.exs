defmodule LibsqlBench.VectorFiles do
  @moduledoc false
  # What the benchmarks of vectors share: the scripts for Node.js, their output, files of 32-bit floats.

  @doc "The output of a script in this folder."
  def node(script, words) do
    {output, 0} = System.cmd("node", [Path.join(__DIR__, script) | Enum.map(words, &"#{&1}")])
    output
  end

  @doc "Writes a data set into a folder (vector_data.mjs), and returns how many rows, dimensions and queries it has."
  def data(name, rows, dir, queries \\ 500) do
    [count, size, queries] = numbers(node("vector_data.mjs", [name, rows, dir, queries]))
    %{name: name, count: count, size: size, queries: queries, path: Path.join(dir, name)}
  end

  @doc "The vectors in some bytes."
  def pieces(bytes, size), do: for(<<piece::binary-size(size)-unit(32) <- bytes>>, do: piece)

  @doc "A connection to a database of ours with a data set's vectors in a table `v`, without an index."
  def filled!(data, options) do
    {:ok, state} = EctoLibSql.connect([database: data.path <> ".here"] ++ options)
    type = EctoLibSql.Native.vector_type(data.size)
    EctoLibSql.query!(state, "CREATE TABLE v (id INTEGER PRIMARY KEY, x #{type})")
    vectors = pieces(File.read!(data.path <> ".vectors"), data.size)
    rows = for vector <- vectors, do: {"INSERT INTO v (x) VALUES (?)", [{:blob, vector}]}
    {:ok, _results} = EctoLibSql.Native.batch_transactional(state, rows)
    state
  end

  def lines(text), do: String.split(text, "\n", trim: true)
  def numbers(line), do: line |> String.split() |> Enum.map(&String.to_integer/1)

  @doc "{milliseconds, ids} of each line."
  def answers(lines) do
    for line <- lines, [time | ids] = String.split(line) do
      {elem(Float.parse(time), 0), Enum.map(ids, &String.to_integer/1)}
    end
  end

  @doc "{ef, answers} of hnsw's output."
  def efs(output) do
    for part <- String.split(output, "ef ", trim: true), [ef | lines] = lines(part) do
      {String.to_integer(ef), answers(lines)}
    end
  end

  @doc "The share of the ten nearest that answers have."
  def recall(answers, truth) do
    shares = for {{_time, ids}, near} <- Enum.zip(answers, truth), do: 10 - length(near -- ids)
    Enum.sum(shares) / (10 * length(shares))
  end

  def round3(number), do: Float.round(number / 1, 3)
end
