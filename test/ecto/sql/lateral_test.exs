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
end
