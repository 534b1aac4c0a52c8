defmodule EctoLibSql.CursorsTest do
  use EctoLibSql.DriverCase, async: true

  @numbers "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"

  defp declare!(state, sql, arguments \\ []) do
    {:ok, query, cursor, _state} = EctoLibSql.handle_declare(sql, arguments, [], state)
    {query, cursor}
  end

  # Every result up to and with the one that halts.
  defp drain(state, {query, cursor}, options) do
    case EctoLibSql.handle_fetch(query, cursor, options, state) do
      {:cont, result, _} -> [result | drain(state, {query, cursor}, options)]
      {:halt, result, _} -> [result]
    end
  end

  test "1000 rows at max_rows: 100 are 11 results, the last one empty" do
    state = open!()
    results = drain(state, declare!(state, @numbers, [1000]), max_rows: 100)
    # A server may send a result of fewer rows.
    assert length(results) in if(Suite.server?(), do: 11..100, else: 11..11)
    assert Enum.all?(results, &(&1.num_rows <= 100))
    assert %Result{rows: [], num_rows: 0} = List.last(results)
    assert Enum.flat_map(results, & &1.rows) == Enum.map(1..1000, &[&1])
    assert Enum.all?(results, &(&1.columns == ["i"]))
  end

  @tag :local_answer
  test "max_rows is 500 unless given" do
    state = open!()

    assert [%Result{num_rows: 500}, %Result{num_rows: 100}, %Result{num_rows: 0}] =
             drain(state, declare!(state, @numbers, [600]), [])
  end

  test "a query without rows halts at once with its columns" do
    state = open!()

    assert [%Result{columns: ["a"], rows: []}] =
             drain(state, declare!(state, "SELECT 1 AS a WHERE 0"), [])
  end

  test "a fetch after the end returns no rows" do
    state = open!()
    {query, cursor} = declare!(state, @numbers, [3])
    drain(state, {query, cursor}, [])
    assert elem(EctoLibSql.handle_fetch(query, cursor, [], state), 0) in [:halt, :error]
    assert_usable(state)
  end

  test "the cursor has a ref" do
    {_query, cursor} = declare!(open!(), "SELECT 1")
    assert %{ref: _} = cursor
  end

  test "takes a map of parameters" do
    state = open!()
    {query, cursor} = declare!(state, "SELECT :a AS a", %{a: 7})
    assert {:cont, %Result{rows: [[7]]}, _} = EctoLibSql.handle_fetch(query, cursor, [], state)
  end

  test "yields the rows of RETURNING" do
    state = open!()
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")
    results = drain(state, declare!(state, "INSERT INTO t (x) VALUES (1), (2) RETURNING id"), [])
    assert Enum.flat_map(results, & &1.rows) == [[1], [2]]
    assert value!(state, "SELECT count(*) FROM t") == 2
  end

  test "reports a syntax error when it is declared" do
    assert {:error, %Error{message: ~S(near "SELEC": syntax error)}, %State{}} =
             EctoLibSql.handle_declare("SELEC", [], [], open!())
  end

  test "several are open at once, with writes between their fetches" do
    state = open!()
    run!(state, "CREATE TABLE t (x)")
    {q1, c1} = declare!(state, @numbers, [4])
    {q2, c2} = declare!(state, "SELECT i * 10 FROM (#{@numbers})", [4])

    rows =
      for _ <- 1..2 do
        {:cont, %Result{rows: one}, _} = EctoLibSql.handle_fetch(q1, c1, [max_rows: 2], state)
        run!(state, "INSERT INTO t VALUES (1)")
        {:cont, %Result{rows: two}, _} = EctoLibSql.handle_fetch(q2, c2, [max_rows: 2], state)
        {one, two}
      end

    assert rows == [{[[1], [2]], [[10], [20]]}, {[[3], [4]], [[30], [40]]}]
    assert value!(state, "SELECT count(*) FROM t") == 2
  end

  test "one that was declared in a transaction ends with it" do
    state = open!()
    begun = begin!(state)
    {query, cursor} = declare!(begun, @numbers, [1000])
    {:cont, _, _} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 10], begun)
    ended = rollback!(begun)

    assert {:error, %Error{sqlite: %{extended_code: :not_found_cursor}}, _} =
             EctoLibSql.handle_fetch(query, cursor, [max_rows: 10], ended)

    assert_usable(ended)
  end

  test "deallocating ends it, and is fine for unknown and finished ones" do
    state = open!()
    {query, cursor} = declare!(state, @numbers, [1000])
    assert {:ok, %Result{}, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)
    assert {:ok, %Result{}, _} = EctoLibSql.handle_deallocate(query, cursor, [], state)

    assert {:error, %Error{sqlite: %{extended_code: :not_found_cursor}}, _} =
             EctoLibSql.handle_fetch(query, cursor, [], state)
  end

  test "an open cursor does not keep the database from closing" do
    path = temp_file()
    state = file!(path)
    declare!(state, @numbers, [1000])
    assert :ok = EctoLibSql.disconnect([], state)
    run!(file!(path, busy_timeout: 0), "CREATE TABLE t (x)")
  end

  @tag :local
  test "memory is bounded by max_rows, not by the result" do
    state = open!()
    sql = "SELECT i, printf('%0100d', i) FROM (#{@numbers})"
    {query, cursor} = declare!(state, sql, [300_000])
    {:cont, _, _} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 1000], state)
    {:ok, before} = Native.stats(state)
    assert count(state, query, cursor, 1000) == 300_000
    {:ok, later} = Native.stats(state)
    assert later.memory_bytes - before.memory_bytes < 1_000_000
  end

  defp count(state, query, cursor, total) do
    case EctoLibSql.handle_fetch(query, cursor, [max_rows: 1000], state) do
      {:cont, %Result{num_rows: n}, _} -> count(state, query, cursor, total + n)
      {:halt, _, _} -> total
    end
  end

  test "a cursor that does not exist is not found" do
    state = open!()

    for cursor <- [nil, :cursor, 5, "nope", %{}, %{ref: "nope"}, %{ref: make_ref()}] do
      assert {:error, error, ^state} = EctoLibSql.handle_fetch("SELECT 1", cursor, [], state)
      assert error.message =~ ~r/^Cursor not found|^cursor id must be/
      assert {:ok, %Result{}, _} = EctoLibSql.handle_deallocate("SELECT 1", cursor, [], state)
    end
  end

  test "the memory of the process does not grow with the rows that a cursor has read" do
    assert cursor_growth(200_000) < 16_000_000
  end

  # Bytes by which the process's memory grew while a cursor read `total` rows.
  defp cursor_growth(total) do
    state = open!()

    sql = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < #{total})
    SELECT i, printf('%0100d', i) FROM n
    """

    {:ok, query, cursor, _} = EctoLibSql.handle_declare(sql, [], [], state)
    {:cont, first, _} = EctoLibSql.handle_fetch(query, cursor, [max_rows: 1000], state)
    before = memory()
    {read, peak} = read_all(state, query, cursor, first.num_rows, before)
    assert read == total
    peak - before
  end

  defp read_all(state, query, cursor, read, peak) do
    case EctoLibSql.handle_fetch(query, cursor, [max_rows: 1000], state) do
      {:cont, %Result{num_rows: n}, _} ->
        peak = if rem(read, 50_000) < 1000, do: max(peak, memory()), else: peak
        read_all(state, query, cursor, read + n, peak)

      {:halt, _, _} ->
        {read, peak}
    end
  end

  # What this process keeps: other tests run at the same time. EctoLibSql.StressTest looks at the whole VM.
  defp memory do
    :erlang.garbage_collect()
    {:memory, own} = Process.info(self(), :memory)
    {:binary, binaries} = Process.info(self(), :binary)
    own + (binaries |> Enum.map(&elem(&1, 1)) |> Enum.sum())
  end
end
