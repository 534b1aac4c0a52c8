defmodule Ecto.Adapters.LibSql.Migration.AlterColumnsTest do
  # A change of one column keeps the keys, constraints and indexes of the others, and its own clauses that the
  # change does not name.
  use EctoLibSql.EctoCase, async: true
  use ExUnitProperties

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp stored(name), do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = ?", [name])))

  defp refused(sql, message) do
    assert_raise EctoLibSql.Error, message, fn -> sql!(sql) end
  end

  describe "removing a column whose name is also a keyword, a function or a constraint" do
    test "keeps keys, checks and indexes" do
      sql!("CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1)")

      sql!("""
      CREATE TABLE t (x INT, y INT, key TEXT, "desc" TEXT, length INT, name TEXT, total INT,
        FOREIGN KEY (x, y) REFERENCES p (a, b), PRIMARY KEY (x, y), CHECK (length(name) > 2),
        CONSTRAINT total CHECK (x <= y));
      CREATE UNIQUE INDEX u ON t (name DESC);
      CREATE UNIQUE INDEX l ON t (length(name)) WHERE name COLLATE nocase <> 'total';
      INSERT INTO t (x, y, name) VALUES (1, 1, 'abc')
      """)

      for column <- [:key, :desc, :length, :total], do: alter("t", [{:remove, column}])
      assert rows("SELECT * FROM t") == [[1, 1, "abc"]]

      assert rows("SELECT name FROM pragma_index_list('t') WHERE origin = 'c' ORDER BY 1") == [
               ["l"],
               ["u"]
             ]

      refused("INSERT INTO t VALUES (1, 1, 'abcd')", ~r/UNIQUE constraint failed: t.x, t.y/)
      refused("INSERT INTO t VALUES (1, 2, 'abcd')", ~r/FOREIGN KEY/)
      refused("INSERT INTO t VALUES (3, 2, 'abcd')", ~r/CHECK constraint failed: total/)
      refused("INSERT INTO t VALUES (2, 3, 'ab')", ~r/CHECK constraint failed: length/)
    end
  end

  test "dropping a constraint keeps the next one, also without a comma between them" do
    sql!("CREATE TABLE t (a INT, b INT, CONSTRAINT c1 CHECK (a > 0) CONSTRAINT c2 CHECK (b > 0))")
    ddl({:drop, %Constraint{name: :c1, table: "t"}, :restrict})
    sql!("INSERT INTO t VALUES (0, 1)")
    refused("INSERT INTO t VALUES (1, 0)", ~r/CHECK constraint failed: c2/)
    assert stored("t") =~ "c2"
  end

  describe "a foreign key of several columns" do
    setup do
      sql!(
        "CREATE TABLE o (id INTEGER PRIMARY KEY); CREATE TABLE u (org INT, id INT, PRIMARY KEY (org, id))"
      )

      both = reference("u", column: :org, with: [user_id: :id])

      ddl(
        {:create, %Table{name: "c"}, [{:add, :org_id, both, []}, {:add, :user_id, :integer, []}]}
      )

      {:ok, both: both}
    end

    defp reference(table, fields \\ []),
      do: struct!(%Reference{table: table, type: :integer}, fields)

    defp keys do
      rows("""
      SELECT "table", group_concat("from") FROM pragma_foreign_key_list('c') GROUP BY id ORDER BY 1
      """)
    end

    test "stays when its first column refers to something else too", %{both: both} do
      alter("c", [{:modify, :org_id, reference("o"), []}])
      assert keys() == [["o", "org_id"], ["u", "org_id,user_id"]]
      alter("c", [{:modify, :org_id, :integer, [from: reference("o")]}])
      assert keys() == [["u", "org_id,user_id"]]
      alter("c", [{:modify, :org_id, :integer, [from: {both, []}]}])
      assert keys() == []
    end

    test "is replaced by one over the same columns", %{both: both} do
      alter("c", [{:modify, :org_id, %{both | on_delete: :delete_all}, []}])
      assert keys() == [["u", "org_id,user_id"]]
      assert stored("c") =~ "ON DELETE CASCADE"
    end

    test "is dropped by Ecto's default name" do
      alter("c", [{:modify, :org_id, reference("o"), []}])
      drop = {:drop, %Constraint{name: :c_org_id_fkey, table: "c"}, :restrict}
      ddl(drop)
      assert keys() == [["u", "org_id,user_id"]]
      ddl(drop)
      assert keys() == []
    end
  end

  describe "the collation" do
    defp equal?(table, column, other),
      do: rows("SELECT count(*) > 0 FROM #{table} WHERE #{column} = ?", [other]) == [[1]]

    test "of a type such as :citext comes and goes with it" do
      ddl(
        {:create, %Table{name: "t"},
         [{:add, :x, :citext, []}, {:add, :y, :string, [collate: :binary]}]}
      )

      sql!("INSERT INTO t VALUES ('a', 'a')")
      assert equal?("t", "x", "A")
      alter("t", [{:modify, :x, :string, [from: :citext]}, {:modify, :y, :citext, []}])
      assert {equal?("t", "x", "A"), equal?("t", "y", "A")} == {false, true}
      assert stored("t") == ~s|CREATE TABLE "t" ("x" TEXT, "y" TEXT COLLATE NOCASE)|

      alter("t", [
        {:modify, :x, :citext, [from: {:string, null: true}]},
        {:modify, :y, :text, [from: {:citext, []}]}
      ])

      assert stored("t") == ~s|CREATE TABLE "t" ("x" TEXT COLLATE NOCASE, "y" TEXT)|
    end

    test "that is given overrides that of the type" do
      ddl(
        {:create, %Table{name: "t"},
         [{:add, :x, :citext, [collate: :binary]}, {:add, :y, :citext, []}]}
      )

      alter("t", [{:modify, :y, :citext, [collate: :rtrim]}])
      assert stored("t") == ~s|CREATE TABLE "t" ("x" TEXT COLLATE BINARY, "y" TEXT COLLATE RTRIM)|
    end

    test "that was given stays while the column holds texts" do
      sql!("CREATE TABLE t (x VARCHAR(9) COLLATE nocase NOT NULL, y TEXT COLLATE nocase)")
      alter("t", [{:modify, :x, :string, [null: true]}, {:modify, :y, :integer, []}])
      assert stored("t") == ~s|CREATE TABLE "t" (x TEXT COLLATE nocase, y INTEGER)|
      sql!("CREATE TABLE u (x COLLATE nocase)")
      alter("u", [{:modify, :x, :string, []}])
      assert stored("u") == ~s|CREATE TABLE "u" (x TEXT COLLATE nocase)|
      alter("t", [{:modify, :x, :string, [from: {:array, :string}]}])
      assert stored("t") =~ "x TEXT COLLATE nocase"
    end
  end

  describe "between :string and :binary" do
    test "texts become bytes, and bytes texts" do
      sql!(
        "CREATE TABLE t (s TEXT, b BLOB, n INT); INSERT INTO t VALUES ('aé', x'62C3A9', 1), (NULL, NULL, 2)"
      )

      alter("t", [{:modify, :s, :binary, []}, {:modify, :b, :string, []}])
      assert rows("SELECT s = x'61C3A9', b = 'bé' FROM t") == [[1, 1], [nil, nil]]
      alter("t", [{:modify, :s, :string, [null: true]}, {:modify, :b, :binary, []}])
      assert rows("SELECT s = 'aé', b = x'62C3A9' FROM t") == [[1, 1], [nil, nil]]
    end

    # The older adapter stored the 16 bytes of a UUID in a column of text.
    test "values stay as they are where the declared type does" do
      sql!("CREATE TABLE t (s TEXT, b BLOB); INSERT INTO t VALUES (x'00FF', 'text')")
      alter("t", [{:modify, :s, :string, [default: "x"]}, {:modify, :b, :binary, [default: "y"]}])
      assert rows("SELECT s = x'00FF', b = 'text' FROM t") == [[1, 1]]
    end

    test "a STRICT table accepts them" do
      sql!("CREATE TABLE t (s TEXT NOT NULL, b BLOB) STRICT; INSERT INTO t VALUES ('a', x'62')")
      alter("t", [{:modify, :s, :binary, []}, {:modify, :b, :text, []}])
      assert rows("SELECT typeof(s), typeof(b) FROM t") == [["blob", "text"]]
    end
  end

  describe "a check of modify" do
    test "is added to the others, and replaces the one with its name" do
      ddl(
        {:create, %Table{name: "t"},
         [{:add, :a, :integer, [check: %{name: "pos", expr: "a > 0"}]}]}
      )

      alter("t", [{:modify, :a, :integer, [check: %{name: "small", expr: "a < 10"}]}])
      alter("t", [{:modify, :a, :integer, [check: "a <> 5"]}])
      alter("t", [{:modify, :a, :integer, [check: "a <> 5"]}])
      for value <- [0, 10, 5], do: refused("INSERT INTO t VALUES (#{value})", ~r/CHECK/)
      assert length(String.split(stored("t"), "a <> 5")) == 2

      alter("t", [{:modify, :a, :integer, [check: %{name: "small", expr: "a < 100"}]}])
      sql!("INSERT INTO t VALUES (10)")
      refused("INSERT INTO t VALUES (0)", ~r/CHECK constraint failed: pos/)
      refused("INSERT INTO t VALUES (100)", ~r/CHECK constraint failed: small/)
    end
  end

  describe "clauses that the change does not name stay:" do
    test "DEFERRABLE as a clause of its own" do
      sql!("CREATE TABLE p (id INTEGER PRIMARY KEY)")

      sql!(
        "CREATE TABLE t (a INT REFERENCES p (id) NOT NULL DEFERRABLE INITIALLY DEFERRED, b INT REFERENCES p)"
      )

      alter("t", [{:modify, :a, :integer, [null: true]}])
      Repo.transaction(fn -> sql!("INSERT INTO t (a) VALUES (5); INSERT INTO p VALUES (5)") end)
      # It would belong to the new key otherwise.
      alter("t", [{:modify, :a, :integer, [from: reference("p")]}])
      refute stored("t") =~ "DEFER"
    end

    test "comments, also one that separates two words" do
      sql!(
        "CREATE TABLE t (a INT DEFAULT/**/5/* five */CHECK (a/**/IS/**/NOT/**/NULL), b INT NOT/* no */NULL)"
      )

      alter("t", [{:modify, :a, :string, []}, {:modify, :b, :integer, [default: 1]}])
      sql!("INSERT INTO t DEFAULT VALUES")
      assert rows("SELECT * FROM t") == [["5", 1]]
      refused("INSERT INTO t (b) VALUES (NULL)", ~r/NOT NULL/)
      for comment <- ["/* five */", "/* no */"], do: assert(stored("t") =~ comment)
    end

    test "a comment before the columns" do
      sql!("CREATE TABLE t /* about (t) */ -- more\n (a INT)")
      alter("t", [{:modify, :a, :string, []}])
      for comment <- ["about (t)", "more"], do: assert(stored("t") =~ comment)
      sql!("INSERT INTO t VALUES (1)")
    end
  end

  # Names that are keywords or functions, or parts of one another.
  @names ~w(key desc length check and total date nocase like end É é primary x o'clock current_date a.b replace)

  # `{text with the columns as A, B and C, those it refers to}`
  @constraints [
    {"CHECK (A > 0 AND length(B) IS NOT NULL)", "AB"},
    {"CONSTRAINT total CHECK (date(A) LIKE 'key' ESCAPE 'x' OR 1)", "A"},
    {"CONSTRAINT \"desc\" UNIQUE (A COLLATE nocase DESC, C) ON CONFLICT REPLACE", "AC"},
    {"CHECK (CASE WHEN t.A THEN CAST(C AS date) ELSE x'00' END IS NOT 5)", "AC"},
    {"FOREIGN KEY (B, A) REFERENCES p (key, \"desc\") ON DELETE SET NULL", "AB"},
    {"UNIQUE (C)", "C"},
    {"CHECK (B NOT LIKE C AND NOT A IN (1, 2))", "ABC"}
  ]

  property "a removed column takes exactly the constraints that refer to it, whatever its name" do
    sql!("CREATE TABLE p (key, \"desc\", PRIMARY KEY (key, \"desc\"))")

    check all(
            names <- map(shuffle(@names), &Enum.take(&1, 3)),
            # A list of unique ones may fail to find the last.
            constraints <- map(list_of(member_of(@constraints), max_length: 4), &Enum.uniq/1),
            separators <- list_of(member_of([", ", " ", " /* key */ ", ",\n"]), length: 4),
            gone <- member_of(["A", "B", "C"]),
            max_runs: 60
          ) do
      quoted =
        ["A", "B", "C"] |> Enum.zip(names) |> Map.new(fn {at, name} -> {at, ~s("#{name}")} end)

      written = fn text -> Regex.replace(~r/\b[ABC]\b/, text, &quoted[&1]) end
      columns = for at <- ["A", "B", "C"], do: quoted[at] <> " TEXT"

      rules =
        for {{text, _used}, by} <- Enum.zip(constraints, separators), do: [by, written.(text)]

      body = IO.iodata_to_binary([Enum.join(columns, ", "), rules_after_comma(rules)])
      sql!("DROP TABLE IF EXISTS t")
      sql!("CREATE TABLE t (n INTEGER PRIMARY KEY, #{body})")

      column = String.to_atom(Map.fetch!(Map.new(Enum.zip(["A", "B", "C"], names)), gone))
      alter("t", [{:remove, column}, {:modify, :n, :integer, [comment: "rebuilt"]}])

      for {text, used} <- constraints do
        kept? = not String.contains?(used, gone)

        assert {body, gone, text, String.contains?(stored("t"), written.(text))} ==
                 {body, gone, text, kept?}
      end

      assert rows("PRAGMA integrity_check") == [["ok"]]
    end
  end

  # The columns end with a comma; what follows needs none.
  defp rules_after_comma([]), do: []
  defp rules_after_comma([[_by, first] | rest]), do: [", ", first | rest]
end
