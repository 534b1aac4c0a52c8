defmodule Ecto.Adapters.LibSql.SQL.WriteTest do
  # INSERT, UPDATE and DELETE in every form, compared with the rows they leave.
  use EctoLibSql.EctoCase, async: true

  defmodule Row do
    use Ecto.Schema

    schema "rows" do
      field(:name, :string)
      field(:n, :integer)
      field(:tags, {:array, :integer})
      field(:flags, {:array, :boolean})
    end
  end

  setup do
    sql!("""
    CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT DEFAULT 'anon', n INTEGER DEFAULT (1 + 1), tags TEXT, flags TEXT);
    CREATE UNIQUE INDEX rows_name ON rows (name);
    CREATE UNIQUE INDEX rows_part ON rows (n) WHERE n > 100;
    CREATE TABLE others (id INTEGER PRIMARY KEY, row_id INTEGER, v INTEGER);
    """)

    :ok
  end

  defp seed do
    Repo.insert_all(
      Row,
      for(i <- 1..4, do: %{id: i, name: "r#{i}", n: i, tags: [i, 9, i], flags: [true, false]})
    )

    Repo.insert_all("others", [[row_id: 1, v: 10], [row_id: 2, v: 20], [row_id: 2, v: 20]])
    :ok
  end

  defp all, do: rows("SELECT id, name, n FROM rows ORDER BY id")

  describe "insert_all" do
    test "an absent field takes the column's default, nil is NULL" do
      assert Repo.insert_all(Row, [%{name: "a", n: 7}, %{n: nil, id: 9}, %{name: "c"}]) ==
               {3, nil}

      assert all() == [[1, "a", 7], [9, "anon", nil], [10, "c", 2]]
    end

    test "rows without any field" do
      assert Repo.insert_all("others", [[], [], []]) == {3, nil}
      assert rows("SELECT count(*) FROM others") == [[3]]
      assert {2, [%{id: 4}, %{id: 5}]} = Repo.insert_all("others", [[], []], returning: [:id])
    end

    test "more rows than one statement has parameters" do
      many = for i <- 1..20_000, do: %{id: i, name: "n#{i}", n: -i}
      assert {20_000, returned} = Repo.insert_all(Row, many, returning: [:id])
      assert Enum.map(returned, & &1.id) == Enum.to_list(1..20_000)
      bump = from(r in Row, update: [set: [n: r.n + ^1]], where: r.n < ^0)
      assert {20_000, nil} = Repo.insert_all(Row, many, on_conflict: bump, conflict_target: :id)
      assert rows("SELECT sum(n) FROM rows") == [[-Enum.sum(1..20_000) + 20_000]]
    end

    test "all rows or none, however many statements they take" do
      many = for i <- Enum.concat(1..20_000, [5]), do: %{id: i, name: "n#{i}", n: -i}
      assert_raise EctoLibSql.Error, ~r/UNIQUE/, fn -> Repo.insert_all(Row, many) end
      assert rows("SELECT count(*) FROM rows") == [[0]]
    end

    test "placeholders, sub-queries as cells and queries as rows" do
      seed()
      max = from(r in Row, select: max(r.n) + ^100)
      rows = [%{name: {:placeholder, :x}, n: 1}, %{name: "q", n: max}, %{name: "after", n: 3}]
      assert {3, nil} = Repo.insert_all(Row, rows, placeholders: %{x: "held"})
      assert Enum.drop(all(), 4) == [[5, "held", 1], [6, "q", 104], [7, "after", 3]]
      source = from(o in "others", select: %{name: fragment("'o' || ?", o.id), n: o.v})
      assert {3, nil} = Repo.insert_all(Row, source)
      assert {0, nil} = Repo.insert_all(Row, source, on_conflict: :nothing)
    end
  end

  describe "on_conflict" do
    setup do: seed()

    test "nothing, replacements and queries" do
      assert {0, nil} = Repo.insert_all(Row, [%{name: "r1", n: 5}], on_conflict: :nothing)

      assert {1, nil} =
               Repo.insert_all(Row, [%{name: "r1", n: 5}],
                 on_conflict: {:replace, [:n]},
                 conflict_target: :name
               )

      assert hd(all()) == [1, "r1", 5]

      assert {1, nil} =
               Repo.insert_all(Row, [%{name: "r1", n: 5}],
                 on_conflict: [inc: [n: 10]],
                 conflict_target: :name
               )

      assert hd(all()) == [1, "r1", 15]

      query =
        from(r in Row, update: [set: [n: fragment("excluded.n + ?", r.n)]], where: r.n > ^10)

      assert {1, nil} =
               Repo.insert_all(Row, [%{name: "r1", n: 1}],
                 on_conflict: query,
                 conflict_target: :name
               )

      assert {0, nil} =
               Repo.insert_all(Row, [%{name: "r2", n: 1}],
                 on_conflict: query,
                 conflict_target: :name
               )

      assert Enum.take(all(), 2) == [[1, "r1", 16], [2, "r2", 2]]
    end

    test "a query may have parameters anywhere, however many statements the rows take" do
      many = for i <- 1..20_000, do: %{id: i, name: "m#{i}", n: -i}
      odd = from(o in "others", where: o.row_id == ^1 and o.v > ^0, select: o.row_id)
      list = Enum.to_list(3..600)

      query =
        from(r in Row,
          where: r.id in subquery(odd) or r.id in ^list or exists(odd),
          where: fragment("? = ?", r.id, type(^2, :integer)) or r.id == ^1,
          update: [set: [n: ^7 + coalesce(r.n, ^0) * ^10]]
        )

      assert {count, nil} = Repo.insert_all(Row, many, on_conflict: query, conflict_target: [:id])

      assert count == 20_000 - 2
      assert Enum.take(all(), 4) == [[1, "r1", 17], [2, "r2", 27], [3, "r3", 3], [4, "r4", 4]]
    end

    test "changes arrays in columns that are called as those of json_each" do
      sql!("CREATE TABLE named (id INTEGER PRIMARY KEY, value TEXT, json TEXT, type TEXT)")
      sql!("INSERT INTO named VALUES (1, '[1,2]', '[1,2]', '[1,2]')")

      Repo.insert_all("named", [[id: 1]],
        on_conflict: [pull: [value: 1, json: 2], push: [type: 3]],
        conflict_target: :id
      )

      assert rows("SELECT * FROM named") == [[1, "[2]", "[1]", "[1,2,3]"]]
    end

    test "a query with a CTE is refused" do
      query =
        from(r in Row,
          where: r.n in subquery(from(c in "cte", select: c.v)),
          update: [set: [n: 1]]
        )
        |> with_cte("cte", as: ^from(o in "others", select: %{v: o.v}))

      assert_raise Ecto.QueryError, ~r/on_conflict.*with_cte|with_cte.*on_conflict/, fn ->
        Repo.insert_all(Row, [%{id: 1}], on_conflict: query, conflict_target: :id)
      end
    end

    test "finds a constraint however its table is written" do
      for {table, ix} <-
            Enum.with_index(["[weird (tbl]", "`weird (tbl`", "\"weird (tbl\"", "plain"]) do
        name = if table == "plain", do: "plain", else: "weird (tbl"

        sql!("""
        DROP TABLE IF EXISTS #{table};
        CREATE TABLE #{table} (a INTEGER, b TEXT);
        CREATE UNIQUE INDEX /* on it */ "on#{ix}" -- here
          ON #{table} /* ( */(a, lower(b)) WHERE b <> '('
        """)

        insert = fn b, opts ->
          opts = [conflict_target: {:constraint, :"on#{ix}"}] ++ opts
          Repo.insert_all(name, [[a: 1, b: b]], opts)
        end

        assert insert.("X", on_conflict: :nothing) == {1, nil}
        assert insert.("x", on_conflict: :nothing) == {0, nil}
        assert insert.("x", on_conflict: [set: [b: "y"]]) == {1, nil}
        assert rows("SELECT b FROM #{table}") == [["y"]]
      end
    end

    test "needs no target, and finds the columns of a constraint" do
      assert {1, nil} = Repo.insert_all(Row, [%{name: "r1", n: 8}], on_conflict: {:replace, [:n]})
      row = [%{name: "r1", n: 9}]

      assert {1, nil} =
               Repo.insert_all(Row, row,
                 on_conflict: {:replace, [:n]},
                 conflict_target: {:constraint, :rows_name}
               )

      assert hd(all()) == [1, "r1", 9]
      target = {:constraint, :rows_part}

      assert {1, nil} =
               Repo.insert_all(Row, [%{name: "p", n: 200}],
                 on_conflict: {:replace, [:name]},
                 conflict_target: target
               )

      assert {1, nil} =
               Repo.insert_all(Row, [%{name: "q", n: 200}],
                 on_conflict: {:replace, [:name]},
                 conflict_target: target
               )

      assert rows("SELECT name FROM rows WHERE n = 200") == [["q"]]

      assert_raise ArgumentError, ~r/no unique index/, fn ->
        Repo.insert_all(Row, row, on_conflict: :nothing, conflict_target: {:constraint, :none})
      end
    end

    test "an existing struct comes back as Ecto documents" do
      assert {:ok, %Row{id: nil}} = Repo.insert(%Row{name: "r1"}, on_conflict: :nothing)

      assert {:ok, %Row{id: 1, n: 1}} =
               Repo.insert(%Row{name: "r1", n: 7},
                 on_conflict: {:replace, [:name]},
                 conflict_target: :name,
                 returning: true
               )
    end
  end

  defmodule Needy do
    use Ecto.Schema

    schema "needy" do
      field(:need, :string)
      field(:kind, :string)
    end
  end

  describe "on_conflict of a row without fields" do
    test "leaves other violations than conflicts alone" do
      sql!("CREATE TABLE needy (id INTEGER PRIMARY KEY, need TEXT NOT NULL, kind TEXT)")
      upsert = [on_conflict: {:replace, [:kind]}, conflict_target: :id]

      for opts <- [[on_conflict: :nothing], upsert] do
        assert_raise Ecto.ConstraintError, ~r/need/, fn -> Repo.insert(%Needy{}, opts) end
        assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn -> Repo.insert_all(Needy, [[]], opts) end
      end
    end

    test "inserts all defaults, and does nothing or updates on a conflict" do
      sql!("""
      CREATE TABLE needy (kind TEXT DEFAULT (lower('KIND')) UNIQUE, id INTEGER PRIMARY KEY,
        need TEXT NOT NULL DEFAULT 'none')
      """)

      assert {:ok, %Needy{id: 1}} = Repo.insert(%Needy{}, on_conflict: :nothing)
      assert {:ok, %Needy{id: nil}} = Repo.insert(%Needy{}, on_conflict: :nothing)
      assert {0, nil} = Repo.insert_all(Needy, [[], []], on_conflict: :nothing)

      assert {1, [%{need: "new"}]} =
               Repo.insert_all(Needy, [[]],
                 on_conflict: [set: [need: "new"]],
                 conflict_target: :kind,
                 returning: [:need]
               )

      assert rows("SELECT * FROM needy") == [["kind", 1, "new"]]

      missing = fn -> Repo.insert_all("missing", [[]], on_conflict: :nothing) end
      assert_raise EctoLibSql.Error, ~r/no such table/, missing

      assert_raise ArgumentError, ~r/without fields.*Repo/, fn ->
        Ecto.Adapters.LibSql.Connection.insert(nil, "needy", [], [[]], {:nothing, [], []}, [], [])
      end
    end
  end

  describe "update_all" do
    setup do: seed()

    test "sets, increments and expressions" do
      assert Repo.update_all(from(r in Row, where: r.id == 1), set: [name: "x"], inc: [n: 1]) ==
               {1, nil}

      assert hd(all()) == [1, "x", 2]
      assert Repo.update_all(from(r in Row, update: [set: [n: r.n * 10]]), []) == {4, nil}
      assert Enum.map(all(), &List.last/1) == [20, 20, 30, 40]
    end

    test "touches only rows with a partner in an inner join, once each" do
      query = from(r in Row, join: o in "others", on: o.row_id == r.id, update: [set: [n: o.v]])
      assert Repo.update_all(query, []) == {2, nil}
      assert Enum.map(all(), &List.last/1) == [10, 20, 3, 4]
    end

    test "left joins, limits and orders" do
      query =
        from(r in Row,
          left_join: o in "others",
          on: o.row_id == r.id,
          where: is_nil(o.id),
          update: [inc: [n: 100]]
        )

      assert Repo.update_all(query, []) == {2, nil}
      assert Enum.map(all(), &List.last/1) == [1, 2, 103, 104]
    end

    test "returns the rows" do
      query = from(r in Row, where: r.id == 2, select: {r.id, r.n + 1})
      assert Repo.update_all(query, set: [n: 5]) == {1, [{2, 6}]}
    end

    test "that joins returns columns of the written table" do
      ids = Enum.to_list(1..1000)

      query =
        from(r in "rows",
          join: o in "others",
          on: o.row_id == r.id,
          where: r.id in ^ids,
          select: {r.name, r.n + ^1}
        )

      assert {:ok, {2, returned}} =
               Repo.transaction(fn -> Repo.update_all(query, set: [n: 5]) end)

      assert Enum.sort(returned) == [{"r1", 6}, {"r2", 6}]
      assert {2, gone} = Repo.delete_all(query)
      assert Enum.sort(gone) == [{"r1", 6}, {"r2", 6}]
      assert Enum.map(all(), &hd/1) == [3, 4]
    end

    test "returns what joined sources held before the write" do
      olds = from(r in Row, where: r.n < ^4)

      query =
        from(r in Row,
          join: old in subquery(olds),
          on: old.id == r.id,
          where: r.id > ^1,
          select: {r.n, old.n, map(old, [:id, :name]), ^"seen", old.tags}
        )

      assert {2, returned} = Repo.update_all(query, set: [n: 70], push: [tags: 0])

      assert Enum.sort(returned) == [
               {70, 2, %{id: 2, name: "r2"}, "seen", [2, 9, 2]},
               {70, 3, %{id: 3, name: "r3"}, "seen", [3, 9, 3]}
             ]

      assert all() == [[1, "r1", 1], [2, "r2", 70], [3, "r3", 70], [4, "r4", 4]]
      assert Repo.update_all(query, set: [n: 71]) == {0, []}
    end

    test "returns joined values in a transaction, and for long lists" do
      ids = Enum.to_list(1..1000)
      query = from(r in Row, join: o in "others", on: o.row_id == r.id, where: r.id in ^ids)
      query = select(query, [r, o], {o.v + ^1, r.n})

      assert {:ok, {2, returned}} =
               Repo.transaction(fn -> Repo.update_all(query, set: [n: 5]) end)

      assert Enum.sort(returned) == [{11, 5}, {21, 5}]
      {sql, params} = Repo.to_sql(:delete_all, query)
      assert sql =~ "DELETE FROM"
      assert is_binary(hd(params))
      assert {2, gone} = Repo.delete_all(query)
      assert Enum.sort(gone) == [{11, 5}, {21, 5}]
      assert Enum.map(all(), &hd/1) == [3, 4]
    end

    test "refuses joined values that it cannot put together with the written rows" do
      joined = from(r in Row, join: o in "others", on: o.row_id == r.id)
      bare = from(r in "rows", join: o in "others", on: o.row_id == r.id, select: o.v)

      for {query, updates, message} <- [
            {select(joined, [r, o], r.n + o.v), [n: 0], ~r/may not mix the written table/},
            {select(joined, [_, o], o.v), [id: 9], ~r/needs keys that stay/},
            {bare, [n: 0], ~r/needs the primary key of a schema/}
          ] do
        assert_raise Ecto.QueryError, message, fn -> Repo.update_all(query, set: updates) end
      end

      assert Enum.map(all(), &List.last/1) == [1, 2, 3, 4]
    end

    test "pushes to and pulls from arrays" do
      Repo.update_all(Row, push: [tags: 5])
      assert rows("SELECT tags FROM rows WHERE id = 1") == [["[1,9,1,5]"]]
      Repo.update_all(Row, pull: [tags: 1])
      assert rows("SELECT tags FROM rows WHERE id < 3") == [["[9,5]"], ["[2,9,2,5]"]]
      Repo.update_all(Row, push: [flags: false], pull: [tags: 9])
      assert %Row{flags: [true, false, false], tags: [5]} = Repo.get!(Row, 1)
      Repo.update_all(Row, pull: [flags: false])
      assert %Row{flags: [true]} = Repo.get!(Row, 1)
      Repo.insert!(%Row{id: 50, tags: nil})
      Repo.update_all(from(r in Row, where: r.id == 50), pull: [tags: 1])
      assert %Row{tags: nil} = Repo.get!(Row, 50)
    end
  end

  defmodule Pair do
    use Ecto.Schema
    @primary_key false

    schema "pairs" do
      field(:a, :integer, primary_key: true)
      field(:b, :string, primary_key: true)
      field(:v, :integer)
    end
  end

  test "joins in writes to a table without rowid" do
    seed()
    sql!("CREATE TABLE pairs (a INTEGER, b TEXT, v INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
    Repo.insert_all(Pair, for(a <- 1..3, b <- ["x", "y"], do: [a: a, b: b, v: 0]))
    query = from(p in Pair, left_join: r in Row, on: r.id == p.a and p.b == "x")

    assert Repo.update_all(from([p, r] in query, where: not is_nil(r.id)), inc: [v: 1]) ==
             {3, nil}

    assert rows("SELECT a, b FROM pairs WHERE v = 1") == [[1, "x"], [2, "x"], [3, "x"]]
    assert Repo.delete_all(from([p, r] in query, where: is_nil(r.id))) == {3, nil}
    assert rows("SELECT a, b FROM pairs") == [[1, "x"], [2, "x"], [3, "x"]]
  end

  describe "writes with joins find a row again" do
    defp joined(table), do: from(t in table, join: r in Row, on: r.n == t.v)

    test "by the rowid where there is no schema, whatever the columns are called" do
      seed()
      sql!("CREATE TABLE odd (v INTEGER, rowid, oid)")
      for v <- 1..3, do: sql!("INSERT INTO odd VALUES (#{v}, 1, 1)")
      first = where(joined("odd"), [t], t.v == 1)
      assert Repo.update_all(first, inc: [v: 10]) == {1, nil}
      assert Repo.delete_all(from(t in joined("odd"), select: t.v)) == {2, [2, 3]}
      assert rows("SELECT v FROM odd") == [[11]]
    end

    test "by the schema's primary key, so that a row without one is not found" do
      seed()
      sql!("CREATE TABLE pairs (a INTEGER, b TEXT, v INTEGER, PRIMARY KEY (a, b))")
      Repo.query!("INSERT INTO pairs VALUES (1, 'x', 1), (NULL, 'x', 1), (1, NULL, 2)")
      assert Repo.update_all(joined(Pair), inc: [v: 10]) == {1, nil}
      assert rows("SELECT v FROM pairs ORDER BY v") == [[1], [2], [11]]
    end

    test "or fail in a table without rowid that has no schema" do
      sql!("CREATE TABLE bare (k INTEGER PRIMARY KEY, v INTEGER) WITHOUT ROWID")

      assert_raise EctoLibSql.Error, ~r/no such column: b0\._rowid_/, fn ->
        Repo.delete_all(joined("bare"))
      end
    end

    @tag :local_file
    @tag attach: ["other"]
    test "in the attached database that has the table" do
      sql!("CREATE TABLE other.odd (v INTEGER); CREATE TABLE odd (v INTEGER)")
      for v <- 1..3, do: sql!("INSERT INTO other.odd VALUES (#{v})")
      seed()
      rows = put_query_prefix(from(r in Row, where: r.n < 3), "main")
      query = from(t in "odd", prefix: "other", join: r in ^rows, on: r.n == t.v)
      assert Repo.delete_all(query) == {2, nil}
      assert rows("SELECT v FROM other.odd") == [[3]]
    end
  end

  describe "delete_all" do
    setup do: seed()

    test "with a join deletes the rows that have a partner, and no others" do
      assert Repo.delete_all(from(r in Row, join: o in "others", on: o.row_id == r.id)) ==
               {2, nil}

      assert Enum.map(all(), &hd/1) == [3, 4]
    end

    test "with a left join, and with rows returned" do
      query =
        from(r in Row,
          left_join: o in "others",
          on: o.row_id == r.id,
          where: is_nil(o.id),
          select: r.id
        )

      assert {2, ids} = Repo.delete_all(query)
      assert Enum.sort(ids) == [3, 4]
    end
  end

  describe "one row" do
    setup do: seed()

    test "a nil filter matches NULL" do
      row = Repo.insert!(%Row{name: nil})
      sql = Ecto.Adapters.LibSql.Connection.update(nil, "rows", [:n], [id: 1, name: nil], [])

      assert IO.iodata_to_binary(sql) ==
               ~s(UPDATE "rows" SET "n" = ? WHERE "id" = ? AND "name" IS NULL)

      assert {:ok, _} = Repo.delete(row)
    end

    test "a stale struct is an error" do
      row = Repo.get!(Row, 1)
      Repo.delete!(row)
      assert_raise Ecto.StaleEntryError, fn -> Repo.delete!(row) end
      assert_raise Ecto.StaleEntryError, fn -> Repo.update!(Ecto.Changeset.change(row, n: 0)) end
    end
  end
end
