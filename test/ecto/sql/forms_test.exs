defmodule Ecto.Adapters.LibSql.SQL.FormsTest do
  # Values of one meaning and several written forms: decimals as texts and numbers, moments with and
  # without zone and fraction. Whatever stands beside what, they compare by meaning.
  use EctoLibSql.EctoCase, async: false
  use ExUnitProperties

  defmodule P do
    use Ecto.Schema

    schema "p" do
      field(:kind, :string)
      field(:price, :decimal)
      field(:other, :decimal)
      field(:meta, :map)
    end
  end

  defmodule M do
    use Ecto.Schema

    schema "m" do
      field(:utc, :utc_datetime)
      field(:utc_usec, :utc_datetime_usec)
      field(:naive, :naive_datetime)
      field(:naive_usec, :naive_datetime_usec)
      field(:day, :date)
      field(:time, :time)
      field(:time_usec, :time_usec)
    end
  end

  @moments [:utc, :utc_usec, :naive, :naive_usec]

  setup do
    sql!("""
    CREATE TABLE p (id INTEGER PRIMARY KEY, kind TEXT, price DECIMAL(10,2), other DECIMAL, meta TEXT);
    CREATE TABLE m (id INTEGER PRIMARY KEY, utc DATETIME, utc_usec DATETIME, naive DATETIME,
      naive_usec DATETIME, day DATE, time TIME, time_usec TIME)
    """)

    on_exit(fn ->
      for key <- [:datetime_type, :decimal_type, :binary_id_type],
          do: Application.delete_env(:ecto_libsql, key)
    end)
  end

  defp ids(query), do: Repo.all(from(x in query, order_by: x.id, select: x.id))
  defp dec(text), do: Decimal.new(text)

  defp prices do
    for {kind, price} <- [a: "9", a: "11.5", b: "100", b: "0.5"] do
      Repo.insert!(%P{
        kind: to_string(kind),
        price: dec(price),
        other: dec("10"),
        meta: %{"price" => Decimal.to_float(dec(price))}
      })
    end
  end

  describe "a decimal" do
    for form <- [:numeric, :exact] do
      test "compares by value with what sub-queries, CTEs and values lists select (#{form})" do
        Application.put_env(:ecto_libsql, :decimal_type, unquote(form))

        sql!(
          "DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY, kind TEXT,
          price #{Ecto.Adapters.LibSql.Types.column(:decimal)}, other #{Ecto.Adapters.LibSql.Types.column(:decimal)}, meta TEXT)"
        )

        prices()

        sums =
          from(p in P,
            group_by: p.kind,
            select: %{
              kind: p.kind,
              total: sum(p.price),
              most: max(p.price),
              twice: min(p.price) * 2
            }
          )

        kinds = fn query -> query |> select([x], x.kind) |> Repo.all() |> Enum.sort() end
        assert kinds.(from(x in subquery(sums), where: x.total > ^dec("21"))) == ["b"]
        assert kinds.(from(x in subquery(sums), where: x.total < ^dec("21"))) == ["a"]
        assert kinds.(from(x in subquery(sums), where: ^dec("11.50") == x.most)) == ["a"]
        assert kinds.(from(x in subquery(sums), where: x.twice > ^2)) == ["a"]

        cte = "sums" |> with_cte("sums", as: ^sums)
        assert kinds.(from(x in cte, where: x.total > ^dec("21"))) == ["b"]

        values = [%{kind: "a", price: dec("9.00")}, %{kind: "b", price: dec("100.0")}]

        listed =
          from(v in values(values, %{kind: :string, price: :decimal}),
            join: p in P,
            on: v.price == p.price,
            where: v.price > ^dec("10"),
            select: p.id
          )

        assert Repo.all(listed) == [3]
      end
    end

    test "compares by value with aggregates, sets, JSON and fragments" do
      prices()
      kinds = &Repo.all(from(p in &1, group_by: p.kind, order_by: p.kind, select: p.kind))
      assert kinds.(from(p in P, having: max(p.price) > 20)) == ["b"]
      assert kinds.(from(p in P, having: 20 < max(p.price))) == ["b"]
      assert kinds.(from(p in P, having: sum(p.price) in ^[dec("20.5")])) == ["a"]

      assert kinds.(from(p in P, having: sum(p.price) in ^for(i <- 1..600, do: dec("#{i}.5")))) ==
               ["a", "b"]

      assert Repo.all(
               from(p in P,
                 group_by: p.kind,
                 having: selected_as(:total) < ^dec("21"),
                 select: selected_as(sum(p.price), :total)
               )
             ) == [dec("20.5")]

      assert ids(from(p in P, where: (p.price * 2) in ^[dec("18"), dec("1")])) == [1, 4]
      assert ids(from(p in P, where: coalesce(p.price, 0) in ^[dec("9")])) == [1]
      assert ids(from(p in P, where: ^dec("10") in [p.price, p.other])) == [1, 2, 3, 4]
      total = from(p in P, select: sum(p.price))
      assert ids(from(p in P, where: subquery(total) > ^dec("40"))) == [1, 2, 3, 4]
      assert ids(from(p in P, where: ^dec("40") > subquery(total))) == []
      assert ids(from(p in P, where: ^dec("121") in subquery(total))) == [1, 2, 3, 4]
      assert ids(from(p in P, where: ^dec("9") >= all(from(q in P, select: q.price)))) == []

      assert ids(from(p in P, where: ^dec("100") >= all(from(q in P, select: q.price)))) == [
               1,
               2,
               3,
               4
             ]

      assert ids(from(p in P, where: fragment("? * 2", p.price) < ^dec("19"))) == [1, 4]
      assert ids(from(p in P, where: p.meta["price"] > ^dec("10"))) == [2, 3]
    end

    test "that is exact sorts by value where it is no column" do
      Application.put_env(:ecto_libsql, :decimal_type, :exact)

      sql!(
        "DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY, kind TEXT, price TEXT COLLATE decimal, other TEXT COLLATE decimal, meta TEXT)"
      )

      prices()
      query = from(p in P, group_by: p.id, order_by: min(p.price), select: p.id)
      assert Repo.all(query) == [4, 1, 2, 3]
    end
  end

  ## Moments

  defp moment do
    gen all(second <- integer(0..2), micro <- member_of([0, 1, 500_000, 999_999])) do
      NaiveDateTime.new!(~D[2024-01-31], Time.new!(10, 0, second, {micro, 6}))
    end
  end

  defp fit(naive, field) do
    naive =
      if field in [:utc, :naive, :time], do: NaiveDateTime.truncate(naive, :second), else: naive

    cond do
      field in [:utc, :utc_usec] -> DateTime.from_naive!(naive, "Etc/UTC")
      field in [:time, :time_usec] -> NaiveDateTime.to_time(naive)
      true -> naive
    end
  end

  defp naive(%DateTime{} = time), do: DateTime.to_naive(time)
  defp naive(time), do: time

  defp compares?(:<, order), do: order == :lt
  defp compares?(:<=, order), do: order in [:lt, :eq]
  defp compares?(:==, order), do: order == :eq

  # Each comparison of the value `l` in field `left` with `r` in field `right`, which Elixir says holds or not.
  defp comparisons(left, right) do
    r = fn -> from(m in M, where: m.id == 2, select: field(m, ^right)) end

    for op <- [:<, :<=, :==] do
      apply = fn a, b ->
        case op do
          :< -> dynamic([l, r], ^a < ^b)
          :<= -> dynamic([l, r], ^a <= ^b)
          :== -> dynamic([l, r], ^a == ^b)
        end
      end

      l = dynamic([l], field(l, ^left))

      {op,
       [
         apply.(l, dynamic([l, r], field(r, ^right))),
         apply.(l, dynamic([l, r], coalesce(field(r, ^right), field(r, ^right)))),
         apply.(
           dynamic([l, r], coalesce(field(l, ^left), field(l, ^left))),
           dynamic([l, r], field(r, ^right))
         ),
         apply.(l, dynamic([l, r], datetime_add(field(r, ^right), 0, "second"))),
         apply.(l, dynamic([l, r], subquery(r.())))
       ]}
    end
  end

  for form <- [:iso8601, :text_datetime] do
    property "dates and times of all fields compare by time in every expression (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))

      check all(
              a <- moment(),
              b <- moment(),
              left <- member_of(@moments),
              right <- member_of(@moments),
              max_runs: 60
            ) do
        Repo.delete_all(M)
        Repo.insert!(struct!(M, [{:id, 1}, {left, fit(a, left)}]))
        Repo.insert!(%M{} |> Map.merge(%{id: 2}) |> Map.put(right, fit(b, right)))
        order = NaiveDateTime.compare(naive(fit(a, left)), naive(fit(b, right)))

        for {op, conditions} <- comparisons(left, right), condition <- conditions do
          query =
            from(l in M,
              join: r in M,
              on: r.id == 2,
              where: l.id == 1,
              where: ^condition,
              select: l.id
            )

          assert Repo.all(query) == if(compares?(op, order), do: [1], else: []),
                 inspect({left, op, right, fit(a, left), fit(b, right), Repo.to_sql(:all, query)})
        end

        inner =
          from(r in M,
            where:
              r.id == 2 and parent_as(:l).id != r.id and
                field(parent_as(:l), ^left) < field(r, ^right),
            select: r.id
          )

        exists = from(l in M, as: :l, where: l.id == 1, where: exists(inner), select: l.id)
        assert Repo.all(exists) == if(order == :lt, do: [1], else: [])

        set = from(r in M, where: r.id == 2, select: field(r, ^right))

        member =
          from(l in M, where: l.id == 1, where: field(l, ^left) in subquery(set), select: l.id)

        assert Repo.all(member) == if(order == :eq, do: [1], else: [])
        any = from(l in M, where: l.id == 1, where: field(l, ^left) < any(set), select: l.id)
        assert Repo.all(any) == if(order == :lt, do: [1], else: [])
      end
    end

    test "a date and time is found by what was added to it, and by a coalesce (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      at = ~U[2024-01-01 10:00:00Z]

      Repo.insert!(%M{
        utc: at,
        utc_usec: ~U[2024-01-01 10:00:00.500000Z],
        naive: ~N[2024-01-01 10:00:00]
      })

      next = ~U[2024-01-02 10:00:00Z]

      assert ids(from(m in M, where: datetime_add(m.utc, 1, "day") == ^next)) == [1]
      assert ids(from(m in M, where: ^next >= datetime_add(m.utc, 1, "day"))) == [1]
      assert ids(from(m in M, where: datetime_add(m.utc, 1, "day") in ^[next])) == [1]

      assert ids(from(m in M, where: datetime_add(m.naive, 1, "day") == ^~N[2024-01-02 10:00:00])) ==
               [1]

      assert ids(from(m in M, where: datetime_add(m.utc_usec, -500_000, "microsecond") == m.utc)) ==
               [1]

      assert ids(from(m in M, where: coalesce(m.utc, m.utc) == ^at)) == [1]
      assert ids(from(m in M, where: fragment("?", m.utc) == ^at)) == [1]
      assert ids(from(m in M, where: m.utc in [m.utc_usec, m.naive])) == [1]
      assert ids(from(m in M, where: datetime_add(^at, 1, "day") > m.utc)) == [1]
    end

    test "dates, empty texts and long lists compare with a coalesce of dates and times (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      at = ~U[2020-06-01 12:00:00Z]

      Repo.insert!(%M{
        id: 1,
        utc: at,
        utc_usec: at |> DateTime.add(0) |> Map.put(:microsecond, {500_000, 6})
      })

      Repo.insert!(%M{id: 2})

      assert ids(from(m in M, where: coalesce(m.utc, "") == "")) == [2]
      assert ids(from(m in M, where: coalesce(m.utc, "") != "")) == [1]
      assert ids(from(m in M, where: coalesce(m.utc, m.utc) >= ^~D[2020-06-01])) == [1]
      assert ids(from(m in M, where: coalesce(m.utc, m.utc) >= "2020-06-02")) == []

      for count <- [3, 600] do
        list = [~U[2020-06-01 12:00:00.000000Z] | for(n <- 2..count, do: DateTime.add(at, n))]
        assert ids(from(m in M, where: coalesce(m.utc, m.utc) in ^list)) == [1]
      end
    end

    test "fields of CTEs and sub-queries are compared by time (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      at = ~U[2020-06-01 12:00:00Z]
      later = ~U[2020-06-01 12:00:00.500000Z]
      Repo.insert!(%M{id: 1, utc: at, utc_usec: later})

      inner =
        from(m in M,
          select: %{id: m.id, utc: m.utc, either: coalesce(m.utc, ^at), usec: m.utc_usec}
        )

      cte = "c" |> with_cte("c", as: ^inner)
      assert Repo.all(from(x in cte, where: x.utc <= ^later, select: x.id)) == [1]
      assert Repo.all(from(x in cte, where: x.usec > x.utc, select: x.id)) == [1]
      assert Repo.all(from(x in subquery(inner), where: x.either <= ^later, select: x.id)) == [1]

      assert Repo.all(
               from(x in subquery(inner), where: x.utc == ^at and x.usec == ^later, select: x.id)
             ) == [1]
    end

    test "what an update writes has its column's form (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      Repo.insert!(%M{utc_usec: ~U[2024-01-01 10:00:00.500000Z], utc: ~U[2024-01-01 10:00:00Z]})

      for value <- [
            dynamic([m], m.utc_usec),
            dynamic([m], datetime_add(m.utc_usec, 1, "day")),
            dynamic(ago(1, "day"))
          ] do
        update =
          from(m in M,
            update: [
              set: [utc: ^value, naive: ^value, naive_usec: ^value, day: ^value, time: ^value]
            ]
          )

        assert {1, nil} = Repo.update_all(update, [])
        m = Repo.one!(M)

        same =
          from(x in M,
            where:
              x.utc == ^m.utc and x.naive == ^m.naive and x.day == ^m.day and x.time == ^m.time
          )

        assert ids(from(x in same, where: x.naive_usec == ^m.naive_usec)) == [1]
      end

      Repo.update_all(M, set: [utc_usec: dynamic([m], m.utc)])
      assert ids(from(m in M, where: m.utc_usec == m.utc)) == [1]
      m = Repo.one!(M)
      assert ids(from(m in M, where: m.utc_usec == ^m.utc_usec)) == [1]
    end

    test "a date and time is written and found without a schema (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      at = ~U[2024-01-01 10:00:00Z]
      Repo.insert_all("m", [[id: 1, utc: at]])
      assert ids(from(m in M, where: m.utc == ^at)) == [1]
      assert Repo.all(from(m in "m", where: m.utc == ^at, select: m.id)) == [1]
    end

    test "ago and from_now compare with fields of whole seconds (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      now = DateTime.utc_now() |> DateTime.truncate(:second)

      Repo.insert!(%M{
        utc: DateTime.add(now, 3600),
        naive: now |> DateTime.add(-3600) |> DateTime.to_naive()
      })

      assert ids(from(m in M, where: m.utc > ago(0, "second"))) == [1]
      assert ids(from(m in M, where: m.utc < from_now(2, "hour"))) == [1]

      assert ids(from(m in M, where: m.naive < ago(1, "minute") and m.naive > ago(2, "hour"))) ==
               [1]
    end

    test "type/2 casts a date and time to a date and to a time (#{form})" do
      Application.put_env(:ecto_libsql, :datetime_type, unquote(form))
      Repo.insert!(%M{naive: ~N[2024-01-01 10:00:00], utc_usec: ~U[2024-01-01 10:00:00.500000Z]})
      Repo.insert!(%M{naive: ~N[2024-01-01 11:00:00]})
      assert ids(from(m in M, where: type(m.naive, :date) == ^~D[2024-01-01])) == [1, 2]
      days = from(m in M, group_by: type(m.naive, :date), select: {type(m.naive, :date), count()})
      assert Repo.all(days) == [{~D[2024-01-01], 2}]

      assert Repo.all(from(m in M, order_by: m.id, select: type(m.naive, :time))) == [
               ~T[10:00:00],
               ~T[11:00:00]
             ]

      first = from(m in M, where: m.id == 1)

      assert Repo.one(select(first, [m], type(m.utc_usec, :utc_datetime))) ==
               ~U[2024-01-01 10:00:00Z]

      assert Repo.one(select(first, [m], type(m.utc_usec, :time_usec))) == ~T[10:00:00.500000]
    end
  end

  # The connection that makes the index explains the query.
  @tag repo: [pool_size: 1]
  test "an index serves a column that is compared with another form" do
    sql!("CREATE INDEX m_utc ON m (utc)")

    for query <- [
          from(m in M, where: m.utc > ago(1, "day")),
          from(m in M, where: m.utc == datetime_add(^DateTime.utc_now(), 1, "day"))
        ] do
      {sql, params} = Repo.to_sql(:all, query)
      assert inspect(rows("EXPLAIN QUERY PLAN " <> sql, params)) =~ "USING INDEX m_utc"
    end
  end
end
