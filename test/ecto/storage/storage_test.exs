defmodule Ecto.Adapters.LibSql.StorageTest do
  # storage_up/1, storage_down/1 and storage_status/1.
  use EctoLibSql.EctoCase, async: true

  alias Ecto.Adapters.LibSql, as: Adapter

  test "a database is created with its folders, and removed with its side files", %{
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

  test "errors name the file or folder that cannot be created or read", %{folder: folder} do
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

  test "a URI names a file", %{folder: folder} do
    path = Path.join(folder, "uri.db")
    opts = [database: "file:#{path}?mode=rwc"]
    assert Adapter.storage_up(opts) == :ok
    assert Adapter.storage_status(opts) == :up and File.exists?(path)
    assert Adapter.storage_down(opts) == :ok
    refute File.exists?(path)
  end

  test "percent-encoding, host and fragment of a URI are read as SQLite reads them", %{
    folder: folder
  } do
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

  test "a URI of a database in memory creates no file" do
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
end
