defmodule EctoLibSql.ReplicaTest do
  # Replicas of sqld where LIBSQL_SQLD names its program, else of the development server.
  use EctoLibSql.DriverCase, async: true

  import EctoLibSql.Primary, only: [replica!: 2, replica!: 3]

  alias EctoLibSql.{DevServer, Primary}

  setup_all do
    Primary.compile!()
    :ok
  end

  setup do: Primary.start_in_folder()

  defp in_file(path, sql) do
    {:ok, state} = EctoLibSql.connect(database: path, mode: :readonly)
    rows = rows!(state, sql)
    EctoLibSql.disconnect([], state)
    rows
  end

  test "a write is in the file when it returns", %{path: path, url: url} do
    state = replica!(path, url, sync: true)
    run!(state, "CREATE TABLE t(a)")
    assert run!(state, "INSERT INTO t VALUES (?), (?)", [1, 2]).num_rows == 2
    assert in_file(path, "SELECT a FROM t") == [[1], [2]]
    assert rows!(state, "SELECT sum(a) FROM t") == [[3]]

    {:ok, frame} = Native.get_frame_number_for_replica(state)
    assert {:ok, ^frame} = Native.get_max_write_frame(state)
    assert frame > 0
    assert :ok = Native.sync_until_frame(state, frame)
  end

  test "reads inside a transaction see its writes, others only what is committed", %{
    path: path,
    url: url
  } do
    state = replica!(path, url)
    other = replica!(path, url)
    run!(state, "CREATE TABLE t(a)")
    {:ok, :begin, in_transaction} = EctoLibSql.handle_begin([], state)
    run!(in_transaction, "INSERT INTO t VALUES (1)")
    assert rows!(in_transaction, "SELECT count(*) FROM t") == [[1]]
    assert rows!(other, "SELECT count(*) FROM t") == [[0]]
    {:ok, _result, state} = EctoLibSql.handle_commit([], in_transaction)
    assert rows!(other, "SELECT count(*) FROM t") == [[1]]

    {:ok, :begin, in_transaction} = EctoLibSql.handle_begin([], state)
    run!(in_transaction, "DELETE FROM t")
    {:ok, _result, state} = EctoLibSql.handle_rollback([], in_transaction)
    assert rows!(state, "SELECT count(*) FROM t") == [[1]]
  end

  test "with sync: false only sync/2 pulls, and reports what came", %{path: path, url: url} do
    state = replica!(path, url, sync: false)
    run!(state, "CREATE TABLE t(a)")

    assert {:error, %Error{message: "no such table: t"}, _state} =
             EctoLibSql.handle_execute("SELECT * FROM t", [], [], state)

    assert {:ok, %{pages: pages, bytes: bytes, frame: frame}} = Native.sync(state, report: true)
    assert pages > 0 and bytes > 4096 and frame > 0
    assert rows!(state, "SELECT * FROM t") == []
    assert {:ok, "success sync"} = Native.sync(state)
  end

  test "prepared statements, cursors and batches run on either side", %{path: path, url: url} do
    state = replica!(path, url)
    run!(state, "CREATE TABLE t(a)")
    {:ok, insert} = Native.prepare(state, "INSERT INTO t VALUES (?)")
    {:ok, 1} = Native.execute_stmt(state, insert, "INSERT INTO t VALUES (?)", [7])
    {:ok, select} = Native.prepare(state, "SELECT a FROM t WHERE a = ?")
    assert {:ok, %{rows: [[7]]}} = Native.query_stmt(state, select, [7])

    assert {:ok, [_, %{rows: [[2]]}]} =
             Native.batch(state, [
               {"INSERT INTO t VALUES (8)", []},
               {"SELECT count(*) FROM t", []}
             ])

    assert {:ok, [%{rows: [[2]]}]} = Native.batch(state, [{"SELECT count(*) FROM t", []}])

    rows =
      EctoLibSql.run(state, fn state ->
        state
        |> EctoLibSql.stream("SELECT a FROM t ORDER BY a", [], [])
        |> Enum.flat_map(& &1.rows)
      end)

    assert rows == [[7], [8]]
  end

  @tag :pool
  test "a pool of ten shares one replicator, and its processes read what they wrote", %{
    path: path,
    url: url
  } do
    {:ok, pool} =
      EctoLibSql.start_link(
        database: path,
        uri: url,
        mode: :remote_replica,
        sync: true,
        pool_size: 10
      )

    {:ok, _} = EctoLibSql.query(pool, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)", [])

    1..40
    |> Task.async_stream(
      fn n ->
        {:ok, _} = EctoLibSql.query(pool, "INSERT INTO t VALUES (?, ?)", [n, n])

        assert {:ok, %{rows: [[^n]]}} =
                 EctoLibSql.query(pool, "SELECT a FROM t WHERE id = ?", [n])
      end,
      max_concurrency: 10,
      timeout: 30_000
    )
    |> Stream.run()

    assert in_file(path, "SELECT count(*) FROM t") == [[40]]
  end

  test "opens offline with what it has, and stats/1 says since when", %{
    folder: folder,
    path: path
  } do
    port = Primary.free_port()
    folder = Path.join(folder, "other")
    File.mkdir_p!(folder)
    {url, os_pid} = Primary.start_on!(folder, port)
    state = replica!(path, url)
    run!(state, "CREATE TABLE t(a)")
    EctoLibSql.disconnect([], state)
    Primary.kill!(os_pid)

    state = replica!(path, url)
    assert rows!(state, "SELECT * FROM t") == []

    assert {:ok, %{replica: %{offline_since: %DateTime{}, error: "" <> _}}} =
             EctoLibSql.stats(state)

    assert {:error, %Error{recovery: recovery}, _state} =
             EctoLibSql.handle_execute("INSERT INTO t VALUES (1)", [], [], state)

    assert :unavailable in recovery
  end

  test "a replica that cannot be made is an error without the token, and leaves no file", %{
    folder: folder
  } do
    path = Path.join(folder, "none.db")

    assert {:error, %Error{} = error} =
             EctoLibSql.connect(
               database: path,
               uri: "http://127.0.0.1:1",
               auth_token: "secret-token",
               sync: true
             )

    refute inspect(error) =~ "secret-token"
    refute File.exists?(path)
  end

  test "an encrypted replica has no plain text, and stays encrypted when it is frozen", %{
    path: path,
    url: url
  } do
    key = String.duplicate("k", 32)
    state = replica!(path, url, encryption_key: key)
    run!(state, "CREATE TABLE t(a)")
    run!(state, "INSERT INTO t VALUES ('not to be seen')")
    assert {:ok, %State{mode: :local} = frozen} = Native.freeze_replica(state)
    assert rows!(frozen, "SELECT a FROM t") == [["not to be seen"]]
    run!(frozen, "INSERT INTO t VALUES ('mine')")
    refute File.read!(path) =~ "not to be seen"
    refute File.exists?(path <> "-replica")
    assert {:error, :unsupported} = Native.freeze_replica(frozen)
  end

  test "the doctor tells whose replica a file is, and how far", %{path: path, url: url} do
    state = replica!(path, url)
    run!(state, "CREATE TABLE t(a)")
    {:ok, frame} = Native.get_frame_number_for_replica(state)
    {:ok, report} = EctoLibSql.Doctor.examine(path)
    assert {"replica of", url} in report.facts
    {"position", position} = List.keyfind(report.facts, "position", 0)
    assert position =~ "frame #{frame} of the history "
    assert report.findings == []
  end

  test "a subscriber is told of the first sync before connect/1 returns, and of later ones once",
       %{
         path: path,
         url: url
       } do
    {:ok, primary} = EctoLibSql.connect(uri: url)
    run!(primary, "CREATE TABLE t(a)")
    [_, other] = for _ <- 1..2, do: replica!(path, url, sync: false, sync_subscriber: self())

    assert_received {:ecto_libsql, :sync,
                     %{database: ^path, ended: true, everything: true, error: nil, frame: frame}}

    assert is_integer(frame)
    run!(primary, "INSERT INTO t VALUES (1)")
    {:ok, report} = Native.sync(other, report: true)
    assert_receive {:ecto_libsql, :sync, %{ended: true, everything: false} = event}
    assert Map.take(event, [:pages, :bytes, :frame]) == Map.take(report, [:pages, :bytes, :frame])
    {:ok, _nothing} = Native.sync(other)
    refute_received {:ecto_libsql, :sync, _event}
  end

  test "change events come when the file has what they are about", %{path: path, url: url} do
    {:ok, primary} = EctoLibSql.connect(uri: url)
    run!(primary, "CREATE TABLE t(a)")
    state = replica!(path, url)
    {:ok, ref} = EctoLibSql.subscribe(state, [{:changes, "t"}])

    for n <- 1..20 do
      run!(primary, "INSERT INTO t VALUES (?)", [n])
      assert_receive {:ecto_libsql, ^ref, {:changes, "t", %{insert: 1}}}
      there? = fn -> in_file(path, "SELECT max(a) FROM t") == [[n]] end
      # sqld reports a commit a moment before its log has it.
      if Primary.sqld?(), do: eventually(there?), else: assert(there?.())
    end

    :ok = EctoLibSql.unsubscribe(state, ref)
  end

  test "with sync: false change events wait for the sync that brings the change", %{
    path: path,
    url: url
  } do
    {:ok, primary} = EctoLibSql.connect(uri: url)
    run!(primary, "CREATE TABLE t(a)")
    state = replica!(path, url, sync: false)
    {:ok, ref} = EctoLibSql.subscribe(state, [{:changes, "t"}])
    run!(primary, "INSERT INTO t VALUES (1)")
    refute_receive {:ecto_libsql, ^ref, _event}, 200
    {:ok, _} = Native.sync(state)
    assert_receive {:ecto_libsql, ^ref, {:changes, "t", %{insert: 1}}}
  end

  # The server is started again with another token, which ends what listens with the old one.
  test "change events end with the refusal of the primary, and reads go on", %{folder: folder} do
    port = Primary.free_port()
    options = [database: Path.join(folder, "guarded.db"), port: port]
    {:ok, server} = DevServer.start_link([token: "old"] ++ options)
    url = DevServer.url(server)

    for sync? <- [true, false] do
      path = Path.join(folder, "guarded_#{sync?}.db")
      state = replica!(path, url, sync: sync?, auth_token: "old")
      run!(state, "CREATE TABLE IF NOT EXISTS t(a)")
      {:ok, _} = Native.sync(state)
      {:ok, ref} = EctoLibSql.subscribe(state, [{:changes, "t"}])
      {state, ref}
    end
    |> then(fn listening ->
      DevServer.stop(server)
      {:ok, _server} = DevServer.start_link([token: "new"] ++ options)

      for {state, ref} <- listening do
        assert_receive {:ecto_libsql, ^ref, {:ended, "t", %{kind: :denied}}}, 10_000
        refute_receive {:ecto_libsql, ^ref, _event}, 50
        assert rows!(state, "SELECT count(*) FROM t") == [[0]]
      end
    end)
  end

  @tag :telemetry
  test "telemetry reports each sync of a file once, whoever asked for it", %{path: path, url: url} do
    me = self()
    name = "replica-syncs-#{inspect(me)}"
    report = fn _event, measured, metadata, _ -> send(me, {measured, metadata}) end
    apply(:telemetry, :attach, [name, [:ecto_libsql, :replica, :sync], report, nil])
    {:ok, primary} = EctoLibSql.connect(uri: url)
    run!(primary, "CREATE TABLE t(a)")
    [state | _] = for _ <- 1..3, do: replica!(path, url)
    assert_receive {%{duration: _}, %{database: ^path, everything: true, result: :ok}}
    run!(state, "INSERT INTO t VALUES (1)")

    assert_receive {%{bytes: _, pages: 1},
                    %{database: ^path, everything: false, error: nil, frame: frame}}

    assert {:ok, ^frame} = Native.get_max_write_frame(state)
    refute_receive {_, %{database: ^path, everything: false}}, 100
    apply(:telemetry, :detach, [name])
  end

  @tag :telemetry
  test "telemetry reports a sync", %{path: path, url: url} do
    state = replica!(path, url)
    me = self()
    name = "replica-#{inspect(me)}"
    report = fn _event, measured, metadata, _ -> send(me, {measured, metadata}) end
    # Called by name: without Hex there is no such module when this is compiled.
    apply(:telemetry, :attach, [name, [:ecto_libsql, :sync], report, nil])
    id = state.conn_id
    {:ok, _} = Native.sync(state)
    assert_receive {%{duration: _, pages: 0, bytes: _}, %{conn_id: ^id, result: :ok}}
    apply(:telemetry, :detach, [name])
  end

  test "what a replica does not have is refused by name", %{path: path, url: url} do
    for {name, value} <- [
          journal_mode: :delete,
          remote_writes: false,
          sync_interval: 0,
          sync_subscriber: "nobody",
          initial_sync: :later
        ] do
      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               EctoLibSql.connect(
                 [database: path, uri: url, mode: :remote_replica] ++ [{name, value}]
               )

      assert message =~ inspect(name)
    end

    state = replica!(path, url)
    assert {:error, %Error{kind: :unsupported}} = EctoLibSql.checkpoint(state, :truncate)
    assert {:error, %Error{kind: :unsupported}} = EctoLibSql.subscribe(state, [:update])
  end
end
