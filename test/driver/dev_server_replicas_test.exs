defmodule EctoLibSql.DevServerReplicasTest do
  # Embedded replicas of published clients, which follow the development server.
  use ExUnit.Case, async: true

  alias EctoLibSql.{DevServer, NodeClients}

  @moduletag :node_clients
  @moduletag timeout: 600_000

  setup do
    folder =
      Path.join(System.tmp_dir!(), "ecto_libsql_replicas_#{System.unique_integer([:positive])}")

    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    {:ok, primary: Path.join(folder, "primary.db"), replica: Path.join(folder, "replica.db")}
  end

  # `localhost`, because clients take the first part of an address for the name of a namespace.
  defp start!(file, options \\ []) do
    {:ok, server} = DevServer.start_link([database: file, token: "secret"] ++ options)
    {server, String.replace(DevServer.url(server), "127.0.0.1", "localhost")}
  end

  defp follow!(url, replica, rows),
    do: NodeClients.run!("libsql_replica", [url, "secret", replica, to_string(rows)])

  # Another process at the primary's file.
  defp local!(file, script) do
    {:ok, state} = EctoLibSql.connect(database: file)
    {:ok, _results} = EctoLibSql.Native.execute_batch_sql(state, script)
    :ok = EctoLibSql.disconnect([], state)
  end

  defp pages(file) do
    copy = file <> "-copy"

    for ending <- ["", "-wal"],
        File.exists?(file <> ending),
        do: File.cp!(file <> ending, copy <> ending)

    local!(copy, "PRAGMA wal_checkpoint(TRUNCATE)")
    File.read!(copy)
  end

  test "libsql, the native package, syncs, writes and reads its writes", %{
    primary: file,
    replica: replica
  } do
    local!(file, "CREATE TABLE rows (id INTEGER PRIMARY KEY, a)")
    {_server, url} = start!(file)
    assert follow!(url, replica, 0) == "pulled"
    assert follow!(url, replica, 1) == "nothing new"
  end

  test "a replica goes on after a change of the schema, a VACUUM and a restart of the server",
       %{primary: file, replica: replica} do
    local!(file, "CREATE TABLE rows (id INTEGER PRIMARY KEY, a)")
    {server, url} = start!(file)
    follow!(url, replica, 0)

    local!(file, """
    CREATE INDEX rows_a ON rows (a);
    WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 20000)
      INSERT INTO rows (a) SELECT hex(randomblob(100)) FROM s;
    DELETE FROM rows WHERE id % 4 != 0;
    VACUUM;
    """)

    assert follow!(url, replica, 5000) == "pulled"
    DevServer.stop(server)

    {server, url} = start!(file)
    assert follow!(url, replica, 5001) == "nothing new"
    DevServer.stop(server)

    # The log of the primary is lost: the replica takes everything from the new one.
    File.rm!(file <> "-replication-log")
    local!(file, "DELETE FROM rows WHERE id > 5")
    {server, url} = start!(file)
    assert follow!(url, replica, 1) == "pulled"
    DevServer.stop(server)
    assert pages(replica) == pages(file)
  end

  test "libsql, the native package, syncs by generations", %{primary: file, replica: replica} do
    local!(file, "CREATE TABLE rows (id INTEGER PRIMARY KEY, a)")
    {server, url} = start!(file, generations: true)
    follow = &NodeClients.run!("libsql_generations", [url, "secret", replica, "#{&1}"])
    generation = follow.(0)

    local!(file, """
    CREATE INDEX rows_a ON rows (a);
    WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 20000)
      INSERT INTO rows (a) SELECT hex(randomblob(100)) FROM s;
    DELETE FROM rows WHERE id % 4 != 0;
    VACUUM;
    """)

    assert follow.(5000) == generation
    DevServer.stop(server)
    assert pages(replica) == pages(file)
  end

  test "@tursodatabase/sync pulls and pushes", %{primary: file, replica: replica} do
    {_server, url} = start!(file)
    assert NodeClients.run!("turso_sync", [url, "secret", replica]) == "ok"
  end

  test "@libsql/client works as a replica", %{primary: file, replica: replica} do
    {_server, url} = start!(file)
    assert NodeClients.run!("libsql_client_replica", [url, "secret", replica]) == "ok"
  end
end
