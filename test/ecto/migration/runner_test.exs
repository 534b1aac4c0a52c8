defmodule Ecto.Adapters.LibSql.Migration.RunnerTest do
  # Migrations with changes that ALTER TABLE cannot make, on tables with rows.
  use EctoLibSql.EctoCase, async: true

  defmodule Tables do
    use Ecto.Migration

    def change do
      create table(:parents) do
        add(:name, :string, collate: :nocase)
        add(:age, :integer)
        add(:code, :string, default: "c")
      end

      create(unique_index(:parents, [:code], name: :codes, where: "code <> 'c'"))
      create(index(:parents, [:age]))

      create table(:children) do
        add(:parent_id, references(:parents, on_delete: :delete_all))
        add(:other_id, references(:parents, on_delete: :nilify_all))
      end

      execute(
        "CREATE TRIGGER stamp AFTER INSERT ON parents BEGIN UPDATE parents SET age = 1 WHERE id = new.id AND age IS NULL; END",
        ""
      )

      execute("CREATE VIEW names AS SELECT name FROM parents", "")
    end
  end

  defp tables do
    migrate!(Tables)
    sql!("INSERT INTO parents (id, name, age) VALUES (1, 'a', 10), (2, 'b', 20), (7, 'c', NULL)")
    sql!("INSERT INTO children VALUES (1, 1, 2), (2, 2, 7)")
    :ok
  end

  defp objects,
    do:
      rows("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'schema_mig%' ORDER BY 1, 2")

  defp unharmed do
    assert rows("SELECT * FROM children") == [[1, 1, 2], [2, 2, 7]]
    assert rows("PRAGMA foreign_key_check") == []
    assert rows("PRAGMA integrity_check") == [["ok"]]
    assert rows("PRAGMA foreign_keys") == [[1]]
    sql!("DELETE FROM parents WHERE id = 1")
    assert rows("SELECT id FROM children") == [[2]]
  end

  defmodule Modify do
    use Ecto.Migration

    def up do
      alter table(:parents) do
        modify(:age, :string, null: false, default: "0")
        modify(:name, :text, null: true)
      end
    end
  end

  @tag :local_answer
  test "modify keeps rows, children, indexes, triggers and views" do
    tables()
    before = objects()
    assert migrate!(Modify) == :ok

    assert rows("SELECT * FROM parents") == [
             [1, "a", "10", "c"],
             [2, "b", "20", "c"],
             [7, "c", "1", "c"]
           ]

    assert objects() == before
    assert [[sql]] = rows("SELECT sql FROM sqlite_master WHERE name = 'parents'")
    assert sql =~ ~s("age" TEXT NOT NULL DEFAULT '0') and sql =~ "COLLATE NOCASE"
    sql!("INSERT INTO parents (id, name) VALUES (8, 'd')")
    assert rows("SELECT age FROM parents WHERE name = 'D'") == [["0"]]

    assert_raise EctoLibSql.Error, ~r/NOT NULL/, fn ->
      sql!("INSERT INTO parents (age) VALUES (NULL)")
    end

    unharmed()
  end

  defmodule Impossible do
    use Ecto.Migration

    def up do
      alter table(:parents) do
        add(:new_one, :string)
        modify(:code, :string, null: false)
        modify(:age, :integer, null: false)
      end
    end
  end

  test "a rebuild that fails leaves everything as it was" do
    tables()
    sql!("UPDATE parents SET age = NULL WHERE id = 7")
    before = {objects(), rows("SELECT sql FROM sqlite_master"), rows("SELECT * FROM parents")}
    assert_raise EctoLibSql.Error, ~r/NOT NULL constraint failed/, fn -> migrate!(Impossible) end

    assert {objects(), rows("SELECT sql FROM sqlite_master"), rows("SELECT * FROM parents")} ==
             before

    unharmed()
  end

  defmodule Constraints do
    use Ecto.Migration

    def change do
      create(constraint(:parents, :positive, check: "age > 0"))

      alter table(:children) do
        modify(:parent_id, references(:parents, on_delete: :restrict, name: :strict_fk),
          from: references(:parents, on_delete: :delete_all)
        )
      end
    end
  end

  defmodule DropConstraint do
    use Ecto.Migration
    def up, do: drop(constraint(:parents, :positive))
  end

  @tag :local_answer
  test "constraints are created and dropped" do
    tables()
    assert migrate!(Constraints) == :ok

    assert_raise EctoLibSql.Error, ~r/CHECK constraint failed: positive/, fn ->
      sql!("UPDATE parents SET age = -1")
    end

    assert_raise EctoLibSql.Error, ~r/FOREIGN KEY/, fn ->
      sql!("DELETE FROM parents WHERE id = 1")
    end

    assert migrate!(DropConstraint) == :ok
    assert %{num_rows: 3} = sql!("UPDATE parents SET age = -1")

    assert_raise ArgumentError, ~r/no constraint "positive"/, fn ->
      migrate!(Constraints.Again)
    end
  end

  defmodule Constraints.Again do
    use Ecto.Migration
    def up, do: drop(constraint(:parents, :positive))
  end

  defmodule Remove do
    use Ecto.Migration

    def up do
      alter table(:parents) do
        remove(:age)
        add_if_not_exists(:name, :string)
        add_if_not_exists(:born, :date)
        remove_if_exists(:nothing, :string)
      end
    end
  end

  @tag :local_answer
  test "remove takes the indexes of the column with it" do
    tables()
    sql!("DROP TRIGGER stamp")
    assert migrate!(Remove) == :ok

    assert rows("SELECT name FROM pragma_table_info('parents')") == [
             ["id"],
             ["name"],
             ["code"],
             ["born"]
           ]

    refute ["index", "parents_age_index"] in objects()
    assert ["index", "codes"] in objects()
    unharmed()
  end

  defmodule BreakView do
    use Ecto.Migration

    def up do
      alter table(:parents) do
        remove(:name)
        modify(:age, :string)
      end
    end
  end

  @tag :local_answer
  test "a view that would break stops the migration" do
    tables()
    assert_raise ArgumentError, ~r/view "names" would break/, fn -> migrate!(BreakView) end
    unharmed()
  end

  defmodule Keys do
    use Ecto.Migration

    def up do
      create table(:plain, primary_key: false) do
        add(:a, :string)
      end

      execute("INSERT INTO plain VALUES ('x'), ('y')")

      alter table(:plain) do
        add(:id, :serial, primary_key: true)
      end
    end
  end

  test "a primary key added later numbers the rows" do
    migrate!(Keys)
    sql!("INSERT INTO plain (a) VALUES ('z')")
    assert rows("SELECT id, a FROM plain") == [[1, "x"], [2, "y"], [3, "z"]]
  end

  defmodule Numbered do
    use Ecto.Migration

    def up do
      create table(:numbered, primary_key: false) do
        add(:id, :id, primary_key: true, autoincrement: true)
        add(:tags, {:array, :string}, default: [])
        add(:at, :utc_datetime, default: fragment("datetime('now')"))
        add(:total, :integer, generated: "id * 2", stored: true)
      end

      execute("INSERT INTO numbered (id) VALUES (41)")
      execute("DELETE FROM numbered")

      alter table(:numbered) do
        modify(:tags, {:array, :string}, null: false)
      end
    end
  end

  test "a rebuild keeps autoincrement, generated columns, arrays and expressions as defaults" do
    migrate!(Numbered)
    sql!("INSERT INTO numbered DEFAULT VALUES")
    assert [[42, "[]", at, 84]] = rows("SELECT * FROM numbered")
    assert {:ok, _} = NaiveDateTime.from_iso8601(at)
    assert rows("SELECT name FROM sqlite_sequence") == [["numbered"]]
  end

  defmodule Rename do
    use Ecto.Migration
    def change, do: rename(index(:parents, [:code], name: :codes), to: "parents_codes")
  end

  defmodule DropParent do
    use Ecto.Migration
    def up, do: drop(table(:parents))
  end

  test "an index is renamed, and a table that rows refer to is not dropped" do
    tables()
    migrate!(Rename)
    assert [[sql]] = rows("SELECT sql FROM sqlite_master WHERE name = 'parents_codes'")
    assert sql =~ "WHERE code <> 'c'"

    assert_raise ArgumentError,
                 ~r/2 rows of "children" with a value in other_id refer to it/,
                 fn ->
                   migrate!(DropParent)
                 end

    unharmed()
  end

  defmodule Several do
    use Ecto.Migration

    def up,
      do: execute("CREATE TABLE one (a); CREATE TABLE two (a); INSERT INTO two VALUES (';')")
  end

  test "execute runs every statement of a text" do
    migrate!(Several)
    assert rows("SELECT a FROM two") == [[";"]]
  end

  @tag :local_file
  @tag attach: ["other"]
  test "a table of an attached database is rebuilt there" do
    defmodule Attached do
      use Ecto.Migration

      def up do
        create(table(:things, prefix: "other"), do: add(:a, :integer))
        create(index(:things, [:a], prefix: "other"))
        execute("INSERT INTO other.things (a) VALUES (1)")
        alter(table(:things, prefix: "other"), do: modify(:a, :string, null: false))
      end
    end

    migrate!(Attached)
    assert rows("SELECT a, typeof(a) FROM other.things") == [["1", "text"]]

    assert rows("SELECT name FROM other.sqlite_master WHERE type = 'index'") == [
             ["things_a_index"]
           ]
  end

  @tag :local_answer
  test "a parent of many rows keeps them and its children, in one transaction" do
    tables()
    sql!("DELETE FROM children; DELETE FROM parents")

    sql!(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO parents (id, name, age) SELECT i, 'n' || i, i FROM n"
    )

    sql!("INSERT INTO children (parent_id) SELECT id FROM parents")
    migrate!(Modify)
    assert rows("SELECT count(*), sum(id) FROM parents") == [[100_000, 5_000_050_000]]
    assert rows("SELECT count(*), sum(parent_id) FROM children") == [[100_000, 5_000_050_000]]
  end
end
