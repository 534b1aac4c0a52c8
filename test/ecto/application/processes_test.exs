Code.require_file("../support/other_migrator.exs", __DIR__)

defmodule Ecto.Adapters.LibSql.ProcessesTest do
  # Several OS processes on one file: each migration runs once, and one that is killed in the middle of a table rebuild
  # changes nothing.
  use EctoLibSql.EctoCase, async: true

  @moduletag :local_file

  alias EctoLibSql.{OtherMigrator, OtherVM}

  @moduletag timeout: 120_000

  describe "two migrators that start at once" do
    # Each migration increments a counter by a slow read and write, without a transaction: only the migration lock
    # prevents that both migrators run it.
    @migrate """
    for version <- 1..3 do
      defmodule Module.concat(Other.Migrations, "M\#{version}") do
        use Ecto.Migration
        @disable_ddl_transaction true
        @version version

        def up do
          execute("INSERT INTO runs VALUES (\#{@version}, '\#{System.pid()}', 'begins')")
          flush()
          Process.sleep(200)
          execute("CREATE TABLE made_\#{@version} (a)")
          execute("INSERT INTO runs VALUES (\#{@version}, '\#{System.pid()}', 'ends')")
        end
      end
    end

    IO.puts("ready")
    IO.gets("")
    migrations = for v <- 1..3, do: {v, Module.concat(Other.Migrations, "M\#{v}")}
    done = Ecto.Migrator.run(Other.Repo, migrations, :up, all: true, log: false)
    IO.puts("did \#{inspect(done, charlists: :as_lists)}")
    """

    test "run each migration once, one after the other", %{folder: folder} do
      sql!("CREATE TABLE runs (version, process, what)")
      others = for _ <- 1..2, do: OtherMigrator.start(Path.join(folder, "test.db"), @migrate)
      for other <- others, do: assert(OtherVM.answer(other) == "ready")
      for other <- others, do: Port.command(other, "\n")

      assert others |> Enum.flat_map(&OtherMigrator.lines/1) |> Enum.sort(:desc) ==
               ["did []", "did [1, 2, 3]"]

      assert [process] = List.flatten(rows("SELECT DISTINCT process FROM runs"))

      assert rows("SELECT version, what FROM runs ORDER BY rowid") ==
               for(version <- 1..3, what <- ["begins", "ends"], do: [version, what])

      assert rows("SELECT version FROM schema_migrations ORDER BY 1") == [[1], [2], [3]]
      assert rows("SELECT count(*) FROM schema_migrations_lock") == [[0]]
      assert process =~ ~r/^\d+$/
    end
  end

  describe "a migration that is killed (-9)" do
    # Waits for ever after the statement that matches the argument.
    @rebuild """
    [place] = arguments

    :telemetry.attach("stop", [:other, :repo, :query], fn _, _, %{query: sql}, _ ->
      if sql =~ Regex.compile!(place) do
        IO.puts("there")
        Process.sleep(:infinity)
      end
    end, nil)

    defmodule Other.Rebuild do
      use Ecto.Migration

      def up do
        execute("INSERT INTO parents (id, name) VALUES (5001, 'new')")

        alter table(:parents) do
          modify(:name, :string, null: false, default: "none")
          modify(:age, :string)
          add(:extra, :integer, null: false, default: 1)
        end
      end
    end

    Ecto.Migrator.up(Other.Repo, 1, Other.Rebuild, log: false)
    IO.puts("not stopped")
    """

    # After the copy of the rows, the renaming, the drop of the old table, and the whole rebuild.
    @places [
      "^INSERT OR ABORT INTO \"main\".\"ecto_libsql_rebuild",
      "^UPDATE \"main\".sqlite_master SET sql",
      "^DROP TABLE \"main\".\"ecto_libsql_rebuild",
      "^RELEASE ecto_libsql_rebuild"
    ]

    for {place, number} <- Enum.with_index(@places) do
      @tag place: place
      test "leaves schema and data as they were if it is killed after step #{number}: #{place}",
           context do
        sql!("""
        CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
        CREATE INDEX parents_age ON parents (age);
        CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id REFERENCES parents(id) ON DELETE CASCADE);
        CREATE VIEW names AS SELECT name FROM parents;
        CREATE TRIGGER stamp AFTER INSERT ON parents BEGIN UPDATE parents SET age = 1 WHERE id = new.id; END;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO parents (id, name) SELECT i, 'n' || i FROM n;
        INSERT INTO children (parent_id) SELECT id FROM parents;
        """)

        before = everything()

        other =
          OtherMigrator.start(Path.join(context.folder, "test.db"), @rebuild, [context.place])

        assert OtherVM.answer(other) == "there"
        OtherVM.kill(other)

        assert everything() == before
        assert rows("PRAGMA integrity_check") == [["ok"]]
        # The lock of the killed process is taken over.
        assert migrate!(__MODULE__.After) == :ok
        assert rows("SELECT count(*), min(age) FROM parents") == [[5000, "1"]]
        assert rows("SELECT count(*) FROM children") == [[5000]]
      end
    end
  end

  defmodule After do
    use Ecto.Migration
    def up, do: alter(table(:parents), do: modify(:age, :string, null: false))
  end

  # The migrator creates its own tables before the migration's transaction.
  defp everything do
    objects =
      rows(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%schema_migrations%' ORDER BY 1, 2"
      )

    {objects, rows("SELECT * FROM parents"), rows("SELECT * FROM children"),
     rows("SELECT * FROM names")}
  end
end
