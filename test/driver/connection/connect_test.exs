defmodule EctoLibSql.Connection.ConnectTest do
  use EctoLibSql.DriverCase, async: true

  test "opens a file and creates missing folders" do
    path = Path.join(temp_folder(), "a/b/new.db")
    state = file!(path)
    run!(state, "CREATE TABLE t (x)")
    assert File.exists?(path)
  end

  test "opens memory, spelled as text or atom" do
    for name <- [":memory:", :memory] do
      assert [[1]] = rows!(open!(database: name), "SELECT 1")
    end
  end

  test "opens a file: URI" do
    path = temp_file()
    state = open!(database: "file:#{path}?cache=private")
    run!(state, "CREATE TABLE t (x)")
    assert File.exists?(path)
  end

  test "expands the home folder" do
    folder = temp_folder()
    relative = Path.relative_to(folder, System.user_home!())

    if relative != folder do
      run!(open!(database: "~/#{relative}/home.db"), "CREATE TABLE t (x)")
      assert File.exists?(Path.join(folder, "home.db"))
    else
      name = ".ecto_libsql-test-#{System.unique_integer([:positive])}"
      path = Path.join(System.user_home!(), name)
      on_exit(fn -> for end_ <- ["", "-wal", "-shm"], do: File.rm(path <> end_) end)
      run!(open!(database: "~/" <> name), "CREATE TABLE t (x)")
      assert File.exists?(path)
    end
  end

  @tag :local_file
  test "sets the documented defaults on each connection" do
    state = file!(temp_file())
    assert value!(state, "PRAGMA journal_mode") == "wal"
    assert value!(state, "PRAGMA synchronous") == 1
    assert value!(state, "PRAGMA foreign_keys") == 1
    assert value!(state, "PRAGMA secure_delete") == 0
    assert value!(state, "PRAGMA busy_timeout") in [5000, 0]
    assert error!(state, ~s(SELECT "no such column")).message =~ "no such column"
  end

  test "leaves the options of pools and repositories to them" do
    assert [[1]] =
             [pool_size: 3, name: :x, queue_target: 5, log: false, telemetry_prefix: [:a]]
             |> open!()
             |> rows!("SELECT 1")
  end

  describe "returns an error" do
    test "naming the option when there is nothing to open" do
      assert {:error, %Error{kind: :invalid_argument, message: message}} = EctoLibSql.connect([])
      assert message =~ "the option :database is missing"
    end

    test "for a path that cannot be written" do
      assert {:error, %Error{kind: :cannot_open, message: message}} =
               EctoLibSql.connect(database: "/proc/ecto_libsql/x.db")

      assert message =~ "cannot create the folder /proc/ecto_libsql"
    end

    test "for a missing file opened for reading" do
      path = temp_file("missing.db")

      assert {:error, %Error{sqlite: %{code: :cantopen}}} =
               EctoLibSql.connect(database: path, mode: :readonly)

      refute File.exists?(path)
    end

    test "for a folder" do
      assert {:error, %Error{kind: :cannot_open, message: message}} =
               EctoLibSql.connect(database: temp_folder())

      assert message =~ "name a file, not a folder"
    end

    test "for a file that is no database" do
      path = temp_file("text.db")
      File.write!(path, String.duplicate("this is not a database\n", 100))

      assert {:error, %Error{sqlite: %{code: :notadb}} = error} =
               EctoLibSql.connect(database: path)

      assert error.message == "file is not a database: " <> path
      assert File.read!(path) =~ "this is not a database"
    end

    test "for an encryption key that is too short, naming the option" do
      assert {:error, %Error{message: message}} =
               EctoLibSql.connect(database: temp_file(), encryption_key: "short")

      assert message =~ "encryption_key"
      assert message =~ "32"
      refute message =~ "short"
    end

    test "for options of the wrong type, naming the option" do
      for {key, value} <- [
            database: 17,
            busy_timeout: "soon",
            journal_mode: :paper,
            synchronous: :sometimes,
            statement_cache_size: -1,
            busy_timeout: 3_000_000_000,
            cache_size: 99_999_999_999,
            mmap_size: Integer.pow(2, 64),
            wal_autocheckpoint: -5,
            progress_handler_steps: 0,
            foreign_keys: :perhaps,
            default_transaction_mode: :sometimes,
            mode: :sideways,
            attach: :all
          ] do
        options = Keyword.merge([database: ":memory:"], [{key, value}])
        assert {:error, %Error{message: message}} = EctoLibSql.connect(options)
        assert message =~ to_string(key)
        if key not in [:database, :attach], do: assert(message =~ inspect(value))
      end
    end
  end

  test "an encryption key never leaves a plain file behind" do
    path = temp_file()
    key = String.duplicate("k", 32)

    case EctoLibSql.connect(database: path, encryption_key: key) do
      {:ok, state} ->
        run!(state, "CREATE TABLE t (x)")
        EctoLibSql.disconnect([], state)
        refute File.read!(path) =~ "SQLite format 3"

      {:error, %Error{message: message}} ->
        refute message =~ key
        refute File.exists?(path)
    end
  end

  # SQLite's own shared cache would be another database than the one that connections share.
  @tag :local
  test "a copy into a shared database in memory arrives there" do
    uri = "file:copy_#{System.unique_integer([:positive])}?mode=memory&cache=shared"
    [source, reader] = [open!(), open!(database: uri)]
    run!(source, "CREATE TABLE t (x)")
    run!(source, "INSERT INTO t VALUES (7)")
    assert Native.backup(source, uri) == :ok
    assert rows!(reader, "SELECT x FROM t") == [[7]]
  end
end
