defmodule EctoLibSql.Parameters.PropertiesTest do
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.Terms

  @names [:a, :b, :c, "a", "b", "c", ":a", "@b", "$c", :"", "", 1, nil]

  test "any parameters give a result, an error or an ArgumentError", context do
    Terms.seed(context)
    state = open!()

    for _ <- 1..600 do
      sql = Terms.pick(["SELECT :a", "SELECT :a, @b, $c", "SELECT ?", "SELECT ?, ?", "SELECT 1"])

      parameters =
        Terms.pick([
          fn -> Terms.any() end,
          fn -> for _ <- 1..2, do: Terms.any() end,
          fn -> Map.new(1..3, fn _ -> {Terms.pick(@names), Terms.any()} end) end,
          fn -> Terms.keyword([:a, :b, :c]) end
        ]).()

      try do
        case EctoLibSql.handle_execute(sql, parameters, [], state) do
          {:ok, %Query{}, %Result{rows: [_]}, %State{}} -> :ok
          {:error, %Error{}, %State{}} -> :ok
          other -> flunk("#{inspect(other)} for #{sql} with #{inspect(parameters)}")
        end
      rescue
        ArgumentError -> :ok
      end
    end

    assert_usable(state)
  end

  test "a map binds exactly when every name has a value", context do
    Terms.seed(context)
    state = open!()

    for _ <- 1..200 do
      present = Enum.filter([:a, :b, :c], fn _ -> Terms.pick([true, true, false]) end)
      values = Map.new(present, &{&1, Terms.storable()})

      case [:a, :b, :c] -- present do
        [] ->
          assert rows!(state, "SELECT :a, :b, :c", values) == [[values.a, values.b, values.c]]

        missing ->
          listed = Enum.map_join(missing, ", ", &":#{&1}")

          error = assert_raise ArgumentError, fn -> run!(state, "SELECT :a, :b, :c", values) end
          assert String.starts_with?(error.message, "Missing required parameters: " <> listed)
      end
    end
  end
end
