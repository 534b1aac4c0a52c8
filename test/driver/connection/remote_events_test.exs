defmodule EctoLibSql.Connection.RemoteEventsTest do
  # Change events of a server: those of the development server, on this machine.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.DevServer

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000

  setup_all do
    {:ok, server} = DevServer.start_link()
    %{uri: DevServer.url(server)}
  end

  setup %{uri: uri} do
    {:ok, state} = EctoLibSql.connect(uri: uri)
    table = "t#{System.unique_integer([:positive])}"
    run!(state, "CREATE TABLE #{table} (a)")
    %{state: state, table: table}
  end

  test "each commit of any connection is one event with its counts", context do
    %{state: state, table: table, uri: uri} = context
    socket_uri = String.replace(uri, "http", "ws")
    {:ok, over_socket} = EctoLibSql.connect(uri: socket_uri)

    for listener <- [state, over_socket] do
      {:ok, ref} = EctoLibSql.subscribe(listener, [{:changes, table}])
      begun = begin!(state)
      run!(begun, "INSERT INTO #{table} VALUES (1), (2)")
      run!(begun, "UPDATE #{table} SET a = 3 WHERE a = 1")
      commit!(begun)

      assert_receive {:ecto_libsql, ^ref, {:changes, ^table, %{insert: 2, update: 1, delete: 0}}},
                     5_000

      run!(state, "DELETE FROM #{table}")
      assert_receive {:ecto_libsql, ^ref, {:changes, ^table, %{delete: 2}}}, 5_000
      assert EctoLibSql.unsubscribe(listener, ref) == :ok
      assert {:error, %Error{kind: :not_found}} = EctoLibSql.unsubscribe(listener, ref)
    end
  end

  test "a subscription ends with its process and with its connection", context do
    %{state: state, table: table, uri: uri} = context
    {:ok, closed} = EctoLibSql.connect(uri: uri)
    {:ok, of_closed} = EctoLibSql.subscribe(closed, [{:changes, table}])
    test = self()

    {process, monitor} =
      spawn_monitor(fn ->
        {:ok, ref} = EctoLibSql.subscribe(state, [{:changes, table}])
        send(test, {:subscribed, ref})
        receive do: (:stop -> :ok)
      end)

    assert_receive {:subscribed, of_dead}, 5_000
    send(process, :stop)
    assert_receive {:DOWN, ^monitor, _, _, _}
    :ok = EctoLibSql.disconnect([], closed)
    {:ok, ref} = EctoLibSql.subscribe(state, [{:changes, table}])
    run!(state, "INSERT INTO #{table} VALUES (1)")
    assert_receive {:ecto_libsql, ^ref, {:changes, ^table, %{insert: 1}}}, 5_000
    refute_received {:ecto_libsql, ^of_closed, _}
    assert {:error, %Error{kind: :not_found}} = EctoLibSql.unsubscribe(state, of_dead)
  end

  test "the events of a local database are unsupported", %{state: state} do
    assert {:error, %Error{kind: :unsupported, message: message}} =
             EctoLibSql.subscribe(state, [:update])

    assert message =~ "{:changes, table}"
  end
end
