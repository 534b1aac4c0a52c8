defmodule Ecto.Adapters.LibSql.StorageTest do
  # Creating, dropping, dumping and loading databases; the migration lock.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter

  test "a database is made with its folders, once, and removed with its side files", %{
    folder: folder
  } do
    path = Path.join([folder, "deep", "new.db"])
    opts = [database: path]
    assert Adapter.storage_status(opts) == :down
    assert Adapter.storage_down(opts) == {:error, :already_down}
    assert Adapter.storage_up(opts) == :ok
    assert Adapter.storage_status(opts) == :up
    assert Adapter.storage_up(opts) == {:error, :already_up}
    for side <- ["-wal", "-shm", "-journal"], do: File.write!(path <> side, "")
    assert Adapter.storage_down(opts) == :ok
    assert File.ls!(Path.dirname(path)) == []
  end

  test "what cannot be made or read is an error that says what", %{folder: folder} do
    file = Path.join(folder, "file")
    File.write!(file, "")
    assert {:error, message} = Adapter.storage_up(database: Path.join(file, "a/b.db"))
    assert message =~ "cannot make #{file}/a: "
    assert Adapter.storage_up(database: folder) == {:error, "#{folder} is a folder"}

    missing = Path.join(folder, "missing.db")

    assert Adapter.structure_dump(folder, database: missing) ==
             {:error, "there is no database #{missing}"}

    for name <- [nil, "", 5] do
      for storage <- [&Adapter.storage_up/1, &Adapter.storage_down/1, &Adapter.storage_status/1] do
        message = ~r/:database of a repository is the path of a file, got: #{inspect(name)}/
        assert_raise ArgumentError, message, fn -> storage.(database: name) end
      end
    end

    refute File.exists?(missing) or File.exists?(Path.join(folder, "structure.sql"))
  end

  test "without a database the message shows a configuration for this application and repository" do
    assert_raise ArgumentError, ~r/config :my_app, MyApp.Repo, database: "/, fn ->
      Adapter.storage_up([])
    end

    assert_raise ArgumentError, ~r/config :shop, Shop.ArchiveRepo, database: "/, fn ->
      Adapter.storage_up(otp_app: :shop, telemetry_prefix: [:shop, :archive_repo])
    end
  end

  test "a file may be named by a URI", %{folder: folder} do
    path = Path.join(folder, "uri.db")
    opts = [database: "file:#{path}?mode=rwc"]
    assert Adapter.storage_up(opts) == :ok
    assert Adapter.storage_status(opts) == :up and File.exists?(path)
    assert Adapter.storage_down(opts) == :ok
    refute File.exists?(path)
  end

  # It was looked for under the name as it stands in the URI.
  test "a URI names its file in percents, with a host and a fragment", %{folder: folder} do
    path = Path.join(folder, "my %x?.db")

    for uri <- [
          "file:#{folder}/my%20%25x%3f.db",
          "file://#{folder}/my%20%x%3F.db?cache=private",
          "file://localhost#{folder}/%6dy%20%x%3f.db#part?"
        ] do
      opts = [database: uri]
      assert Adapter.storage_status(opts) == :down
      assert Adapter.storage_up(opts) == :ok
      assert Adapter.storage_status(opts) == :up and File.exists?(path)
      assert Adapter.storage_down(opts) == :ok
      refute File.exists?(path)
    end
  end

  test "a URI may name a database in memory, which is no file" do
    for uri <- ["file::memory:", "file:m?mode=memory", "file:/m?vfs=memdb&cache=shared"] do
      opts = [database: uri]
      assert Adapter.storage_status(opts) == :up and Adapter.storage_up(opts) == :ok
      assert Adapter.storage_down(opts) == :ok
      refute File.exists?("m")
    end
  end

  test "a file that is no database is an error", %{folder: folder} do
    path = Path.join(folder, "text.db")
    File.write!(path, String.duplicate("no database ", 200))
    assert {:error, %EctoLibSql.Error{}} = Adapter.storage_status(database: path)
  end

  test "a server's database is not removed" do
    assert Adapter.storage_down(uri: "libsql://nowhere.example", auth_token: "t") ==
             {:error, :unsupported}
  end

  defmodule Things do
    use Ecto.Migration

    def change do
      create table(:things) do
        add(:name, :string, default: "a;b")
        add(:parent_id, references(:things))
      end

      create(index(:things, [:name]))
      create(table(:words, options: [fts5: true]), do: add(:text, :string))

      execute(
        "CREATE TRIGGER t AFTER INSERT ON things BEGIN UPDATE things SET name = 'x;y' WHERE id = new.id; END",
        ""
      )

      execute("CREATE VIEW v AS SELECT name FROM things", "")
    end
  end

  test "a dump loads again, versions included", %{folder: folder} do
    migrate!(Things)
    config = [database: Path.join(folder, "test.db")]
    assert {:ok, path} = Adapter.structure_dump(folder, config)
    text = File.read!(path)
    assert text =~ "CREATE TABLE IF NOT EXISTS \"things\""
    assert text =~ ~r/INSERT OR IGNORE INTO "schema_migrations"/
    refute text =~ "words_content"
    refute text =~ "schema_migrations_lock"

    copy = [database: Path.join(folder, "copy.db"), dump_path: path]
    assert Adapter.storage_up(copy) == :ok
    assert {:ok, ^path} = Adapter.structure_load(folder, copy)

    assert {:ok, second} =
             Adapter.structure_dump(Path.join(folder, "b"), Keyword.delete(copy, :dump_path))

    assert File.read!(second) == text
    assert {:ok, _} = Adapter.structure_load(folder, copy)
  end

  test "a dump by the sqlite3 program, as ecto_sqlite3 makes them, loads", %{folder: folder} do
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

    config = [database: Path.join(folder, "loaded.db")]
    assert Adapter.storage_up(config) == :ok
    assert {:ok, _} = Adapter.structure_load(folder, config)
    assert {:ok, path} = Adapter.structure_dump(Path.join(folder, "again"), config)
    text = File.read!(path)
    for word <- ~w("users" words v 20240101000000), do: assert(text =~ word)
  end

  describe "a dump loads into the same" do
    defp dump!(config, folder) do
      assert {:ok, path} = Adapter.structure_dump(folder, config)
      File.read!(path)
    end

    # What a dump of what was loaded says, which is to be the same.
    defp again!(text, folder) do
      File.mkdir_p!(Path.join(folder, "again"))
      File.write!(Path.join(folder, "again/structure.sql"), text)
      copy = [database: Path.join(folder, "again/copy.db")]
      assert Adapter.storage_up(copy) == :ok
      assert {:ok, _path} = Adapter.structure_load(Path.join(folder, "again"), copy)
      dump!(copy, Path.join(folder, "again"))
    end

    test "where texts end in comments", %{folder: folder} do
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

    # Not where a table with rows has got to, which is data.
    test "with the numbers that rows begin with", %{folder: folder} do
      migrate!(Numbered)
      text = dump!([database: Path.join(folder, "test.db")], folder)
      assert again!(text, folder) == text
      assert length(String.split(text, "SELECT 'low'")) == 1
      {:ok, state} = EctoLibSql.connect(database: Path.join(folder, "again/copy.db"))

      for name <- ["high", "it's", "filled"] do
        sql = "INSERT INTO \"#{name}\" DEFAULT VALUES RETURNING id"
        assert EctoLibSql.query!(state, sql).rows == [[1000]]
      end

      EctoLibSql.disconnect([], state)
    end

    @tag attach: ["other"]
    test "with tables named as those of a virtual table next door", %{folder: folder} do
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

  describe "a script with transactions of its own" do
    defp load(folder, script) do
      File.write!(Path.join(folder, "structure.sql"), script)
      config = [database: Path.join(folder, "loaded#{System.unique_integer([:positive])}.db")]
      result = Adapter.structure_load(folder, config)
      {:ok, state} = EctoLibSql.connect(config)
      names = EctoLibSql.query!(state, "SELECT name FROM sqlite_master ORDER BY 1").rows
      EctoLibSql.disconnect([], state)
      {result, List.flatten(names)}
    end

    test "loads, whole or not at all", %{folder: folder} do
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

    test "keeps triggers and texts that look like them", %{folder: folder} do
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

      {:ok, text} =
        Adapter.structure_dump(folder, database: hd(Path.wildcard(folder <> "/loaded*.db")))

      assert File.read!(text) =~ "CREATE TABLE sqlite_x"
    end

    test "may have rows whose parents come later, but not without", %{folder: folder} do
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

  test "a load that fails leaves nothing", %{folder: folder} do
    File.write!(
      Path.join(folder, "structure.sql"),
      "CREATE TABLE good (a);\nCREATE TABLE bad (;\n"
    )

    config = [database: Path.join(folder, "other.db")]
    assert Adapter.storage_up(config) == :ok
    assert {:error, message} = Adapter.structure_load(folder, config)
    assert message =~ "syntax error"
    assert {:ok, path} = Adapter.structure_dump(Path.join(folder, "o"), config)
    assert File.read!(path) == ""
    assert {:error, message} = Adapter.structure_load(Path.join(folder, "none"), config)
    assert message =~ "cannot read"
  end

  describe "the migration lock" do
    defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    defp lock(fun), do: Adapter.lock_for_migrations(meta(), [], fun)

    test "lets one in at a time, the next when it is free" do
      test = self()
      repo = Repo.get_dynamic_repo()

      first =
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          lock(fn -> send(test, :first_in) && receive(do: (:leave -> send(test, :first_out))) end)
        end)

      assert_receive :first_in, 5000

      second =
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          lock(fn -> send(test, :second_in) end)
        end)

      refute_receive :second_in, 300
      send(first.pid, :leave)
      assert_receive :first_out, 5000
      assert_receive :second_in, 5000
      Task.await_many([first, second])
      assert rows("SELECT count(*) FROM schema_migrations_lock") == [[0]]
    end

    @tag repo: [busy_timeout: 50]
    test "is waited for however long the other one writes" do
      test = self()
      repo = Repo.get_dynamic_repo()
      migrate!(Things)

      first =
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)

          lock(fn ->
            Repo.transaction(fn ->
              Repo.query!("CREATE TABLE first_was_here (a)")
              send(test, :first_in)
              receive(do: (:leave -> :ok))
            end)
          end)
        end)

      assert_receive :first_in, 5000
      # A whole migrator, which also makes sure of its table of versions.
      second = Task.async(fn -> Repo.put_dynamic_repo(repo) && migrate!(__MODULE__.Second) end)
      assert Task.yield(second, 700) == nil
      send(first.pid, :leave)
      assert Task.await(first) == {:ok, :ok}
      assert Task.await(second) == :ok
    end

    defmodule Second do
      use Ecto.Migration
      def up, do: alter(table(:first_was_here), do: add(:b, :integer))
    end

    @tag repo: [busy_timeout: 50]
    test "is given back as soon as a writer lets it" do
      test = self()
      repo = Repo.get_dynamic_repo()
      assert lock(fn -> :once end) == :once

      writer =
        Task.async(fn ->
          Repo.put_dynamic_repo(repo)
          receive(do: (:write -> :ok))

          Repo.transaction(fn ->
            Repo.query!("CREATE TABLE other (a)")
            send(test, :writing)
            Process.sleep(300)
          end)
        end)

      assert lock(fn -> send(writer.pid, :write) && assert_receive(:writing, 5000) end) ==
               :writing

      Task.await(writer)
      assert rows("SELECT count(*) FROM schema_migrations_lock") == [[0]]
    end

    test "is taken over from an owner that died, and from one whose term ended" do
      test = self()
      repo = Repo.get_dynamic_repo()

      {owner, monitor} =
        spawn_monitor(fn ->
          Repo.put_dynamic_repo(repo)
          lock(fn -> send(test, :in) && receive(do: (:never -> :ok)) end)
        end)

      assert_receive :in, 5000
      Process.exit(owner, :kill)
      assert_receive {:DOWN, ^monitor, _, _, _}
      assert lock(fn -> :entered end) == :entered

      sql!("INSERT INTO schema_migrations_lock VALUES (1, 'elsewhere 1 #PID<0.1.0> 1', 1)")
      assert lock(fn -> :entered end) == :entered
    end

    # Asking for the status wrote the lock.
    test "is not taken where nothing can be written", %{folder: folder} do
      migrate!(__MODULE__.First)
      path = Path.join(folder, "test.db")

      for lock <- [:there, :gone],
          options <- [
            [database: path, mode: :readonly],
            [database: "file:#{path}?mode=ro"],
            [database: path, custom_pragmas: [query_only: true]]
          ] do
        if lock == :gone, do: sql!("DROP TABLE IF EXISTS schema_migrations_lock")
        {:ok, reader} = Repo.start_link([name: nil, log: false, pool_size: 1] ++ options)

        for skip <- [true, false] do
          opts = [dynamic_repo: reader, skip_table_creation: skip]
          assert [{:up, _version, _no_file}] = Ecto.Migrator.migrations(Repo, [folder], opts)
        end

        assert_raise EctoLibSql.Error, ~r/readonly/, fn ->
          opts = [dynamic_repo: reader, log: false]
          Ecto.Migrator.up(Repo, 99_999_999_999_999, __MODULE__.Other, opts)
        end

        Supervisor.stop(reader)
      end
    end

    defmodule First do
      use Ecto.Migration
      def change, do: create(table(:first))
    end

    defmodule Other do
      use Ecto.Migration
      def change, do: create(table(:other))
    end

    test "is free again after an error" do
      assert_raise RuntimeError, fn -> lock(fn -> raise "no" end) end
      assert lock(fn -> :entered end) == :entered
    end
  end
end
