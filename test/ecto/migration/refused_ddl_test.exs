defmodule Ecto.Adapters.LibSql.Migration.RefusedDdlTest do
  # Commands that would break something else, or that name what does not exist: each is refused with the reason
  # and changes nothing.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.{Index, Reference, Table}

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)
  defp alter(table, changes), do: ddl({:alter, %Table{name: table}, changes})
  defp create(table, columns), do: ddl({:create, %Table{name: table}, columns})
  defp drop(name), do: {:drop, %Table{name: name}, :restrict}

  defp refused(message, command) do
    before = rows("SELECT * FROM sqlite_master")
    assert_raise ArgumentError, message, fn -> ddl(command) end
    assert rows("SELECT * FROM sqlite_master") == before
  end

  describe "drop index" do
    defp index(name, columns),
      do: {:drop, %Index{name: name, table: "p", columns: columns}, :restrict}

    test "is refused while it is the key that a foreign key refers to" do
      sql!("CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT, a INT, b INT)")

      sql!(
        "CREATE UNIQUE INDEX codes ON p (code); CREATE UNIQUE INDEX pairs ON p (a, b); CREATE INDEX plain ON p (code)"
      )

      sql!(
        "CREATE TABLE c (code REFERENCES P (Code)); CREATE TABLE d (x, y, FOREIGN KEY (x, y) REFERENCES p (b, a))"
      )

      sql!("CREATE TABLE e (id REFERENCES p)")
      refused(~r/index :codes.*foreign key of "c"/, index(:codes, [:code]))
      refused(~r/index :pairs.*foreign key of "d"/, index(:pairs, [:a, :b]))
      ddl(index(:plain, [:code]))
    end

    test "is done where another unique index covers the same columns" do
      sql!("CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE)")
      sql!("CREATE UNIQUE INDEX codes ON p (code); CREATE UNIQUE INDEX ids ON p (id)")
      sql!("CREATE TABLE c (code REFERENCES p (code), id REFERENCES p)")
      sql!("CREATE UNIQUE INDEX some ON p (code) WHERE id > 3")
      for name <- [:codes, :ids, :some], do: ddl(index(name, [:code]))
      ddl({:drop_if_exists, %Index{name: :none, table: "p", columns: [:code]}, :restrict})
      ddl({:drop_if_exists, %Index{name: :none, table: "none", columns: [:code]}, :restrict})
      sql!("INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES ('a', 1)")
    end
  end

  describe "drop table" do
    test "is refused while a trigger of another table, or a view, needs it" do
      sql!("CREATE TABLE a (x); CREATE TABLE b (x)")
      sql!("CREATE TRIGGER t AFTER INSERT ON b BEGIN INSERT INTO a VALUES (new.x); END")
      sql!("CREATE TRIGGER own AFTER INSERT ON a BEGIN INSERT INTO a VALUES (1); END")
      refused(~r/trigger on insert of "b" would break/, drop("A"))
      sql!("DROP TRIGGER t; CREATE VIEW v AS SELECT x FROM a")
      refused(~r/view "v" would break/, drop("a"))
      sql!("DROP VIEW v")
      ddl(drop("a"))
    end

    test "that does not exist is not refused for references to its name" do
      sql!("CREATE TABLE c (x REFERENCES nope)")
      ddl({:drop_if_exists, %Table{name: "nope"}, :restrict})
      assert_raise EctoLibSql.Error, ~r/no such table/, fn -> ddl(drop("none")) end
    end
  end

  test "on_delete: {:nilify, columns} with an unknown column" do
    sql!("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    nilify = %Reference{table: "p", type: :integer, on_delete: {:nilify, [:nope]}}

    refused(
      ~r/\{:nilify, \[:nope\]\}.*no column :nope/,
      {:create, %Table{name: "c"}, [{:add, :p_id, nilify, []}]}
    )
  end

  describe "a full-text search" do
    defmodule Search do
      use Ecto.Migration
      import EctoLibSql.Migration

      def change do
        create table(:notes) do
          add(:title, :string)
          add(:edits, :integer)
        end

        create_full_text_search(:notes, [:title])
      end
    end

    test "refuses a rename of its table or columns" do
      migrate!(Search)

      refused(
        ~r/search "notes_search".*drop_full_text_search/,
        {:rename, %Table{name: "notes"}, %Table{name: "n"}}
      )

      refused(
        ~r/search "notes_search".*drop_full_text_search/,
        {:rename, %Table{name: "notes"}, :title, :t}
      )

      refused(
        ~r/search "notes_search".*drop_full_text_search/,
        {:rename, %Table{name: "notes"}, :id, :key}
      )

      ddl({:rename, %Table{name: "notes"}, :edits, :changes})
      sql!("INSERT INTO notes (title) VALUES ('tea')")
      assert rows("SELECT rowid FROM notes_search WHERE notes_search MATCH 'tea'") == [[1]]
    end

    defmodule NoNumber do
      use Ecto.Migration
      import EctoLibSql.Migration

      def change do
        create table(:notes, primary_key: false) do
          add(:id, :binary_id, primary_key: true)
          add(:title, :string)
        end

        create_full_text_search(:notes, [:title])
      end
    end

    test "needs a key of integers" do
      assert_raise ArgumentError, ~r/search of :notes needs an integer key.*:id/, fn ->
        migrate!(NoNumber)
      end

      assert rows("SELECT name FROM sqlite_master WHERE name LIKE 'notes%'") == []
    end
  end

  describe "options" do
    test "of columns that are not known" do
      for {opts, message} <- [
            {[nul: false], ~r/option :nul of column :x/},
            {[defualt: 1, null: false], ~r/option :defualt of column :x/},
            {[unique: true], ~r/option :unique of column :x.*unique_index/},
            {[null: :no], ~r/:null of column :x is true or false, got: :no/},
            {[comment: 3], ~r/comment of :x is a text, got: 3/},
            {[autoincrement: true], ~r/autoincrement.*:x/}
          ] do
        refused(message, {:create, %Table{name: "t"}, [{:add, :x, :integer, opts}]})
      end

      create("t", [{:add, :x, :integer, []}])

      refused(
        ~r/option :nul/,
        {:alter, %Table{name: "t"}, [{:modify, :x, :integer, [nul: true]}]}
      )

      refused(
        ~r/:autoincrement.*x/,
        {:alter, %Table{name: "t"}, [{:modify, :x, :integer, [autoincrement: true]}]}
      )
    end
  end

  test "a stored generated column is added by a rebuild" do
    sql!("CREATE TABLE t (a INT); INSERT INTO t VALUES (2)")
    alter("t", [{:add, :b, :integer, [generated: "ALWAYS AS (a * 2) STORED"]}])
    alter("t", [{:add, :c, :integer, [generated: "a * 3", stored: true]}])
    assert rows("SELECT * FROM t") == [[2, 4, 6]]
  end
end
