defmodule Ecto.Adapters.LibSql.PlanTest do
  # What runs for a query: the parameters in the form in which they are bound, long lists as one JSON text.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.SQL

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO t SELECT i, i FROM n
    """)

    :ok
  end

  test "to_sql gives a text and parameters that Repo.query runs with the same result, however long a list is" do
    for list <- [[1, 2, 3], Enum.to_list(1..1000), Enum.to_list(1..40_000)] do
      query = from(t in "t", where: t.id in ^list and t.v > ^990, select: t.id)
      expected = Repo.all(query)

      {sql, params} = Repo.to_sql(:all, query)
      assert is_binary(sql)
      assert Repo.query!(sql, params).rows == Enum.map(expected, &[&1])

      {sql, params} = SQL.to_sql(:all, Repo.get_dynamic_repo(), query)
      assert to_string(sql) =~ "FROM \"t\""
      assert is_binary(sql) or length(list) > 32_766
      refute inspect(sql) =~ "lists:"
      assert Repo.query!(sql, params).rows == Enum.map(expected, &[&1])

      assert {delete, params} = Repo.to_sql(:delete_all, exclude(query, :select))
      assert delete =~ "DELETE"
      assert List.last(params) == 990
    end
  end
end
