# `tools/bench schedulers`: whether statements hold the VM's normal schedulers, or keep files, sockets, timers and code
# loading waiting, and whether a timeout is kept. Prints a table of the longest times in milliseconds.

here = Path.dirname(__ENV__.file)
Code.require_file("support/scheduler_probe.exs", here)
Code.compiler_options(ignore_module_conflict: true)

defmodule LibsqlBench.Schedulers do
  @moduledoc false

  alias EctoLibSql.Native
  alias LibsqlBench.SchedulerProbe

  @seconds 2
  @endless "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

  def run(dir) do
    File.mkdir_p!(dir)
    file = Path.join(dir, "texts.db")
    state = open(file)
    fill(state)

    IO.puts("#{System.schedulers_online()} schedulers; the longest times in ms\n")
    line(["load", "held", "timer", "file", "connect", "code", "timeout: 100"])
    IO.puts(String.duplicate("-", 104))
    row(dir, "nothing", [fn -> Process.sleep(10) end])
    row(dir, "processes of Elixir, one a scheduler", elixir())
    for {name, sql} <- queries(), do: row(dir, name, [query(file, sql)], late(file, sql))
    row(dir, "INSERTs, each commit waits for the disk", commits(dir))
    row(dir, "lookups beside a checkpoint, VACUUM, scans", lookups(dir) ++ upkeep(dir))
    row(dir, "10 endless queries", endless(10))
    row(dir, "100 endless queries", endless(100))
    row(dir, "all at once", all(dir, file))
    row(dir, "for comparison: OTP encrypts 100 MB", [encrypting()])
  end

  # --- The loads: functions that are repeated by a process each, or {prepare, function} ---

  defp queries do
    subqueries = Enum.map_join(1..300, ", ", &"(SELECT max(id) FROM texts WHERE id > #{&1})")
    keys = Enum.map_join(1..100, ", ", &(&1 * 5000))

    [
      {"GLOB '*[xyz]*[xyz]*', 300 texts of 500 KB",
       "SELECT count(*) FROM texts WHERE body GLOB '*[xyz]*[xyz]*'"},
      {"instr(body, 'zz')", "SELECT count(*) FROM texts WHERE instr(body, 'zz')"},
      {"LIKE '%zz%'", "SELECT count(*) FROM texts WHERE body LIKE '%zz%'"},
      {"max(upper(body))", "SELECT max(upper(body)) FROM texts"},
      {"sum(length(body))", "SELECT sum(length(body)) FROM texts"},
      {"hex(zeroblob(5e7))", "SELECT length(hex(zeroblob(50000000)))"},
      {"randomblob(2e8)", "SELECT length(randomblob(200000000))"},
      {"PRAGMA integrity_check", "PRAGMA integrity_check"},
      {"FTS5, a prefix", "SELECT count(*) FROM words WHERE words MATCH 'w*'"},
      {"compiling 300 sub-queries", "SELECT " <> subqueries},
      {"100 keys", "SELECT * FROM numbers WHERE id IN (#{keys})"}
    ]
  end

  defp elixir do
    for _ <- 1..System.schedulers_online(), do: fn -> Enum.sum(1..100_000) end
  end

  # By a NIF of OTP, on a dirty scheduler. The last load: a scheduler frees these 100 MB at some later time.
  defp encrypting do
    [key, iv, plain] = for size <- [32, 16, 100_000_000], do: :binary.copy(<<7>>, size)
    fn -> :crypto.crypto_one_time(:aes_256_ctr, key, iv, plain, true) end
  end

  defp commits(dir) do
    file = Path.join(dir, "synced.db")
    execute(open(file), "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, x TEXT)")

    for _ <- 1..4 do
      {fn -> open(file, synchronous: :full) end,
       &execute(&1, "INSERT INTO t (x) VALUES (?)", ["some text"])}
    end
  end

  # A new connection each time, so that its cache is cold and the statement is compiled.
  defp query(file, sql) do
    fn ->
      state = open(file)
      EctoLibSql.handle_execute(sql, [], [timeout: 1000 * @seconds], state)
      EctoLibSql.disconnect([], state)
    end
  end

  defp late(file, sql) do
    fn ->
      state = open(file)
      {us, _} = :timer.tc(fn -> EctoLibSql.handle_execute(sql, [], [timeout: 100], state) end)
      EctoLibSql.disconnect([], state)
      us / 1000
    end
  end

  defp endless(count), do: List.duplicate(query(":memory:", @endless), count)

  defp lookups(dir) do
    file = Path.join(dir, "kept.db")
    state = open(file)
    execute(state, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, x BLOB)")

    for _ <- 1..4 do
      {fn -> open(file) end,
       fn state ->
         for id <- 1..100,
             do: EctoLibSql.handle_execute("SELECT id FROM t WHERE id = ?", [id], [], state)
       end}
    end
  end

  # 100 MB into the log, a checkpoint of them, VACUUM, a scan.
  defp upkeep(dir) do
    file = Path.join(dir, "kept.db")
    fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) "

    [
      {fn -> open(file, wal_auto_check_point: 0) end,
       fn state ->
         execute(state, fill <> "INSERT OR REPLACE INTO t SELECT i, randomblob(4000) FROM n")
         Native.checkpoint(state, :truncate)
         execute(state, "VACUUM")
       end},
      {fn -> open(file) end, &execute(&1, "SELECT sum(length(x)) FROM t WHERE hex(x) > ''")}
    ]
  end

  defp all(dir, file) do
    shared = Path.join(dir, "all.db")
    execute(open(shared), "CREATE TABLE IF NOT EXISTS w (id INTEGER PRIMARY KEY, x TEXT)")
    insert = "INSERT INTO w (x) VALUES (?)"

    # Where no process copies them: the VM holds a scheduler for 5 ms when it gives a process its own copy.
    :persistent_term.put(:members, for(n <- 1..50_000, do: {insert, ["value #{n}"]}))
    on_shared = fn -> open(shared) end

    List.duplicate({on_shared, &execute(&1, insert, ["x"])}, 8) ++
      List.duplicate({on_shared, &execute(&1, "SELECT * FROM w WHERE id = ?", [7])}, 8) ++
      lookups(dir) ++
      upkeep(dir) ++
      [
        {on_shared, &Native.batch(&1, :persistent_term.get(:members))},
        {on_shared, &Native.backup(&1, Path.join(dir, "copy.db"))},
        fn -> EctoLibSql.disconnect([], open(shared)) end,
        query(file, "SELECT max(upper(body)) FROM texts")
      ] ++ endless(100)
  end

  # --- Running and printing ---

  defp row(dir, name, workers, late \\ nil) do
    times =
      SchedulerProbe.measure(dir, fn ->
        until = System.monotonic_time(:millisecond) + @seconds * 1000
        workers |> Enum.map(&Task.async(fn -> work(&1, until) end)) |> Task.await_many(:infinity)
      end)

    late = if late, do: late |> List.duplicate(5) |> Enum.map(& &1.()) |> Enum.max()
    times = for key <- [:held, :timer, :file, :connect, :code], do: number(times[key])
    line([name | times] ++ [if(late, do: number(late), else: "")])
  end

  defp work({prepare, run}, until) do
    state = prepare.()
    repeat(fn -> run.(state) end, until)
    EctoLibSql.disconnect([], state)
  end

  defp work(run, until), do: repeat(run, until)

  defp repeat(run, until) do
    run.()
    if System.monotonic_time(:millisecond) < until, do: repeat(run, until)
  end

  defp line([name | columns]) do
    cells = Enum.map_join(columns, "", &String.pad_leading(&1, 10))
    IO.puts(String.pad_trailing(name, 44) <> cells)
  end

  defp number(value), do: :erlang.float_to_binary(value / 1, decimals: 1)

  defp open(file, options \\ []) do
    {:ok, state} = EctoLibSql.connect([database: file, busy_timeout: 60_000] ++ options)
    state
  end

  defp execute(state, sql, params \\ []), do: EctoLibSql.handle_execute(sql, params, [], state)

  defp fill(state) do
    counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    text = String.duplicate("lorem ipsum dolor xit amet ", 19_000)

    for {sql, params} <- [
          {"CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT)", []},
          {counted <> "INSERT INTO texts SELECT i, ? FROM n", [300, text]},
          {"CREATE TABLE numbers (id INTEGER PRIMARY KEY, x TEXT)", []},
          {counted <> "INSERT INTO numbers SELECT i, 'number ' || i FROM n", [500_000]},
          {"CREATE VIRTUAL TABLE words USING fts5(word)", []},
          {counted <> "INSERT INTO words SELECT 'w' || i FROM n", [100_000]}
        ],
        do: {:ok, _, _, _} = execute(state, sql, params)
  end
end

dir = Path.join(System.tmp_dir!(), "libsql-schedulers-#{System.os_time()}")

try do
  LibsqlBench.Schedulers.run(dir)
after
  File.rm_rf!(dir)
end
