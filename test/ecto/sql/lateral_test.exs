defmodule Ecto.Adapters.LibSql.SQL.LateralTest do
  # A lateral sub-query gives each outer row what it would give alone, whichever way it is written in SQL.
  use EctoLibSql.EctoCase, async: true

  defmodule A do
    use Ecto.Schema

    schema "a" do
      field(:e, :string)
      field(:n, :integer)
    end
  end

  defmodule B do
    use Ecto.Schema

    schema "b" do
      field(:a_id, :integer)
      field(:v, :integer)
      field(:e, :string)
    end
  end

  setup do
    sql!("""
    CREATE TABLE a (id INTEGER PRIMARY KEY, e TEXT COLLATE NOCASE, n INTEGER);
    INSERT INTO a VALUES (1, 'ab', 1), (2, 'C', 8);
    CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER, v INTEGER, e TEXT);
    INSERT INTO b VALUES (1, 1, 5, 'AB'), (2, 1, 9, 'ab'), (3, 2, 9, 'c'), (4, 3, 9, 'C'), (5, 2, 1, '01');
    """)

    :ok
  end

  # The ids of the sub-query beside those of the outer rows.
  defp pairs(inner) do
    Repo.all(
      from(a in A,
        as: :a,
        left_lateral_join: x in subquery(inner),
        on: true,
        order_by: [a.id, x.id],
        select: {a.id, x.id}
      )
    )
  end

  defp tied, do: from(b in B, where: b.a_id == parent_as(:a).id)

  describe "conditions" do
    test "a lateral sub-query keeps its OR" do
      either = from(b in tied(), or_where: b.v == 9, select: %{id: b.id})
      assert pairs(either) == [{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 2}, {2, 3}, {2, 4}, {2, 5}]

      assert pairs(from(b in either, where: b.id > 2)) == [{1, 3}, {1, 4}, {2, 3}, {2, 4}, {2, 5}]
    end

    test "a tie behind an OR holds for both of its sides" do
      inner =
        from(b in B,
          where: b.v == 5,
          or_where: b.v == 9,
          where: b.a_id == parent_as(:a).id,
          select: %{id: b.id}
        )

      assert pairs(inner) == [{1, 1}, {1, 2}, {2, 3}]
    end
  end

  describe "what is computed for each outer row" do
    test "an aggregate in a fragment" do
      assert pairs(from(b in tied(), select: %{id: fragment("count(*)")})) == [{1, 2}, {2, 2}]
      nested = from(b in tied(), select: %{id: coalesce(fragment("max(?)", b.v), 0) + 1})
      assert pairs(nested) == [{1, 10}, {2, 10}]
    end

    test "an aggregate in a cast, or a window in the order" do
      cast = from(b in tied(), select: %{id: type(count(b.v), :integer)})
      assert pairs(cast) == [{1, 2}, {2, 2}]

      last = [desc: dynamic([b], over(row_number(), order_by: b.id))]

      assert pairs(from(b in tied(), order_by: ^last, limit: 1, select: %{id: b.id})) ==
               [{1, 2}, {2, 5}]
    end
  end

  describe "names" do
    test "fields may have the names that numbered rows once had" do
      assert [{1, 1}, {2, 3}] ==
               Repo.all(
                 from(a in A,
                   as: :a,
                   inner_lateral_join:
                     x in subquery(
                       from(b in tied(),
                         order_by: b.id,
                         limit: 1,
                         select: %{rank: b.id, sort0: b.v}
                       )
                     ),
                   on: true,
                   order_by: a.id,
                   select: {a.id, x.rank}
                 )
               )
    end

    test "fields may have the names that ties once had" do
      assert Repo.all(
               from(a in A,
                 as: :a,
                 inner_lateral_join: x in subquery(from(b in tied(), select: %{tie0: b.v})),
                 on: true,
                 order_by: [a.id, x.tie0],
                 select: {a.id, x.tie0}
               )
             ) == [{1, 5}, {1, 9}, {2, 1}, {2, 9}]
    end
  end

  describe "the comparison of a tie" do
    test "has the collation of its left operand" do
      outer = from(b in B, where: parent_as(:a).e == b.e, select: %{id: b.id})
      assert pairs(outer) == [{1, 1}, {1, 2}, {2, 3}, {2, 4}]

      inner = from(b in B, where: b.e == parent_as(:a).e, select: %{id: b.id})
      assert pairs(inner) == [{1, 2}, {2, 4}]
    end

    test "has the collation of a column, whatever an expression beside it is" do
      inner = from(b in B, where: fragment("lower(?)", b.e) == parent_as(:a).e)
      assert pairs(from(b in inner, select: %{id: b.id})) == [{1, 1}, {1, 2}, {2, 3}, {2, 4}]
    end

    test "counts rows that are equal to the outer one, not to each other" do
      inner =
        from(b in B, where: parent_as(:a).e == b.e, order_by: b.id, limit: 1, select: %{id: b.id})

      assert pairs(inner) == [{1, 1}, {2, 3}]
      sql!("UPDATE b SET e = '1' WHERE id = 4")

      number = from(b in "b", where: b.e == parent_as(:a).n, order_by: b.id, limit: 1)

      assert pairs(from(b in number, select: %{id: b.id})) == [{1, 4}, {2, nil}]
    end
  end

  test "a tie between fields of one type numbers the rows of a join" do
    inner = from(b in tied(), order_by: [desc: b.id], limit: 1, select: %{id: b.id})
    assert pairs(inner) == [{1, 2}, {2, 5}]

    query = from(a in A, as: :a, left_lateral_join: x in subquery(inner), on: true, select: x.id)

    assert {sql, _} = Repo.to_sql(:all, query)
    assert sql =~ "row_number()"
    refute sql =~ "json"
  end
end
