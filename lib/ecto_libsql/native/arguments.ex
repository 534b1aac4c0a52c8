defmodule EctoLibSql.Native.Arguments do
  @moduledoc false
  # Arguments in the order of a statement's parameters, for callers that bind by position themselves.

  alias EctoLibSql.Codec
  alias EctoLibSql.Connection.{Prepared, Statements}
  alias EctoLibSql.State

  import EctoLibSql.Native.Answer, only: [text: 1]

  @type failure :: {:error, String.t()}

  @doc "For a text."
  @spec for_text(State.t(), String.t(), term()) :: list() | failure()
  def for_text(state, sql, args), do: by_position(args, fn -> Statements.describe(state, sql) end)

  @doc "For a prepared statement."
  @spec for_prepared(State.t(), String.t(), term()) :: list() | failure()
  def for_prepared(state, id, args), do: by_position(args, fn -> Prepared.describe(state, id) end)

  defp by_position(args, describe) when is_list(args) do
    cond do
      List.improper?(args) -> by_position(:improper, describe)
      args == [] or not Keyword.keyword?(args) or Codec.plain?(args) -> args
      true -> by_position(Map.new(Enum.reverse(args)), describe)
    end
  end

  defp by_position(args, describe) when is_map(args) and not is_struct(args) do
    with {:ok, {_columns, names}} <- text(describe.()), do: pick(names, args)
  end

  defp by_position(_args, _describe), do: {:error, "arguments must be a list or map"}

  defp pick(names, args) do
    given = Map.new(args, fn {name, value} -> {bare_name(name), value} end)
    wanted = Enum.map(names, &bare_name/1)

    cond do
      Enum.any?(names, &(&1 == nil or String.starts_with?(&1, "?"))) ->
        {:error, "Cannot use named parameter map with SQL that has positional parameters"}

      (missing = Enum.reject(wanted, &is_map_key(given, &1))) != [] ->
        {:error,
         "Missing required parameters: #{listed(missing)}. The SQL requires: #{listed(wanted)}"}

      true ->
        Enum.map(wanted, &Map.fetch!(given, &1))
    end
  end

  defp bare_name(nil), do: nil
  defp bare_name(name) when is_atom(name), do: bare_name(Atom.to_string(name))
  defp bare_name(<<prefix, name::binary>>) when prefix in [?:, ?@, ?$], do: name
  defp bare_name(name), do: name

  defp listed(names), do: Enum.map_join(names, ", ", &":#{&1}")
end
