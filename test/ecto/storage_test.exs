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

    refute File.exists?(missing) or File.exists?(Path.join(folder, "structure.sql"))
  end

  test "a file may be named by a URI", %{folder: folder} do
    path = Path.join(folder, "uri.db")
    opts = [database: "file:#{path}?mode=rwc"]
    assert Adapter.storage_up(opts) == :ok
    assert Adapter.storage_status(opts) == :up and File.exists?(path)
    assert Adapter.storage_down(opts) == :ok
    refute File.exists?(path)
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

    test "is free again after an error" do
      assert_raise RuntimeError, fn -> lock(fn -> raise "no" end) end
      assert lock(fn -> :entered end) == :entered
    end
  end
end
