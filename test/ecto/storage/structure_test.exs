defmodule Ecto.Adapters.LibSql.Storage.StructureTest do
  # structure_dump/2 and structure_load/2.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter

  defmodule Things do
    use Ecto.Migration
    import EctoLibSql.Migration

    def change do
      create table(:things) do
        add(:name, :string, default: "a;b")
        add(:embedding, vector(2))
        add(:parent_id, references(:things))
      end

      create(index(:things, [:name]))
      create(vector_index(:things, :embedding))
      create(table(:words, options: [fts5: true]), do: add(:text, :string))

      execute(
        "CREATE TRIGGER t AFTER INSERT ON things BEGIN UPDATE things SET name = 'x;y' WHERE id = new.id; END",
        ""
      )

      execute("CREATE VIEW v AS SELECT name FROM things", "")
    end
  end

  # The database of a server is there already.
  defp created, do: if(EctoLibSql.Suite.server?(), do: {:error, :already_up}, else: :ok)

  test "a dump that is loaded and dumped again is the same, with the versions of the migrations",
       %{folder: folder} do
    migrate!(Things)
    config = EctoLibSql.Suite.options(database: Path.join(folder, "test.db"))
    assert {:ok, path} = Adapter.structure_dump(folder, config)
    text = File.read!(path)
    assert text =~ "CREATE TABLE IF NOT EXISTS \"things\""
    assert text =~ ~r/INSERT OR IGNORE INTO "schema_migrations"/
    refute text =~ "words_content"
    assert text =~ "libsql_vector_idx"
    refute text =~ "libsql_vx_"
    refute text =~ "schema_migrations_lock"

    copy = EctoLibSql.Suite.options(database: Path.join(folder, "copy.db"), dump_path: path)
    assert Adapter.storage_up(copy) == created()
    assert {:ok, ^path} = Adapter.structure_load(folder, copy)

    assert {:ok, second} =
             Adapter.structure_dump(Path.join(folder, "b"), Keyword.delete(copy, :dump_path))

    assert File.read!(second) == text
    assert {:ok, _} = Adapter.structure_load(folder, copy)
  end

  test "a dump by the sqlite3 program, as ecto_sqlite3 writes them, loads", %{folder: folder} do
    File.write!(Path.join(folder, "structure.sql"), """
    CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" INTEGER PRIMARY KEY, "inserted_at" TEXT);
    CREATE TABLE IF NOT EXISTS "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "email" TEXT);
    CREATE TABLE sqlite_sequence(name,seq);
    CREATE TABLE sqlite_stat1(tbl,idx,stat);
    CREATE VIRTUAL TABLE words USING fts5(text)
    /* words(text) */;
    CREATE TABLE IF NOT EXISTS 'words_config'(k PRIMARY KEY, v) WITHOUT ROWID;
    CREATE VIEW v AS SELECT email FROM users
    /* v(email) */;
    INSERT INTO schema_migrations VALUES(20240101000000,'2024-01-01T00:00:00');
    """)

    config = EctoLibSql.Suite.options(database: Path.join(folder, "loaded.db"))
    assert Adapter.storage_up(config) == created()
    assert {:ok, _} = Adapter.structure_load(folder, config)
    assert {:ok, path} = Adapter.structure_dump(Path.join(folder, "again"), config)
    text = File.read!(path)
    for word <- ~w("users" words v 20240101000000), do: assert(text =~ word)
  end

  describe "a dump that is loaded and dumped again is the same" do
    defp dump!(config, folder) do
      config = EctoLibSql.Suite.options(config)
      assert {:ok, path} = Adapter.structure_dump(folder, config)
      File.read!(path)
    end

    # The dump of a database into which the text was loaded.
    defp again!(text, folder) do
      File.mkdir_p!(Path.join(folder, "again"))
      File.write!(Path.join(folder, "again/structure.sql"), text)
      copy = EctoLibSql.Suite.options(database: Path.join(folder, "again/copy.db"))
      assert Adapter.storage_up(copy) == created()
      assert {:ok, _path} = Adapter.structure_load(Path.join(folder, "again"), copy)
      dump!(copy, Path.join(folder, "again"))
    end

    test "where definitions end in comments", %{folder: folder} do
      for sql <- [
            "CREATE TABLE t (x) -- table",
            "CREATE VIEW v AS SELECT x FROM t -- view",
            "CREATE INDEX i ON t (x) -- index; really",
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END -- trigger",
            "CREATE VIEW w AS SELECT ';--' AS c /* not closed"
          ],
          do: sql!(sql)

      text = dump!([database: Path.join(folder, "test.db")], folder)
      assert again!(text, folder) == text
      for comment <- ~w(view index), do: assert(text =~ "-- #{comment}")
    end

    defmodule Numbered do
      use Ecto.Migration

      def change do
        for name <- [:high, :"it's", :filled, :low] do
          create table(name, primary_key: false) do
            add(:id, :id, primary_key: true, start_value: if(name == :low, do: 1, else: 1000))
          end
        end

        execute("INSERT INTO filled DEFAULT VALUES", "")
        execute("INSERT INTO low VALUES (1), (7)", "")
      end
    end

    # The first number, not the last one, which is data.
    test "with the first numbers of AUTOINCREMENT", %{folder: folder} do
      migrate!(Numbered)
      text = dump!([database: Path.join(folder, "test.db")], folder)
      assert again!(text, folder) == text
      assert length(String.split(text, "SELECT 'low'")) == 1

      {:ok, state} =
        EctoLibSql.connect(EctoLibSql.Suite.options(database: Path.join(folder, "again/copy.db")))

      for name <- ["high", "it's", "filled"] do
        sql = "INSERT INTO \"#{name}\" DEFAULT VALUES RETURNING id"
        assert EctoLibSql.query!(state, sql).rows == [[1000]]
      end

      EctoLibSql.disconnect([], state)
    end

    @tag :local_file
    @tag attach: ["other"]
    test "with tables whose names are like those of shadow tables", %{folder: folder} do
      sql!("CREATE VIRTUAL TABLE other.words USING fts5(a); CREATE TABLE words_data (x)")

      config = [
        database: Path.join(folder, "test.db"),
        attach: [{"other", folder <> "/other.db"}]
      ]

      text = dump!(config, folder)
      assert text == "CREATE TABLE IF NOT EXISTS words_data (x);\n"
      assert again!(text, folder) == text
    end
  end

  describe "a script with BEGIN and COMMIT" do
    defp load(folder, script) do
      File.write!(Path.join(folder, "structure.sql"), script)

      config =
        EctoLibSql.Suite.options(
          database: Path.join(folder, "loaded#{System.unique_integer([:positive])}.db")
        )

      result = Adapter.structure_load(folder, config)
      {:ok, state} = EctoLibSql.connect(config)
      names = EctoLibSql.query!(state, "SELECT name FROM sqlite_master ORDER BY 1").rows
      EctoLibSql.disconnect([], state)
      {result, List.flatten(names)}
    end

    test "loads as a whole or not at all", %{folder: folder} do
      for script <- [
            "BEGIN; CREATE TABLE a (x); COMMIT;",
            "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE a (x);\nCOMMIT;\n",
            "begin immediate; create table a (x); end transaction"
          ],
          do: assert({{:ok, _path}, ["a"]} = load(folder, script))

      for script <- ["", "-- nothing", ";;"],
          do: assert({{:ok, _path}, []} = load(folder, script))

      assert {{:error, message}, []} =
               load(folder, "BEGIN; CREATE TABLE a (x); COMMIT; CREATE TABLE b (x); foo;")

      assert message =~ "syntax error"

      # How the sqlite3 program ends the dump of a damaged database.
      assert {{:error, message}, []} =
               load(folder, "BEGIN; CREATE TABLE a (x); ROLLBACK; -- due to errors")

      assert message =~ "ROLLBACK"
    end

    test "keeps triggers and texts that contain such words", %{folder: folder} do
      script = """
      BEGIN;
      CREATE TABLE a (x DEFAULT 'BEGIN;
      CREATE TABLE sqlite_x (a);
      COMMIT;');
      CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;
      CREATE TRIGGER g AFTER INSERT ON a BEGIN
        UPDATE a SET x = CASE WHEN x THEN 1 END; DELETE FROM a;
      END;
      END;
      """

      assert {{:ok, _path}, ["a", "g"]} = load(folder, script)

      [path | _] = Path.wildcard(folder <> "/loaded*.db")
      config = EctoLibSql.Suite.options(database: path)
      {:ok, text} = Adapter.structure_dump(folder, config)
      assert File.read!(text) =~ "CREATE TABLE sqlite_x"
    end

    test "with foreign keys off may have rows before their parents, but not without", %{
      folder: folder
    } do
      script = fn parent ->
        """
        PRAGMA foreign_keys=OFF;
        BEGIN TRANSACTION;
        CREATE TABLE c (p REFERENCES p(id));
        INSERT INTO c VALUES (1);
        CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT);
        INSERT INTO p VALUES (#{parent});
        CREATE TABLE IF NOT EXISTS sqlite_stat1(tbl,idx,stat);
        DELETE FROM sqlite_sequence;
        INSERT INTO sqlite_sequence VALUES('p',5);
        COMMIT;
        """
      end

      assert {{:ok, _path}, ["c", "p", "sqlite_sequence"]} = load(folder, script.(1))
      assert {{:error, message}, []} = load(folder, script.(2))
      assert message =~ ~s(rows of "c" have no parent in "p")
    end
  end

  test "a load that fails leaves nothing behind", %{folder: folder} do
    File.write!(
      Path.join(folder, "structure.sql"),
      "CREATE TABLE good (a);\nCREATE TABLE bad (;\n"
    )

    config = EctoLibSql.Suite.options(database: Path.join(folder, "other.db"))
    assert Adapter.storage_up(config) == created()
    assert {:error, message} = Adapter.structure_load(folder, config)
    assert message =~ "syntax error"
    assert {:ok, path} = Adapter.structure_dump(Path.join(folder, "o"), config)
    assert File.read!(path) == ""
    assert {:error, message} = Adapter.structure_load(Path.join(folder, "none"), config)
    assert message =~ "cannot read"
  end
end
