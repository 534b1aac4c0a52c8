defmodule Ecto.Adapters.LibSql.SQL.Rewrite.DistinctOnTest do
  # DISTINCT ON and WITH TIES: which rows stay, and that the columns added for it are nobody else's.
  use EctoLibSql.EctoCase, async: true

  defmodule T do
    use Ecto.Schema

    schema "t" do
      field(:kind, :string)
      field(:rank, :integer)
    end
  end

  setup do
    sql!("""
    CREATE TABLE t (id INTEGER PRIMARY KEY, kind TEXT, rank INTEGER);
    INSERT INTO t VALUES (1, 'a', 30), (2, 'a', 20), (3, 'b', 10), (4, 'c', 10);
    """)

    :ok
  end

  describe "distinct on fields" do
    test "a field may be called rank, row or sort0" do
      whole = from(t in T, distinct: t.kind, order_by: t.id)

      assert Repo.all(from(x in subquery(whole), order_by: x.id, select: {x.id, x.rank})) ==
               [{1, 30}, {3, 10}, {4, 10}]

      keyed =
        from(t in T,
          distinct: [desc: t.kind],
          limit: 1,
          select: %{sort0: t.rank, row: t.id, rank: t.kind}
        )

      assert Repo.all(from(x in subquery(keyed), select: {x.sort0, x.row, x.rank})) ==
               [{10, 4, "c"}]
    end

    test "an expression may be called c1" do
      query = from(t in T, distinct: t.kind, select: {selected_as(t.rank, :c1), t.id})
      assert [{_, a}, {10, 3}, {10, 4}] = Repo.all(query)
      assert a in [1, 2]
    end
  end

  describe "with_ties" do
    test "a field may be called rank or row" do
      ties =
        from(t in T,
          order_by: t.rank,
          limit: 1,
          with_ties: true,
          offset: 1,
          select: %{rank: t.id, row: t.kind}
        )

      assert [{id, kind}] = Repo.all(from(x in subquery(ties), select: {x.rank, x.row}))
      assert {id, kind} in [{3, "b"}, {4, "c"}]
    end

    test "counts distinct rows" do
      query =
        from(t in T,
          distinct: true,
          order_by: t.kind,
          limit: 2,
          with_ties: true,
          select: [t.kind]
        )

      assert Repo.all(query) == [["a"], ["b"]]

      query =
        from(t in T,
          distinct: true,
          order_by: [desc: selected_as(:r)],
          limit: 2,
          with_ties: true,
          offset: 1,
          select: {t.kind, selected_as(t.rank, :r)}
        )

      assert [{"a", 20}, {k1, 10}, {k2, 10}] = Repo.all(query)
      assert Enum.sort([k1, k2]) == ["b", "c"]
    end

    test "distinct rows are ordered by what they hold" do
      query =
        from(t in T,
          distinct: true,
          order_by: t.id,
          limit: 2,
          with_ties: true,
          select: t.kind
        )

      assert_raise Ecto.QueryError, ~r/order_by.*select/s, fn -> Repo.all(query) end
    end

    test "no rows have no ties" do
      none = from(t in T, order_by: t.rank, limit: ^0, with_ties: true, select: t.id)
      assert Repo.all(none) == []
      assert Repo.all(from(t in none, offset: 1)) == []
    end
  end
end
