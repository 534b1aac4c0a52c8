defmodule Ecto.Adapters.LibSql.ConnectionTest do
  # What goes to the driver and comes back: several statements, comments, timeouts, cached plans.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "query_many gives a result for each statement, or the first error" do
    assert {:ok, [%{rows: [[1]]}, %{rows: nil}, %{rows: [[7]]}]} =
             Repo.query_many(
               "SELECT 1; UPDATE t SET v = 7 WHERE id = 1; SELECT v FROM t WHERE id = 1"
             )

    assert {:ok, [%{rows: [[3]]}]} = Repo.query_many("SELECT ?", [3])

    assert {:ok, [%{command: :update, num_rows: 2}, %{num_rows: 1}, %{num_rows: 3}]} =
             Repo.query_many(
               "UPDATE t SET v = 7 WHERE id < 3; INSERT INTO t (id) VALUES (9000); DELETE FROM t WHERE id < 4"
             )

    assert {:error, %EctoLibSql.Error{message: message}} =
             Repo.query_many("SELECT 1; SELECT nope")

    assert message =~ "nope"
  end

  test "a comment is appended to the logged statement, and */ in it does not end it" do
    test = self()
    query = from(t in "t", where: t.id == 1, select: t.id)

    :telemetry.attach(
      "comment",
      Repo.config()[:telemetry_prefix] ++ [:query],
      fn _, _, metadata, _ -> if self() == test, do: send(test, {:sql, metadata.query}) end,
      nil
    )

    on_exit(fn -> :telemetry.detach("comment") end)
    assert Repo.all(query, comment: "a */ DROP") == [1]
    assert_receive {:sql, sql}
    assert sql =~ ~r|WHERE .* /\* a \* / DROP \*/$|
    assert Repo.all(query) == [1]
    assert_receive {:sql, sql}
    refute sql =~ "/*"
    Repo.query!("SELECT 1", [], comment: "raw")
    assert_receive {:sql, "SELECT 1 /* raw */"}
    assert_raise ArgumentError, ~r/:comment/, fn -> Repo.all(query, comment: 1) end
  end

  @tag repo: [database: ":memory:"]
  test "a query beyond its timeout is interrupted, and its connection stays open" do
    endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    assert {:error, %EctoLibSql.Error{kind: :timeout}} = Repo.query(endless, [], timeout: 2000)
    # A database in memory lives as long as its connection.
    assert rows("SELECT count(*) FROM t") == [[2500]]
  end

  test "a cached query runs after a column was added" do
    query = from(t in "t", where: t.id == 1, select: t.v)
    assert Repo.one(query) == 1
    sql!("ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 3")
    assert Repo.one(query) == 1
    assert Repo.one(from(t in "t", where: t.id == 1, select: t.extra)) == 3
  end
end
