# Replicas of a server on this machine, next to libsql for Node.js as a replica of the same server, in turns. Prints a table with
# the goals; exits with status 1 if a goal is missed. The database has REPLICAS_MB megabytes (500); its files take ten times
# that in the temporary folder.
#
#   NODE_PATH=.../node_modules LIBSQL_DEV_SERVER=... MIX_ENV=bench mix run bench/replicas.exs

here = Path.dirname(__ENV__.file)
for name <- ~w(measure delay_proxy), do: Code.require_file("support/#{name}.exs", here)

defmodule LibsqlBench.Replicas do
  @moduledoc false

  alias EctoLibSql.{DevServer, Native, Query, Result}
  alias LibsqlBench.{DelayProxy, Measure}

  @mega 1_000_000
  @page 4096
  @rounds 3
  @delay 20
  # Of more than 50,000 frames at once, the development server sends the newest image of each page.
  @parts 5
  @frames_of_part 40_000
  @point %Query{statement: "SELECT id, name, amount FROM items WHERE id = ?"}

  def run(folder) do
    primary = Path.join(folder, "primary.db")
    fill(primary, megabytes())
    {:ok, server} = DevServer.start_link(database: primary)
    # Clients of libSQL take the first part of an address for the name of a namespace.
    url = String.replace(DevServer.url(server), "127.0.0.1", "localhost")
    setup = %{folder: folder, primary: primary, url: url}

    IO.puts("| | goal | found | libsql for Node.js |\n| --- | --- | --- | --- |")

    goals =
      first_sync(setup) ++
        incremental(setup) ++ local_reads(setup) ++ write_then_read(setup) ++ readers(setup)

    DevServer.stop(server)
    if Enum.all?(goals), do: :ok, else: exit({:shutdown, 1})
  end

  defp megabytes, do: "REPLICAS_MB" |> System.get_env("500") |> String.to_integer()

  # One row of `big` fills a page.
  defp fill(file, megabytes) do
    state = open!(database: file)
    run!(state, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER)")
    run!(state, "CREATE TABLE written (id INTEGER PRIMARY KEY, a)")
    run!(state, "CREATE TABLE big (id INTEGER PRIMARY KEY, data BLOB)")
    run!(state, numbers(10_000) <> "INSERT INTO items SELECT i, 'item ' || i, i * 3 FROM n")
    pages = div(megabytes * @mega, @page)
    run!(state, numbers(pages) <> "INSERT INTO big SELECT i, randomblob(3900) FROM n")
    run!(state, "PRAGMA wal_checkpoint(TRUNCATE)")
    close(state)
  end

  defp numbers(count),
    do: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < #{count}) "

  # --- The first sync ---

  # Before the first row counts, the server has copied the database into its log, which it does for its first replica.
  defp first_sync(setup) do
    {time, _memory} = our_first(setup)
    row("first sync, with the server's own first copy", "", shown_speed(setup, time), "", true)
    rounds = for _ <- 1..@rounds, do: {our_first(setup), node_first(setup)}
    ours = Measure.median(for {{time, _}, _} <- rounds, do: time)
    memory = Enum.max(for {{_, memory}, _} <- rounds, do: memory)
    speed = speed(setup, ours)
    under_connections = shown_speed(setup, first_under_connections(setup))
    row("first sync below a connection that is open already", "", under_connections, "", true)

    [
      row("first sync", ">= 150 MB/s", shown_speed(setup, ours), "", speed >= 150),
      row(
        "memory of a first sync",
        "< 32 MB",
        "#{round(memory / @mega)} MB",
        "",
        memory < 32 * @mega
      ),
      against_node("first sync", 3, ours / 1000, for({_, node} <- rounds, do: node), "ms")
    ]
  end

  # To connect, as it is by default: the first sync is over when the connection is there.
  defp our_first(setup) do
    file = copy_of(setup, "first")
    before = resident()
    watcher = Task.async(fn -> watch_memory(before) end)
    {time, state} = timed(fn -> replica!(setup, file, sync: false) end)
    send(watcher.pid, :stop)
    close(state)
    true = File.stat!(file).size >= megabytes() * @mega
    remove(file)
    {time, Task.await(watcher) - before}
  end

  # The file must not be replaced then: all of it goes through the log.
  defp first_under_connections(setup) do
    file = copy_of(setup, "below")
    state = replica!(setup, file, initial_sync: false, sync: false)
    {time, {:ok, %{pages: pages}}} = timed(fn -> sync(state) end)
    true = pages * @page >= megabytes() * @mega
    close(state)
    remove(file)
    time
  end

  defp node_first(setup) do
    file = copy_of(setup, "node")
    time = by_node(["first", setup.url, file])
    remove(file)
    time
  end

  defp watch_memory(most) do
    most = max(most, resident())
    receive(do: (:stop -> most), after: (5 -> watch_memory(most)))
  end

  defp resident do
    [_, kilobytes] = Regex.run(~r/VmRSS:\s+(\d+) kB/, File.read!("/proc/self/status"))
    String.to_integer(kilobytes) * 1024
  end

  # --- One changed row ---

  defp incremental(setup) do
    file = copy_of(setup, "incremental")
    # At this server's address, as the replica knows its primary by it.
    direct = replica!(setup, file, sync: false)
    writer = open!(uri: setup.url)
    change = fn -> run!(writer, "UPDATE items SET amount = amount + 1 WHERE id = 5") end
    ask = fn -> run!(writer, "SELECT 1") end

    times =
      for _ <- 1..200 do
        change.()
        {sync, {:ok, _report}} = timed(fn -> sync(direct) end)
        {round_trip, _result} = timed(ask)
        {sync, round_trip}
      end

    sync = Measure.median(for {sync, _} <- times, do: sync)
    more = sync - Measure.median(for {_, round_trip} <- times, do: round_trip)
    close(direct)
    remove(file)
    trips = round_trips(setup)

    [
      row(
        "sync of one changed row",
        "< 1 ms and a round trip",
        "#{sync} µs, a query #{sync - more}",
        "",
        more < 1000
      ),
      row("its round trips", "1", "#{trips}", "", trips == 1)
    ]
  end

  # Of a small database: the proxy would hold all of a large one.
  defp round_trips(setup) do
    {:ok, server} = DevServer.start_link()
    writer = open!(uri: DevServer.url(server))
    run!(writer, "CREATE TABLE t (a)")
    change = fn -> run!(writer, "INSERT INTO t VALUES (1)") end
    proxy = DelayProxy.start(URI.parse(DevServer.url(server)).port, @delay)
    file = copy_of(setup, "delayed")
    state = replica!(%{setup | url: "http://localhost:#{proxy}"}, file, sync: false)
    change.()
    {:ok, _report} = sync(state)

    times =
      for _ <- 1..5 do
        change.()
        {time, {:ok, _report}} = timed(fn -> sync(state) end)
        time
      end

    for one <- [state, writer], do: close(one)
    remove(file)
    DevServer.stop(server)
    round(Enum.min(times) / (2 * @delay * 1000))
  end

  # --- Reads ---

  defp local_reads(setup) do
    file = copy_of(setup, "reads")
    plain = copy_of(setup, "plain")
    replica = replica!(setup, file, [])
    File.cp!(setup.primary, plain)
    local = open!(database: plain, mode: :readonly)
    run!(local, "SELECT count(*) FROM items")

    {local_time, replica_time} =
      Measure.interleave(fn -> points(local) end, fn -> points(replica) end, 21)

    for state <- [replica, local], do: close(state)
    for one <- [file, plain], do: remove(one)
    found = "#{nanoseconds(replica_time)}, a plain file #{nanoseconds(local_time)}"

    [
      row(
        "read of one row",
        "<= 1.05",
        "#{Float.round(replica_time / local_time, 3)} (#{found})",
        "",
        replica_time <= 1.05 * local_time
      )
    ]
  end

  @points 20_000
  defp points(state) do
    Measure.time(fn -> for n <- 1..@points, do: point!(state, rem(n * 7919, 10_000) + 1) end) /
      @points
  end

  defp point!(state, id) do
    {:ok, _, %Result{rows: [[^id | _]]}, _} = EctoLibSql.handle_execute(@point, [id], [], state)
  end

  # --- A write that is then read ---

  @writes 300
  defp write_then_read(setup) do
    ours_file = copy_of(setup, "ours")
    node_file = copy_of(setup, "node")
    state = replica!(setup, ours_file, sync: true)

    rounds =
      for _ <- 1..@rounds do
        {time, _} = timed(fn -> for n <- 1..@writes, do: write_and_read!(state, n) end)
        {time / @writes, by_node(["write", setup.url, node_file, "#{@writes}"])}
      end

    close(state)
    for file <- [ours_file, node_file], do: remove(file)
    ours = Measure.median(for {ours, _} <- rounds, do: ours)
    [against_node("a write that is then read", 2, ours, for({_, node} <- rounds, do: node), "µs")]
  end

  defp write_and_read!(state, n) do
    %Result{rows: [[id]]} = run!(state, "INSERT INTO written (a) VALUES (?) RETURNING id", [n])
    %Result{rows: [[^n]]} = run!(state, "SELECT a FROM written WHERE id = ?", [id])
  end

  # --- Readers during a sync ---

  defp readers(setup) do
    file = copy_of(setup, "readers")
    state = replica!(setup, file, sync: false)
    idle_times = read_during(file, setup, fn -> Process.sleep(3000) end)
    writer = open!(database: setup.primary)

    times =
      for _ <- 1..@parts do
        run!(writer, "UPDATE big SET data = randomblob(3900) WHERE id <= #{@frames_of_part}")

        read_during(file, setup, fn ->
          {:ok, %{pages: pages}} = sync(state)
          true = pages >= @frames_of_part or megabytes() < 200
        end)
      end

    close(writer)
    {idle, idle_worst} = {Measure.median(idle_times), Enum.max(idle_times)}
    times = Enum.concat(times)
    {during, worst} = {Measure.median(times), Enum.max(times)}
    close(state)
    remove(file)

    [
      row(
        "8 readers during syncs of #{@parts * @frames_of_part} frames: the longest read",
        "< 50 ms",
        "#{worst / 1000} ms, idle #{idle_worst / 1000}",
        "",
        worst < 50_000
      ),
      row(
        "the median of theirs",
        "<= 2 × idle",
        "#{during} µs, idle #{idle}",
        "",
        during <= 2 * idle
      )
    ]
  end

  # How long each read took, in microseconds, of connections of their own. An error ends the run.
  defp read_during(file, setup, work) do
    parent = self()

    readers =
      for number <- 1..8 do
        Task.async(fn ->
          state = replica!(setup, file, sync: false, initial_sync: false)
          point!(state, 1)
          send(parent, {:ready, number})
          times = read_until_told(state, number, [])
          close(state)
          times
        end)
      end

    for number <- 1..8, do: receive(do: ({:ready, ^number} -> :ok))
    work.()
    for reader <- readers, do: send(reader.pid, :stop)
    readers |> Task.await_many(:infinity) |> Enum.concat()
  end

  # A read every millisecond or so: readers that never rest would share two processors with the sync.
  defp read_until_told(state, n, times) do
    {time, _row} = timed(fn -> point!(state, rem(n * 7919, 10_000) + 1) end)

    receive do
      :stop -> times
    after
      1 -> read_until_told(state, n + 1, [time | times])
    end
  end

  # --- Tools ---

  defp copy_of(setup, name), do: Path.join(setup.folder, "#{name}.db")

  defp remove(file) do
    for path <- Path.wildcard(file <> "*"), do: File.rm_rf!(path)
  end

  defp open!(options) do
    {:ok, state} = EctoLibSql.connect(options)
    state
  end

  defp replica!(setup, file, options),
    do: open!([database: file, uri: setup.url, mode: :remote_replica] ++ options)

  defp close(state), do: EctoLibSql.disconnect([], state)
  defp sync(state), do: Native.sync(state, report: true, timeout: 600_000)

  defp run!(state, sql, params \\ []) do
    {:ok, _, result, _} =
      EctoLibSql.handle_execute(%Query{statement: sql}, params, [timeout: 600_000], state)

    result
  end

  defp timed(work), do: :timer.tc(work)

  defp by_node(arguments) do
    script = Path.join(__DIR__, "support/libsql_replica.mjs")

    if System.get_env("NODE_PATH") do
      {output, 0} = System.cmd("node", [script | arguments])
      output |> String.trim() |> Float.parse() |> elem(0)
    end
  end

  defp against_node(name, goal, ours, theirs, unit) do
    case Enum.reject(theirs, &is_nil/1) do
      [] ->
        row(name, "", "#{round(ours)} #{unit}", "not measured", true)

      times ->
        theirs = Measure.median(times)
        ratio = theirs / ours
        found = "#{Float.round(ratio, 1)} × faster (#{round(ours)} #{unit})"
        row(name, ">= #{goal} × faster", found, "#{round(theirs)} #{unit}", ratio >= goal)
    end
  end

  defp speed(_setup, microseconds), do: megabytes() * 1_000_000 / microseconds

  defp shown_speed(setup, time),
    do: "#{round(speed(setup, time))} MB/s (#{round(time / 1000)} ms)"

  defp nanoseconds(time), do: "#{Float.round(time / 1000, 2)} µs"

  defp row(name, goal, found, node, met?) do
    IO.puts("| #{name} | #{goal} | #{found}#{if met?, do: "", else: " MISSED"} | #{node} |")
    met?
  end
end

folder = Path.join(System.tmp_dir!(), "libsql-replicas-#{System.os_time()}")
File.mkdir_p!(folder)

try do
  LibsqlBench.Replicas.run(folder)
after
  File.rm_rf!(folder)
end
