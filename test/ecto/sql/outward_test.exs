defmodule Ecto.Adapters.LibSql.SQL.OutwardTest do
  # Sub-queries that order and group by the outer row, which SQLite's ORDER BY and GROUP BY do not see.
  use EctoLibSql.EctoCase, async: true

  defmodule Q do
    use Ecto.Schema

    schema "q" do
      field(:n, :integer)
      field(:kind, :string)
    end
  end

  setup do
    sql!("""
    CREATE TABLE q (id INTEGER PRIMARY KEY, n INTEGER, kind TEXT);
    INSERT INTO q VALUES (1, 10, 'a'), (2, 13, 'a'), (3, 20, 'b'), (4, 21, 'b');
    """)

    :ok
  end

  defp others, do: from(z in Q, where: z.id != parent_as(:q).id)

  defp nearest do
    from(z in others(), order_by: [fragment("abs(? - ?)", z.n, parent_as(:q).n), z.id])
  end

  defp outer(expr), do: Repo.all(from(q in Q, as: :q, order_by: q.id, select: ^expr))

  describe "order_by" do
    test "the nearest row, of a lateral join" do
      assert Repo.all(
               from(q in Q,
                 as: :q,
                 inner_lateral_join:
                   x in subquery(from(z in nearest(), limit: 1, select: %{id: z.id})),
                 on: true,
                 order_by: q.id,
                 select: {q.id, x.id}
               )
             ) == [{1, 2}, {2, 1}, {3, 4}, {4, 3}]
    end

    test "the nearest row, in select, where and a union" do
      one = from(z in nearest(), limit: 1, offset: 1, select: z.id)
      assert outer(%{v: subquery(one)}) == [%{v: 3}, %{v: 3}, %{v: 2}, %{v: 2}]
      plain = from(z in one, distinct: false)
      assert outer(%{v: subquery(plain)}) == outer(%{v: subquery(one)})

      assert Repo.all(
               from(q in Q, as: :q, where: q.id - 1 == subquery(one), order_by: q.id, select: q.id)
             ) == [3]

      none = from(z in Q, where: z.id > 99, select: z.id)
      assert outer(%{v: subquery(union_all(none, ^one))}) == [%{v: 3}, %{v: 3}, %{v: 2}, %{v: 2}]
    end

    test "the nearest row, inside exists" do
      near = from(z in nearest(), limit: 1)

      assert Repo.all(from(q in Q, as: :q, where: exists(near), order_by: q.id, select: q.id)) ==
               [1, 2, 3, 4]
    end

    test "a selected value, also of distinct rows" do
      distance =
        from(z in others(),
          distinct: true,
          order_by: [desc: z.n - parent_as(:q).n],
          limit: 1,
          select: z.n - parent_as(:q).n
        )

      assert outer(%{v: subquery(distance)}) == [%{v: 11}, %{v: 8}, %{v: 1}, %{v: -1}]

      hidden =
        from(z in others(),
          distinct: true,
          order_by: z.n - parent_as(:q).n,
          limit: 1,
          select: z.kind
        )

      assert_raise Ecto.QueryError, ~r/order_by.*select/s, fn -> outer(%{v: subquery(hidden)}) end
    end

    test "the nearest row, of a CTE and behind IN" do
      body = from(z in nearest(), limit: 1, select: %{id: z.id})
      inner = "near" |> with_cte("near", as: ^body) |> select([n], n.id)
      assert outer(%{v: subquery(inner)}) == [%{v: 2}, %{v: 1}, %{v: 4}, %{v: 3}]

      near = from(z in nearest(), limit: 2, select: z.id - 1)

      assert Repo.all(from(q in Q, as: :q, where: q.id in subquery(near), select: q.id)) == [
               1,
               2,
               3
             ]
    end

    test "a sub-query that itself looks outside" do
      deep = from(y in Q, where: y.id == parent_as(:z).id, select: y.n - parent_as(:q).n)

      inner =
        from(z in others(),
          as: :z,
          order_by: [desc: subquery(deep)],
          limit: 1,
          select: z.id
        )

      assert outer(%{v: subquery(inner)}) == [%{v: 4}, %{v: 4}, %{v: 4}, %{v: 3}]
    end

    test "a sub-query that looks no further than its own level" do
      count = from(y in Q, where: y.kind == parent_as(:z).kind, select: sum(y.n))

      inner =
        from(z in others(),
          as: :z,
          order_by: [desc: subquery(count), asc: z.id],
          limit: 1,
          select: z.id
        )

      assert outer(%{v: subquery(inner)}) == [%{v: 3}, %{v: 3}, %{v: 4}, %{v: 3}]
    end

    test "first rows of each kind and rows that tie" do
      first = from(z in others(), distinct: [desc: z.kind], select: z.id)
      near = [asc: dynamic([z], fragment("abs(? - ?)", z.n, parent_as(:q).n))]
      first = from(z in first, order_by: ^near, limit: 1)
      assert outer(%{v: subquery(first)}) == [%{v: 3}, %{v: 3}, %{v: 4}, %{v: 3}]

      ties = from(z in others(), order_by: ^near, limit: 1, with_ties: true, select: z.id)
      assert outer(%{v: subquery(ties)}) == [%{v: 2}, %{v: 1}, %{v: 4}, %{v: 3}]
    end

    test "of a union, a selected value" do
      one = from(z in Q, where: z.id == 1, select: z.n - parent_as(:q).n)

      inner =
        from(z in Q,
          where: z.id == 4,
          select: z.n - parent_as(:q).n,
          order_by: z.n - parent_as(:q).n,
          limit: 1,
          union: ^one
        )

      assert outer(%{v: subquery(inner)}) == [%{v: 0}, %{v: -3}, %{v: -10}, %{v: -11}]
    end
  end

  describe "group_by" do
    test "a value that is selected, or not" do
      # The others above and below.
      above = from(z in others(), group_by: z.n > parent_as(:q).n)

      largest = fn grouped ->
        from(x in subquery(from(z in grouped, select: %{count: count()})), select: max(x.count))
      end

      assert outer(%{v: subquery(largest.(above))}) == [%{v: 3}, %{v: 2}, %{v: 2}, %{v: 3}]

      selected =
        from(z in above,
          having: count() > 1,
          order_by: [desc: z.n > parent_as(:q).n],
          limit: 1,
          select: fragment("printf('%s:%s', ?, ?)", z.n > parent_as(:q).n, count())
        )

      assert outer(%{v: subquery(selected)}) == [
               %{v: "1:3"},
               %{v: "1:2"},
               %{v: "0:2"},
               %{v: "0:3"}
             ]

      named =
        from(z in others(),
          group_by: selected_as(:above),
          order_by: [desc: count()],
          limit: 1,
          select: selected_as(z.n > parent_as(:q).n, :above)
        )

      assert Enum.map(outer(%{v: subquery(named)}), & &1.v) |> Enum.map(&(&1 in [1, true])) ==
               [true, true, false, false]
    end

    test "distinct rows of groups" do
      inner =
        from(z in others(),
          distinct: true,
          group_by: z.n > parent_as(:q).n,
          order_by: selected_as(:c),
          select: %{c: selected_as(fragment("min(?, 1)", count()), :c)}
        )

      counted = from(x in subquery(inner), select: count())
      assert outer(%{v: subquery(counted)}) == for(_ <- 1..4, do: %{v: 1})
    end

    test "beside distinct fields, only a selected value" do
      inner =
        from(z in others(),
          distinct: count(),
          group_by: z.n > parent_as(:q).n,
          limit: 1,
          select: count()
        )

      assert_raise Ecto.QueryError, ~r/group_by.*select/s, fn -> outer(%{v: subquery(inner)}) end
    end
  end

  test "a limit that names the outer row is refused, with a way out" do
    inner = from(z in Q, order_by: z.id, select: z.id)

    for query <- [
          from(z in inner, limit: parent_as(:q).id),
          from(z in inner, limit: 1, offset: parent_as(:q).id),
          from(z in inner, distinct: z.kind, limit: parent_as(:q).id)
        ] do
      assert_raise Ecto.QueryError, ~r/row_number/, fn -> outer(%{v: subquery(query)}) end
    end
  end
end
