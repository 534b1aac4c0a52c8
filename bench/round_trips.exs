# How many round trips an operation on a server costs, over HTTP and over a WebSocket: a proxy delays each way by 20 ms, and
# the time of the operation is divided by the 40 ms of one. Prints a table with the goals; exits with status 1 if a goal
# is missed. With the name of a server in ECTO_LIBSQL_SERVER (http://127.0.0.1:PORT), that is measured.
#
#   MIX_ENV=test mix run bench/round_trips.exs

here = Path.dirname(__ENV__.file)
Code.require_file("support/delay_proxy.exs", here)

defmodule LibsqlBench.RoundTrips do
  @moduledoc false

  alias EctoLibSql.{DevServer, Native, Query}
  alias LibsqlBench.DelayProxy

  defmodule Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  defmodule User do
    @moduledoc false
    use Ecto.Schema

    schema "users" do
      field(:email, :string)
      field(:post_id, :integer)
    end
  end

  @delay 20
  @round_trip 2 * @delay
  # Of several runs the shortest counts: other programs only make it longer.
  @runs 5
  @mega 1_048_576
  @processes 1_000

  def run do
    port = URI.parse(server()).port
    proxy = DelayProxy.start(port, @delay)
    IO.puts("| operation | goal | HTTP | WebSocket |\n| --- | --- | --- | --- |")
    [http, socket] = for scheme <- ["http", "ws"], do: measure(scheme, proxy, port)

    missed =
      for {{name, goal, first}, {_, _, second}} <- Enum.zip(http, socket) do
        IO.puts("| #{name} | #{goal_text(goal)} | #{shown(first)} | #{shown(second)} |")
        Enum.any?([first, second], &(number(&1) > goal_number(goal)))
      end

    if Enum.any?(missed), do: exit({:shutdown, 1}), else: :ok
  end

  defp server do
    with nil <- System.get_env("ECTO_LIBSQL_SERVER") do
      {:ok, server} = DevServer.start_link(max_streams: 2 * @processes)
      DevServer.url(server)
    end
  end

  # A result is a number of round trips, or a measure with its unit.
  defp goal_text({text, _number}), do: text
  defp goal_text(number), do: "#{number} round trips"
  defp goal_number({_text, number}), do: number
  defp goal_number(number), do: number
  defp shown({number, unit}), do: "#{number} #{unit}"
  defp shown(number), do: "#{number}"
  defp number({number, _unit}), do: number
  defp number(number), do: number

  defp measure(scheme, proxy, port) do
    uri = "#{scheme}://127.0.0.1:#{proxy}"
    {:ok, state} = EctoLibSql.connect(uri: uri)
    create(state)
    {:ok, repo} = Repo.start_link(uri: uri, pool_size: 1, log: false)

    results = [
      {"query with parameters, warm connection", 1, trips(fn -> query(state) end)},
      {"transaction: begin, 3 statements, commit", 4, trips(fn -> transaction(state) end)},
      {"the same as a batch", 1, trips(fn -> batch(state, 3) end)},
      {"batch of 500 inserts", 1, trips(fn -> batch(state, 500) end)},
      {"`Repo.insert` with a violated unique index, by name", 2, trips(fn -> insert(:email) end)},
      {"`Repo.insert` with a violated foreign key, by name", 2,
       trips(fn -> insert(:post_id) end)},
      {"cursor over 100,000 rows: the first row", 1, trips(fn -> first_row(state) end)},
      {"cursor over 100,000 rows: memory of the VM", {"< 8 MB", 8.0},
       {cursor_memory("#{scheme}://127.0.0.1:#{port}"), "MB"}},
      {"#{@processes} queries of as many processes and connections, as one's time", {"< 3", 3.0},
       {concurrent(uri), "×"}}
    ]

    Supervisor.stop(repo)
    EctoLibSql.disconnect([], state)
    results
  end

  defp create(state) do
    for sql <- [
          "DROP TABLE IF EXISTS users",
          "DROP TABLE IF EXISTS posts",
          "DROP TABLE IF EXISTS t",
          "CREATE TABLE t (a INTEGER, b TEXT)",
          "CREATE TABLE posts (id INTEGER PRIMARY KEY)",
          "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, post_id INTEGER REFERENCES posts (id))",
          "CREATE UNIQUE INDEX users_email_index ON users (email)",
          "INSERT INTO users (email) VALUES ('taken@example.com')"
        ],
        do: EctoLibSql.query!(state, sql)
  end

  defp trips(fun) do
    times = for _ <- 0..@runs, do: fun |> :timer.tc() |> elem(0)
    # The first run opens what the others use.
    Float.floor(Enum.min(tl(times)) / 1000 / @round_trip, 0) |> trunc()
  end

  # --- The operations ---

  defp query(state), do: %{rows: [[3]]} = EctoLibSql.query!(state, "SELECT ? + ?", [1, 2])

  defp transaction(state) do
    {:ok, :done} =
      EctoLibSql.transaction(state, fn begun ->
        for n <- 1..3, do: EctoLibSql.query!(begun, "INSERT INTO t VALUES (?, 'x')", [n])
        :done
      end)
  end

  defp batch(state, count) do
    members = for n <- 1..count, do: {"INSERT INTO t VALUES (?, 'x')", [n]}
    {:ok, results} = Native.batch_transactional(state, members)
    ^count = length(results)
  end

  defp insert(:email) do
    {:error, %{errors: [email: _]}} =
      %User{email: "taken@example.com"}
      |> Ecto.Changeset.change()
      |> Ecto.Changeset.unique_constraint(:email)
      |> Repo.insert()
  end

  defp insert(:post_id) do
    {:error, %{errors: [post_id: _]}} =
      %User{post_id: -1}
      |> Ecto.Changeset.change()
      |> Ecto.Changeset.foreign_key_constraint(:post_id)
      |> Repo.insert()
  end

  @rows "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, printf('%0100d', i) FROM n"

  defp declared(state) do
    query = %Query{statement: @rows}
    {:ok, query, cursor, _} = EctoLibSql.handle_declare(query, [], [], state)
    {query, cursor}
  end

  defp first_row(state) do
    {query, cursor} = declared(state)
    {:cont, %{rows: [_ | _]}, _} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 1], state)
    EctoLibSql.handle_deallocate(query, cursor, [], state)
  end

  # The highest resident size while the rows are read, above the one before. Without the proxy, which lives in this VM
  # and reads ahead of its client whatever the server sends.
  defp cursor_memory(uri) do
    {:ok, state} = EctoLibSql.connect(uri: uri)
    before = resident()
    {query, cursor} = declared(state)
    peak = read(state, query, cursor, {0, before})
    EctoLibSql.disconnect([], state)
    Float.round((peak - before) / @mega, 1)
  end

  defp read(state, query, cursor, {count, peak}) do
    case EctoLibSql.handle_fetch(query, cursor, [max_rows: 500], state) do
      {:cont, %{num_rows: more}, _} ->
        read(state, query, cursor, {count + more, max(peak, resident())})

      {:halt, %{num_rows: more}, _} ->
        100_000 = count + more
        EctoLibSql.handle_deallocate(query, cursor, [], state)
        peak
    end
  end

  defp resident do
    [_, kilobytes] = Regex.run(~r/^VmRSS:\s+(\d+)/m, File.read!("/proc/self/status"))
    String.to_integer(kilobytes) * 1024
  end

  # The connections are open; each process sends its query when it is told. As of the others, the first run opens what the
  # next ones use, here sockets over HTTP.
  defp concurrent(uri) do
    states = for _ <- 1..@processes, do: elem({:ok, _} = EctoLibSql.connect(uri: uri), 1)

    [_first | times] =
      for _ <- 0..@runs, do: {time(fn -> query(hd(states)) end), time(fn -> all(states) end)}

    {ones, alls} = Enum.unzip(times)
    for state <- states, do: EctoLibSql.disconnect([], state)
    Float.round(Enum.min(alls) / Enum.min(ones), 1)
  end

  defp time(fun), do: fun |> :timer.tc() |> elem(0)

  defp all(states) do
    states
    |> Enum.map(&Task.async(fn -> query(&1) end))
    |> Task.await_many(60_000)
  end
end

LibsqlBench.RoundTrips.run()
