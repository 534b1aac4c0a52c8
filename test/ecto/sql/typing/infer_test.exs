defmodule Ecto.Adapters.LibSql.SQL.Typing.InferTest do
  # What queries compute arrives as terms of its type, at every depth: from sub-queries, CTEs, unions and lateral joins
  # as from the query itself.
  use EctoLibSql.EctoCase, async: true

  defmodule U do
    use Ecto.Schema

    schema "u" do
      field(:roles, {:array, :string})
      field(:days, {:array, :date})
      field(:at, :utc_datetime)
      field(:at2, :utc_datetime_usec)
      field(:price, :decimal)
      field(:qty, :integer)
      field(:ratio, :float)
      field(:uid, Ecto.UUID)
      field(:meta, :map)
      field(:on?, :boolean)
    end
  end

  @uid "0a0b0c0d-0102-4304-8506-0708090a0b0c"
  @at ~U[2024-05-01 12:00:00Z]

  setup do
    sql!("""
    CREATE TABLE u (id INTEGER PRIMARY KEY, roles TEXT, days TEXT, at DATETIME, at2 DATETIME, price DECIMAL,
      qty INTEGER, ratio REAL, uid TEXT, meta TEXT, "on?" INTEGER)
    """)

    Repo.insert!(%U{
      id: 1,
      roles: ["admin"],
      days: [~D[2024-05-01]],
      at: @at,
      price: Decimal.new("17.99"),
      qty: 5,
      ratio: 0.5,
      uid: @uid,
      meta: %{"on" => true, "list" => [1, %{"a" => nil}], "text" => "x", "null" => nil},
      on?: true
    })

    :ok
  end

  # What each expression is, selected by the query itself.
  defp computed do
    from(u in U,
      select: %{
        in_list: u.id in [1, 2],
        in_array: "admin" in u.roles,
        both: u.id == 1 and not is_nil(u.at),
        exists: exists(from(x in U, where: x.id == parent_as(:u).id)),
        flag: coalesce(u.on?, false),
        latest: coalesce(u.at2, u.at),
        product: u.price * u.qty,
        half: u.price * 0.5,
        negative: -u.price,
        sum: u.qty + 1,
        uid: coalesce(u.uid, u.uid),
        meta: coalesce(u.meta, u.meta),
        roles: coalesce(u.roles, u.roles),
        days: coalesce(u.days, u.days),
        path: u.meta["on"],
        list: u.meta["list"],
        text: u.meta["text"],
        none: u.meta["null"],
        later: datetime_add(u.at, 1, "day"),
        rank: over(row_number())
      }
    )
    |> from(as: :u)
  end

  defp terms do
    %{
      in_list: true,
      in_array: true,
      both: true,
      exists: true,
      flag: true,
      latest: ~U[2024-05-01 12:00:00.000000Z],
      product: Decimal.new("89.95"),
      half: Decimal.new("8.995"),
      negative: Decimal.new("-17.99"),
      sum: 6,
      uid: @uid,
      meta: %{"on" => true, "list" => [1, %{"a" => nil}], "text" => "x", "null" => nil},
      roles: ["admin"],
      days: [~D[2024-05-01]],
      path: true,
      list: [1, %{"a" => nil}],
      text: "x",
      none: nil,
      later: ~U[2024-05-02 12:00:00Z],
      rank: 1
    }
  end

  describe "computed values arrive as terms" do
    test "from the query itself" do
      assert Repo.one(computed()) == terms()
    end

    test "from a sub-query, its fields and the whole" do
      assert Repo.one(from(s in subquery(computed()))) == terms()

      fields =
        from(s in subquery(computed()), select: {s.in_list, s.latest, s.product, s.list, s.uid})

      assert Repo.one(fields) == {true, terms().latest, terms().product, terms().list, @uid}

      assert Repo.one(from(s in subquery(computed()), select_merge: %{more: s.product * 2})) ==
               Map.put(terms(), :more, Decimal.new("179.9"))
    end

    test "from a sub-query of a sub-query, and from one that is joined" do
      twice = from(s in subquery(computed()))
      assert Repo.one(from(s in subquery(twice))) == terms()
      joined = from(u in U, join: s in subquery(computed()), on: s.sum == u.qty + 1, select: s)
      assert Repo.one(joined) == terms()
    end

    test "from a CTE" do
      keys = Map.keys(terms())
      cte = "c" |> with_cte("c", as: ^computed()) |> select([c], map(c, ^keys))
      assert Repo.one(cte) == terms()
      nested = from(s in subquery(cte), select: {s.in_list, s.product, s.list})
      assert Repo.one(nested) == {true, terms().product, terms().list}
    end

    test "from a recursive CTE" do
      first = from(u in U, select: %{n: u.qty, price: u.price * 1, big: u.qty > 100})

      next =
        from(c in "c", where: c.n < 7, select: %{n: c.n + 1, price: c.price * 2, big: c.n > 5})

      query =
        "c"
        |> recursive_ctes(true)
        |> with_cte("c", as: ^union_all(first, ^next))
        |> order_by([c], c.n)
        |> select([c], {c.n, c.price, c.big})

      assert Repo.all(query) == [
               {5, Decimal.new("17.99"), false},
               {6, Decimal.new("35.98"), false},
               {7, Decimal.new("71.96"), true}
             ]
    end

    test "from a union, by the type that its arms have in common" do
      left = from(u in U, select: %{v: u.price * u.qty, b: u.id == 1, at: u.at, j: u.meta["on"]})
      right = from(u in U, select: %{v: u.qty, b: u.id == 2, at: u.at2, j: u.meta["list"]})

      expected = [
        %{v: Decimal.new(5), b: false, at: nil, j: [1, %{"a" => nil}]},
        %{v: Decimal.new("89.95"), b: true, at: @at, j: true}
      ]

      assert Enum.sort_by(Repo.all(union_all(left, ^right)), & &1.b) == expected
      around = from(s in subquery(union_all(left, ^right)), order_by: s.b)
      assert Repo.all(around) == expected
    end

    test "from a lateral join" do
      inner =
        from(u in U, where: u.id == parent_as(:o).id, select: %{b: u.qty > 1, p: u.price * 2})

      query =
        from(o in U,
          as: :o,
          inner_lateral_join: x in subquery(inner),
          on: true,
          select: {x.b, x.p}
        )

      assert Repo.one(query) == {true, Decimal.new("35.98")}
    end

    test "from a scalar sub-query, an aggregate and a window" do
      total = from(u in U, select: sum(u.price * u.qty))
      latest = from(u in U, select: max(coalesce(u.at, u.at2)))

      assert Repo.one(from(u in U, select: {subquery(total), subquery(latest)})) ==
               {Decimal.new("89.95"), ~U[2024-05-01 12:00:00.000000Z]}

      assert Repo.one(
               from(u in U,
                 select: {
                   max(u.price * 2),
                   over(sum(u.price * 3), partition_by: u.id),
                   filter(sum(u.price), u.id > 0),
                   coalesce(sum(u.price), 0)
                 }
               )
             ) ==
               {Decimal.new("35.98"), Decimal.new("53.97"), Decimal.new("17.99"),
                Decimal.new("17.99")}
    end

    test "from writes that return them, and from a stream" do
      query = from(u in U, select: {u.price * u.qty, u.id in [1], u.meta["list"]})
      expected = {Decimal.new("89.95"), true, [1, %{"a" => nil}]}
      assert Repo.transaction(fn -> Enum.to_list(Repo.stream(query)) end) == {:ok, [expected]}
      assert Repo.update_all(query, set: [ratio: 1.0]) == {1, [expected]}
      assert Repo.delete_all(query) == {1, [expected]}
    end

    test "under a name that other clauses use" do
      query =
        from(u in U,
          group_by: selected_as(:total),
          having: selected_as(:total) > ^Decimal.new(1),
          order_by: [selected_as(:total), fragment("total")],
          select: %{
            total: selected_as(u.price * u.qty, :total),
            big: selected_as(u.qty > 1, :big)
          }
        )

      assert Repo.all(query) == [%{total: Decimal.new("89.95"), big: true}]
    end
  end

  describe "a JSON value of a sub-query" do
    test "is compared, sorted and grouped by its scalar" do
      inner =
        from(u in U, select: %{on: u.meta["on"], text: u.meta["text"], none: u.meta["null"]})

      query = from(s in subquery(inner), where: s.text == "x" and s.on and is_nil(s.none))
      assert Repo.all(from(s in query, order_by: s.text, select: {s.text, s.on})) == [{"x", true}]
      assert Repo.all(from(s in query, group_by: s.text, select: {s.text, count()})) == [{"x", 1}]
      texts = from(s in subquery(inner), select: s.text)
      assert Repo.all(from(u in U, where: "x" in subquery(texts), select: u.id)) == [1]
    end

    test "is a scalar where a schema gives its type" do
      inner = from(u in U, select: %{u | roles: u.roles, qty: u.meta["list"][0]})
      assert %U{qty: 1, roles: ["admin"]} = Repo.one(from(s in subquery(inner)))

      cte =
        {"c", U} |> with_cte("c", as: ^from(u in U, select: %{id: u.id, qty: u.meta["list"][0]}))

      assert Repo.one(from(c in cte, select: {c.id, c.qty})) == {1, 1}
    end

    test "is stored as a scalar" do
      query = from(u in U, select: %{qty: u.meta["list"][0], uid: u.meta["text"]})
      assert {1, nil} = Repo.insert_all(U, query)
      assert rows("SELECT qty, uid FROM u WHERE id = 2") == [[1, "x"]]
    end
  end

  describe "an average" do
    test "of integers is a float, also where it is a whole number" do
      Repo.insert!(%U{qty: 7})
      assert Repo.aggregate(U, :avg, :qty) === 6.0
      assert Repo.one(from(u in U, select: avg(u.qty))) === 6.0
      assert Repo.one(from(u in U, select: filter(avg(u.qty), u.id == 1))) === 5.0
      assert [5.0, 7.0] === Repo.all(from(u in U, select: over(avg(u.qty), partition_by: u.id)))
      assert Repo.one(from(s in subquery(from(u in U, select: %{m: avg(u.qty)})))) === %{m: 6.0}
      assert Repo.one(from(u in U, select: avg(u.qty + 0))) === 6.0
      assert Repo.one(from(u in U, select: {sum(u.qty), max(u.qty)})) === {12, 7}
    end

    test "of decimals is a decimal of 15 digits" do
      for price <- ["0.10", "0.20"], do: Repo.insert!(%U{price: Decimal.new(price)})
      assert Repo.aggregate(U, :avg, :price) == Decimal.new("6.09666666666667")
    end
  end

  describe "a map" do
    test "equals itself, whatever the order of its keys" do
      sql!("UPDATE u SET meta = json_set(meta, '$.aa', 1)")
      meta = Repo.one(from(u in U, select: u.meta))
      assert Repo.all(from(u in U, where: u.meta == ^meta, select: u.id)) == [1]
      assert Repo.all(from(u in U, where: u.meta != ^meta, select: u.id)) == []
      assert Repo.all(from(u in U, where: u.meta == ^Map.put(meta, "aa", 2), select: u.id)) == []
      assert Repo.all(from(u in U, where: coalesce(u.meta, u.meta) == ^meta, select: u.id)) == [1]
      Repo.insert!(%U{meta: meta})

      same =
        from(a in U, join: b in U, on: a.meta == b.meta and a.id < b.id, select: {a.id, b.id})

      assert Repo.all(same) == [{1, 2}]
      assert Repo.all(from(u in U, where: u.meta in ^[meta], select: u.id)) == [1, 2]
    end

    test "that is NULL equals none" do
      Repo.insert!(%U{})
      assert Repo.all(from(u in U, where: u.meta == ^%{}, select: u.id)) == []
      assert Repo.all(from(u in U, where: u.meta != ^%{}, select: u.id)) == [1]
    end
  end

  describe "a whole source in a fragment" do
    test "is refused, naming the source" do
      assert_raise Ecto.QueryError,
                   ~r/a fragment takes a whole source only before MATCH.*"u"/s,
                   fn ->
                     Repo.all(from(u in U, select: fragment("?", u)))
                   end

      assert_raise Ecto.QueryError, ~r/whole source.*position 0/s, fn ->
        Repo.all(from(s in subquery(from(u in U)), where: fragment("? IS NULL", s), select: s.id))
      end
    end

    test "is the name of a virtual table, before MATCH and in its functions" do
      sql!(
        "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('a lamp'), ('tea')"
      )

      query =
        from(w in "words",
          where: fragment("? MATCH ?", w, ^"lamp"),
          order_by: fragment("bm25(?)", w),
          select: fragment("highlight(?, 0, '<', '>')", w)
        )

      assert Repo.all(query) == ["a <lamp>"]
    end
  end
end
