# Point queries a second on a server on this machine, over HTTP and over a WebSocket, beside @libsql/client for Node.js in
# turns; from one connection, and from 64 at once, where client and server share the processors: so the time is shown, too, for which a
# client has a processor for each query (in microseconds, its start included). RUST_PEER may name a program that does the same with the Rust crate
# libsql over HTTP: PROGRAM URL TASKS QUERIES prints the queries a second. Prints a table.
#
#   NODE_PATH=.../node_modules LIBSQL_DEV_SERVER=... MIX_ENV=bench mix run bench/servers.exs

Code.require_file("support/measure.exs", Path.dirname(__ENV__.file))

defmodule LibsqlBench.Servers do
  @moduledoc false

  alias EctoLibSql.{DevServer, Query, Result}
  alias LibsqlBench.Measure

  @rounds 5
  @many 64
  @query %Query{statement: "SELECT * FROM items WHERE id = ?"}

  def run do
    {:ok, server} = DevServer.start_link()
    "http" <> rest = url = DevServer.url(server)
    fill(url)

    IO.puts(
      "queries a second (microseconds of a processor for each); the medians of #{@rounds} rounds in turns\n"
    )

    IO.puts("| transport | connections | here | @libsql/client | ratio | Rust crate | ratio |")
    IO.puts("| --- | --- | --- | --- | --- | --- | --- |")

    found =
      for {name, url} <- [{"HTTP", url}, {"WebSocket", "ws" <> rest}] do
        {name, row(name, url, 1, 3000), row(name, url, @many, 200)}
      end

    IO.puts("\nfrom #{@many} connections here, next to theirs from one:")
    for {name, one, many} <- found, do: IO.puts("  #{name}: #{next_to_one(many, one)}")
  end

  defp next_to_one([{ours, _} | _], [_ | theirs]) do
    # A side that was not measured is nil.
    for {peer, {rate, _}} <- Enum.zip(["@libsql/client", "the Rust crate"], theirs) do
      "#{Float.round(ours / rate, 1)} × #{peer}"
    end
    |> Enum.join(", ")
  end

  defp row(name, url, tasks, queries) do
    rust = if name == "HTTP", do: System.get_env("RUST_PEER")
    sides = [&ours/3, &node/3, rust && (&program(rust, [], &1, &2, &3))]
    rounds = for _ <- 1..@rounds, do: for(side <- sides, do: side && side.(url, tasks, queries))

    [ours, node, crate] =
      for [first | _] = values <- Enum.zip_with(rounds, & &1), do: first && medians(values)

    IO.puts(
      "| #{name} | #{tasks} | #{shown(ours)} | #{compared(node, ours)} | #{compared(crate, ours)} |"
    )

    [ours, node, crate]
  end

  # Each value is {queries a second, microseconds of a processor for each query}.
  defp medians(values) do
    {rates, costs} = Enum.unzip(values)
    {Measure.median(rates), Measure.median(costs)}
  end

  defp compared(nil, _ours), do: "– | –"

  defp compared({rate, cost} = theirs, {our_rate, our_cost}) do
    ratios = "#{Float.round(our_rate / rate, 2)} (#{Float.round(cost / our_cost, 1)})"
    "#{shown(theirs)} | #{ratios}"
  end

  defp shown({rate, cost}), do: "#{round(rate)} (#{round(cost)})"

  defp fill(url) do
    {:ok, state} = EctoLibSql.connect(uri: url)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
    columns = "id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, price REAL"

    for sql <- [
          "CREATE TABLE items (#{columns})",
          numbers <> "INSERT INTO items SELECT i, 'item ' || i, i * 3, i / 7.0 FROM n"
        ],
        do: {:ok, _, _, _} = EctoLibSql.handle_execute(sql, [], [], state)
  end

  # --- The sides ---

  defp ours(url, tasks, queries) do
    prepare = fn task ->
      {:ok, state} = EctoLibSql.connect(uri: url)
      work(state, task, 20)
      {state, task}
    end

    {before, _} = :erlang.statistics(:runtime)

    {time, _} =
      Measure.workers(tasks, prepare, fn {state, task} ->
        work(state, task, queries)
        EctoLibSql.disconnect([], state)
      end)

    {now, _} = :erlang.statistics(:runtime)
    {tasks * queries * 1.0e9 / time, (now - before) * 1.0e3 / (tasks * queries)}
  end

  defp work(state, task, count) do
    for n <- 0..(count - 1) do
      id = rem(n * 7919 + task * 31, 10_000) + 1

      {:ok, _, %Result{rows: [[^id | _]]}, _} = EctoLibSql.handle_execute(@query, [id], [], state)
    end
  end

  defp node(url, tasks, queries) do
    script = Path.join(__DIR__, "support/libsql_client.mjs")
    if System.get_env("NODE_PATH"), do: program("node", [script], url, tasks, queries)
  end

  # `times` prints the shell's own time and then that of its children, as user and system time.
  defp program(program, first, url, tasks, queries) do
    arguments = [program | first] ++ [url, "#{tasks}", "#{queries}"]
    {output, 0} = System.cmd("sh", ["-c", ~s("$@" && times), "sh" | arguments])
    [rate, _shell, children] = output |> String.trim() |> String.split("\n")
    seconds = children |> String.split() |> Enum.map(&seconds/1) |> Enum.sum()
    {String.to_float(rate), seconds * 1.0e6 / (tasks * queries)}
  end

  defp seconds(text) do
    [minutes, seconds] = text |> String.trim_trailing("s") |> String.split("m")
    String.to_integer(minutes) * 60 + String.to_float(seconds)
  end
end

LibsqlBench.Servers.run()
