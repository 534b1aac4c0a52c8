defmodule EctoLibSql.Parameters.EncodingTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Terms

  defmodule Odd do
    defstruct secret: "s3cr3t"
  end

  setup do: %{state: open!()}

  @values [
    {nil, "null", nil},
    {:null, "null", nil},
    {42, "integer", 42},
    {-9_223_372_036_854_775_808, "integer", -9_223_372_036_854_775_808},
    {9_223_372_036_854_775_807, "integer", 9_223_372_036_854_775_807},
    {1.5, "real", 1.5},
    {:infinity, "real", :infinity},
    {:neg_infinity, "real", :neg_infinity},
    {:nan, "null", nil},
    {true, "integer", 1},
    {false, "integer", 0},
    {"text", "text", "text"},
    {"", "text", ""},
    {"é✓", "text", "é✓"},
    {<<0xFF, 0x00>>, "blob", <<0xFF, 0x00>>},
    {{:blob, "abc"}, "blob", "abc"},
    {{:blob, ""}, "blob", ""},
    {{:text, "abc"}, "text", "abc"},
    {"a\0b", "text", "a\0b"},
    {~D[2026-01-02], "text", "2026-01-02"},
    {~T[03:04:05], "text", "03:04:05"},
    {~N[2026-01-02 03:04:05], "text", "2026-01-02T03:04:05"},
    {~U[2026-01-02 03:04:05Z], "text", "2026-01-02T03:04:05Z"},
    {~U[2026-01-02 03:04:05.123456Z], "text", "2026-01-02T03:04:05.123456Z"},
    # 14:00 two hours east of Greenwich.
    {%{~U[2026-01-02 14:00:00Z] | time_zone: "Europe/Athens", zone_abbr: "EET", utc_offset: 7200},
     "text", "2026-01-02T12:00:00Z"},
    {:pending, "text", "pending"},
    {%{"a" => 1}, "text", ~s({"a":1})}
  ]

  for {value, type, expected} <- @values do
    # JSON has no infinite numbers.
    if value in [:infinity, :neg_infinity], do: @tag(:local_answer)

    test "#{inspect(value)} is stored as #{type}", %{state: state} do
      value = unquote(Macro.escape(value))
      expected = [[unquote(type), unquote(expected)]]
      sql = "SELECT typeof(?1), ?1"
      assert rows!(state, sql, [value]) == expected
      assert rows!(state, "SELECT typeof(:v), :v", %{v: value}) == expected
      {:ok, statement} = Native.prepare(state, sql)
      assert {:ok, %Result{rows: ^expected}} = Native.query_stmt(state, statement, [value])
      assert {:ok, [%Result{rows: ^expected}]} = Native.batch(state, [{sql, [value]}])
      {:ok, query, cursor, _} = EctoLibSql.handle_declare(sql, [value], [], state)

      assert {:cont, %Result{rows: ^expected}, _} =
               EctoLibSql.handle_fetch(query, cursor, [], state)
    end
  end

  test "text with NUL is stored whole", %{state: state} do
    run!(state, "CREATE TABLE t (x)")
    run!(state, "INSERT INTO t VALUES (?)", ["a\0b\0"])
    assert rows!(state, "SELECT x, length(CAST(x AS BLOB)) FROM t") == [["a\0b\0", 4]]
  end

  test "integers beyond 64 bits are refused, not cut", %{state: state} do
    for integer <- [9_223_372_036_854_775_808, -9_223_372_036_854_775_809, Integer.pow(10, 40)] do
      assert error!(state, "SELECT ?", [integer]).message =~ "integer out of range"
      assert error!(state, "SELECT :a", %{a: integer}).message =~ "integer out of range"
    end

    assert_usable(state)
  end

  test "a bitstring that is no binary is refused", %{state: state} do
    assert error!(state, "SELECT ?", [<<5::3>>]).message ==
             "parameter 1: a bitstring that is not a binary cannot be stored"

    assert_usable(state)
  end

  test "{:text, _} must be UTF-8", %{state: state} do
    assert error!(state, "SELECT ?", [{:text, <<255>>}]).message ==
             "parameter 1 is tagged as text but is not valid UTF-8"
  end

  test "a list that is no list of bytes is refused with a hint", %{state: state} do
    message =
      try do
        error!(state, "SELECT ?", [["ab", ["c"]]]).message
      rescue
        error in ArgumentError -> error.message
      end

    assert message =~ "JSON"
    assert message =~ ":blob"
  end

  test "to Native a list of bytes is a BLOB, and no other list is", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT typeof(?1), ?1")
    assert {:ok, %Result{rows: [["blob", "hi"]]}} = Native.query_stmt(state, statement, ['hi'])

    for list <- [["a", "b"], [[104], 105], [256], [-1], [1.5], [1 | 2], ["a" | "b"]] do
      assert {:error, reason} = Native.query_stmt(state, statement, [list])
      assert reason =~ "JSON" and reason =~ ":blob"
      assert {:error, ^reason} = Native.execute_stmt(state, statement, "", [list])
    end
  end

  test "a tag without its binary is not taken for a name", %{state: state} do
    for term <- [{:blob, nil}, {:text, 5}, {:blob, 'hi'}] do
      error = assert_raise ArgumentError, fn -> run!(state, "SELECT ?", [term]) end
      assert error.message =~ "parameter 1" and error.message =~ "takes a binary"
    end

    assert rows!(state, "SELECT :id, :blob", id: 1, blob: 2) == [[1, 2]]
    assert rows!(state, "SELECT :blob", %{blob: 2}) == [[2]]
  end

  test "arguments that are no list are refused as such", %{state: state} do
    {:ok, statement} = Native.prepare(state, "SELECT ?")
    text = "arguments must be a list or map"

    for args <- [5, nil, "x", {1}, 1..2, [1 | 2]] do
      assert {:error, ^text} = Native.query_stmt(state, statement, args)
      assert {:error, ^text} = Native.execute_stmt(state, statement, "", args)
      assert {:error, ^text} = Native.normalise_arguments(state.conn_id, "SELECT :a", args)
      assert %Error{message: ^text} = error!(state, "SELECT ?", args)
      assert {:error, %Error{message: ^text}, _} = Native.query(state, "SELECT ?", args)
      assert {:error, ^text} = Native.query_args(state.conn_id, :local, false, "SELECT ?", args)
      assert {:error, ^text} = Native.declare_cursor(state.conn_id, "SELECT ?", args)
    end
  end

  test "a map that JSON cannot hold raises", %{state: state} do
    assert_raise ArgumentError, ~r/^Cannot encode map parameter to JSON/, fn ->
      run!(state, "SELECT ?", [%{"a" => self()}])
    end
  end

  test "other terms raise, naming position and kind but not the value", %{state: state} do
    for {term, leak} <- [
          {%Odd{}, "s3cr3t"},
          {{:other, "s3cr3t"}, "s3cr3t"},
          {self(), inspect(self())},
          {make_ref(), "#Reference"}
        ] do
      error = assert_raise ArgumentError, fn -> run!(state, "SELECT ?, ?", [1, term]) end
      assert error.message =~ "2"
      refute error.message =~ leak
    end

    assert_usable(state)
  end

  if Code.ensure_loaded?(Decimal) do
    test "decimals are text in plain notation", %{state: state} do
      for {text, expected} <- [{"1E+3", "1000"}, {"-1.50", "-1.50"}, {"1E-7", "0.0000001"}] do
        decimal = apply(Decimal, :new, [text])
        assert rows!(state, "SELECT typeof(?1), ?1", [decimal]) == [["text", expected]]
      end
    end
  end

  if Code.ensure_loaded?(Duration) do
    test "durations are text in ISO 8601", %{state: state} do
      duration = apply(Duration, :new!, [[hour: 1, minute: 30]])
      assert rows!(state, "SELECT ?", [duration]) == [["PT1H30M"]]
    end
  end

  test "storable values come back as they went in", %{state: state} = context do
    Terms.seed(context)
    run!(state, "CREATE TABLE t (id INTEGER PRIMARY KEY, x)")

    for id <- 1..300 do
      value = Terms.storable()
      run!(state, "INSERT INTO t VALUES (?, ?)", [id, value])
      assert rows!(state, "SELECT x FROM t WHERE id = ?", [id]) == [[value]]
    end
  end

  test "16-byte keys tagged as blobs are always found again", %{state: state} = context do
    Terms.seed(context)
    run!(state, "CREATE TABLE t (k BLOB PRIMARY KEY)")
    # The last ones are valid UTF-8, so that without the tag they would be stored as text.
    keys = for(_ <- 1..300, do: :rand.bytes(16)) ++ for(_ <- 1..50, do: ascii(16))

    for key <- keys do
      run!(state, "INSERT INTO t VALUES (?)", [{:blob, key}])

      assert rows!(state, "SELECT typeof(k), k FROM t WHERE k = ?", [{:blob, key}]) == [
               ["blob", key]
             ]
    end
  end

  defp ascii(n), do: for(_ <- 1..n, into: <<>>, do: <<:rand.uniform(95) + 31>>)

  test "binary keys are found again" do
    state = open!()
    run!(state, "CREATE TABLE t (k BLOB PRIMARY KEY)")
    # Valid UTF-8, as one random UUID in 15,000 is.
    for key <- ["abcdefghijklmnop", :binary.copy(<<0>>, 16), :binary.copy(<<255>>, 16)] do
      run!(state, "INSERT INTO t VALUES (?)", [{:blob, key}])
      assert rows!(state, "SELECT k FROM t WHERE k = ?", [{:blob, key}]) == [[key]]
    end

    assert rows!(state, "SELECT DISTINCT typeof(k) FROM t") == [["blob"]]
  end
end
