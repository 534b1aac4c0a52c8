defmodule EctoLibSql.BadInputTest do
  # Wrong SQL, parameters and files are errors whose text says what is wrong; the connection stays usable and keeps its
  # data.
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

  test "SQL with a NUL byte is refused with its offset", %{state: state} do
    for {sql, offset} <- [
          {"SELECT 1\0", 8},
          {"SELECT 1; \0 DROP TABLE t", 10},
          {"\0", 0},
          {"SELECT '\0'", 8}
        ],
        do: refused_everywhere(state, sql, "the SQL text contains a NUL byte at offset #{offset}")

    nothing_lost(state)
  end

  test "SQL that is not UTF-8 is refused", %{state: state} do
    for sql <- [<<255, 254>>, "SELECT " <> <<0xC3, 0x28>>, "DELETE FROM t WHERE x = '\xFF'"] do
      text = "the SQL text is not valid UTF-8"
      refused_everywhere(state, sql, text)

      assert {:error, ^text} = Native.execute_transactional_batch_sql(state, "SELECT 1; " <> sql)
    end

    nothing_lost(state)
  end

  defp refused_everywhere(state, sql, text) do
    assert %Error{kind: :invalid_argument, message: ^text} = error!(state, sql)
    assert Native.prepare(state, sql) == {:error, "Prepare failed: " <> text}
    assert {:error, %Error{message: ^text}, _} = EctoLibSql.handle_declare(sql, [], [], state)
    assert Native.batch(state, [{sql, []}]) == {:error, text <> " (batch statement 0)"}
    assert Native.execute_batch_sql(state, sql) == {:error, text}
  end

  test "a query that is no SQL text is refused", %{state: state} do
    for sql <- [nil, 5, :atom, %{}, {1}, self()] do
      assert error!(state, sql).message == "a query must be SQL text or an %EctoLibSql.Query{}"
      assert Native.prepare(state, sql) == {:error, "Prepare failed: the SQL must be a string"}
    end

    nothing_lost(state)
  end

  test "SQL without a statement does nothing", %{state: state} do
    for sql <- ["", "  ", ";", "-- comment", "/* comment */ ;", "/* open"],
        do: assert(run!(state, sql) == %Result{command: :unknown})

    nothing_lost(state)
  end

  test "an unfinished statement is an error", %{state: state} do
    for {sql, message} <- [
          {"SELECT 'open", ~S(unrecognized token: "'open")},
          {"SELECT (1", "incomplete input"},
          {~S(SELECT "open), ~S(unrecognized token: ""open")},
          {"INSERT INTO t", "incomplete input"}
        ],
        do: assert(error!(state, sql).message == message)

    nothing_lost(state)
  end

  test "parameters of the wrong types and counts are refused", %{state: state} do
    for {parameters, message} <- [
          {[], "expected 1 parameter, got 0"},
          {[1, 2], "expected 1 parameter, got 2"},
          {[Integer.pow(2, 64)], "integer out of range: parameter 1 does not fit 64 bits"}
        ],
        do: assert(error!(state, "SELECT ?", parameters).message == message)

    assert_raise ArgumentError, ~r/parameter 1: {:blob, value} takes a binary/, fn ->
      EctoLibSql.handle_execute("SELECT ?", [{:blob, 5}], [], state)
    end

    nothing_lost(state)
  end

  test "a cursor refuses a max_rows that is no positive integer", %{state: state} do
    for max_rows <- [0, -1, "ten", nil, 1.5] do
      {:ok, query, cursor, _} = EctoLibSql.handle_declare("SELECT 1", [], [], state)

      assert {:error, %Error{message: "max_rows must be a positive integer"}, ^state} =
               EctoLibSql.handle_fetch(query, cursor, [max_rows: max_rows], state)
    end

    nothing_lost(state)
  end

  test "a corrupted page is an error of the table that it belongs to", %{path: path, state: state} do
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

  @tag :local_file
  @tag :plain
  test "attaching a file that is no database is an error", %{state: state} do
    path = temp_file("notes.txt")
    File.write!(path, String.duplicate("no database ", 1000))
    error = error!(state, "ATTACH ? AS other", [path])
    assert %{message: "file is not a database", sqlite: %{code: :notadb}} = error
    nothing_lost(state)
  end

  @tag :local_file
  test "a full database is an error, and rows can be deleted", %{state: state} do
    pages = value!(state, "PRAGMA page_count")
    run!(state, "PRAGMA max_page_count = #{pages + 2}")
    error = error!(state, "INSERT INTO t (x) VALUES (?)", [{:blob, :binary.copy(<<1>>, 100_000)}])
    assert error.sqlite.code == :full
    nothing_lost(state)
  end

  @tag :local_file
  test "a full database inside of a transaction ends it", %{state: state} do
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

  test "a database in a read-only folder is an error" do
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
    error = error!(state, String.duplicate("nonsense ", 120_000))
    assert Exception.message(error) =~ "syntax error"
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

  test "deep nesting is an error, or a result if SQLite's parser can grow its stack", %{
    state: state
  } do
    depth = 5_000
    sql = "SELECT " <> String.duplicate("(", depth) <> "1" <> String.duplicate(")", depth)

    case EctoLibSql.handle_execute(sql, [], [], state) do
      {:ok, _, result, _} -> assert result.rows == [[1]]
      {:error, error, _} -> assert error.message =~ "parser stack overflow"
    end

    nothing_lost(state)
  end

  test "a blob beyond SQLite's limit is an error", %{state: state} do
    assert %Error{sqlite: %{code: :toobig}} = error!(state, "SELECT zeroblob(2000000000)")
    nothing_lost(state)
  end
end
