defmodule Ecto.Adapters.LibSql.SQL.Rewrite.SetOperationsTest do
  # Orders, names and outer rows of unions and their relatives.
  use EctoLibSql.EctoCase, async: true

  defmodule T do
    use Ecto.Schema

    schema "t" do
      field(:n, :integer)
      field(:name, :string)
      field(:meta, :map)
    end
  end

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, name TEXT, meta TEXT);
    INSERT INTO t VALUES (1, 7, 'x', '{"price": 10, "ok": true}'), (2, 5, 'y', '{"price": 9, "ok": false}'),
      (3, 6, 'z', '{"price": 2.5, "ok": [1]}');
    """)

    :ok
  end

  describe "order_by" do
    test "takes a selected field, whichever the operation" do
      some = from(t in T, where: t.id > 1, select: {t.n, t.id})
      all = from(t in T, order_by: [desc: t.id], select: {t.n, t.id})
      assert Repo.all(except_all(all, ^some)) == [{7, 1}]
      assert Repo.all(intersect_all(all, ^some)) == [{6, 3}, {5, 2}]
      assert Repo.all(union(all, ^some)) == [{6, 3}, {5, 2}, {7, 1}]

      by_n = from(t in T, order_by: t.n, limit: 2, offset: 1)
      some = from(t in T, where: t.id == 2)
      assert [%T{id: 3}, %T{id: 1}] = Repo.all(union(by_n, ^some))
      assert [%T{id: 1}] = Repo.all(except_all(by_n, ^some))
    end

    test "takes a selected expression and a named one" do
      one = from(t in T, where: t.id == 2, select: t.n * 10)
      query = from(t in T, order_by: [desc: t.n * 10], select: t.n * 10)
      assert Repo.all(union(query, ^one)) == [70, 60, 50]
      assert Repo.all(except_all(query, ^one)) == [70, 60]

      named = from(t in T, order_by: [desc: selected_as(:m)], select: selected_as(t.n * 10, :m))
      assert Repo.all(except_all(named, ^one)) == [70, 60]
    end

    test "takes a JSON value, by its value" do
      rest = from(t in T, where: t.id > 2, select: {t.id, t.meta["price"], t.meta["ok"]})

      query =
        from(t in T,
          where: t.id < 3,
          select: {t.id, t.meta["price"], t.meta["ok"]},
          order_by: t.meta["price"],
          union_all: ^rest
        )

      assert Repo.all(query) == [{3, 2.5, [1]}, {2, 9, false}, {1, 10, true}]
      assert Repo.all(from(t in query, limit: 1, offset: 1)) == [{2, 9, false}]

      assert Repo.all(from(t in exclude(query, :combinations), except_all: ^rest)) ==
               [{2, 9, false}, {1, 10, true}]
    end

    test "refuses what is not selected, with a way out" do
      rest = from(t in T, select: t.id)

      for query <- [
            from(t in T, select: t.id, order_by: t.n, union: ^rest),
            from(t in T, select: t.id, order_by: t.n, except_all: ^rest),
            from(t in T, select: t.n, order_by: t.id, union: ^rest),
            from(t in T, select: t.n, order_by: type(t.id, :string), union: ^rest)
          ] do
        assert_raise Ecto.QueryError, ~r/order_by.*select.*sub-query/s, fn -> Repo.all(query) end
      end
    end

    test "leaves a name in a fragment to SQLite" do
      query = from(t in T, select: t.id, order_by: fragment("1 DESC"))
      assert Repo.all(union(query, ^from(t in T, select: t.n))) == [7, 6, 5, 3, 2, 1]
    end
  end

  test "columns may be called copy and c0" do
    query = from(t in T, select: %{copy: t.n, c0: t.id, c1: t.name})
    twice = union_all(query, ^query)

    assert Repo.all(
             from(x in subquery(except_all(twice, ^query)),
               order_by: x.c0,
               select: {x.copy, x.c0, x.c1}
             )
           ) ==
             [{7, 1, "x"}, {5, 2, "y"}, {6, 3, "z"}]

    mixed = from(t in T, where: t.id < 3, select: {selected_as(t.n, :c1), t.id})
    one = from(t in T, where: t.id == 1, select: {t.n, t.id})
    assert Repo.all(except_all(mixed, ^one)) == [{5, 2}]
  end

  test "a nested member of a union may refer to the outer row" do
    same = from(t in T, where: t.id == parent_as(:t).id and t.n == 0, select: t.id)
    arm = union(same, ^from(t in T, where: t.n == parent_as(:t).n and t.id > 2, select: t.id))
    inner = union(same, ^arm)
    assert Repo.all(from(t in T, as: :t, where: exists(inner), select: t.id)) == [3]
  end
end
