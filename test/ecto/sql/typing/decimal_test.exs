defmodule Ecto.Adapters.LibSql.SQL.Typing.DecimalTest do
  # What queries compute with decimals equals what Decimal computes: to 15 significant digits by default, to the last
  # digit with `decimal_type: :exact`.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  alias Ecto.Adapters.LibSql.Types

  defmodule Line do
    use Ecto.Schema

    schema "lines" do
      field(:kind, :string)
      field(:price, :decimal)
      field(:cost, :decimal)
      field(:qty, :integer)
      field(:ratio, :float)
      field(:meta, :map)
      field(:at, :utc_datetime)
    end
  end

  defmodule Payment do
    use Ecto.Schema

    schema "payments" do
      field(:kind, :string)
      field(:paid, :decimal)
    end
  end

  setup context do
    type = context[:decimal_type] || :numeric
    Application.put_env(:ecto_libsql, :decimal_type, type)
    on_exit(fn -> Application.delete_env(:ecto_libsql, :decimal_type) end)
    decimal = Types.column(:decimal)

    sql!("""
    CREATE TABLE lines (id INTEGER PRIMARY KEY, kind TEXT, price #{decimal}, cost #{decimal}, qty INTEGER,
      ratio REAL, meta TEXT, at DATETIME);
    CREATE UNIQUE INDEX lines_kind_qty ON lines (kind, qty);
    CREATE TABLE payments (id INTEGER PRIMARY KEY, kind TEXT, paid #{decimal})
    """)

    :ok
  end

  defp dec(text), do: Decimal.new(text)

  # Decimals of one value may be written with more or fewer zeros.
  defp text(nil), do: nil
  defp text(%Decimal{} = number), do: number |> Decimal.normalize() |> Decimal.to_string(:normal)
  defp text(list) when is_list(list), do: Enum.map(list, &text/1)
  defp text(other), do: other

  defp lines(prices), do: for(price <- prices, do: Repo.insert!(%Line{price: dec(price), qty: 1}))
  defp ids(query), do: Repo.all(from(l in query, order_by: l.id, select: l.id))

  describe "by default, what is computed has 15 digits" do
    test "where it is loaded" do
      lines(List.duplicate("17.99", 5))
      assert Repo.aggregate(Line, :sum, :price) == dec("89.95")
      assert Repo.one(from(l in Line, select: sum(l.price * l.qty))) == dec("89.95")

      assert Repo.one(
               from(s in subquery(from(l in Line, select: %{v: sum(l.price)})), select: s.v)
             ) == dec("89.95")

      Repo.delete_all(Line)
      lines(["-40.25", "100", "-34.59"])
      assert Repo.aggregate(Line, :sum, :price) == dec("25.16")

      last =
        from(l in Line,
          select: over(sum(l.price), order_by: l.id),
          order_by: [desc: l.id],
          limit: 1
        )

      assert Repo.one(last) == dec("25.16")
    end

    test "where it is compared with a value, a field, a sub-query and a list" do
      lines(List.duplicate("17.99", 5))
      Repo.insert!(%Payment{kind: "a", paid: dec("89.95")})
      total = from(l in Line, select: sum(l.price))
      totals = from(l in Line, select: %{total: sum(l.price)})

      assert [5] =
               Repo.all(from(l in Line, having: sum(l.price) == ^dec("89.95"), select: count()))

      assert [_] = Repo.all(from(l in Line, having: sum(l.price) >= 89.95, select: count()))

      assert [_] =
               Repo.all(
                 from(l in Line,
                   having: sum(l.price) in ^[dec("89.95"), dec("1")],
                   select: count()
                 )
               )

      assert Repo.exists?(from(p in Payment, join: t in subquery(totals), on: p.paid >= t.total))
      assert Repo.exists?(from(p in Payment, where: p.paid == subquery(total)))
      assert Repo.exists?(from(p in Payment, where: p.paid in subquery(total)))
      assert Repo.exists?(from(p in Payment, where: p.paid >= all(total)))
      cte = "t" |> with_cte("t", as: ^totals)
      assert Repo.exists?(from(t in cte, where: t.total == ^dec("89.95")))
      assert Repo.exists?(from(t in cte, join: p in Payment, on: t.total <= p.paid))
    end

    test "where it is stored by an update, an increment, an upsert and an insert from a query" do
      Repo.insert!(%Line{kind: "a", price: dec("0"), cost: dec("0"), qty: 1})
      for _ <- 1..10, do: Repo.update_all(Line, inc: [price: dec("0.1")])
      assert ids(from(l in Line, where: l.price == ^dec("1.0"))) == [1]
      assert rows("SELECT price FROM lines") == [[1]]

      for _ <- 1..10 do
        Repo.insert!(%Line{kind: "a", qty: 1},
          on_conflict: [inc: [cost: dec("0.1")]],
          conflict_target: [:kind, :qty]
        )
      end

      assert ids(from(l in Line, where: l.cost == ^dec("1"))) == [1]
      lines(["0.1", "0.2"])
      Repo.insert_all(Payment, from(l in Line, where: l.id > 1, select: %{paid: sum(l.price)}))
      assert rows("SELECT paid FROM payments") == [[0.3]]

      Repo.update_all(from(l in Line, where: l.id == 1),
        set: [price: dynamic([l], 0.1 + l.cost * 0.2)]
      )

      assert rows("SELECT price FROM lines WHERE id = 1") == [[0.3]]
    end

    test "where it is sorted, grouped and made distinct" do
      for {price, cost, id} <- [{"0.1", "0.2", 1}, {"0.3", "0", 2}, {"0.15", "0.15", 3}],
          do: Repo.insert!(%Line{id: id, price: dec(price), cost: dec(cost)})

      total = dynamic([l], l.price + l.cost)

      assert Repo.all(from(l in Line, order_by: ^[desc: total, asc: :id], select: l.id)) == [
               1,
               2,
               3
             ]

      assert Repo.all(from(l in Line, group_by: ^[total], select: count())) == [3]
      assert Repo.one(from(l in Line, select: count(l.price + l.cost, :distinct))) == 1
      assert Repo.all(from(l in Line, distinct: true, select: l.price + l.cost)) == [dec("0.3")]

      both =
        union(
          from(l in Line, select: l.price + l.cost),
          ^from(l in Line, where: l.id == 2, select: l.price)
        )

      assert Repo.all(both) == [dec("0.3")]

      partitions =
        from(l in Line, order_by: l.id, select: over(count(), partition_by: l.price + l.cost))

      assert Repo.all(partitions) == [3, 3, 3]
    end

    test "except for integers, which keep all their digits, and NULL" do
      Repo.query!("INSERT INTO lines (price) VALUES (9007199254740993), (2), (NULL)")
      assert Repo.aggregate(Line, :sum, :price) == dec("9007199254740995")
      doubled = from(l in Line, select: %{v: l.price + 1})

      assert Repo.all(from(s in subquery(doubled), select: s.v)) ==
               [dec("9007199254740994"), dec("3"), nil]
    end

    @tag :local_answer
    test "except for infinity, which is no decimal" do
      Repo.query!("INSERT INTO lines (price) VALUES (1e308), (1e308)")
      infinite = from(l in Line, select: %{v: sum(l.price)})

      assert Repo.one(
               from(s in subquery(infinite), where: s.v > ^dec("1"), select: fragment("?", s.v))
             ) == :infinity
    end
  end

  describe "exact decimals" do
    @describetag decimal_type: :exact

    test "are compared with any and all of a sub-query" do
      lines(["9", "10"])
      prices = from(m in Line, select: m.price)
      assert ids(from(l in Line, where: l.price >= all(prices))) == [2]
      assert ids(from(l in Line, where: l.price <= all(prices))) == [1]
      assert ids(from(l in Line, where: l.price < any(prices))) == [1]
      assert ids(from(l in Line, where: ^dec("10.0") == any(prices))) == [1, 2]
      assert ids(from(l in Line, where: l.price * 2 > all(prices))) == [1, 2]
    end

    test "are added up in sub-queries, laterals, windows and coalesce" do
      lines(["12345678901234567890.12", "0.01"])
      total = dec("12345678901234567890.13")
      sums = from(l in Line, select: %{v: sum(l.price), c: coalesce(sum(l.price), 0)})
      assert Repo.one(from(s in subquery(sums), select: {s.v, s.c})) == {total, total}
      assert Repo.one(from(l in Line, select: coalesce(sum(l.price), 0))) == total

      assert Repo.one(from(l in Line, where: l.id > 9, select: coalesce(sum(l.price), 0))) ==
               dec("0")

      running = from(l in Line, order_by: l.id, select: over(sum(l.price), order_by: l.id))
      assert Repo.all(running) == [dec("12345678901234567890.12"), total]
      inner = from(m in Line, where: m.qty == parent_as(:l).qty, select: %{v: m.price + 1})

      query =
        from(l in Line,
          as: :l,
          inner_lateral_join: x in subquery(inner),
          on: true,
          where: l.id == 2
        )

      assert Repo.all(from([l, x] in query, order_by: x.v, select: x.v)) |> text() == [
               "1.01",
               "12345678901234567891.12"
             ]
    end

    test "are compared with sums, products and values" do
      lines(List.duplicate("0.1", 10))
      assert [_] = Repo.all(from(l in Line, having: sum(l.price) >= ^dec("1"), select: count()))
      assert length(ids(from(l in Line, where: l.price * 3 == 0.3))) == 10
      assert length(ids(from(l in Line, where: l.price + l.price == ^dec("0.20")))) == 10
      assert length(ids(from(l in Line, where: (l.price * l.qty) in ^[dec("0.10")]))) == 10
      assert length(ids(from(l in Line, where: l.price < l.qty))) == 10
      assert length(ids(from(l in Line, where: -l.price == ^dec("-0.1")))) == 10
    end

    test "are sorted and made distinct by value, together with integers" do
      lines(["9", "10", "10.0"])
      Repo.update_all(Line, set: [qty: 11])
      both = union(from(l in Line, select: %{v: l.price}), ^from(l in Line, select: %{v: l.qty}))

      assert Repo.all(from(s in subquery(both), order_by: s.v, select: s.v)) |> text() == [
               "9",
               "10",
               "11"
             ]

      assert Repo.all(from(l in Line, distinct: true, order_by: l.price, select: l.price))
             |> text() == ["9", "10"]

      assert Repo.one(from(l in Line, select: count(l.price * 1, :distinct))) == 2

      assert Repo.one(from(l in Line, select: {min(l.price + 0), max(l.price * 1)}))
             |> Tuple.to_list()
             |> text() == ["9", "10"]

      assert Repo.all(
               from(l in Line, group_by: l.price + 1, order_by: l.price + 1, select: count())
             ) == [1, 2]

      assert Repo.all(from(l in Line, order_by: coalesce(l.price, l.qty), select: l.id)) == [
               1,
               2,
               3
             ]
    end

    test "are stored by every kind of write" do
      big = dec("12345678901234567890.12")
      Repo.insert!(%Line{kind: "a", price: big, qty: 1})
      Repo.update_all(Line, inc: [price: dec("0.01")])

      Repo.insert!(%Line{kind: "a", qty: 1},
        on_conflict: [inc: [price: dec("0.01")]],
        conflict_target: [:kind, :qty]
      )

      assert Repo.one(from(l in Line, select: l.price)) == dec("12345678901234567890.14")
      Repo.update_all(Line, set: [cost: dynamic([l], l.price * 2 - l.qty)])
      assert Repo.one(from(l in Line, select: l.cost)) == dec("24691357802469135779.28")
      Repo.insert_all(Payment, from(l in Line, select: %{paid: l.qty}))
      Repo.insert_all(Payment, from(l in Line, select: %{paid: sum(l.price)}))
      Repo.insert_all("payments", [[paid: big]])

      assert rows("SELECT paid FROM payments") ==
               [["1"], ["12345678901234567890.14"], ["12345678901234567890.12"]]

      assert Repo.all(from(p in Payment, where: p.paid == ^big, select: p.id)) == [3]
      assert Repo.all(from(p in "payments", where: p.paid == ^big, select: p.id)) == [3]
    end

    test "are cast from JSON and from integers with all their digits" do
      Repo.insert!(%Line{qty: 7, meta: %{}})

      sql!(
        ~S|UPDATE lines SET meta = '{"n": 12345678901234567890.12, "t": "0.10", "null": null}'|
      )

      cast =
        from(l in Line,
          select:
            {type(l.meta["n"], :decimal), type(l.meta["t"], :decimal), type(l.qty, :decimal)}
        )

      assert Repo.one(cast) == {dec("12345678901234567890.12"), dec("0.10"), dec("7")}
      assert Repo.one(from(l in Line, select: type(l.meta["null"], :decimal))) == nil
      assert ids(from(l in Line, where: type(l.meta["t"], :decimal) == ^dec("0.1"))) == [1]
    end

    test "are refused where they would become floats, or where nothing is known of the other operand" do
      for {query, reason} <- [
            {from(l in Line, select: l.price / 3), ~r/not divided.*Decimal.div/s},
            {from(l in Line, select: avg(l.price)), ~r/no average.*Decimal.div/s},
            {from(l in Line, select: over(avg(l.price))), ~r/no average/},
            {from(l in Line, select: l.price * l.ratio),
             ~r/:float cannot be combined with an exact decimal/},
            {from(l in Line, where: l.price > l.ratio, select: l.id),
             ~r/:float cannot be combined/},
            {from(l in Line, select: coalesce(l.price, l.ratio) + l.price),
             ~r/:float cannot be combined/},
            {from(l in Line, where: l.price == fragment("1 + 1"), select: l.id),
             ~r/without a type.*type\(fragment/s},
            {from(l in Line, where: l.price in [l.meta["n"]], select: l.id), ~r/without a type/},
            {from(l in Line, select: l.price + fragment("1")), ~r/without a type/}
          ] do
        assert_raise Ecto.QueryError, reason, fn -> Repo.all(query) end
      end

      assert_raise Ecto.QueryError, ~r/:float cannot be combined/, fn ->
        Repo.update_all(Line, set: [price: dynamic([l], l.ratio)])
      end

      assert_raise Ecto.QueryError, ~r/:float cannot be combined/, fn ->
        Repo.insert_all(Payment, from(l in Line, select: %{paid: l.ratio}))
      end

      lines(["3"])
      assert Repo.one(from(l in Line, select: type(l.price, :float) / 2)) == 1.5
      assert Repo.one(from(l in Line, select: avg(type(l.price, :float)))) == 3.0
    end
  end

  ## Random expressions

  defp cents, do: map(integer(-99_999..99_999), &%Decimal{sign: sign(&1), coef: abs(&1), exp: -2})
  defp sign(number), do: if(number < 0, do: -1, else: 1)
  defp maybe(data), do: frequency([{7, data}, {1, constant(nil)}])

  defp line do
    gen all(
          price <- maybe(cents()),
          cost <- maybe(cents()),
          qty <- maybe(integer(-9..9)),
          kind <- member_of(["a", "b"])
        ) do
      %{price: price, cost: cost, qty: qty, kind: kind}
    end
  end

  defp leaf do
    frequency([
      {3, constant({:field, :price})},
      {2, constant({:field, :cost})},
      {1, constant({:field, :qty})},
      {1, tuple({constant(:value), cents()})},
      {1, tuple({constant(:literal), member_of([0, 2, 3, 0.1, 0.5])})}
    ])
  end

  defp factor, do: tuple({constant(:*), leaf(), leaf()})

  defp expression do
    term = one_of([leaf(), factor()])

    one_of([
      term,
      tuple({member_of([:+, :-]), term, term}),
      tuple({member_of([:+, :-]), tuple({member_of([:+, :-]), term, leaf()}), term}),
      tuple({constant(:coalesce), term, leaf()}),
      map(term, &{:negate, &1})
    ])
    |> map(&{:+, {:*, {:field, :price}, {:literal, 1}}, &1})
  end

  defp dynamic_of({:field, name}), do: dynamic([l], field(l, ^name))
  defp dynamic_of({:value, value}), do: dynamic(^value)
  defp dynamic_of({:literal, 0}), do: dynamic(0)
  defp dynamic_of({:literal, 1}), do: dynamic(1)
  defp dynamic_of({:literal, 2}), do: dynamic(2)
  defp dynamic_of({:literal, 3}), do: dynamic(3)
  defp dynamic_of({:literal, 0.1}), do: dynamic(0.1)
  defp dynamic_of({:literal, 0.5}), do: dynamic(0.5)
  defp dynamic_of({:negate, a}), do: dynamic([l], -(^dynamic_of(a)))
  defp dynamic_of({:coalesce, a, b}), do: dynamic([l], coalesce(^dynamic_of(a), ^dynamic_of(b)))
  defp dynamic_of({:+, a, b}), do: dynamic([l], ^dynamic_of(a) + ^dynamic_of(b))
  defp dynamic_of({:-, a, b}), do: dynamic([l], ^dynamic_of(a) - ^dynamic_of(b))
  defp dynamic_of({:*, a, b}), do: dynamic([l], ^dynamic_of(a) * ^dynamic_of(b))

  defp value_of({:field, :qty}, %{qty: qty}), do: qty && Decimal.new(qty)
  defp value_of({:field, name}, line), do: Map.fetch!(line, name)
  defp value_of({:value, value}, _line), do: value
  defp value_of({:literal, number}, _line), do: number |> to_string() |> Decimal.new()
  defp value_of({:negate, a}, line), do: (value = value_of(a, line)) && Decimal.negate(value)

  defp value_of({:coalesce, a, b}, line),
    do: if(value = value_of(a, line), do: value, else: value_of(b, line))

  defp value_of({op, a, b}, line) do
    with %Decimal{} = left <- value_of(a, line), %Decimal{} = right <- value_of(b, line) do
      case op do
        :+ -> Decimal.add(left, right)
        :- -> Decimal.sub(left, right)
        :* -> Decimal.mult(left, right)
      end
    end
  end

  # What doubles compute, in fifteen digits, or what Decimal computes.
  defp computed(expr, line, :exact), do: value_of(expr, line)
  defp computed(expr, line, :numeric), do: expr |> float_of(line) |> rounded()

  defp float_of({:field, name}, line), do: double(Map.fetch!(line, name))
  defp float_of({:value, value}, _line), do: double(value)
  defp float_of({:literal, number}, _line), do: number * 1.0
  defp float_of({:negate, a}, line), do: (value = float_of(a, line)) && -value
  defp float_of({:coalesce, a, b}, line), do: float_of(a, line) || float_of(b, line)

  defp float_of({op, a, b}, line) do
    left = float_of(a, line)
    right = float_of(b, line)
    if left && right, do: apply(Kernel, op, [left, right])
  end

  defp double(%Decimal{} = value), do: Decimal.to_float(value)
  defp double(value), do: value && value * 1.0

  defp rounded(nil), do: nil

  defp rounded(float),
    do:
      float
      |> :erlang.float_to_binary(scientific: 14)
      |> String.to_float()
      |> Decimal.from_float()

  # Doubles lose more digits the more of them are added up.
  defp assert_sum(found, exact, :exact), do: assert(text(found) == text(exact))

  defp assert_sum(found, exact, :numeric) do
    assert is_nil(found) == is_nil(exact)

    if found do
      error = found |> Decimal.sub(exact) |> Decimal.abs()
      assert Decimal.compare(error, dec("0.00001")) == :lt
    end
  end

  # By value, then by id.
  defp sorted?({a, left}, {b, right}) do
    case Decimal.compare(left, right) do
      :eq -> a <= b
      order -> order == :lt
    end
  end

  defp total(values) do
    values = Enum.reject(values, &is_nil/1)
    if values != [], do: Enum.reduce(values, &Decimal.add/2)
  end

  for type <- [:numeric, :exact] do
    @tag decimal_type: type
    property "random expressions have the value that Decimal computes (#{type})" do
      Decimal.Context.set(%Decimal.Context{precision: 60})

      check all(
              lines <- list_of(line(), min_length: 1, max_length: 6),
              expr <- expression(),
              bound <- cents(),
              max_runs: 150
            ) do
        Repo.delete_all(Line)
        Repo.delete_all(Payment)

        lines =
          for {line, id} <- Enum.with_index(lines, 1),
              do: Map.merge(line, %{id: id, qty: line.qty})

        sql!("DROP INDEX IF EXISTS lines_kind_qty")
        Repo.insert_all(Line, lines)
        values = for line <- lines, do: {line.id, computed(expr, line, unquote(type))}
        v = dynamic_of(expr)

        # Selected by the query, by a sub-query, and by one of a sub-query.
        assert text(
                 Repo.all(from(l in Line, order_by: l.id, select: ^%{v: v}))
                 |> Enum.map(& &1.v)
               ) ==
                 text(Enum.map(values, &elem(&1, 1)))

        inner = from(l in Line, select: ^%{v: v, id: dynamic([l], l.id)})
        twice = from(s in subquery(inner), select: %{id: s.id, v: s.v})

        assert text(Repo.all(from(s in subquery(twice), order_by: s.id, select: s.v))) ==
                 text(Enum.map(values, &elem(&1, 1)))

        # Compared with a value, with one that equals it, and in a list.
        greater = for {id, value} <- values, value, Decimal.compare(value, bound) == :gt, do: id
        assert ids(from(l in Line, where: ^dynamic([l], ^v > ^bound))) == greater

        assert Repo.all(
                 from(s in subquery(inner), where: s.v > ^bound, order_by: s.id, select: s.id)
               ) == greater

        for {id, %Decimal{} = value} <- values do
          assert id in ids(from(l in Line, where: ^dynamic([l], ^v == ^value)))
          assert id in ids(from(l in Line, where: ^dynamic([l], ^v in ^[value, bound])))
          assert id in Repo.all(from(s in subquery(inner), where: s.v == ^value, select: s.id))
        end

        # Sorted, with the smallest id first among equals.
        sorted = values |> Enum.filter(&elem(&1, 1)) |> Enum.sort(&sorted?/2)
        some = from(l in Line, where: ^dynamic([l], not is_nil(^v)))

        assert Repo.all(from(l in some, order_by: ^[asc: v, asc: :id], select: l.id)) ==
                 Enum.map(sorted, &elem(&1, 0))

        # Distinct.
        different = values |> Enum.map(&text(elem(&1, 1))) |> Enum.uniq()

        assert Repo.one(from(s in subquery(inner), select: count(s.v, :distinct))) ==
                 length(List.delete(different, nil))

        distinct = from(l in Line, distinct: true, select: ^%{v: v})
        assert Enum.sort(Enum.map(Repo.all(distinct), &text(&1.v))) == Enum.sort(different)

        # Added up, for each kind and in a window, and compared.
        sums = Enum.group_by(lines, & &1.kind)
        sum = %{kind: dynamic([l], l.kind), v: dynamic([l], sum(^v))}
        grouped = from(l in Line, group_by: l.kind, order_by: l.kind, select: ^sum)

        for {%{kind: kind, v: found}, {kind, lines}} <-
              Enum.zip(Repo.all(grouped), Enum.sort(sums)) do
          total = lines |> Enum.map(&value_of(expr, &1)) |> total()
          assert_sum(found, total, unquote(type))

          # The sum that was loaded is found by its value.
          if found do
            having =
              from(l in Line,
                group_by: l.kind,
                having: ^dynamic([l], sum(^v) == ^found),
                select: l.kind
              )

            assert kind in Repo.all(having)
          end
        end

        running =
          from(l in Line,
            order_by: l.id,
            select: ^%{v: dynamic([l], over(sum(^v), order_by: l.id))}
          )

        for {%{v: found}, n} <- Enum.with_index(Repo.all(running), 1) do
          total = lines |> Enum.take(n) |> Enum.map(&value_of(expr, &1)) |> total()
          assert_sum(found, total, unquote(type))
        end

        # The largest, and those that are as large as all.
        largest = if sorted != [], do: sorted |> List.last() |> elem(1)
        assert text(Repo.one(from(s in subquery(inner), select: max(s.v)))) == text(largest)
        all = from(l in some, select: ^%{v: v})

        if largest do
          assert Repo.exists?(from(l in some, where: ^dynamic([l], ^v >= all(subquery(all)))))
          refute Repo.exists?(from(l in some, where: ^dynamic([l], ^v > all(subquery(all)))))
        end

        # Stored.
        {_count, nil} =
          Repo.insert_all(Payment, from(s in subquery(inner), select: %{id: s.id, paid: s.v}))

        assert text(Repo.all(from(p in Payment, order_by: p.id, select: p.paid))) ==
                 text(Enum.map(values, &elem(&1, 1)))

        joined =
          from(p in Payment,
            join: l in Line,
            on: l.id == p.id,
            where: ^dynamic([p, l], not is_nil(p.paid)),
            select: p.id
          )

        assert length(Repo.all(joined)) == Enum.count(values, &elem(&1, 1))
        Repo.update_all(Line, set: [cost: v])

        assert text(Repo.all(from(l in Line, order_by: l.id, select: l.cost))) ==
                 text(Enum.map(values, &elem(&1, 1)))
      end
    end
  end
end
