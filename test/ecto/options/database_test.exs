defmodule Ecto.Adapters.LibSql.Options.DatabaseTest do
  # Databases in memory, and how many connections they have.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  @tag repo: [database: ":memory:", pool_size: 5]
  test "a database in memory has one connection, whatever :pool_size says" do
    sql!("INSERT INTO t (id) VALUES (7777)")
    repo = Repo.get_dynamic_repo()

    counts =
      1..5
      |> Enum.map(fn _ ->
        Task.async(fn -> Repo.put_dynamic_repo(repo) && rows("SELECT count(*) FROM t") end)
      end)
      |> Task.await_many()

    assert Enum.uniq(counts) == [[[2501]]]
  end

  # SQLite opens a private database for each connection to some of these names.
  for {uri, size} <- [
        {"file::memory:", 1},
        {"file:%3amemory:?cache=private", 1},
        {"file:alone?mode=memory", 1},
        {"file:alone?vfs=memdb", 1},
        {"file:together?mode=memory&cache=shared", 3},
        {"file:/together?vfs=memdb", 3}
      ] do
    @tag repo: [database: uri, pool_size: 3]
    test "all connections of a pool to #{uri} see one database", %{repo: repo} do
      assert Ecto.Adapter.lookup_meta(repo).opts[:pool_size] == unquote(size)

      counts =
        Task.await_many(
          for _ <- 1..3 do
            Task.async(fn ->
              Repo.put_dynamic_repo(repo)
              Repo.checkout(fn -> Process.sleep(20) && rows("SELECT count(*) FROM t") end)
            end)
          end
        )

      assert counts == [[[2500]], [[2500]], [[2500]]]
    end
  end
end
