defmodule Ecto.Adapters.LibSql.SQL.CombineTest do
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

  test "columns may have the names that copies and unnamed ones once had" do
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

  test "an arm of an arm sees the outer row" do
    same = from(t in T, where: t.id == parent_as(:t).id and t.n == 0, select: t.id)
    arm = union(same, ^from(t in T, where: t.n == parent_as(:t).n and t.id > 2, select: t.id))
    inner = union(same, ^arm)
    assert Repo.all(from(t in T, as: :t, where: exists(inner), select: t.id)) == [3]
  end
end
