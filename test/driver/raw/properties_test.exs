defmodule EctoLibSql.Raw.PropertiesTest do
  # Arbitrary terms at every raw function: never a crash of the VM, always a documented answer, or
  # the exception of a wrong call.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{Surface, Terms}

  @rounds 60

  # connect/2 has a test of its own, so that no file is made from a random name.
  for {name, arity} <- Surface.raw(), {name, arity} != {:connect, 2} do
    test "#{name}/#{arity} with any terms", context do
      Terms.seed(context)
      connection = Native.connect([database: ":memory:"], :local)
      Native.query_args(connection, :local, :disable_sync, "CREATE TABLE t (x)", [])
      valid = ids(connection)

      for _ <- 1..@rounds do
        arguments = for position <- 1..unquote(arity)//1, do: argument(position, valid)
        check(unquote(name), arguments)
      end

      # A call may have closed it; if it is open, it works.
      if Native.ping(connection) == true do
        Native.reset_connection(connection)

        assert %{"rows" => [[1]]} =
                 Native.query_args(connection, :local, :disable_sync, "SELECT 1", [])
      end
    end
  end

  test "connect/2 with any options and modes", context do
    Terms.seed(context)
    folder = temp_folder()

    keys = ~w(busy_timeout journal_mode synchronous foreign_keys cache_size temp_store attach mode
         custom_pragmas load_extensions serialized statement_cache_size auth_token sync)a

    for _ <- 1..200 do
      options =
        Terms.pick([
          fn -> [database: ":memory:"] ++ Terms.keyword(keys) end,
          fn -> [database: Path.join(folder, Terms.text())] end,
          fn -> Terms.keyword(keys) end
        ]).()

      case check(:connect, [options, Terms.pick([:local, :local, :local, :sideways, nil, 5])]) do
        id when is_binary(id) -> assert :ok = Native.close(id, :conn_id)
        _refusal -> :ok
      end
    end
  end

  defp ids(connection) do
    [
      connection,
      Native.prepare_statement(connection, "SELECT ?"),
      Native.declare_cursor(connection, "VALUES (1), (2)", []),
      Native.begin_transaction(connection)
    ]
  end

  # The first two arguments are ids.
  defp argument(position, valid) when position <= 2 do
    if Terms.pick([true, true, false]), do: Terms.pick(valid), else: Terms.any(valid)
  end

  defp argument(_position, valid), do: Terms.any(valid)

  defp check(name, arguments) do
    answer = apply(Native, name, arguments)
    assert documented?(answer), "#{name}(#{inspect(arguments)}) gave #{inspect(answer)}"
    answer
  rescue
    # No clause takes these arguments.
    error in [ArgumentError, FunctionClauseError] -> error
  end

  defp documented?(answer) do
    case answer do
      :ok -> true
      {:ok, _} -> true
      {:error, reason} -> is_binary(reason) or is_atom(reason)
      id when is_binary(id) or is_boolean(id) or is_integer(id) or is_nil(id) -> true
      %{"columns" => _, "rows" => _, "num_rows" => count} -> is_integer(count)
      {columns, rows, count} when is_list(columns) and is_list(rows) and is_integer(count) -> true
      list when is_list(list) -> Enum.all?(list, &(is_nil(&1) or is_map(&1) or is_tuple(&1)))
      _ -> false
    end
  end
end
