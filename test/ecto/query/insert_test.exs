defmodule Ecto.Adapters.LibSql.Query.InsertTest do
  # Inserts of more values than one statement takes.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  # A large insert_all runs as several statements, in a savepoint where a transaction is open.
  test "a large insert_all that fails inserts no row and leaves an open transaction as it was" do
    rows = for id <- 10_001..50_000, do: [id: id, v: 0]

    assert Repo.transaction(fn ->
             sql!("INSERT INTO t (id) VALUES (9001)")

             assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn ->
               Repo.insert_all("t", rows ++ [[id: 1, v: 0]])
             end

             assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[1]]
             assert Repo.insert_all("t", rows) == {40_000, nil}
             :kept
           end) == {:ok, :kept}

    assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[40_001]]
    assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> Repo.insert_all("t", rows) end
    other = for id <- 50_001..90_000, do: [id: id, v: 0]

    assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn ->
      Repo.insert_all("t", other ++ [[id: 1, v: 0]])
    end

    assert rows("SELECT count(*) FROM t WHERE id > 9000") == [[40_001]]
  end
end
