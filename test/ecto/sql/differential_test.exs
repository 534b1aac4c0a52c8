defmodule Ecto.Adapters.LibSql.SQL.DifferentialTest do
  # Random queries over random rows: the adapter and SQLite on one side, a few lines of Elixir with SQL's
  # three-valued logic on the other.
  use EctoLibSql.EctoCase, async: true
  use ExUnitProperties

  defmodule T do
    use Ecto.Schema

    schema "t" do
      field(:a, :integer)
      field(:b, :integer)
      field(:s, :string)
    end
  end

  defmodule U do
    use Ecto.Schema

    schema "u" do
      field(:t_id, :integer)
      field(:v, :integer)
    end
  end

  setup do
    sql!(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, s TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY, t_id INTEGER, v INTEGER)"
    )

    :ok
  end

  ## Generators

  defp number, do: one_of([integer(-3..3), constant(nil)])
  defp word, do: one_of([member_of(["", "a", "B", "é", "it's", "%", "\\"]), constant(nil)])

  defp tables do
    gen all(
          ts <- list_of(tuple({number(), number(), word()}), max_length: 8),
          us <- list_of(tuple({integer(0..9), number()}), max_length: 8)
        ) do
      {for({{a, b, s}, id} <- Enum.with_index(ts, 1), do: %{id: id, a: a, b: b, s: s}),
       for({{t_id, v}, id} <- Enum.with_index(us, 1), do: %{id: id, t_id: t_id, v: v})}
    end
  end

  defp numeric do
    leaf =
      one_of([
        tuple({constant(:field), member_of([:id, :a, :b])}),
        tuple({constant(:number), integer(-3..3)})
      ])

    tree(leaf, fn inner ->
      one_of([
        tuple({member_of([:+, :-, :*]), inner, inner}),
        tuple({constant(:coalesce), inner, inner})
      ])
    end)
  end

  defp condition do
    leaf =
      one_of([
        tuple({member_of([:==, :!=, :<, :<=, :>, :>=]), numeric(), numeric()}),
        tuple({constant(:is_nil), numeric()}),
        tuple({constant(:in), numeric(), list_of(integer(-3..3), max_length: 3)}),
        tuple({member_of([:text_eq, :text_lt]), member_of(["", "a", "é", "it's", "\\"])})
      ])

    tree(leaf, fn inner ->
      one_of([tuple({member_of([:and, :or]), inner, inner}), tuple({constant(:not), inner})])
    end)
  end

  ## Ecto

  defp ecto({:field, name}), do: dynamic([t], field(t, ^name))
  defp ecto({:number, number}), do: dynamic([t], type(^number, :integer))
  defp ecto({:+, l, r}), do: dynamic([t], ^ecto(l) + ^ecto(r))
  defp ecto({:-, l, r}), do: dynamic([t], ^ecto(l) - ^ecto(r))
  defp ecto({:*, l, r}), do: dynamic([t], ^ecto(l) * ^ecto(r))
  defp ecto({:coalesce, l, r}), do: dynamic([t], coalesce(^ecto(l), ^ecto(r)))
  defp ecto({:==, l, r}), do: dynamic([t], ^ecto(l) == ^ecto(r))
  defp ecto({:!=, l, r}), do: dynamic([t], ^ecto(l) != ^ecto(r))
  defp ecto({:<, l, r}), do: dynamic([t], ^ecto(l) < ^ecto(r))
  defp ecto({:<=, l, r}), do: dynamic([t], ^ecto(l) <= ^ecto(r))
  defp ecto({:>, l, r}), do: dynamic([t], ^ecto(l) > ^ecto(r))
  defp ecto({:>=, l, r}), do: dynamic([t], ^ecto(l) >= ^ecto(r))
  defp ecto({:and, l, r}), do: dynamic([t], ^ecto(l) and ^ecto(r))
  defp ecto({:or, l, r}), do: dynamic([t], ^ecto(l) or ^ecto(r))
  defp ecto({:not, c}), do: dynamic([t], not (^ecto(c)))
  defp ecto({:is_nil, e}), do: dynamic([t], is_nil(^ecto(e)))
  defp ecto({:in, e, list}), do: dynamic([t], ^ecto(e) in ^list)
  defp ecto({:text_eq, text}), do: dynamic([t], t.s == ^text)
  defp ecto({:text_lt, text}), do: dynamic([t], t.s < ^text)

  ## Elixir

  defp value({:field, name}, row), do: Map.fetch!(row, name)
  defp value({:number, number}, _row), do: number

  defp value({:coalesce, l, r}, row),
    do: if(is_nil(value(l, row)), do: value(r, row), else: value(l, row))

  defp value({op, l, r}, row),
    do: strict(value(l, row), value(r, row), &apply(Kernel, op, [&1, &2]))

  defp strict(l, r, _fun) when is_nil(l) or is_nil(r), do: nil
  defp strict(l, r, fun), do: fun.(l, r)

  defp truth({:not, c}, row), do: with(t when is_boolean(t) <- truth(c, row), do: not t)
  defp truth({:is_nil, e}, row), do: is_nil(value(e, row))
  defp truth({:in, _e, []}, _row), do: false
  defp truth({:in, e, list}, row), do: strict(value(e, row), 0, fn v, _ -> v in list end)
  defp truth({:text_eq, text}, row), do: strict(row.s, text, &==/2)
  defp truth({:text_lt, text}, row), do: strict(row.s, text, &</2)

  defp truth({:and, l, r}, row) do
    case {truth(l, row), truth(r, row)} do
      {false, _} -> false
      {_, false} -> false
      {true, true} -> true
      _unknown -> nil
    end
  end

  defp truth({:or, l, r}, row) do
    case {truth(l, row), truth(r, row)} do
      {true, _} -> true
      {_, true} -> true
      {false, false} -> false
      _unknown -> nil
    end
  end

  defp truth({op, l, r}, row),
    do: strict(value(l, row), value(r, row), &apply(Kernel, op, [&1, &2]))

  defp kept(rows, condition), do: Enum.filter(rows, &(truth(condition, &1) == true))

  # SQLite sorts NULL first.
  defp sorted(rows, expr, direction) do
    key = fn row -> with nil <- value(expr, row), do: -1_000_000_000_000 end
    Enum.sort_by(rows, &{if(direction == :asc, do: key.(&1), else: -key.(&1)), &1.id})
  end

  defp fill({ts, us}) do
    sql!("DELETE FROM t; DELETE FROM u")
    Repo.insert_all(T, ts)
    Repo.insert_all(U, us)
  end

  defp stored, do: Repo.all(from(t in T, order_by: t.id, select: map(t, [:id, :a, :b, :s])))

  property "filters, orders, limits and offsets" do
    check all(
            {ts, _} = tables <- tables(),
            condition <- condition(),
            order <- numeric(),
            direction <- member_of([:asc, :desc]),
            limit <- integer(0..5),
            offset <- integer(0..3),
            max_runs: 150
          ) do
      fill(tables)

      query =
        from(t in T,
          where: ^ecto(condition),
          order_by: ^[{direction, ecto(order)}, {:asc, dynamic([t], t.id)}],
          limit: ^limit,
          offset: ^offset,
          select: t.id
        )

      expected = ts |> kept(condition) |> sorted(order, direction) |> Enum.slice(offset, limit)
      assert Repo.all(query) == Enum.map(expected, & &1.id)
    end
  end

  property "computed values, as selected" do
    check all({ts, _} = tables <- tables(), expr <- numeric(), max_runs: 60) do
      fill(tables)
      query = from(t in T, order_by: t.id, select: ^%{v: ecto(expr)})
      assert Enum.map(Repo.all(query), & &1.v) == Enum.map(ts, &value(expr, &1))
    end
  end

  property "distinct on a field keeps the first row of each" do
    check all(
            {ts, _} = tables <- tables(),
            order <- numeric(),
            condition <- condition(),
            max_runs: 60
          ) do
      fill(tables)

      query =
        from(t in T,
          where: ^ecto(condition),
          distinct: t.a,
          order_by: ^[{:asc, ecto(order)}, {:asc, dynamic([t], t.id)}],
          select: t.id
        )

      firsts =
        ts
        |> kept(condition)
        |> Enum.group_by(& &1.a)
        |> Enum.map(fn {_a, rows} -> hd(sorted(rows, order, :asc)).id end)

      assert Enum.sort(Repo.all(query)) == Enum.sort(firsts)
    end
  end

  property "inner and left joins, and groups over them" do
    check all({ts, us} = tables <- tables(), condition <- condition(), max_runs: 60) do
      fill(tables)
      base = from(t in T, where: ^ecto(condition))
      kept = kept(ts, condition)
      pairs = for t <- kept, u <- us, u.t_id == t.id, do: {t.id, u.id}
      alone = for t <- kept, not Enum.any?(us, &(&1.t_id == t.id)), do: {t.id, nil}

      assert Enum.sort(
               Repo.all(from(t in base, join: u in U, on: u.t_id == t.id, select: {t.id, u.id}))
             ) == Enum.sort(pairs)

      assert Enum.sort(
               Repo.all(
                 from(t in base, left_join: u in U, on: u.t_id == t.id, select: {t.id, u.id})
               )
             ) == Enum.sort(pairs ++ alone)

      sums =
        for t <- kept do
          values = for u <- us, u.t_id == t.id, u.v != nil, do: u.v

          {t.id, length(values), if(values != [], do: Enum.sum(values)),
           Enum.min(values, fn -> nil end)}
        end

      query =
        from(t in base,
          left_join: u in U,
          on: u.t_id == t.id,
          group_by: t.id,
          order_by: t.id,
          select: {t.id, count(u.v), sum(u.v), min(u.v)}
        )

      assert Repo.all(query) == sums
    end
  end

  property "unions, and differences that count copies" do
    check all({ts, us} = tables <- tables(), max_runs: 60) do
      fill(tables)
      left = Enum.map(ts, & &1.a)
      right = Enum.map(us, & &1.v)
      q1 = from(t in T, select: t.a)
      q2 = from(u in U, select: u.v)
      both = left -- left -- right

      assert Enum.sort(Repo.all(union_all(q1, ^q2))) == Enum.sort(left ++ right)
      assert Enum.sort(Repo.all(union(q1, ^q2))) == Enum.sort(Enum.uniq(left ++ right))
      assert Enum.sort(Repo.all(except_all(q1, ^q2))) == Enum.sort(left -- right)
      assert Enum.sort(Repo.all(intersect_all(q1, ^q2))) == Enum.sort(both)

      assert Enum.sort(Repo.all(except(q1, ^q2))) ==
               Enum.sort(Enum.uniq(left) -- Enum.uniq(right))
    end
  end

  property "updates and deletes, plain and over a join" do
    check all(
            {ts, us} = tables <- tables(),
            condition <- condition(),
            new <- number(),
            max_runs: 60
          ) do
      fill(tables)
      hit = kept(ts, condition)
      query = from(t in T, where: ^ecto(condition))
      assert Repo.update_all(query, set: [b: new]) == {length(hit), nil}
      assert stored() == for(t <- ts, do: if(t in hit, do: %{t | b: new}, else: t))

      fill(tables)
      joined = from(t in T, join: u in U, on: u.t_id == t.id, where: ^ecto(condition))
      gone = for t <- hit, Enum.any?(us, &(&1.t_id == t.id)), do: t
      assert Repo.update_all(joined, inc: [b: 1]) == {length(gone), nil}
      assert stored() == for(t <- ts, do: if(t in gone and t.b, do: %{t | b: t.b + 1}, else: t))

      fill(tables)
      assert Repo.delete_all(joined) == {length(gone), nil}
      assert stored() == ts -- gone
      fill(tables)
      assert Repo.delete_all(query) == {length(hit), nil}
      assert stored() == ts -- hit
    end
  end
end
