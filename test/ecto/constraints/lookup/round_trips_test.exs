defmodule Ecto.Adapters.LibSql.Constraints.Lookup.RoundTripsTest do
  # How often the name of a violated constraint makes a repository ask a server: counted by a proxy in between.
  use ExUnit.Case, async: true

  import Ecto.Changeset

  alias EctoLibSql.DevServer

  # Compiling the server takes minutes, once.
  @moduletag timeout: 600_000

  defmodule Repo do
    @moduledoc false
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql
  end

  defmodule Post do
    @moduledoc false
    use Ecto.Schema

    schema "posts" do
      field(:title, :string)
      field(:user_id, :integer)
    end
  end

  setup_all do
    {:ok, server} = DevServer.start_link()
    requests = :counters.new(1, [])
    port = proxy(URI.parse(DevServer.url(server)).port, requests)
    start_supervised!({Repo, uri: "http://127.0.0.1:#{port}", pool_size: 1, log: false})

    for sql <- [
          "CREATE TABLE users (id INTEGER PRIMARY KEY)",
          "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, user_id INTEGER REFERENCES users (id))",
          "CREATE TABLE logged (user_id CONSTRAINT writer REFERENCES users (id))",
          "CREATE TABLE log (what, user_id CONSTRAINT seen REFERENCES users (id))",
          "CREATE TRIGGER note AFTER INSERT ON logged BEGIN INSERT INTO log VALUES ('--rollback', new.user_id); END",
          "CREATE UNIQUE INDEX one_title ON posts (title)",
          "INSERT INTO posts (title) VALUES ('taken')"
        ],
        do: Repo.query!(sql)

    %{requests: requests}
  end

  # What is asked while the function runs. A request that only closes a stream is waited for by nobody.
  defp asked(requests, fun) do
    before = :counters.get(requests, 1)
    fun.()
    :counters.get(requests, 1) - before
  end

  defp proxy(port, requests) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
    spawn_link(fn -> accept(listener, port, requests) end)
    {:ok, own} = :inet.port(listener)
    own
  end

  defp accept(listener, port, requests) do
    # Until the tests have ended.
    with {:ok, client} <- :gen_tcp.accept(listener) do
      {:ok, server} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
      spawn(fn -> relay(client, server, &count(&1, requests)) end)
      spawn(fn -> relay(server, client, fn _answer -> :ok end) end)
      accept(listener, port, requests)
    end
  end

  defp relay(from, to, note) do
    case :gen_tcp.recv(from, 0) do
      {:ok, data} ->
        note.(data)
        _ = :gen_tcp.send(to, data)
        relay(from, to, note)

      {:error, _closed} ->
        :gen_tcp.shutdown(to, :write)
    end
  end

  # Small requests are written with their head.
  defp count("POST " <> _ = request, requests) do
    unless request =~ ~s("requests":[{"type":"close"}]), do: :counters.add(requests, 1, 1)
  end

  defp count(_rest, _requests), do: :ok

  defp insert(fields, constraint) do
    {:error, %{errors: [_]}} = %Post{} |> change(fields) |> constraint.() |> Repo.insert()
  end

  defp violates(sql, name) do
    error = assert_raise(EctoLibSql.Error, ~r/FOREIGN KEY/, fn -> Repo.query!(sql) end)
    assert Ecto.Adapters.LibSql.Connection.to_constraints(error, []) == [foreign_key: name]
  end

  test "an INSERT costs one round trip more, alone and in a transaction", %{requests: requests} do
    missing = fn -> insert([user_id: -1], &foreign_key_constraint(&1, :user_id)) end
    assert asked(requests, missing) == 2

    {:ok, asked} =
      Repo.transaction(fn ->
        Repo.query!("INSERT INTO users VALUES (1)")
        asked = asked(requests, missing)
        # The transaction goes on, and what it had written is there.
        assert Repo.query!("SELECT count(*) FROM users").rows == [[1]]
        asked
      end)

    # A definition says "rollback", in a text: that is looked at, once.
    assert asked == 4
    taken = fn -> insert([title: "taken"], &unique_constraint(&1, :title, name: :one_title)) end
    assert asked(requests, taken) == 2
    assert Repo.query!("SELECT count(*) FROM posts").rows == [[1]]
  end

  test "other statements and triggers cost two or three", %{requests: requests} do
    update = fn -> violates("UPDATE posts SET user_id = -1", "posts_user_id_fkey") end
    assert asked(requests, update) == 3
    triggered = fn -> violates("INSERT INTO logged VALUES (-1)", "writer") end
    assert asked(requests, triggered) == 4
    assert Repo.query!("SELECT count(*) FROM logged").rows == [[0]]
  end
end
