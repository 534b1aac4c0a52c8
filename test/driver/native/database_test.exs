defmodule EctoLibSql.Native.DatabaseTest do
  # The database as a whole: backup, images, checkpoints, compact copies.
  use EctoLibSql.DriverCase, async: true

  # What belongs to a local file.
  @moduletag :local

  setup do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    run!(state, "INSERT INTO t (x) VALUES ('a'), ('b')")
    %{path: path, state: state}
  end

  @all "SELECT x FROM t ORDER BY id"

  describe "backup/2,3" do
    test "copies the live database and reports progress", %{state: state} do
      target = temp_file("copy.db")
      assert :ok = Native.backup(state, target, progress: self(), pages_per_step: 1)
      assert_received {:ecto_libsql_backup, remaining, total}
      assert remaining in 0..total
      assert rows!(file!(target), @all) == [["a"], ["b"]]
    end

    test "copies what was committed while a transaction is open elsewhere", %{
      state: state,
      path: path
    } do
      begun = begin!(file!(path), mode: :immediate)
      run!(begun, "INSERT INTO t (x) VALUES ('not yet')")
      target = temp_file("copy.db")
      assert :ok = Native.backup(state, target, [])
      assert rows!(file!(target), @all) == [["a"], ["b"]]
    end

    test "refuses a path that cannot be written", %{state: state} do
      for path <- ["", "a\0b", 5] do
        assert {:error, "the path of a backup must be a string"} = Native.backup(state, path, [])
      end

      for copy <- [&Native.backup/2, &Native.restore/2, &Native.vacuum_into/2] do
        assert {:error, reason} = copy.(state, "/proc/none/x.db")
        assert reason =~ "unable to open database" and reason =~ "/proc/none/x.db"
      end

      assert_usable(state)
    end
  end

  test "an image goes out and comes back", %{state: state} do
    assert {:ok, "SQLite format 3" <> _ = image} = Native.serialize(state)
    other = open!()
    assert :ok = Native.deserialize(other, image)
    assert rows!(other, @all) == [["a"], ["b"]]
    run!(other, "INSERT INTO t (x) VALUES ('c')")
    assert rows!(state, @all) == [["a"], ["b"]]
  end

  test "an image that is no database is an error", %{state: state} do
    refused = "the image and the name of a database must be binaries"
    assert {:error, ^refused} = Native.deserialize(open!(), 5)

    for image <- ["nonsense", <<0>>],
        do: assert({:error, "file is not a database"} = Native.deserialize(open!(), image))

    assert_usable(state)
  end

  test "checkpoint/2 reports what it moved", %{state: state, path: path} do
    assert {:ok, %{busy: false, log_frames: _, checkpointed_frames: _}} =
             Native.checkpoint(state, :truncate)

    assert File.stat!(path <> "-wal").size == 0

    assert Native.checkpoint(state, :sideways) ==
             {:error, "the checkpoint mode must be one of [:passive, :full, :restart, :truncate]"}
  end

  test "vacuum_into/2 writes a compact copy once", %{state: state} do
    target = temp_file("compact.db")
    assert :ok = Native.vacuum_into(state, target)
    assert rows!(file!(target), @all) == [["a"], ["b"]]
    assert {:error, reason} = Native.vacuum_into(state, target)
    assert reason =~ "output file already exists: " <> target
  end
end
