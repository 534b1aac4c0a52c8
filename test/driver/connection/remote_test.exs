defmodule EctoLibSql.Connection.RemoteTest do
  # Connections to a server: the development server, on this machine.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{AuthToken, DevServer, Nif, Options, State}
  alias EctoLibSql.Options.Encryption

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000
  @token "a-token-that-nobody-may-see"

  setup_all do
    {:ok, server} = DevServer.start_link(token: @token)
    %{uri: DevServer.url(server)}
  end

  defp remote!(uri, options \\ []) do
    {:ok, state} = EctoLibSql.connect([uri: uri, auth_token: @token] ++ options)
    state
  end

  defp table, do: "t#{System.unique_integer([:positive])}"

  test "a connection to a server executes, with values by place and by name", %{uri: uri} do
    state = remote!(uri)
    assert state.mode == :remote
    name = table()
    run!(state, "CREATE TABLE #{name} (a INTEGER PRIMARY KEY, b)")
    assert run!(state, "INSERT INTO #{name} VALUES (?, ?)", [1, "x"]).num_rows == 1
    run!(state, "INSERT INTO #{name} VALUES (:a, :b)", %{a: 2, b: {:blob, <<0, 255>>}})
    assert rows!(state, "SELECT a, b FROM #{name} ORDER BY a") == [[1, "x"], [2, <<0, 255>>]]
    assert %Error{kind: :constraint} = error!(state, "INSERT INTO #{name} VALUES (1, 1)")
    assert {:ok, _state} = EctoLibSql.ping(state)
    assert EctoLibSql.disconnect([], state) == :ok

    assert {:disconnect, %Error{kind: :not_found}, _state} =
             EctoLibSql.handle_execute("SELECT 1", [], [], state)
  end

  test "a transaction is seen by others after its commit, and its facts are the server's", %{
    uri: uri
  } do
    [one, two] = [remote!(uri), remote!(uri)]
    name = table()
    run!(one, "CREATE TABLE #{name} (a INTEGER PRIMARY KEY)")
    one = begin!(one)
    run!(one, "INSERT INTO #{name} VALUES (7)")
    assert Native.get_last_insert_rowid(one) == 7
    assert Native.get_changes(one) == 1
    assert value!(two, "SELECT count(*) FROM #{name}") == 0
    commit!(one)
    assert value!(two, "SELECT count(*) FROM #{name}") == 1
  end

  test "a large argument is not encoded on a scheduler", %{uri: uri} do
    state = remote!(uri)
    blob = {:blob, :binary.copy(<<7>>, 16_000_000)}
    conn = State.conn(state)

    # Encoding takes 30 ms; on a busy machine the scheduler's thread may wait for a processor, so one call must be quick.
    times =
      for _ <- 1..10 do
        {us, {:pending, job}} =
          :timer.tc(fn -> Nif.execute(conn, "SELECT length(?)", [blob], {-1, false}) end)

        Nif.cancel_job(job)
        us
      end

    assert Enum.min(times) < 5_000
    assert value!(state, "SELECT length(?)", [blob]) == 16_000_000
  end

  test "statements, batches and cursors run on the connection's stream", %{uri: uri} do
    state = remote!(uri)
    name = table()
    run!(state, "CREATE TABLE #{name} (a)")
    {:ok, id} = Native.prepare(state, "INSERT INTO #{name} VALUES (?)")
    for i <- 1..3, do: assert({:ok, _} = Native.execute_stmt(state, id, "", [i]))
    assert Native.stmt_parameter_count(state, id) == {:ok, 1}

    assert {:ok, [_, _]} =
             Native.batch(state, [{"INSERT INTO #{name} VALUES (?)", [4]}, {"SELECT 1", []}])

    query = %Query{statement: "SELECT a FROM #{name} ORDER BY a"}
    {:ok, query, cursor, state} = EctoLibSql.handle_declare(query, [], [], state)
    {:cont, first, state} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 3], state)
    assert first.rows == [[1], [2], [3]]

    assert rest(query, cursor, state) == [[4]]
    assert {:ok, _, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
  end

  defp rest(query, cursor, state) do
    case EctoLibSql.handle_fetch(query, cursor, [max_rows: 3], state) do
      {:cont, %{rows: rows}, state} -> rows ++ rest(query, cursor, state)
      {:halt, %{rows: rows}, _state} -> rows
    end
  end

  test "a statement that runs beyond its timeout is given up in time, and the connection goes on",
       %{uri: uri} do
    state = remote!(uri)
    {spent, error} = timed(fn -> error!(state, endless(), [], timeout: 200) end)
    assert error.kind == :timeout
    assert spent < 1_000
    assert value!(state, "SELECT 5") == 5
  end

  test "a transaction whose process is killed is rolled back", %{uri: uri} do
    state = remote!(uri)
    name = table()
    run!(state, "CREATE TABLE #{name} (a)")

    {pid, _} =
      hold(fn ->
        other = begin!(remote!(uri))
        run!(other, "INSERT INTO #{name} VALUES (1)")
      end)

    kill(pid)
    # The write lock is free again.
    eventually(fn ->
      match?(
        {:ok, _, _, _},
        EctoLibSql.handle_execute("INSERT INTO #{name} VALUES (2)", [], [], state)
      )
    end)

    assert rows!(state, "SELECT a FROM #{name}") == [[2]]
  end

  test "what only a local file has is refused", %{uri: uri} do
    state = remote!(uri)

    for answer <- [
          Native.backup(state, "/nowhere/x.db"),
          Native.serialize(state),
          Native.checkpoint(state, :truncate),
          Native.set_access_policy(state, deny: [:read]),
          Native.busy_timeout(state, 10)
        ] do
      assert {:error, "only a connection to a local database can do this"} = answer
    end

    assert value!(state, "SELECT 5") == 5
  end

  describe "the token" do
    test "may be a function, asked before each request", %{uri: uri} do
      test = self()

      fetch = fn ->
        send(test, :asked)
        AuthToken.new(@token)
      end

      {:ok, state} = EctoLibSql.connect(uri: uri, auth_token: fetch)
      assert_received :asked
      assert value!(state, "SELECT 5") == 5
      assert_received :asked
    end

    test "of a function that fails refuses the request and is not shown", %{uri: uri} do
      for {fetch, reason} <- [
            {fn -> raise @token end, "raised RuntimeError"},
            {fn -> throw(@token) end, "did not return"},
            {fn -> {@token} end, "returned neither"}
          ] do
        assert {:error, error} = EctoLibSql.connect(uri: uri, auth_token: fetch)
        assert Exception.message(error) =~ reason
        assert error.recovery == [:unauthorised]
        refute inspect(error, structs: false) =~ @token
      end
    end

    test "that is wrong, or missing, is an error of connecting that does not show it", %{uri: uri} do
      for options <- [[auth_token: "wrong-" <> @token], []] do
        assert {:error, %Error{} = error} = EctoLibSql.connect([uri: uri] ++ options)
        assert :unauthorised in error.recovery
        refute inspect(error, structs: false) =~ @token
      end
    end

    test "in the URL is taken from it, and a pool's options show no token", %{uri: uri} do
      assert {:ok, _state} = EctoLibSql.connect(uri: uri <> "?authToken=" <> @token)

      protected = Encryption.protect(uri: uri <> "?authToken=#{@token}&x=1", auth_token: "other")
      assert protected[:uri] == uri <> "?x=1"
      refute inspect(protected, structs: false) =~ @token
      assert {:ok, _state} = protected |> Keyword.put(:uri, uri) |> EctoLibSql.connect()
    end

    test "ends its process with the connection", %{uri: uri} do
      test = self()

      {:ok, state} =
        EctoLibSql.connect(
          uri: uri,
          auth_token: fn ->
            send(test, {:keeper, self()})
            @token
          end
        )

      assert_received {:keeper, keeper}
      monitor = Process.monitor(keeper)
      EctoLibSql.disconnect([], state)
      # This process holds its handle until then.
      :erlang.garbage_collect()
      assert_receive {:DOWN, ^monitor, _, _, _}
    end
  end

  test "options of local files are refused by name" do
    for option <- [
          [journal_mode: :wal],
          [foreign_keys: false],
          [mode: :readonly],
          [attach: [{"a", "b"}]],
          [encryption_key: String.duplicate("k", 32)]
        ] do
      [{name, _}] = option

      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               Options.parse([uri: "libsql://host"] ++ option)

      assert message =~ inspect(name)
    end

    assert {:error, %Error{message: message}} =
             Options.parse(uri: "ftp://host/?authToken=#{@token}")

    assert message =~ ":uri" and not (message =~ @token)
    assert {:error, %Error{message: message}} = Options.parse(uri: "libsql://h", auth_token: 5)
    assert message =~ ":auth_token"
  end

  test "the encoding can be chosen, over HTTP and over a WebSocket", %{uri: uri} do
    for uri <- [uri, String.replace(uri, "http", "ws")], encoding <- [:json, :protobuf] do
      state = remote!(uri, encoding: encoding)
      assert rows!(state, "SELECT ?, 'a', x'00ff'", [1]) == [[1, "a", <<0, 255>>]]
    end

    assert {:error, %Error{kind: :invalid_argument, message: message}} =
             Options.parse(uri: "libsql://host", encoding: :xml)

    assert message == "the option :encoding must be :json or :protobuf, got: :xml"

    assert {:error, %Error{kind: :invalid_argument, message: message}} =
             EctoLibSql.connect(database: ":memory:", encoding: :json)

    assert message == "the option :encoding needs a database on a server (:uri)"
  end

  test "the encoding that is chosen is the one that is sent" do
    {:ok, socket} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
    {:ok, port} = :inet.port(socket)
    uri = "http://127.0.0.1:#{port}"

    asked =
      Task.async(fn ->
        {:ok, client} = :gen_tcp.accept(socket)
        {:ok, request} = :gen_tcp.recv(client, 0)
        :ok = :gen_tcp.send(client, "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        request
      end)

    assert {:error, %Error{}} = EctoLibSql.connect(uri: uri, encoding: :protobuf)
    assert Task.await(asked) =~ "POST /v3-protobuf/pipeline"
  end

  test "the proxy can be chosen, and is checked", %{uri: uri} do
    assert rows!(remote!(uri, proxy: :none), "SELECT 1") == [[1]]

    for {proxy, problem} <- [
          {8080, ":proxy must be the URL of a proxy"},
          {"http://me:canary@proxy", ":proxy must not hold a user or a password"}
        ] do
      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               Options.parse(uri: "libsql://host", proxy: proxy)

      assert message =~ problem and not (message =~ "canary")
    end

    assert {:error,
            %Error{kind: :invalid_argument, message: "the proxy in the option proxy" <> _}} =
             EctoLibSql.connect(uri: "libsql://host", proxy: "socks5://proxy")

    assert {:error, %Error{kind: :invalid_argument, message: message}} =
             EctoLibSql.connect(database: ":memory:", proxy: :none)

    assert message == "the option :proxy needs a database on a server (:uri)"
  end

  test "1,000 queries at once occupy no thread each", %{uri: uri} do
    state = remote!(uri)
    before = os_threads()
    tasks = for i <- 1..1_000, do: Task.async(fn -> value!(state, "SELECT ?", [i]) end)
    # Other tests run meanwhile.
    assert os_threads() < before + 200
    assert Enum.map(tasks, &Task.await(&1, 30_000)) == Enum.to_list(1..1_000)
  end

  defp os_threads do
    [_, count] = Regex.run(~r/^Threads:\s+(\d+)/m, File.read!("/proc/self/status"))
    String.to_integer(count)
  end
end
