defmodule Ecto.Adapters.LibSql.SQL.SelectTest do
  # Each clause runs against rows and is compared with what the standard says, not with a text.
  use EctoLibSql.EctoCase, async: true

  defmodule Item do
    use Ecto.Schema

    schema "items" do
      field(:name, :string)
      field(:kind, :string)
      field(:price, :integer)
    end
  end

  defmodule Note do
    use Ecto.Schema

    schema "notes" do
      field(:item_id, :id)
      field(:text, :string)
    end
  end

  setup do
    sql!("""
    CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price INTEGER);
    CREATE INDEX items_kind ON items (kind);
    INSERT INTO items VALUES (1, 'apple', 'fruit', 3), (2, 'pear', 'fruit', 5), (3, 'leek', 'veg', 2),
      (4, 'beet', 'veg', 2), (5, 'salt', NULL, 1);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, item_id INTEGER, text TEXT);
    INSERT INTO notes VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 3, 'c'), (4, 9, 'd');
    """)

    :ok
  end

  describe "select" do
    test "a source is named by the first letter of its table and its position" do
      inner = from(i in "items", select: %{id: i.id})

      query =
        from(i in "items",
          join: s in subquery(inner),
          on: true,
          join: o in "_others",
          on: true,
          where: i.id in subquery(from(i in "items", select: i.id)),
          select: {i.id, s.id, o.id}
        )

      {sql, []} = Repo.to_sql(:all, query)
      assert sql =~ ~s(FROM "items" AS i0)
      assert sql =~ ~s(FROM "items" AS si0\) AS s1)
      assert sql =~ ~s("_others" AS t2)
    end

    test "takes fields, maps, structs and merges" do
      query = from(i in Item, where: i.id == 1)
      assert Repo.one(from(i in query, select: {i.name, i.price})) == {"apple", 3}

      assert Repo.one(from(i in query, select: %{n: i.name, p: i.price * 2})) == %{
               n: "apple",
               p: 6
             }

      assert %Item{name: "apple", kind: nil} =
               Repo.one(from(i in query, select: struct(i, [:name])))

      assert Repo.one(
               from(i in query,
                 select: map(i, [:name]),
                 select_merge: %{double: i.price + i.price}
               )
             ) ==
               %{name: "apple", double: 6}
    end

    test "keeps the expression behind a key of a sub-query" do
      inner = from(i in Item, select: %{double: i.price * 2, id: i.id})

      assert Repo.all(
               from(s in subquery(inner), where: s.double > 5, order_by: s.id, select: s.double)
             ) == [6, 10]
    end

    test "names an expression with selected_as, for every clause that may use it" do
      query =
        from(i in Item,
          select: %{
            kind: selected_as(coalesce(i.kind, "none"), :k),
            sum: selected_as(sum(i.price), :s)
          },
          group_by: selected_as(:k),
          having: selected_as(:s) > 1,
          order_by: [desc: selected_as(:s)]
        )

      assert Repo.all(query) == [%{kind: "fruit", sum: 8}, %{kind: "veg", sum: 4}]
    end

    test "means the expression, not a column of the same name, in group_by" do
      query =
        from(i in Item,
          select: %{price: selected_as(i.price > 2, :price), n: count()},
          group_by: selected_as(:price)
        )

      assert query |> Repo.all() |> Enum.map(& &1.n) |> Enum.sort() == [2, 3]
    end

    test "refuses all fields of a table without schema" do
      assert_raise Ecto.QueryError, ~r/without a schema/, fn ->
        Repo.all(from(f in fragment("json_each('[1]')"), select: f))
      end
    end
  end

  describe "distinct" do
    test "true drops equal rows" do
      assert Repo.all(from(i in Item, distinct: true, select: i.price, order_by: i.price)) == [
               1,
               2,
               3,
               5
             ]
    end

    test "on fields keeps the first row of each, in the order asked for" do
      query = from(i in Item, distinct: i.kind, order_by: [desc: i.price], select: i.name)
      assert Repo.all(query) == ["salt", "pear", "leek"]
    end

    test "on fields takes a direction, a limit and an offset" do
      query =
        from(i in Item, distinct: [desc: i.kind], order_by: [asc: i.price], select: {i.kind, i.id})

      assert Repo.all(query) == [{"veg", 3}, {"fruit", 1}, {nil, 5}]
      assert Repo.all(from(q in query, limit: 1, offset: 1)) == [{"fruit", 1}]
    end

    test "on fields cannot be combined with a union" do
      query =
        from(i in Item, distinct: i.kind, select: i.id, union: ^from(i in Item, select: i.id))

      assert_raise Ecto.QueryError, ~r/sub-query/, fn -> Repo.all(query) end
    end
  end

  describe "from" do
    test "takes fragments, sub-queries and values lists" do
      assert Repo.all(from(f in fragment("json_each(?)", "[3,4]"), select: f.value)) == [3, 4]

      values = [%{id: 1, tag: "x"}, %{id: 3, tag: "y"}]
      types = %{id: :integer, tag: :string}

      query =
        from(v in values(values, types),
          join: i in Item,
          on: i.id == v.id,
          order_by: i.id,
          select: {i.name, v.tag}
        )

      assert Repo.all(query) == [{"apple", "x"}, {"leek", "y"}]
    end

    test "takes the hints that SQLite has" do
      assert Repo.all(
               from(i in Item,
                 hints: "INDEXED BY items_kind",
                 where: i.kind == "veg",
                 select: i.id
               )
             ) == [3, 4]

      assert Repo.all(
               from(i in Item, hints: ["NOT INDEXED"], where: i.kind == "veg", select: i.id)
             ) == [3, 4]

      assert_raise Ecto.QueryError, ~r/INDEXED BY/, fn ->
        Repo.all(from(i in Item, hints: ["USE INDEX; DROP TABLE items"], select: i.id))
      end
    end
  end

  describe "join" do
    test "inner, left, right, full and cross give their rows" do
      base = from(i in Item)
      count = &Repo.aggregate(&1, :count)
      assert count.(from(i in base, join: n in "notes", on: n.item_id == i.id)) == 3
      assert count.(from(i in base, left_join: n in "notes", on: n.item_id == i.id)) == 6
      assert count.(from(i in base, right_join: n in "notes", on: n.item_id == i.id)) == 4
      assert count.(from(i in base, full_join: n in "notes", on: n.item_id == i.id)) == 7
      assert count.(from(i in base, cross_join: n in "notes")) == 20
    end

    test "joins sub-queries and table-valued functions" do
      notes =
        from(n in "notes", group_by: n.item_id, select: %{item_id: n.item_id, count: count()})

      query =
        from(i in Item,
          join: n in subquery(notes),
          on: n.item_id == i.id,
          order_by: i.id,
          select: {i.id, n.count}
        )

      assert Repo.all(query) == [{1, 2}, {3, 1}]

      query =
        from(i in Item,
          inner_lateral_join: j in fragment("json_each(json_array(?, 7))", i.id),
          on: true,
          where: i.id == 2,
          select: j.value
        )

      assert Repo.all(query) == [2, 7]
    end

    test "rewrites a lateral sub-query that equalities tie to the outer row" do
      latest =
        from(n in Note,
          where: n.item_id == parent_as(:item).id,
          order_by: [desc: n.id],
          limit: 1,
          select: %{text: n.text}
        )

      query =
        from(i in Item,
          as: :item,
          inner_lateral_join: n in subquery(latest),
          on: true,
          order_by: i.id,
          select: {i.id, n.text}
        )

      assert Repo.all(query) == [{1, "b"}, {3, "c"}]

      all = from(n in "notes", where: n.item_id == parent_as(:item).id, select: %{text: n.text})

      query =
        from(i in Item,
          as: :item,
          left_lateral_join: n in subquery(all),
          on: true,
          where: i.id < 3,
          order_by: [i.id, n.text],
          select: {i.id, n.text}
        )

      assert Repo.all(query) == [{1, "a"}, {1, "b"}, {2, nil}]
    end

    test "a lateral sub-query may be inner or cross, and selected whole" do
      notes = from(n in Note, where: n.item_id == parent_as(:item).id, select: %{text: n.text})

      query =
        from(i in Item, as: :item, inner_lateral_join: n in subquery(notes), on: n.text > ^"a")

      assert query |> order_by([i], i.id) |> select([i, n], {i.id, n}) |> Repo.all() ==
               [{1, %{text: "b"}}, {3, %{text: "c"}}]

      crossed =
        from(i in Item, as: :item, cross_lateral_join: n in subquery(notes), select: n.text)

      assert Enum.sort(Repo.all(crossed)) == ["a", "b", "c"]
    end
  end

  describe "where" do
    test "joins conditions from left to right" do
      query =
        from(i in Item,
          where: i.kind == "veg",
          or_where: i.price == 5,
          where: i.id > 2,
          select: i.id
        )

      assert Enum.sort(Repo.all(query)) == [3, 4]
    end

    test "keeps operators of operands apart" do
      assert Repo.all(from(i in Item, where: i.price == 2 == (i.kind == "veg"), select: i.id)) ==
               [1, 2, 3, 4]
    end
  end

  describe "order, limit and offset" do
    test "NULLs come first or last as the direction asks" do
      ids = &Repo.all(from(i in Item, order_by: ^[{&1, :kind}, {:asc, :id}], select: i.id))
      assert ids.(:asc_nulls_last) == [1, 2, 3, 4, 5]
      assert ids.(:asc_nulls_first) == [5, 1, 2, 3, 4]
      assert ids.(:desc_nulls_first) == [5, 3, 4, 1, 2]
      assert ids.(:desc_nulls_last) == [3, 4, 1, 2, 5]
    end

    test "an offset needs no limit" do
      assert Repo.all(from(i in Item, order_by: i.id, offset: 3, select: i.id)) == [4, 5]
      n = 2

      assert Repo.all(from(i in Item, order_by: i.id, limit: ^n, offset: ^(n - 1), select: i.id)) ==
               [2, 3]
    end

    test "with_ties gives the rows that tie with the last" do
      query = from(i in Item, order_by: i.price, limit: 2, with_ties: true, select: i.id)
      assert Enum.sort(Repo.all(query)) == [3, 4, 5]
      assert Enum.sort(Repo.all(from(q in query, offset: 1))) == [3, 4]
    end
  end

  describe "combinations" do
    test "union, except and intersect" do
      fruit = from(i in Item, where: i.kind == "fruit", select: i.price)
      all = from(i in Item, select: i.price)
      assert Enum.sort(Repo.all(union(fruit, ^all))) == [1, 2, 3, 5]
      assert length(Repo.all(union_all(fruit, ^all))) == 7
      assert Enum.sort(Repo.all(except(all, ^fruit))) == [1, 2]
      assert Enum.sort(Repo.all(intersect(all, ^fruit))) == [3, 5]
    end

    test "except_all and intersect_all count copies" do
      all = from(i in Item, select: i.price)
      two = from(i in Item, where: i.id == 3, select: i.price)
      assert Enum.sort(Repo.all(except_all(all, ^two))) == [1, 2, 3, 5]
      assert Repo.all(intersect_all(all, ^two)) == [2]
    end

    test "an arm may have its own order, limit and CTE" do
      cheap = from(i in Item, order_by: i.price, limit: 1, select: %{id: i.id})
      leek = from(i in Item, where: i.id == 3, select: %{id: i.id})
      dear = from(i in Item, order_by: [desc: i.price], limit: 1, select: i.id)

      assert Enum.sort(
               Repo.all(union_all(from(i in Item, where: i.id == 3, select: i.id), ^dear))
             ) == [2, 3]

      assert Repo.all(from(i in subquery(union_all(leek, ^cheap)), select: i.id, order_by: i.id)) ==
               [3, 5]
    end
  end

  describe "CTEs" do
    test "plain, recursive, materialized, and from a fragment" do
      veg = from(i in Item, where: i.kind == "veg", select: %{id: i.id})
      query = "veg" |> with_cte("veg", as: ^veg, materialized: true) |> select([v], v.id)
      assert Repo.all(query) == [3, 4]
      assert {sql, _} = Repo.to_sql(:all, query)
      assert sql =~ "AS MATERIALIZED"

      first = from(i in fragment("(SELECT 1 AS n)"), select: %{n: i.n})
      next = from(t in "tree", where: t.n < 4, select: %{n: t.n + 1})

      query =
        "tree"
        |> recursive_ctes(true)
        |> with_cte("tree", as: ^union_all(first, ^next))
        |> select([t], t.n)

      assert Repo.all(query) == [1, 2, 3, 4]

      query =
        "f"
        |> with_cte("f", as: fragment("SELECT id FROM items WHERE price > 2"))
        |> select([f], f.id)

      assert Enum.sort(Repo.all(query)) == [1, 2]
    end

    test "writes may use them, but not be them" do
      veg = from(i in Item, where: i.kind == "veg", select: %{id: i.id})
      query = Item |> with_cte("veg", as: ^veg) |> join(:inner, [i], v in "veg", on: v.id == i.id)
      assert Repo.update_all(query, set: [price: 9]) == {2, nil}
      assert rows("SELECT id FROM items WHERE price = 9") == [[3], [4]]

      deleted = from(i in Item, select: %{id: i.id})

      query =
        "gone" |> with_cte("gone", as: ^deleted, operation: :delete_all) |> select([g], g.id)

      assert_raise Ecto.QueryError, ~r/no data-modifying CTE/, fn -> Repo.all(query) end
    end
  end

  describe "windows" do
    test "inline, named, with frames and filters" do
      query =
        from(i in Item,
          windows: [k: [partition_by: i.kind, order_by: i.price]],
          order_by: i.id,
          select: {i.id, over(row_number(), :k), over(sum(i.price), partition_by: i.kind)}
        )

      assert Repo.all(query) == [{1, 1, 8}, {2, 2, 8}, {3, 1, 4}, {4, 2, 4}, {5, 1, 1}]

      query =
        from(i in Item,
          order_by: i.id,
          select:
            over(filter(count(), i.price > 2),
              order_by: i.id,
              frame: fragment("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
            )
        )

      assert Repo.all(query) == [1, 2, 2, 2, 2]

      assert Repo.all(
               from(i in Item, order_by: i.id, select: over(lag(i.id, 1, 0), order_by: i.id))
             ) == [0, 1, 2, 3, 4]
    end
  end

  describe "sub-queries" do
    test "in select, where, exists and comparisons" do
      count = from(n in "notes", where: n.item_id == parent_as(:i).id, select: count())

      assert Repo.all(from(i in Item, as: :i, order_by: i.id, select: subquery(count))) == [
               2,
               0,
               1,
               0,
               0
             ]

      has = from(n in "notes", where: n.item_id == parent_as(:i).id, select: 1)
      assert Repo.all(from(i in Item, as: :i, where: exists(has), select: i.id)) == [1, 3]
      ids = from(n in "notes", select: n.item_id)

      assert Repo.all(
               from(i in Item, where: i.id not in subquery(ids), order_by: i.id, select: i.id)
             ) == [2, 4, 5]
    end

    test "the outer row is refused where SQLite does not see it, with an alternative" do
      notes = from(n in "notes", select: n.text)

      for {clause, inner} <- [
            order_by: from(n in notes, order_by: fragment("abs(? - ?)", n.id, parent_as(:i).id)),
            group_by: from(n in notes, group_by: n.item_id - parent_as(:i).id),
            limit: from(n in notes, limit: parent_as(:i).id),
            offset: from(n in notes, offset: parent_as(:i).id),
            order_by:
              from(n in notes,
                order_by: subquery(from(m in "notes", where: m.id == parent_as(:i).id, select: 1))
              )
          ] do
        query = from(i in Item, as: :i, where: exists(inner), select: i.id)

        assert_raise Ecto.QueryError,
                     ~r/the outer row in #{clause}: parent_as\(:i\).*sub-query/,
                     fn ->
                       Repo.all(query)
                     end
      end
    end

    test "of an order_by may refer to the query that is ordered" do
      notes = from(n in "notes", where: n.item_id == parent_as(:i).id, select: count())
      query = from(i in Item, as: :i, order_by: [desc: subquery(notes), asc: i.id], select: i.id)
      inner = from(i in query, where: i.id < parent_as(:o).id)
      assert Repo.all(query) == [1, 3, 2, 4, 5]
      outer = from(o in Item, as: :o, where: exists(inner), order_by: o.id, select: o.id)
      assert Repo.all(outer) == [2, 3, 4, 5]
    end

    test "any and all give the result of standard SQL, also for empty sets and NULLs" do
      veg = from(i in Item, where: i.kind == "veg", select: i.price)
      none = from(i in Item, where: i.id > 99, select: i.price)
      ids = &Enum.sort(Repo.all(from(i in &1, select: i.id)))
      assert ids.(from(i in Item, where: i.price == any(veg))) == [3, 4]
      assert ids.(from(i in Item, where: i.price > all(veg))) == [1, 2]
      assert ids.(from(i in Item, where: i.price <= any(veg))) == [3, 4, 5]
      assert ids.(from(i in Item, where: i.price != all(veg))) == [1, 2, 5]
      assert ids.(from(i in Item, where: i.price > all(none))) == [1, 2, 3, 4, 5]
      assert ids.(from(i in Item, where: not (i.price > any(none)))) == [1, 2, 3, 4, 5]
      kinds = from(i in Item, select: fragment("nullif(?, 1)", i.price))
      assert ids.(from(i in Item, where: i.price < all(kinds))) == []
      assert ids.(from(i in Item, where: not (i.price < all(kinds)))) == [1, 2, 3, 4]
    end
  end

  describe "lock" do
    test "takes the write lock inside a transaction and refuses to work outside" do
      query = from(i in Item, where: i.id == 1, lock: "FOR UPDATE", select: i.name)
      assert_raise ArgumentError, ~r/inside a transaction/, fn -> Repo.all(query) end
      assert {:ok, ["apple"]} = Repo.transaction(fn -> Repo.all(query) end)

      shared = from(i in Item, where: i.id == 1, lock: "FOR SHARE", select: i.name)
      assert_raise ArgumentError, ~r/inside a transaction/, fn -> Repo.all(shared) end
      assert {:ok, ["apple"]} = Repo.transaction(fn -> Repo.all(shared) end)

      assert_raise Ecto.QueryError, ~r/unsupported lock/, fn ->
        Repo.all(from(i in Item, lock: "FOR LUNCH", select: i.id))
      end
    end
  end

  @tag :local_file
  @tag attach: ["other"]
  test "a prefix is an attached database" do
    sql!(
      "CREATE TABLE other.items (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price INTEGER); INSERT INTO other.items (name) VALUES ('plum')"
    )

    assert [%Item{name: "plum"}] = Repo.all(Item, prefix: "other")
    assert Repo.delete_all(Item, prefix: "other") == {1, nil}
    assert Repo.aggregate(Item, :count) == 5
    assert %Item{} = Repo.insert!(%Item{name: "fig"}, prefix: "other")
    assert rows("SELECT name FROM other.items") == [["fig"]]
  end

  test "aggregates over limited and distinct queries" do
    assert Repo.aggregate(from(i in Item, limit: 2, order_by: i.id), :sum, :price) == 8
    assert Repo.aggregate(from(i in Item, distinct: true, select: i.price), :count, :price) == 4
  end
end
