defmodule EctoLibSql.DevServerTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.DevServer

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000

  # The status and the body of a pipeline with one statement.
  defp execute(url, sql, token \\ nil) do
    body = ~s({"requests":[{"type":"execute","stmt":{"sql":"#{sql}"}},{"type":"close"}]})

    headers = if token, do: [{'authorization', 'Bearer #{token}'}], else: []
    request = {'#{url}/v3/pipeline', headers, 'application/json', body}
    {:ok, {{_, status, _}, _, body}} = :httpc.request(:post, request, [], body_format: :binary)
    {status, body}
  end

  setup_all do
    {:ok, _} = Application.ensure_all_started(:inets)
    :ok
  end

  test "starts a server on a free port and stops it" do
    {:ok, server} = DevServer.start_link()
    url = DevServer.url(server)
    assert url =~ ~r"^http://127\.0\.0\.1:\d+$"
    assert {200, body} = execute(url, "SELECT 42")
    assert body =~ ~s("value":"42")

    :ok = DevServer.stop(server)
    assert {:error, _} = :httpc.request('#{url}/health')
  end

  test "stops with the process that started it" do
    test = self()

    owner =
      spawn(fn ->
        {:ok, server} = DevServer.start_link()
        send(test, {server, DevServer.url(server)})
        receive do: (:go -> :ok)
      end)

    assert_receive {server, url}, 20_000
    monitor = Process.monitor(server)
    Process.exit(owner, :kill)
    assert_receive {:DOWN, ^monitor, :process, _, _}, 5_000
    assert {:error, _} = :httpc.request('#{url}/health')
  end

  test "keeps a database in a file" do
    path = Path.join(System.tmp_dir!(), "dev_server_#{System.unique_integer([:positive])}.db")
    on_exit(fn -> for file <- Path.wildcard(path <> "*"), do: File.rm!(file) end)

    for {sql, expected} <- [
          {"CREATE TABLE t(a)", "rows"},
          {"SELECT count(*) FROM t", ~s("value":"0")}
        ] do
      {:ok, server} = DevServer.start_link(database: path)
      assert {200, body} = execute(DevServer.url(server), sql)
      assert body =~ expected
      DevServer.stop(server)
    end
  end

  test "asks for tokens, which are not in the arguments of the process" do
    {:ok, server} = DevServer.start_link(token: "c4n4ry-full", read_only_token: "c4n4ry-read")
    url = DevServer.url(server)
    assert {401, _} = execute(url, "SELECT 1")
    assert {200, _} = execute(url, "SELECT 1", "c4n4ry-read")
    assert {403, _} = execute(url, "CREATE TABLE t(a)", "c4n4ry-read")
    assert {200, _} = execute(url, "CREATE TABLE t(a)", "c4n4ry-full")
    refute inspect(:sys.get_state(server)) =~ "c4n4ry"
    {arguments, 0} = System.cmd("ps", ["-ww", "-eo", "args"])
    refute arguments =~ "c4n4ry"
  end

  test "sets the limits of streams and transactions" do
    {:ok, server} = DevServer.start_link(stream_idle_time: 50, transaction_time: 50)
    assert {200, _} = execute(DevServer.url(server), "SELECT 1")
  end

  test "sets how many streams may be open" do
    {:ok, server} = DevServer.start_link(max_streams: 1)
    "http" <> rest = DevServer.url(server)
    [one, other] = for _ <- 1..2, do: elem({:ok, _} = EctoLibSql.connect(uri: "ws" <> rest), 1)

    assert {:ok, :done} =
             EctoLibSql.transaction(one, fn begun ->
               assert %{rows: [[1]]} = EctoLibSql.query!(begun, "SELECT 1")
               assert {:error, error} = EctoLibSql.query(other, "SELECT 1")
               assert Exception.message(error) =~ "as many streams are open as may be"
               :done
             end)

    assert %{rows: [[1]]} = EctoLibSql.query!(other, "SELECT 1")
    for state <- [one, other], do: EctoLibSql.disconnect([], state)
  end

  test "says why a server does not start" do
    Process.flag(:trap_exit, true)
    assert {:error, text} = DevServer.start_link(database: "/nowhere/at/all.db")
    assert text =~ "unable to open database file"
    assert {:error, text} = DevServer.start_link(host: "nowhere")
    assert text =~ "cannot listen on nowhere"
    assert_raise ArgumentError, fn -> DevServer.start_link(prot: 80) end
  end

  # Beyond 256 requests under way the server reads no further, and nothing else held the client's session.
  test "answers more requests on one WebSocket than it runs at once" do
    {:ok, server} = DevServer.start_link()
    "http" <> rest = DevServer.url(server)

    states =
      for _ <- 1..500 do
        {:ok, state} = EctoLibSql.connect(uri: "ws" <> rest)
        state
      end

    answers =
      states
      |> Enum.map(&Task.async(fn -> EctoLibSql.query!(&1, "SELECT ?", [7]).rows end))
      |> Task.await_many(30_000)

    assert Enum.all?(answers, &(&1 == [[7]]))
    for state <- states, do: EctoLibSql.disconnect([], state)
  end
end
