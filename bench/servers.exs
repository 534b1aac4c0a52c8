# Point queries a second on a server on this machine, over HTTP and over a WebSocket, beside @libsql/client for Node.js in
# turns; from one connection, and from 64 at once. RUST_PEER may name a program that does the same with the Rust crate
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
    IO.puts("queries a second; the medians of #{@rounds} rounds in turns\n")
    IO.puts("| transport | connections | here | @libsql/client | ratio | Rust crate | ratio |")
    IO.puts("| --- | --- | --- | --- | --- | --- | --- |")

    for {name, url} <- [{"HTTP", url}, {"WebSocket", "ws" <> rest}],
        {tasks, queries} <- [{1, 3000}, {@many, 200}],
        do: row(name, url, tasks, queries)
  end

  defp row(name, url, tasks, queries) do
    rust = if name == "HTTP", do: System.get_env("RUST_PEER")
    sides = [&ours/3, &node/3, rust && (&program(rust, [], &1, &2, &3))]
    rounds = for _ <- 1..@rounds, do: for(side <- sides, do: side && side.(url, tasks, queries))

    [ours, node, crate] =
      for [first | _] = values <- Enum.zip_with(rounds, & &1), do: first && Measure.median(values)

    IO.puts(
      "| #{name} | #{tasks} | #{shown(ours)} | #{compared(node, ours)} | #{compared(crate, ours)} |"
    )
  end

  defp compared(nil, _ours), do: "– | –"
  defp compared(theirs, ours), do: "#{shown(theirs)} | #{Float.round(ours / theirs, 2)}"
  defp shown(value), do: value |> round() |> Integer.to_string()

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

    {time, _} =
      Measure.workers(tasks, prepare, fn {state, task} ->
        work(state, task, queries)
        EctoLibSql.disconnect([], state)
      end)

    tasks * queries * 1.0e9 / time
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

  defp program(program, first, url, tasks, queries) do
    {output, 0} = System.cmd(program, first ++ [url, "#{tasks}", "#{queries}"])
    output |> String.trim() |> String.to_float()
  end
end

LibsqlBench.Servers.run()
