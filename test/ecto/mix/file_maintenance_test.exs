defmodule Mix.Tasks.EctoLibsql.FileMaintenanceTest do
  # The tasks that copy and convert a database file, while an application has it open.
  # Not async: another test has the shell of Mix, which is one for all.
  use EctoLibSql.EctoCase, async: false

  import ExUnit.CaptureIO

  alias Mix.Tasks.EctoLibsql.Backup
  alias Mix.Tasks.EctoLibsql.Convert

  setup %{folder: folder} do
    {:ok, path: Path.join(folder, "test.db"), copy: Path.join(folder, "copy.db")}
  end

  describe "mix ecto_libsql.backup" do
    setup do
      sql!("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
      :ok
    end

    defp in_file(path, sql) do
      {:ok, state} = EctoLibSql.connect(database: path)
      {:ok, _, %{rows: rows}, _} = EctoLibSql.handle_execute(sql, [], [], state)
      EctoLibSql.disconnect([], state)
      rows
    end

    @tag :plain
    test "copies what is committed, from a database in use", %{
      path: path,
      copy: copy,
      folder: folder
    } do
      Repo.transaction(fn ->
        sql!("INSERT INTO t VALUES (3)")
        assert capture_io(fn -> Backup.run([path, copy]) end) =~ ~r/copy.db: \d+ bytes/
      end)

      assert in_file(copy, "SELECT a FROM t") == [[1], [2]]
      assert Enum.filter(File.ls!(folder), &(&1 =~ "part")) == []
    end

    @tag :plain
    test "replaces a file, and its log, only when told to", %{path: path, copy: copy} do
      File.write!(copy, "something else")
      File.write!(copy <> "-wal", "the log of something else")
      assert_raise Mix.Error, ~r/is there already; --force/, fn -> Backup.run([path, copy]) end
      assert File.read!(copy) == "something else"
      capture_io(fn -> Backup.run([path, copy, "--force"]) end)
      assert in_file(copy, "SELECT count(*) FROM t") == [[2]]
    end

    @tag :plain
    test "says what is wrong, and leaves nothing", %{path: path, copy: copy, folder: folder} do
      text = Path.join(folder, "text")
      File.write!(text, String.duplicate("no database ", 100))

      for {args, message} <- [
            {[path <> "x", copy], ~r/test.dbx: no such file/},
            {[path, path], ~r/is the database itself/},
            {[path, Path.join(folder, "none/copy.db")], ~r/unable to open/},
            {[text, copy], ~r/not a database/},
            {[path], ~r/usage/}
          ] do
        assert_raise Mix.Error, message, fn -> Backup.run(args) end
        refute File.exists?(copy) or File.exists?(copy <> ".part")
      end
    end
  end

  describe "mix ecto_libsql.convert" do
    @uuid "00112233-4455-6677-8899-aabbccddeeff"

    setup do
      sql!("""
      CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT, photo BLOB);
      CREATE TABLE posts (user_id VARCHAR(36) REFERENCES users(id), "odd ""name" TEXT);
      INSERT INTO users VALUES (x'00112233445566778899aabbccddeeff', 'Ada', x'00112233445566778899aabbccddeeff'),
        ('ffffffff-4455-6677-8899-aabbccddeeff', x'0011', NULL);
      INSERT INTO posts VALUES (x'00112233445566778899aabbccddeeff', 'x')
      """)

      :ok
    end

    defp everything, do: {rows("SELECT * FROM users"), rows("SELECT * FROM posts")}

    @tag :plain
    test "only says what there is, unless told more", %{path: path} do
      before = everything()

      assert capture_io(fn -> Convert.run([path]) end) ==
               "posts.user_id holds 1 UUIDs as bytes\nusers.id holds 1 UUIDs as bytes\n"

      assert everything() == before
    end

    @tag :plain
    test "converts keys and references, and leaves other bytes alone", %{path: path} do
      capture_io(fn -> Convert.run([path, "users.id", "posts.user_id"]) end)

      assert rows("SELECT id, photo FROM users WHERE name = 'Ada'") == [
               [@uuid, Ecto.UUID.dump!(@uuid)]
             ]

      assert rows("SELECT user_id FROM posts") == [[@uuid]]
      assert rows("SELECT typeof(name) FROM users WHERE name <> 'Ada'") == [["blob"]]
      assert capture_io(fn -> Convert.run([path, "--all"]) end) =~ "no text column"
    end

    @tag :plain
    test "converts all or nothing", %{path: path} do
      before = everything()
      assert_raise Mix.Error, ~r/FOREIGN KEY/, fn -> Convert.run([path, "users.id"]) end

      assert_raise Mix.Error, ~r/test.db: no text column .* UUIDs as bytes: users.nope/, fn ->
        Convert.run([path, "users.nope"])
      end

      assert_raise Mix.Error, ~r/usage/, fn -> Convert.run([path, "--all", "users.id"]) end
      assert everything() == before
      assert capture_io(fn -> Convert.run([path, "--all"]) end) =~ "users.id: 1 converted"

      assert rows(
               "SELECT count(*) FROM users JOIN posts ON user_id = id WHERE typeof(id) = 'text'"
             ) == [[1]]
    end
  end
end
