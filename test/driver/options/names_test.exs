defmodule EctoLibSql.Options.NamesTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Options.Names

  defp refused(options, known \\ [:timeout, :cache]) do
    assert {:error, %Error{kind: :invalid_argument} = error} =
             Names.check(options, known, "a query")

    assert_raise ArgumentError, error.message, fn -> Names.check!(options, known, "a query") end
    error.message
  end

  test "an unknown option is named with its value and the nearest name" do
    assert refused(cache: true, timeuot: 5) ==
             "unknown option :timeuot (got: 5) of a query; did you mean :timeout?"
  end

  test "no name is proposed where none is near" do
    assert refused(colour: nil) == "unknown option :colour (got: nil) of a query"
    assert refused([colour: nil], []) == "unknown option :colour (got: nil) of a query"
  end

  test "the value is shown if it is an atom or a number, as anything else may be a secret" do
    for value <- ["eyJhbGciOi", [token: "eyJhbGciOi"], {:system, "eyJhbGciOi"}, fn -> :token end] do
      assert refused(auth_tokn: value) == "unknown option :auth_tokn of a query"
    end
  end

  test "known options and none are taken, and only keyword lists" do
    assert Names.check([], [:timeout], "a query") == :ok
    assert Names.check([timeout: :anything, timeout: 1], [:timeout], "a query") == :ok

    for options <- [nil, %{timeout: 1}, [:timeout], [{"timeout", 1}], [timeout: 1] ++ :rest] do
      assert refused(options, [:timeout]) == "the options of a query must be a keyword list"
    end
  end

  describe "every call with options refuses an unknown one" do
    setup do: {:ok, state: open!()}

    @calls [
      {"EctoLibSql.connect/1", :jornal_mode, :journal_mode, "a connection",
       quote(do: fn _state, opts -> EctoLibSql.connect([database: ":memory:"] ++ opts) end)},
      {"EctoLibSql.start_link/1", :pool_sise, :pool_size, "a connection",
       quote(do: fn _state, opts -> EctoLibSql.start_link([database: ":memory:"] ++ opts) end)},
      {"EctoLibSql.query/4", :timeuot, :timeout, "a query",
       quote(do: &EctoLibSql.query(&1, "CREATE TABLE t (x)", [], &2))},
      {"EctoLibSql.transaction/3", :mod, :mode, "a transaction",
       quote(do: fn state, opts -> EctoLibSql.transaction(state, &create/1, opts) end)},
      {"Native.begin/2", :behavour, :behaviour, "a transaction",
       quote(do: &Native.begin(&1, &2))},
      {"Native.batch/3", :result, :results, "a batch",
       quote(do: &Native.batch(&1, [{"CREATE TABLE t (x)", []}], &2))},
      {"Native.backup/3", :progres, :progress, "a backup",
       quote(do: &Native.backup(&1, "/nowhere", &2))},
      {"Native.sync/2", :timout, :timeout, "a sync", quote(do: &Native.sync(&1, &2))},
      {"Native.set_access_policy/2", :deni, :deny, "an access policy",
       quote(do: &Native.set_access_policy(&1, &2))}
    ]

    for {name, wrong, right, owner, call} <- @calls do
      test "#{name}", %{state: state} do
        assert {:error, reason} = unquote(call).(state, [{unquote(wrong), 1}])

        assert EctoLibSql.Error.from_reason(reason).message ==
                 "unknown option #{inspect(unquote(wrong))} (got: 1) of #{unquote(owner)}; " <>
                   "did you mean #{inspect(unquote(right))}?"

        assert rows!(state, "SELECT count(*) FROM sqlite_master") == [[0]]
        assert EctoLibSql.handle_status([], state) == {:idle, state}
      end
    end

    test "EctoLibSql.stream/4, which raises", %{state: state} do
      assert_raise ArgumentError,
                   "unknown option :max_row (got: 1) of a stream; did you mean :max_rows?",
                   fn -> EctoLibSql.stream(state, "SELECT 1", [], max_row: 1) end
    end

    defp create(state), do: run!(state, "CREATE TABLE t (x)")
  end

  test "a pool is not started with options that cannot work" do
    for {options, text} <- [
          {[], "the option :database is missing"},
          {[database: ":memory:", synchronous: :maybe], "the option :synchronous must be one of"},
          {[database: 5], "the option :database must be a path"},
          {:none, "the options of a connection must be a keyword list"}
        ] do
      assert {:error, %Error{kind: :invalid_argument, message: message}} =
               EctoLibSql.start_link(options)

      assert message =~ text
    end
  end
end
