defmodule Ecto.Adapters.LibSql.Migration.OptionsTest do
  # Each field of Ecto's migration structs and each option of a column has an effect, is refused with the
  # reason, or is documented to have none. A field that a later Ecto adds fails here until it is in a table.
  use EctoLibSql.EctoCase, async: true

  @moduletag :local_file

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Constraint, Index, Reference, Table}

  @moduletag attach: ["other"]

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)

  defp stored(name, database \\ "main") do
    case rows("SELECT sql FROM #{database}.sqlite_master WHERE name = ?", [name]) do
      [[sql]] -> sql
      [] -> nil
    end
  end

  defp clear do
    sql!("DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS other.t; DROP TABLE IF EXISTS p")
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY, a INT, UNIQUE (id, a))")
  end

  # {field, value, the effect on the stored text, or the message of the refusal, or :none}
  defp check(cases, struct, command) do
    fields = for {field, _value, _effect} <- cases, do: field
    assert Map.keys(struct) -- [:__struct__ | fields] == []

    for {field, value, effect} <- cases, Map.has_key?(struct, field) do
      clear()
      changed = Map.replace!(struct, field, value)
      run = fn -> command.(changed) end

      case effect do
        {:refused, message} -> assert_raise(ArgumentError, message, run)
        text when is_binary(text) -> assert {field, run.()} == {field, text}
        :none -> assert {field, run.()} == {field, command_again(command, struct)}
      end
    end
  end

  defp command_again(command, struct) do
    clear()
    command.(struct)
  end

  test "of create table" do
    columns = [{:add, :a, :integer, []}]

    check(
      [
        {:name, "t", ~s|CREATE TABLE "t" ("a" INTEGER)|},
        {:prefix, "other", ~s|CREATE TABLE "t" ("a" INTEGER)|},
        {:comment, "c", ~s|CREATE TABLE "t" (/* c */ "a" INTEGER)|},
        # Ecto adds the columns of the key itself.
        {:primary_key, false, :none},
        {:engine, :innodb, {:refused, ~r/no table engines, got: :innodb/}},
        {:options, "STRICT", ~s|CREATE TABLE "t" ("a" INTEGER) STRICT|},
        {:options, [without: 1], {:refused, ~r/:options other than/}},
        {:modifiers, "UNLOGGED", {:refused, ~r/unsupported table modifiers: "UNLOGGED"/}}
      ],
      %Table{name: "t"},
      fn table ->
        ddl({:create, table, columns})
        stored("t", table.prefix || "main")
      end
    )
  end

  test "of alter table" do
    check(
      [
        {:name, "t", ~s|CREATE TABLE "t" (a INT, "b" INTEGER)|},
        {:prefix, "other", ~s|CREATE TABLE "t" (a INT, "b" INTEGER)|},
        {:comment, "c", ~s|CREATE TABLE "t" (/* c */ a INT, "b" INTEGER)|},
        {:primary_key, false, :none},
        {:engine, :innodb, {:refused, ~r/:engine is for create table, got :innodb/}},
        {:options, "STRICT", {:refused, ~r/:options is for create table/}},
        {:modifiers, "TEMPORARY", {:refused, ~r/:modifiers is for create table/}}
      ],
      %Table{name: "t"},
      fn table ->
        database = table.prefix || "main"
        sql!(~s|CREATE TABLE "#{database}"."t" (a INT)|)
        ddl({:alter, table, [{:add, :b, :integer, []}]})
        stored("t", database)
      end
    )

    clear()
    sql!("CREATE TABLE t (/* old */ a INT /* kept */)")
    ddl({:alter, %Table{name: "t", comment: "new"}, []})
    assert stored("t") == ~s|CREATE TABLE "t" (/* new */ a INT /* kept */)|
  end

  test "of a virtual table" do
    for {field, value} <- [comment: "c", engine: :innodb, modifiers: "TEMPORARY"],
        options <- [[rtree: true], [fts5: true]],
        Map.has_key?(%Table{}, field) do
      columns = for name <- [:id, :x0, :x1], do: {:add, name, :float, []}
      table = Map.replace!(%Table{name: "t", options: options}, field, value)
      assert_raise ArgumentError, ~r/no #{field}/, fn -> ddl({:create, table, columns}) end
    end

    rtree = %Table{name: "t", options: [rtree: true]}

    for opts <- [[null: false], [default: 1], [check: "x"], [comment: "c"]] do
      columns = [
        {:add, :id, :id, [primary_key: true]},
        {:add, :x0, :float, opts},
        {:add, :x1, :float, []}
      ]

      assert_raise ArgumentError, ~r/R\*Tree is a number without options.*:x0/, fn ->
        ddl({:create, rtree, columns})
      end
    end
  end

  test "of rename table" do
    sql!("CREATE TABLE t (a)")

    assert_raise ArgumentError, ~r/"t" is in "main", "u" in "other"/, fn ->
      ddl({:rename, %Table{name: "t"}, %Table{name: "u", prefix: "other"}})
    end
  end

  test "of an index" do
    check(
      [
        {:table, "t", ~s|CREATE INDEX "i" ON "t" ("a")|},
        {:prefix, "other", ~s|CREATE INDEX "i" ON "t" ("a")|},
        {:name, "i", ~s|CREATE INDEX "i" ON "t" ("a")|},
        {:columns, [desc: :a], ~s|CREATE INDEX "i" ON "t" ("a" DESC)|},
        {:columns, [asc_nulls_last: :a], {:refused, ~r/cannot place NULLs/}},
        {:unique, true, ~s|CREATE UNIQUE INDEX "i" ON "t" ("a")|},
        # SQLite has one writer at a time, which the others wait for.
        {:concurrently, true, :none},
        {:using, :btree, :none},
        {:using, :gin, {:refused, ~r/B-trees, got using: :gin/}},
        {:include, [:b], ~s|CREATE INDEX "i" ON "t" ("a", "b")|},
        {:only, true, {:refused, ~r/no partitions, got only: true/}},
        {:nulls_distinct, true, :none},
        {:nulls_distinct, false, {:refused, ~r/NULLs are always distinct/}},
        {:where, "a > 1", ~s|CREATE INDEX "i" ON "t" ("a") WHERE a > 1|},
        {:comment, "c", ~s|CREATE INDEX "i" ON "t" (/* c */ "a")|},
        {:options, "fillfactor = 70", {:refused, ~r/no options, got: "fillfactor = 70"/}}
      ],
      %Index{table: "t", name: "i", columns: [:a]},
      fn index ->
        database = index.prefix || "main"
        sql!("CREATE TABLE #{database}.t (a INT, b INT)")
        ddl({:create, index})
        stored("i", database)
      end
    )
  end

  test "of a constraint" do
    check(
      [
        {:name, :k, ~s|CREATE TABLE "t" (a INT, CONSTRAINT "k" CHECK (a > 0))|},
        {:table, "t", ~s|CREATE TABLE "t" (a INT, CONSTRAINT "k" CHECK (a > 0))|},
        {:check, "a > 1", ~s|CREATE TABLE "t" (a INT, CONSTRAINT "k" CHECK (a > 1))|},
        {:exclude, "gist (a WITH =)", {:refused, ~r/no exclusion constraints/}},
        {:prefix, "other", ~s|CREATE TABLE "t" (a INT, CONSTRAINT "k" CHECK (a > 0))|},
        {:comment, "c", ~s|CREATE TABLE "t" (a INT, CONSTRAINT "k" /* c */ CHECK (a > 0))|},
        # The row that breaks it stays, see the next test.
        {:validate, false, :none}
      ],
      %Constraint{name: :k, table: "t", check: "a > 0"},
      fn constraint ->
        database = constraint.prefix || "main"
        sql!("CREATE TABLE #{database}.t (a INT)")
        ddl({:create, constraint})
        stored("t", database)
      end
    )
  end

  test "validate: decides whether rows have to keep a constraint or a reference" do
    clear()
    sql!("CREATE TABLE t (a INT, p_id INT); INSERT INTO t VALUES (0, 9)")
    constraint = %Constraint{name: :k, table: "t", check: "a > 0"}
    reference = %Reference{table: "p", type: :integer}
    modify = &ddl({:alter, %Table{name: "t"}, [{:modify, :p_id, &1, []}]})
    assert_raise EctoLibSql.Error, ~r/CHECK/, fn -> ddl({:create, constraint}) end
    assert_raise ArgumentError, ~r/break foreign keys/, fn -> modify.(reference) end
    ddl({:create, %{constraint | validate: false}})
    modify.(%{reference | validate: false})
    assert stored("t") =~ ~r/REFERENCES "p".* CHECK/
    assert rows("SELECT * FROM t") == [[0, 9]]
  end

  test "of a reference" do
    plain = ~s|CREATE TABLE "t" ("p_id" INTEGER REFERENCES "p"("id"), "a" INTEGER)|

    check(
      [
        {:name, "n",
         ~s|CREATE TABLE "t" ("p_id" INTEGER CONSTRAINT "n" REFERENCES "p"("id"), "a" INTEGER)|},
        {:table, "p", plain},
        {:column, :a, String.replace(plain, ~s|("id")|, ~s|("a")|)},
        {:type, :string, String.replace(plain, "INTEGER REF", "TEXT REF")},
        {:prefix, "other", {:refused, ~r/cannot leave its database/}},
        {:on_delete, :delete_all,
         String.replace(plain, ~s|("id")|, ~s|("id") ON DELETE CASCADE|)},
        {:on_delete, :restrict, String.replace(plain, ~s|("id")|, ~s|("id") ON DELETE RESTRICT|)},
        {:on_update, :nilify_all,
         String.replace(plain, ~s|("id")|, ~s|("id") ON UPDATE SET NULL|)},
        {:on_update, :update_all,
         String.replace(plain, ~s|("id")|, ~s|("id") ON UPDATE CASCADE|)},
        # A new table has no rows.
        {:validate, false, :none},
        {:with, [a: :a],
         ~s|CREATE TABLE "t" ("p_id" INTEGER, "a" INTEGER, FOREIGN KEY ("p_id", "a") REFERENCES "p"("id", "a"))|},
        {:match, :simple, :none},
        {:match, :full, {:refused, ~r/MATCH SIMPLE, got: :full/}},
        {:options, [deferrable: true],
         String.replace(plain, ~s|("id")|, ~s|("id") DEFERRABLE INITIALLY DEFERRED|)},
        {:options, [prefix: "other"], {:refused, ~r/cannot leave its database/}},
        {:options, [initially: :deferred], {:refused, ~r/unknown options \[:initially\]/}}
      ],
      %Reference{table: "p", type: :integer},
      fn reference ->
        ddl(
          {:create, %Table{name: "t"}, [{:add, :p_id, reference, []}, {:add, :a, :integer, []}]}
        )

        stored("t")
      end
    )
  end

  # {option, type, value, effect of add}
  @options [
    {:primary_key, :integer, true, "INTEGER PRIMARY KEY"},
    {:default, :integer, 5, "INTEGER DEFAULT 5"},
    {:null, :integer, false, "INTEGER NOT NULL"},
    {:size, :string, 40, "TEXT"},
    {:fields, :duration, "MONTH", "TEXT"},
    {:fields, :integer, "MONTH", ~r/fields: is for :duration, got it for :x/},
    {:precision, :decimal, 9, "DECIMAL(9)"},
    {:precision, :duration, 3, "TEXT"},
    {:precision, :utc_datetime_usec, 6, "DATETIME"},
    {:precision, :utc_datetime_usec, 3, ~r/precision: and scale: are for :decimal/},
    {:precision, :float, 24, ~r/precision: and scale: are for :decimal/},
    {:precision, :numeric, 9, ~r/:"NUMERIC\(9,2\)"/},
    {:scale, :decimal, 2, ~r/:scale needs :precision/},
    {:scale, :integer, 2, ~r/precision: and scale: are for :decimal/},
    {:comment, :integer, "c", "INTEGER /* c */ "},
    {:after, :integer, :y, "INTEGER"},
    {:generated, :integer, "1 + 1", "INTEGER GENERATED ALWAYS AS (1 + 1)"},
    {:start_value, :integer, 5, ~r/:start_value needs an integer that is the whole primary key/},
    {:increment, :integer, 2, ~r/numbers rows by ones, got increment: 2/},
    {:collation, :string, :nocase, "TEXT COLLATE NOCASE"},
    {:collate, :string, "NOCASE", ~s|TEXT COLLATE "NOCASE"|},
    {:from, :integer, :string, ~r/from: is for modify/},
    {:autogenerate, :integer, true, "INTEGER"},
    {:check, :integer, "x > 0", "INTEGER CHECK (x > 0)"},
    {:stored, :integer, true, ~r/stored: is for a column with generated:/},
    {:autoincrement, :integer, true, ~r/autoincrement needs an integer that is the whole/},
    {:deferrable, :integer, true, ~r/deferrable: is for references, got true for :x/},
    {:unindexed, :string, true, ~r/unindexed: is for columns of a table with options: \[fts5/}
  ]

  test "of a column that is added" do
    for {option, type, value, effect} <- @options do
      clear()
      columns = [{:add, :y, :integer, []}, {:add, :x, type, [{option, value}]}]
      run = fn -> ddl({:create, %Table{name: "t"}, columns}) end

      if is_binary(effect) do
        run.()

        assert {option, stored("t")} ==
                 {option, ~s|CREATE TABLE "t" ("y" INTEGER, "x" #{effect})|}
      else
        assert_raise ArgumentError, effect, run
        sql!("CREATE TABLE t (y INTEGER)")
        alter = {:alter, %Table{name: "t"}, [{:add, :x, type, [{option, value}]}]}
        assert_raise ArgumentError, effect, fn -> ddl(alter) end
      end
    end

    known = Enum.uniq(for {option, _type, _value, _effect} <- @options, do: option)
    message = ~r/unknown option :nul of column :x; known are (.*)/

    error =
      assert_raise ArgumentError, message, fn ->
        ddl({:create, %Table{name: "t"}, [{:add, :x, :integer, [nul: true]}]})
      end

    [_, listed] = Regex.run(message, error.message)
    assert Enum.sort(String.split(listed, ", ")) == Enum.sort(Enum.map(known, &inspect/1))
  end

  test "of a column that is modified, where it makes no sense" do
    clear()
    sql!("CREATE TABLE t (x INTEGER)")

    for {option, value} <- [
          start_value: 5,
          increment: 2,
          autoincrement: true,
          generated: "1",
          stored: true,
          unindexed: true,
          deferrable: true
        ] do
      assert_raise ArgumentError, ~r/:?#{option}:?.*x/, fn ->
        ddl({:alter, %Table{name: "t"}, [{:modify, :x, :integer, [{option, value}]}]})
      end
    end

    assert_raise ArgumentError, ~r/:collate and :collation are one option/, fn ->
      opts = [collate: :nocase, collation: :binary]
      ddl({:alter, %Table{name: "t"}, [{:modify, :x, :string, opts}]})
    end

    assert stored("t") == "CREATE TABLE t (x INTEGER)"
  end
end
