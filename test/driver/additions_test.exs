defmodule EctoLibSql.AdditionsTest do
  # Backup, images, checkpoints, statistics and plans.
  use EctoLibSql.DriverCase, async: true

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
        assert {:error, reason} = Native.backup(state, path, [])
        assert is_binary(reason)
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
    for image <- ["nonsense", <<0>>, 5] do
      other = open!()

      with :ok <- Native.deserialize(other, image) do
        assert %Error{} = error!(other, "SELECT * FROM sqlite_schema")
      else
        {:error, reason} -> assert is_binary(reason)
      end
    end

    assert_usable(state)
  end

  test "checkpoint/2 tells what it moved", %{state: state, path: path} do
    assert {:ok, %{busy: false, log_frames: _, checkpointed_frames: _}} =
             Native.checkpoint(state, :truncate)

    assert File.stat!(path <> "-wal").size == 0
    assert refused?(fn -> Native.checkpoint(state, :sideways) end)
  end

  test "vacuum_into/2 writes a compact copy once", %{state: state} do
    target = temp_file("compact.db")
    assert :ok = Native.vacuum_into(state, target)
    assert rows!(file!(target), @all) == [["a"], ["b"]]
    assert {:error, reason} = Native.vacuum_into(state, target)
    assert reason =~ "output file already exists: " <> target
  end

  test "stats/1 counts cache hits and misses", %{state: state} do
    run!(state, "SELECT 123")
    {:ok, before} = Native.stats(state)
    for _ <- 1..10, do: run!(state, "SELECT 123")
    {:ok, later} = Native.stats(state)
    assert later.cache_hits - before.cache_hits == 10
    assert later.cache_misses == before.cache_misses
    run!(state, "SELECT 124")
    {:ok, last} = Native.stats(state)
    assert last.cache_misses == later.cache_misses + 1
  end

  test "the statement cache keeps as many as it was told", %{path: path} do
    state = file!(path, statement_cache_size: 3)
    for n <- 1..10, do: run!(state, "SELECT #{n}")
    assert {:ok, %{cache_entries: 3}} = Native.stats(state)
  end

  test "explain/2,3 gives the plan", %{state: state} do
    assert {:ok, %Result{rows: rows}} = Native.explain(state, "SELECT * FROM t WHERE id = ?", [1])
    assert inspect(rows) =~ "SEARCH"
    assert {:error, reason} = Native.explain(state, "SELECT * FROM nope", [])
    assert reason =~ "no such table: nope"
  end

  test "explain/2,3 runs nothing that follows the statement", %{state: state} do
    for explain <- [&Native.explain/2, &EctoLibSql.explain/2] do
      assert {:error, reason} = explain.(state, "SELECT 1; DROP TABLE t")
      assert Error.from_reason(reason).message =~ "more than one statement"
      assert {:error, reason} = explain.(state, nil)
      assert Error.from_reason(reason).message =~ "must be a string"
    end

    assert {:ok, %Result{}} = EctoLibSql.explain(state, "SELECT * FROM t WHERE id = :id", id: 1)
  end

  test "shared memory: connections that name a database see one database" do
    name = "shared-#{System.unique_integer([:positive])}"
    one = open!(shared_memory: name)
    two = open!(shared_memory: name)
    run!(one, "CREATE TABLE s (x)")
    run!(one, "INSERT INTO s VALUES (1)")
    assert rows!(two, "SELECT x FROM s") == [[1]]
  end

  test "generate_series, FTS5 and R-trees depend on SQLite, not on us", %{state: state} do
    run!(state, "CREATE VIRTUAL TABLE words USING fts5(word)")
    run!(state, "INSERT INTO words VALUES ('apple pie'), ('cherry')")
    assert rows!(state, "SELECT word FROM words WHERE words MATCH 'pie'") == [["apple pie"]]
  end
end
