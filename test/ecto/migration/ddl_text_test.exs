defmodule Ecto.Adapters.LibSql.Migration.DdlTextTest do
  # Texts of Connection that code written for ecto_libsql 0.9 relies on.
  use ExUnit.Case, async: true

  import ExUnit.CaptureLog

  import Ecto.Migration,
    only: [table: 1, table: 2, index: 2, index: 3, unique_index: 2, constraint: 3]

  alias Ecto.Adapters.LibSql.Connection

  defp ddl(command),
    do: command |> Connection.execute_ddl() |> Enum.map_join(";", &IO.iodata_to_binary/1)

  defp create(columns, opts \\ []), do: ddl({:create, table(:users, opts), columns})
  defp index_ddl(index), do: ddl({:create, index})

  test "create table" do
    sql =
      create([
        {:add, :id, :bigserial, primary_key: true},
        {:add, :email, :string, null: false},
        {:add, :title, :string, default: "Untitled"},
        {:add, :active, :boolean, default: true}
      ])

    assert sql ==
             ~s{CREATE TABLE "users" ("id" INTEGER PRIMARY KEY, "email" TEXT NOT NULL, "title" TEXT DEFAULT 'Untitled', "active" INTEGER DEFAULT 1)}

    assert ddl({:create_if_not_exists, table(:users), [{:add, :id, :id, []}]}) =~
             ~s(CREATE TABLE IF NOT EXISTS "users")

    keys = [
      {:add, :user_id, :integer, primary_key: true},
      {:add, :role_id, :integer, primary_key: true}
    ]

    assert create(keys) =~ ~s{PRIMARY KEY ("user_id", "role_id")}

    assert create([{:add, :id, :binary_id, primary_key: true}]) =~
             ~s("id" TEXT PRIMARY KEY NOT NULL)
  end

  test "alter table and rename" do
    assert ddl({:alter, table(:users), [{:add, :bio, :text, []}]}) ==
             ~s(ALTER TABLE "users" ADD COLUMN "bio" TEXT)

    assert ddl({:alter, table(:users), [{:modify, :age, :string, null: false}]}) ==
             ~s(ALTER TABLE "users" ALTER COLUMN "age" TO "age" TEXT NOT NULL)

    assert ddl({:alter, table(:users), [{:remove, :age}]}) ==
             ~s(ALTER TABLE "users" DROP COLUMN "age")

    assert ddl({:alter, table(:users), [{:remove, :age, :integer, []}]}) ==
             ~s(ALTER TABLE "users" DROP COLUMN "age")

    assert ddl({:rename, table(:users), :a, :b}) ==
             ~s(ALTER TABLE "users" RENAME COLUMN "a" TO "b")

    assert ddl({:rename, table(:users), table(:people)}) ==
             ~s(ALTER TABLE "users" RENAME TO "people")

    assert ddl({:drop_if_exists, table(:users), :restrict}) == ~s(DROP TABLE IF EXISTS "users")
    assert_raise ArgumentError, ~r/CASCADE/, fn -> ddl({:drop, table(:users), :cascade}) end
  end

  test "indexes" do
    assert index_ddl(index(:users, [:email])) ==
             ~s{CREATE INDEX "users_email_index" ON "users" ("email")}

    assert index_ddl(unique_index(:users, [:a, :b])) ==
             ~s{CREATE UNIQUE INDEX "users_a_b_index" ON "users" ("a", "b")}

    assert index_ddl(index(:users, [:a], where: "a > 1", concurrently: true)) =~
             ~s{("a") WHERE a > 1}

    assert index_ddl(index(:users, ["lower(email)"], name: :x)) ==
             ~s{CREATE INDEX "x" ON "users" (lower(email))}

    assert index_ddl(index(:users, [desc: :a, asc: :b], name: :x)) =~ ~s{("a" DESC, "b" ASC)}

    assert index_ddl(index(:users, [:a], prefix: "db")) =~
             ~s{CREATE INDEX "db"."users_a_index" ON "users"}

    assert index_ddl(index(:users, [:a], include: [:b])) =~ ~s{("a", "b")}
    assert ddl({:drop, index(:users, [:a]), :restrict}) == ~s(DROP INDEX "users_a_index")

    for opts <- [[using: :gin], [nulls_distinct: false], [unique: true, include: [:b]]],
        do: assert_raise(ArgumentError, fn -> index_ddl(index(:users, [:a], opts)) end)

    assert_raise ArgumentError, ~r/NULLs/, fn ->
      index_ddl(index(:users, [asc_nulls_last: :a], name: :x))
    end
  end

  # Outside a migration `references/2` has no runner to ask.
  defp references(table, opts \\ []),
    do: struct(%Ecto.Migration.Reference{table: to_string(table)}, [prefix: nil] ++ opts)

  test "references are written with their column, actions before NOT NULL" do
    column = fn reference, opts -> create([{:add, :user_id, reference, opts}]) end

    assert column.(references(:users), []) ==
             ~s{CREATE TABLE "users" ("user_id" INTEGER REFERENCES "users"("id"))}

    assert column.(references(:users, on_delete: :delete_all, on_update: :update_all), null: false) =~
             ~s{REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE NOT NULL}

    assert column.(references(:users, on_delete: :nilify_all), []) =~ "ON DELETE SET NULL"
    assert column.(references(:users, on_delete: :default_all), []) =~ "ON DELETE SET DEFAULT"
    assert column.(references(:users, on_delete: :restrict), []) =~ "ON DELETE RESTRICT"
    assert column.(references(:users, name: :my_fk), []) =~ ~s{CONSTRAINT "my_fk" REFERENCES}

    assert column.(references(:users, with: [org: :org_id]), []) =~
             ~s{FOREIGN KEY ("user_id", "org") REFERENCES "users"("id", "org_id")}

    assert_raise ArgumentError, ~r/trigger/, fn ->
      column.(references(:users, on_delete: {:nilify, [:a]}), [])
    end

    assert_raise ArgumentError, ~r/MATCH/, fn -> column.(references(:users, match: :full), []) end

    assert_raise ArgumentError, ~r/leave its database/, fn ->
      column.(references(:users, prefix: "x"), [])
    end
  end

  test "generated columns and checks" do
    column = &create([{:add, :age, :integer, &1}])
    assert column.(generated: "a + 1") =~ ~s{"age" INTEGER GENERATED ALWAYS AS (a + 1)}
    assert column.(generated: "a + 1", stored: true) =~ "AS (a + 1) STORED"

    assert column.(generated: "ALWAYS AS (a + 1) STORED") =~
             ~s{"age" INTEGER GENERATED ALWAYS AS (a + 1) STORED}

    message = "generated columns cannot have a DEFAULT value (SQLite constraint)"
    assert_raise ArgumentError, message, fn -> column.(generated: "a", default: 1) end
    message = "generated columns cannot be part of a PRIMARY KEY (SQLite constraint)"
    assert_raise ArgumentError, message, fn -> column.(generated: "a", primary_key: true) end
    assert column.(check: "age >= 0") =~ "CHECK (age >= 0)"

    assert column.(check: %{name: "positive", expr: "age > 0"}) =~
             ~s{CONSTRAINT "positive" CHECK (age > 0)}

    assert_raise ArgumentError,
                 ~r/^CHECK constraint expression must be a binary string, got: 1/,
                 fn -> column.(check: 1) end

    assert column.(collate: :nocase) =~ "COLLATE NOCASE"
  end

  test "defaults" do
    default = fn value, type -> create([{:add, :c, type, default: value}]) end
    assert default.(%{}, :map) =~ "DEFAULT '{}'"
    assert default.([], :map) =~ "DEFAULT '[]'"
    assert default.(%{"a" => [1]}, :map) =~ ~s(DEFAULT '{"a":[1]}')
    assert default.(Decimal.new("19.99"), :decimal) =~ "DEFAULT '19.99'"
    assert default.(~D[2020-01-02], :date) =~ "DEFAULT '2020-01-02'"
    assert default.(~U[2020-01-02 03:04:05Z], :utc_datetime) =~ "DEFAULT '2020-01-02T03:04:05Z'"
    assert default.(false, :boolean) =~ "DEFAULT 0"
    assert default.("it's", :string) =~ "DEFAULT 'it''s'"
    assert default.({:fragment, "datetime('now')"}, :utc_datetime) =~ "DEFAULT datetime('now')"

    assert capture_log(fn -> refute default.({:odd, 1}, :string) =~ "DEFAULT" end) =~
             "Unsupported default value type in migration: {:odd, 1}"

    assert capture_log(fn -> refute default.([{1, 2}], :map) =~ "DEFAULT" end) =~
             "Failed to JSON encode map/list default value in migration"
  end

  test "table options" do
    sql =
      &create([{:add, :id, :id, primary_key: true}, {:add, :at, :utc_datetime, []}], options: &1)

    assert sql.("STRICT, WITHOUT ROWID") =~ ") STRICT, WITHOUT ROWID"
    assert sql.(strict: true) =~ ~s("at" TEXT\) STRICT)
    assert sql.(random_rowid: true) =~ ") RANDOM ROWID"
    assert sql.(strict: true, without_rowid: true) =~ ") STRICT, WITHOUT ROWID"

    assert_raise ArgumentError, ~r/mutually exclusive/, fn ->
      sql.(random_rowid: true, without_rowid: true)
    end

    assert_raise ArgumentError, ~r/:options/, fn -> sql.(engine: "x") end

    assert_raise ArgumentError, ~r/mutually exclusive/, fn ->
      create([{:add, :id, :id, primary_key: true, autoincrement: true}],
        options: [random_rowid: true]
      )
    end
  end

  test "virtual tables" do
    sql = fn names, opts -> create(Enum.map(names, &{:add, &1, :float, []}), options: opts) end

    assert sql.([:id, :x0, :x1], rtree: true) ==
             ~s{CREATE VIRTUAL TABLE "users" USING rtree("id", "x0", "x1")}

    raises = fn names, opts, text ->
      assert_raise ArgumentError, text, fn -> sql.(names, opts) end
    end

    raises.([:id, :x0], [rtree: true], ~r/at least 3 columns/)
    raises.([:id | Enum.map(1..12, &:"c#{&1}")], [rtree: true], ~r/maximum 11 columns/)
    raises.([:id, :x0, :x1, :y0], [rtree: true], ~r/odd number of columns/)
    raises.([:x0, :x1, :id], [rtree: true], ~r/must have 'id' as the first column/)

    raises.(
      [:id, :x0, :x1],
      [rtree: true, random_rowid: true],
      ~r/do not support standard table options.*Found incompatible options: :random_rowid/
    )

    assert sql.([:id, :title], fts5: [tokenize: "porter"]) ==
             ~s{CREATE VIRTUAL TABLE "users" USING fts5("title", tokenize='porter')}
  end

  test "refusals" do
    assert_raise ArgumentError, ~r/does not support array types/, fn ->
      create([{:add, :a, {:array, :string}, []}])
    end

    check = constraint(:users, :positive, check: "a > 0")

    assert_raise ArgumentError,
                 ~r"LibSQL/SQLite does not support ALTER TABLE ADD CONSTRAINT",
                 fn -> ddl({:create, check}) end

    assert_raise ArgumentError, ~r"DROP CONSTRAINT", fn -> ddl({:drop, check, :restrict}) end
    assert_raise ArgumentError, ~r/keyword lists in execute/, fn -> ddl(create: "x") end

    assert_raise ArgumentError, ~r/engines/, fn ->
      create([{:add, :a, :id, []}], engine: :innodb)
    end
  end

  test "quotes in names are doubled, and a zero byte is refused" do
    assert ddl({:drop, table(~s(a"b)), :restrict}) == ~s(DROP TABLE "a""b")
    assert_raise ArgumentError, ~r/zero byte/, fn -> ddl({:drop, table("a\0b"), :restrict}) end
  end

  test "table_exists_query/1" do
    assert Connection.table_exists_query("t") ==
             {"SELECT 1 FROM sqlite_master WHERE type='table' AND name=?1 LIMIT 1", ["t"]}
  end

  describe "queries built by hand" do
    defp field(name), do: {{:., [], [{:&, [], [0]}, name]}, [], []}

    defp by_hand(where) do
      %Ecto.Query{
        sources: {{"users", nil, nil}},
        from: %{source: {"users", nil}},
        select: %{fields: [field(:id)]},
        wheres: [%{expr: where, op: :and}]
      }
    end

    test "IN numbers its parameters after those before it, and an empty list matches nothing" do
      text = &IO.iodata_to_binary(Connection.all(by_hand(&1)))
      assert text.({:in, [], [field(:id), {:^, [], [0, 3]}]}) =~ ~s{"id" IN (?1, ?2, ?3)}

      assert text.(
               {:and, [],
                [
                  {:==, [], [field(:name), {:^, [], [0]}]},
                  {:in, [], [field(:id), {:^, [], [1, 2]}]}
                ]}
             ) =~ ~s{IN (?2, ?3)}

      assert text.({:in, [], [field(:id), {:^, [], [0, 0]}]}) =~ "IN (SELECT NULL WHERE 1=0)"
    end

    test "may lack fields" do
      query = %{
        sources: {{"users", nil, nil}},
        from: %{source: {"users", nil}},
        select: %{fields: [field(:id)]},
        wheres: []
      }

      assert IO.iodata_to_binary(Connection.all(query)) == ~s(SELECT u0."id" FROM "users" AS u0)
    end
  end

  test "ON CONFLICT" do
    text = &IO.iodata_to_binary(Connection.insert(nil, "users", [:a, :b], [[:a, :b]], &1, [], []))
    assert text.({:nothing, [], []}) =~ "VALUES (?1, ?2) ON CONFLICT DO NOTHING"
    assert text.({:nothing, [], [:a, :b]}) =~ ~s{ON CONFLICT ("a", "b") DO NOTHING}
    assert text.({[:a], [], [:b]}) =~ ~s{ON CONFLICT ("b") DO UPDATE SET "a" = excluded."a"}
    query = %Ecto.Query{sources: {{"users", nil, nil}}, updates: [%{expr: [inc: [count: 1]]}]}
    assert text.({query, [], [:a]}) =~ ~s{DO UPDATE SET "count" = "count" + 1}

    assert IO.iodata_to_binary(
             Connection.insert(nil, "users", [], [[]], {:raise, [], []}, [:id], [])
           ) == ~s(INSERT INTO "users" DEFAULT VALUES RETURNING "id")

    assert_raise ArgumentError, ~r/DEFAULT/, fn ->
      Connection.insert(nil, "t", [:a], [[nil]], {:raise, [], []}, [], [])
    end
  end

  test "to_constraints/2 reads any map with a message" do
    names = &Connection.to_constraints(%{message: &1}, [])
    assert names.("UNIQUE constraint failed: users.email") == [unique: "users_email_index"]
    assert names.("UNIQUE constraint failed: users.a, users.b") == [unique: "users_a_b_index"]
    assert names.("UNIQUE constraint failed: index 'x'") == [unique: "x"]
    assert names.("UNIQUE constraint failed: users.a (index: x)") == [unique: "x"]

    assert names.("Query failed: SQLite failure: `UNIQUE constraint failed: users.email`") == [
             unique: "users_email_index"
           ]

    assert names.("FOREIGN KEY constraint failed") == [foreign_key: :unknown]
    assert names.("CHECK constraint failed: positive") == [check: "positive"]
    assert names.("NOT NULL constraint failed: users.name") == [check: "users_name_index"]
    assert names.("constraint:stock_left") == [check: "stock_left"]
    assert names.("cannot store TEXT value in INTEGER column t.c") == []
    assert names.("no such table: t") == []
  end
end
