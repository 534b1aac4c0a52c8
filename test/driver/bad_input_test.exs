defmodule EctoLibSql.BadInputTest do
  # Bad input gives a clear error, and the connection works afterwards with nothing lost.
  use EctoLibSql.DriverCase, async: true

  setup do
    path = temp_file()
    state = file!(path)
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    run!(state, "INSERT INTO t (x) VALUES ('kept')")
    %{path: path, state: state}
  end

  defp nothing_lost(state) do
    assert rows!(state, "SELECT x FROM t") == [["kept"]]
    assert_usable(state)
  end

  test "SQL with NUL inside", %{state: state} do
    for sql <- ["SELECT 1\0", "SELECT 1; \0 DROP TABLE t", "\0", "SELECT '\0'"] do
      assert %Error{message: message} = error!(state, sql)
      assert message != ""
      assert {:error, _} = Native.prepare(state, sql)
      assert {:error, %Error{}, _} = EctoLibSql.handle_declare(sql, [], [], state)
      assert {:error, _} = Native.batch(state, [{sql, []}])
      assert {:error, _} = Native.execute_batch_sql(state, sql)
    end

    nothing_lost(state)
  end

  test "SQL that is not UTF-8", %{state: state} do
    for sql <- [<<255, 254>>, "SELECT " <> <<0xC3, 0x28>>, "DELETE FROM t WHERE x = '\xFF'"] do
      assert %Error{message: "the SQL text is not valid UTF-8"} = error!(state, sql)
      assert {:error, reason} = Native.prepare(state, sql)
      assert reason =~ "not valid UTF-8"
      assert {:error, _} = Native.batch(state, [{sql, []}])
      assert {:error, _} = Native.execute_batch_sql(state, sql)
      assert {:error, _} = Native.execute_transactional_batch_sql(state, "SELECT 1; " <> sql)
    end

    nothing_lost(state)
  end

  test "SQL that is no text", %{state: state} do
    for sql <- [nil, 5, :atom, %{}, {1}, self()] do
      assert refused_or_clause?(fn -> EctoLibSql.handle_execute(sql, [], [], state) end)
      assert refused_or_clause?(fn -> Native.prepare(state, sql) end)
    end

    nothing_lost(state)
  end

  test "SQL that says nothing", %{state: state} do
    for sql <- ["", "  ", ";", "-- comment", "/* comment */ ;"] do
      case EctoLibSql.handle_execute(sql, [], [], state) do
        {:ok, _, %Result{command: :unknown}, _} -> :ok
        {:error, %Error{}, _} -> :ok
      end
    end

    nothing_lost(state)
  end

  test "an unfinished statement", %{state: state} do
    for sql <- ["SELECT 'open", "SELECT (1", "/* open", "SELECT \"open", "INSERT INTO t"] do
      assert refused_or_blank?(EctoLibSql.handle_execute(sql, [], [], state))
    end

    nothing_lost(state)
  end

  test "parameters of the wrong types and counts", %{state: state} do
    assert %Error{} = error!(state, "SELECT ?", [])
    assert %Error{} = error!(state, "SELECT ?", [1, 2])
    assert %Error{} = error!(state, "SELECT ?", [Integer.pow(2, 64)])
    assert refused?(fn -> EctoLibSql.handle_execute("SELECT ?", [{:blob, 5}], [], state) end)
    nothing_lost(state)
  end

  test "a cursor asked for no rows, or for a wrong number", %{state: state} do
    for max_rows <- [0, -1, "ten", nil, 1.5] do
      {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)

      outcome =
        try do
          EctoLibSql.handle_fetch(query, cursor, [max_rows: max_rows], state)
        rescue
          error in [ArgumentError, FunctionClauseError] -> {:error, error, state}
        end

      assert elem(outcome, 0) in [:error, :cont, :halt]
    end

    nothing_lost(state)
  end

  test "a corrupted page", %{path: path, state: state} do
    run!(
      state,
      "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i, printf('%0200d', i) AS s FROM n"
    )

    {:ok, _} = EctoLibSql.Pragma.wal_checkpoint(state, :truncate)
    EctoLibSql.disconnect([], state)
    size = File.stat!(path).size

    {:ok, file} = :file.open(path, [:raw, :binary, :read, :write])

    for page <- 10..div(size, 4096)//7,
        do: :ok = :file.pwrite(file, page * 4096, :binary.copy(<<0xA5>>, 4096))

    :ok = :file.close(file)

    damaged = file!(path)
    assert %Error{sqlite: %{code: :corrupt}} = error!(damaged, "SELECT sum(length(s)) FROM big")
    assert rows!(damaged, "SELECT x FROM t") == [["kept"]]
    assert_usable(damaged)
  end

  test "a file that is no database, attached", %{state: state} do
    path = temp_file("notes.txt")
    File.write!(path, String.duplicate("no database ", 1000))
    error = error!(state, "ATTACH ? AS other", [path])
    assert %{message: "file is not a database", sqlite: %{code: :notadb}} = error
    nothing_lost(state)
  end

  test "a full database", %{state: state} do
    pages = value!(state, "PRAGMA page_count")
    run!(state, "PRAGMA max_page_count = #{pages + 2}")
    error = error!(state, "INSERT INTO t (x) VALUES (?)", [{:blob, :binary.copy(<<1>>, 100_000)}])
    assert error.sqlite.code == :full
    nothing_lost(state)
  end

  test "a full database inside a transaction", %{state: state} do
    pages = value!(state, "PRAGMA page_count")
    run!(state, "PRAGMA max_page_count = #{pages + 2}")
    begun = begin!(state)
    error = error!(begun, "INSERT INTO t (x) VALUES (?)", [{:blob, :binary.copy(<<1>>, 100_000)}])
    assert error.sqlite.code == :full
    assert {kind, status} = EctoLibSql.handle_status([], begun)
    assert kind in [:idle, :transaction]
    if kind == :transaction, do: rollback!(status)
    nothing_lost(state)
  end

  test "a read-only folder" do
    assert {:error, %Error{sqlite: %{code: :cantopen}}} =
             EctoLibSql.connect(database: "/proc/ecto_libsql.db")
  end

  test "a statement of 1 MB runs or is refused", %{state: state} do
    text = String.duplicate("a", 1_048_576)

    case EctoLibSql.handle_execute("SELECT '#{text}'", [], [], state) do
      {:ok, _, %Result{rows: [[value]]}, _} -> assert value == text
      {:error, %Error{sqlite: %{code: :toobig}}, _} -> :ok
    end

    nothing_lost(state)
  end

  test "a statement of 1 MB of nonsense is an error", %{state: state} do
    assert %Error{} = error = error!(state, String.duplicate("nonsense ", 120_000))
    assert byte_size(Exception.message(error)) < 10_000
    nothing_lost(state)
  end

  test "33,000 parameters bind or are refused", %{state: state} do
    marks = Enum.map_join(1..33_000, ",", fn _ -> "(?)" end)
    sql = "SELECT sum(column1) FROM (VALUES #{marks})"

    case EctoLibSql.handle_execute(sql, Enum.to_list(1..33_000), [], state) do
      {:ok, _, %Result{rows: [[sum]]}, _} -> assert sum == div(33_000 * 33_001, 2)
      {:error, %Error{message: message}, _} -> assert message =~ ~r/too many/
    end

    nothing_lost(state)
  end

  test "deep nesting is an error, or an answer where SQLite's parser has a stack that grows", %{
    state: state
  } do
    depth = 5_000
    sql = "SELECT " <> String.duplicate("(", depth) <> "1" <> String.duplicate(")", depth)

    case EctoLibSql.handle_execute(sql, [], [], state) do
      {:ok, _, result, _} -> assert result.rows == [[1]]
      {:error, error, _} -> assert %Error{} = error
    end

    nothing_lost(state)
  end

  test "a blob beyond SQLite's limit is an error", %{state: state} do
    assert %Error{sqlite: %{code: :toobig}} = error!(state, "SELECT zeroblob(2000000000)")
    nothing_lost(state)
  end

  defp refused_or_clause?(fun) do
    refused?(fun)
  rescue
    FunctionClauseError -> true
    Protocol.UndefinedError -> true
  end

  defp refused_or_blank?({:error, %Error{}, _}), do: true

  defp refused_or_blank?({:ok, _, %Result{command: command}, _}),
    do: command in [:unknown, :other]
end
