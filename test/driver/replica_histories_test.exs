defmodule EctoLibSql.ReplicaHistoriesTest do
  # What concurrent clients of a replica see: their own writes, whole transactions, and never an older state after a newer
  # one. The primary is sqld where LIBSQL_SQLD names its program, else the development server.
  use EctoLibSql.DriverCase, async: true

  import EctoLibSql.Primary, only: [replica!: 2, replica!: 3]

  alias EctoLibSql.{Primary, ReplicaHistory, ReplicaWorkload}

  @read """
  SELECT (SELECT n FROM left_sum), (SELECT n FROM right_sum), (SELECT sum(n) FROM counters),
    (SELECT n FROM counters WHERE client = ?)
  """

  setup_all do
    Primary.compile!()
    :ok
  end

  setup do: Primary.start_in_folder()

  describe "the checker" do
    test "accepts what a client may see" do
      history = [
        {:read, 0, 0, 0, 0},
        {:wrote, :ok},
        {:read, 3, 3, 3, 1},
        {:wrote, :unknown},
        {:read, 3, 3, 3, 1},
        {:wrote, :ok},
        {:read, 8, 8, 8, 2},
        {:read, 9, 9, 9, 3}
      ]

      assert ReplicaHistory.violations(history) == []
    end

    test "finds half transactions, states that go back, lost and invented writes" do
      assert [{:torn, _, 0}] = ReplicaHistory.violations([{:read, 1, 2, 2, 0}])
      assert [{:torn, _, 0}] = ReplicaHistory.violations([{:read, 2, 2, 1, 0}])

      assert [{:went_back, _, 1}] =
               ReplicaHistory.violations([{:read, 5, 5, 5, 0}, {:read, 4, 4, 4, 0}])

      assert [{:lost, _, 1}] = ReplicaHistory.violations([{:wrote, :ok}, {:read, 1, 1, 1, 0}])

      assert [{:lost, _, 2}] =
               ReplicaHistory.violations([
                 {:wrote, :unknown},
                 {:read, 1, 1, 1, 1},
                 {:read, 1, 1, 1, 0}
               ])

      assert [{:invented, _, 0}] = ReplicaHistory.violations([{:read, 1, 1, 1, 1}])
    end
  end

  defp create_counters!(primary, clients) do
    {:ok, _} =
      Native.execute_batch_sql(primary, """
      CREATE TABLE counters (client INTEGER PRIMARY KEY, n);
      CREATE TABLE left_sum (n);
      CREATE TABLE right_sum (n);
      INSERT INTO left_sum VALUES (0);
      INSERT INTO right_sum VALUES (0);
      """)

    for client <- 1..clients, do: run!(primary, "INSERT INTO counters VALUES (?, 0)", [client])
  end

  defp writes(client) do
    [
      {"UPDATE left_sum SET n = n + 1", []},
      {"UPDATE counters SET n = n + 1 WHERE client = ?", [client]},
      {"UPDATE right_sum SET n = n + 1", []}
    ]
  end

  # One step of a client: its events. Without a server some of them fail.
  defp step(:batch, client, state), do: [wrote(Native.batch_transactional(state, writes(client)))]

  defp step(:transaction, client, state) do
    outcome =
      in_transaction(state, fn state ->
        for {sql, args} <- writes(client), do: run!(state, sql, args)
        read(client, state)
        EctoLibSql.handle_commit([], state)
      end)

    [wrote(outcome)]
  end

  # What it reads is the primary's state, which the file need not have yet.
  defp step(:rolled_back, client, state) do
    case in_transaction(state, fn state ->
           seen = read(client, state)
           rollback!(state)
           {:ok, seen}
         end) do
      {:ok, seen} -> seen
      :error -> []
    end
  end

  defp step(:read, client, state), do: read(client, state)

  defp read(client, state) do
    case EctoLibSql.handle_execute(@read, [client], [], state) do
      {:ok, _query, %Result{rows: [row]}, _state} -> [List.to_tuple([:read | row])]
      {:error, _no_server, _state} -> []
    end
  end

  defp in_transaction(state, fun) do
    with {:ok, :begin, state} <- EctoLibSql.handle_begin([mode: :immediate], state),
         do: fun.(state)
  rescue
    ExUnit.AssertionError ->
      EctoLibSql.Native.reset(state)
      :error
  end

  defp wrote(answer),
    do: {:wrote, if(is_tuple(answer) and elem(answer, 0) == :ok, do: :ok, else: :unknown)}

  defp history(client, path, url, steps, kinds) do
    state = replica!(path, url)
    Enum.flat_map(1..steps, fn _ -> step(Enum.random(kinds), client, state) end)
  end

  defp run_clients(path, url, clients, steps) do
    for client <- 1..clients do
      kinds =
        if rem(client, 2) == 0,
          do: [:read],
          else: [:batch, :transaction, :rolled_back, :read, :read]

      Task.async(fn -> history(client, path, url, steps, kinds) end)
    end
  end

  # At last each client sees what the primary has.
  defp judge(tasks, primary, timeout) do
    histories = Task.await_many(tasks, timeout)

    for {history, client} <- Enum.with_index(histories, 1),
        do: assert(broken(history ++ read(client, primary)) == [])

    histories |> List.flatten() |> Enum.frequencies_by(&elem(&1, 0))
  end

  # sqld shows a commit a moment before its log has it, so what is pulled behind a read there may lack what was read.
  defp broken(history) do
    history
    |> ReplicaHistory.violations()
    |> Enum.reject(fn {kind, _event, _place} -> kind == :went_back and Primary.sqld?() end)
  end

  test "clients read their writes, whole transactions, and no state goes back", %{
    path: path,
    url: url,
    primary: primary
  } do
    create_counters!(primary, 8)

    assert %{read: reads, wrote: writes} =
             path |> run_clients(url, 8, 150) |> judge(primary, 60_000)

    assert reads > 500 and writes > 100
  end

  @tag timeout: 240_000
  test "the same holds while the primary is killed and comes back with a new log", %{
    folder: folder,
    port: port,
    os_pid: os_pid,
    path: path,
    url: url,
    primary: primary
  } do
    create_counters!(primary, 6)
    EctoLibSql.disconnect([], replica!(path, url))
    tasks = run_clients(path, url, 6, 400)

    Enum.reduce(1..3, os_pid, fn _round, os_pid ->
      Process.sleep(150)
      Primary.kill!(os_pid)
      Primary.lose_log!(folder)
      {^url, os_pid} = Primary.start_on!(folder, port)
      os_pid
    end)

    judge(tasks, primary, 120_000)
  end

  # Random changes of tables and their schema, as four clients of the primary make them.
  defp change(n, state, client) do
    table = "t#{client}_#{rem(n, 3)}"

    sql =
      Enum.random([
        "CREATE TABLE IF NOT EXISTS #{table} (id INTEGER PRIMARY KEY, a, b)",
        "INSERT INTO #{table} (a, b) SELECT random(), randomblob(400) FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8))",
        "INSERT INTO #{table} (a, b) SELECT a, b FROM #{table} LIMIT 300",
        "UPDATE #{table} SET b = randomblob(700) WHERE id % 7 = #{rem(n, 7)}",
        "DELETE FROM #{table} WHERE id % 3 = 0",
        "CREATE INDEX IF NOT EXISTS #{table}_a ON #{table} (a)",
        "DROP INDEX IF EXISTS #{table}_a",
        "ALTER TABLE #{table} ADD COLUMN c#{n}",
        "DROP TABLE IF EXISTS #{table}"
      ])

    # Some fail: tables that do not exist, and writers that wait too long for each other.
    EctoLibSql.handle_execute(sql, [], [], state)
  end

  # At least six syncs, and a VACUUM, happen while they write, however fast the machine is.
  @tag timeout: 240_000
  test "a replica that syncs while four clients write and change the schema is the primary's file in the end",
       %{folder: folder, path: path, url: url} do
    enough = :atomics.new(1, [])

    writers =
      for client <- 1..4 do
        Task.async(fn ->
          {:ok, state} = EctoLibSql.connect(uri: url)

          Enum.find(Stream.iterate(1, &(&1 + 1)), fn n ->
            change(n, state, client)
            n >= 120 and :atomics.get(enough, 1) == 1
          end)
        end)
      end

    state = replica!(path, url, sync: false)

    # The database is made smaller ten times at most.
    syncing = fn syncing, syncs, vacuums ->
      {:ok, _} = Native.sync(state)
      assert rows!(state, "PRAGMA integrity_check") == [["ok"]]
      done = if vacuums < 10 and Primary.vacuum(folder) == :ok, do: 1, else: 0
      {syncs, vacuums} = {syncs + 1, vacuums + done}
      if syncs > 5 and (vacuums > 0 or Primary.sqld?()), do: :atomics.put(enough, 1, 1)

      if Enum.any?(writers, &Process.alive?(&1.pid)),
        do: syncing.(syncing, syncs, vacuums)
    end

    syncing.(syncing, 0, 0)
    Task.await_many(writers)
    {:ok, _} = Native.sync(state)
    EctoLibSql.disconnect([], state)
    assert ReplicaWorkload.digest(path) == ReplicaWorkload.digest(Primary.copy(folder))
  end
end
