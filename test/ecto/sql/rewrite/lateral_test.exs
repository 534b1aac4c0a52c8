defmodule Ecto.Adapters.LibSql.SQL.Rewrite.LateralTest do
  # A lateral sub-query gives each outer row what it would give alone, whichever way it is written in SQL.
  use EctoLibSql.EctoCase, async: true
  use ExUnitProperties

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

  defp correlated, do: from(b in B, where: b.a_id == parent_as(:a).id)

  describe "conditions" do
    test "an equality behind an OR holds for both of its sides" do
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

  describe "a lateral sub-query that SQLite cannot run for each outer row is refused" do
    defp refused(inner) do
      assert_raise Ecto.QueryError, ~r/no LATERAL.*Group a sub-query/s, fn -> pairs(inner) end
    end

    test "with an aggregate, a window or a fragment that may be one" do
      refused(from(b in correlated(), select: %{id: count(b.id)}))
      refused(from(b in correlated(), select: %{id: type(count(b.v), :integer)}))
      refused(from(b in correlated(), select: %{id: fragment("count(*)")}))
      refused(from(b in correlated(), select: %{id: coalesce(fragment("max(?)", b.v), 0) + 1}))
      refused(from(b in correlated(), group_by: b.v, select: %{id: b.v}))
      refused(from(b in correlated(), select: %{id: over(row_number(), order_by: b.id)}))
      last = [desc: dynamic([b], over(row_number(), order_by: b.id))]
      refused(from(b in correlated(), order_by: ^last, limit: 1, select: %{id: b.id}))
    end

    test "with a comparison other than an equality of fields, or one before an OR" do
      refused(from(b in B, where: b.a_id < parent_as(:a).id, select: %{id: b.id}))
      refused(from(b in correlated(), or_where: b.v == 9, select: %{id: b.id}))

      refused(
        from(b in B, where: fragment("lower(?)", b.e) == parent_as(:a).e, select: %{id: b.id})
      )

      refused(from(b in B, where: b.e == parent_as(:a).id, select: %{id: b.id}))
    end

    test "with an offset, a union or a limit whose rows equal the outer one by its collation" do
      refused(from(b in correlated(), order_by: b.id, limit: 1, offset: 1, select: %{id: b.id}))

      refused(
        union_all(
          from(b in correlated(), select: %{id: b.id}),
          ^from(b in B, select: %{id: b.id})
        )
      )

      refused(from(b in B, where: parent_as(:a).e == b.e, limit: 1, select: %{id: b.id}))
      refused(from(b in "b", where: b.a_id == parent_as(:a).id, limit: 1, select: %{id: b.id}))
    end
  end

  describe "names" do
    test "fields may be called rank and sort0" do
      assert [{1, 1}, {2, 3}] ==
               Repo.all(
                 from(a in A,
                   as: :a,
                   inner_lateral_join:
                     x in subquery(
                       from(b in correlated(),
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

    test "fields may be called outer0" do
      assert Repo.all(
               from(a in A,
                 as: :a,
                 inner_lateral_join:
                   x in subquery(from(b in correlated(), select: %{outer0: b.v})),
                 on: true,
                 order_by: [a.id, x.outer0],
                 select: {a.id, x.outer0}
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
  end

  test "the rows of a join are numbered as the comparison collates" do
    inner =
      from(a in A, where: a.e == parent_as(:b).e, order_by: a.id, limit: 1, select: %{id: a.id})

    sql!("INSERT INTO a VALUES (3, 'AB', 3)")

    query =
      from(b in B,
        as: :b,
        left_lateral_join: x in subquery(inner),
        on: true,
        order_by: b.id,
        select: {b.id, x.id}
      )

    assert Repo.all(query) == [{1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, nil}]
  end

  test "a lateral sub-query with a limit may refer to a sub-query" do
    outer = from(a in A, select: %{id: a.id, e: a.e})

    first =
      from(b in B,
        where: b.a_id == parent_as(:s).id,
        order_by: b.id,
        limit: 1,
        select: %{id: b.id}
      )

    joined = fn inner ->
      from(s in subquery(outer),
        as: :s,
        left_lateral_join: x in subquery(inner),
        on: true,
        order_by: [s.id, x.id],
        select: {s.id, x.id}
      )
    end

    assert Repo.all(joined.(first)) == [{1, 1}, {2, 3}]
  end

  test "a lateral sub-query in a lateral sub-query sees both rows around it" do
    below = from(b in B, where: b.a_id == parent_as(:m).id and b.v == 5, select: %{id: b.id})

    middle =
      from(m in A,
        as: :m,
        left_lateral_join: b in subquery(below),
        on: true,
        where: m.id == parent_as(:a).id,
        select: %{id: b.id}
      )

    assert pairs(middle) == [{1, 1}, {2, nil}]
  end

  test "a tie between fields of one type numbers the rows of a join" do
    inner = from(b in correlated(), order_by: [desc: b.id], limit: 1, select: %{id: b.id})
    assert pairs(inner) == [{1, 2}, {2, 5}]

    query = from(a in A, as: :a, left_lateral_join: x in subquery(inner), on: true, select: x.id)

    assert {sql, _} = Repo.to_sql(:all, query)
    assert sql =~ "row_number()"
    refute sql =~ "json"
  end

  ## Random sub-queries

  defp number, do: frequency([{6, integer(0..2)}, {1, constant(nil)}])

  defp tables do
    gen all(
          as <- list_of(number(), length: 1..4),
          bs <- list_of(tuple({number(), number()}), length: 0..7)
        ) do
      {for({n, id} <- Enum.with_index(as, 1), do: %{id: id, n: n}),
       for({{a_id, v}, id} <- Enum.with_index(bs, 1), do: %{id: id, a_id: a_id, v: v})}
    end
  end

  defp condition do
    frequency([
      {4, member_of([:tie, :tie, :tie, :eit, :below])},
      {1, tuple({constant(:v), integer(0..2)})},
      {1, tuple({constant(:tie_and_v), integer(0..2)})}
    ])
  end

  defp lateral do
    fixed_map(%{
      wheres: list_of(tuple({member_of([:and, :and, :or]), condition()}), max_length: 3),
      order: member_of([:v, :v, :nearest]),
      limit: one_of([constant(nil), integer(0..3)]),
      offset: member_of([nil, nil, 1]),
      select: member_of([:id, :id, :count, :fragment, :distinct, :window])
    })
  end

  ## As Ecto

  defp ecto(%{select: select} = lateral) do
    query =
      from(b in B, as: :b)
      |> wheres(lateral.wheres)
      |> selected(select)
      |> limited(lateral)

    if select in [:id, :window], do: ordered(query, lateral.order), else: query
  end

  defp wheres(query, wheres) do
    Enum.reduce(wheres, query, fn
      {:and, condition}, query -> where(query, ^condition(condition))
      {:or, condition}, query -> or_where(query, ^condition(condition))
    end)
  end

  defp condition(:tie), do: dynamic([b: b], b.a_id == parent_as(:a).n)
  defp condition(:eit), do: dynamic([b: b], parent_as(:a).n == b.a_id)
  defp condition(:below), do: dynamic([b: b], b.a_id < parent_as(:a).n)
  defp condition({:v, v}), do: dynamic([b: b], b.v == ^v)

  defp condition({:tie_and_v, v}),
    do: dynamic([b: b], b.v == ^v and b.a_id == parent_as(:a).n)

  defp selected(query, :id), do: select(query, [b: b], %{x: b.id})
  defp selected(query, :count), do: select(query, [b: b], %{x: count(b.v)})
  defp selected(query, :fragment), do: select(query, [b: b], %{x: fragment("count(?)", b.v)})

  defp selected(query, :window),
    do: select(query, [b: b], %{x: over(row_number(), order_by: [desc: b.id])})

  defp selected(query, :distinct),
    do: query |> distinct(true) |> order_by([b: b], b.v) |> select([b: b], %{x: b.v})

  defp ordered(query, :v), do: order_by(query, [b: b], asc_nulls_last: b.v, asc: b.id)

  defp ordered(query, :nearest) do
    order_by(query, [b: b],
      asc_nulls_last: fragment("abs(? - ?)", b.v, parent_as(:a).n),
      asc: b.id
    )
  end

  defp limited(query, %{limit: limit, offset: offset}) do
    query = if limit, do: limit(query, ^limit), else: query
    if offset, do: offset(query, ^offset), else: query
  end

  ## As Elixir

  defp expected(%{select: select} = lateral, a, bs) do
    rows = Enum.filter(bs, &(truth(lateral.wheres, &1, a) == true))
    places = rows |> Enum.reverse() |> Enum.with_index(1)

    values =
      case select do
        :id ->
          rows |> Enum.sort_by(&key(lateral.order, &1, a)) |> Enum.map(& &1.id)

        :window ->
          places |> Enum.sort_by(&key(lateral.order, elem(&1, 0), a)) |> Enum.map(&elem(&1, 1))

        :distinct ->
          rows |> Enum.map(& &1.v) |> Enum.uniq() |> Enum.sort_by(&(&1 || -1))

        _count ->
          [Enum.count(rows, & &1.v)]
      end

    values = Enum.drop(values, lateral.offset || 0)
    if lateral.limit, do: Enum.take(values, lateral.limit), else: values
  end

  # An atom sorts behind all numbers.
  defp key(:v, b, _a), do: {b.v, b.id}
  defp key(:nearest, b, a), do: {strict(b.v, a.n, &abs(&1 - &2)), b.id}

  defp truth([], _b, _a), do: true

  defp truth([{_op, first} | rest], b, a) do
    Enum.reduce(rest, holds(first, b, a), fn
      {:and, condition}, truth -> both(truth, holds(condition, b, a))
      {:or, condition}, truth -> either(truth, holds(condition, b, a))
    end)
  end

  defp holds(tie, b, a) when tie in [:tie, :eit], do: strict(b.a_id, a.n, &==/2)
  defp holds(:below, b, a), do: strict(b.a_id, a.n, &</2)
  defp holds({:v, v}, b, _a), do: strict(b.v, v, &==/2)
  defp holds({:tie_and_v, v}, b, a), do: both(holds({:v, v}, b, a), holds(:tie, b, a))

  defp strict(l, r, _fun) when is_nil(l) or is_nil(r), do: nil
  defp strict(l, r, fun), do: fun.(l, r)

  defp both(l, r) when l == false or r == false, do: false
  defp both(l, r), do: l && r
  defp either(l, r) when l == true or r == true, do: true
  defp either(l, r) when is_nil(l) or is_nil(r), do: nil
  defp either(_false, _also), do: false

  # Whether SQLite can run it: what it computes for each outer row becomes no join.
  defp possible?(%{wheres: wheres} = lateral) do
    {_before, behind} =
      wheres |> Enum.reverse() |> Enum.split_while(&(elem(&1, 0) != :or)) |> swap()

    ordered? = lateral.select in [:id, :window] and lateral.order == :nearest
    conditions = Enum.map(wheres, &elem(&1, 1))

    if Enum.any?(conditions, &outward?/1) or ordered? do
      ties = Enum.filter(behind, &outward?/1)

      lateral.select == :id and lateral.offset == nil and not ordered? and ties != [] and
        :below not in conditions and length(ties) == Enum.count(conditions, &outward?/1) and
        (lateral.limit == nil or :eit not in ties)
    else
      true
    end
  end

  # The last OR joins the condition behind it with those before.
  defp swap({behind, before}), do: {before, Enum.map(behind, &elem(&1, 1))}

  defp outward?(condition), do: not match?({:v, _}, condition)

  property "random sub-queries give each outer row what they would give alone, or are refused" do
    check all({as, bs} <- tables(), lateral <- lateral(), max_runs: 500) do
      sql!("DELETE FROM a; DELETE FROM b")
      Repo.insert_all(A, as)
      Repo.insert_all(B, bs)
      inner = ecto(lateral)
      found = for a <- as, do: {a.id, expected(lateral, a, bs)}

      joined =
        from(a in A,
          as: :a,
          inner_lateral_join: x in subquery(inner),
          on: true,
          select: {a.id, x.x}
        )

      outer =
        from(a in A,
          as: :a,
          left_lateral_join: x in subquery(inner),
          on: true,
          select: {a.id, x.x}
        )

      if possible?(lateral) do
        assert Enum.sort(Repo.all(joined)) ==
                 Enum.sort(for {id, xs} <- found, x <- xs, do: {id, x})

        assert Enum.sort(Repo.all(outer)) ==
                 Enum.sort(
                   for {id, xs} <- found, x <- if(xs == [], do: [nil], else: xs), do: {id, x}
                 )
      else
        for query <- [joined, outer],
            do: assert_raise(Ecto.QueryError, ~r/no LATERAL/, fn -> Repo.all(query) end)
      end
    end
  end
end
