defmodule Ecto.Adapters.LibSql.SQL.Quote do
  @moduledoc false
  # Names, literals and errors of the SQL generator: the only place where text from outside becomes
  # part of a statement.

  @doc "An identifier in double quotes, inner quotes doubled."
  @spec name(atom() | String.t()) :: iodata()
  def name(name) when is_atom(name) and not is_nil(name), do: name(Atom.to_string(name))

  def name(name) when is_binary(name) do
    if plain?(name), do: [?", name, ?"], else: [?", escape_name!(name), ?"]
  end

  # A statement has many names, and searching them by String would be half the time of writing it.
  defp plain?(<<byte, rest::binary>>) when byte not in [0, ?"], do: plain?(rest)
  defp plain?(rest), do: rest == ""

  defp escape_name!(name) do
    if String.contains?(name, <<0>>) do
      raise ArgumentError, "a name may not contain a zero byte, got: #{inspect(name)}"
    end

    String.replace(name, ~s("), ~s(""))
  end

  @doc "A table's name, with the attached database in front when there is a prefix."
  @spec table(atom() | String.t() | nil, atom() | String.t()) :: iodata()
  def table(nil, table), do: name(table)
  def table(prefix, table), do: [name(prefix), ?., name(table)]

  @spec names([atom() | String.t()]) :: iodata()
  def names(names), do: Enum.map_intersperse(names, ", ", &name/1)

  @doc """
  The name of a column that a rewrite adds. Its colon keeps it apart from the names of fields.
  """
  @spec ours(String.t()) :: atom()
  def ours(name), do: :"libsql:#{name}"

  @doc "A text literal. Text with a zero byte cannot be written as one, so it is a cast blob."
  @spec text(String.t()) :: iodata()
  def text(value) when is_binary(value) do
    if String.contains?(value, <<0>>) do
      ["CAST(", blob(value), " AS TEXT)"]
    else
      [?', escape(value), ?']
    end
  end

  @spec escape(String.t()) :: String.t()
  def escape(value), do: String.replace(value, "'", "''")

  @spec blob(binary()) :: iodata()
  def blob(value) when is_binary(value), do: ["x'", Base.encode16(value, case: :lower), ?']

  @spec integer(integer()) :: String.t()
  def integer(-9_223_372_036_854_775_808), do: "(-9223372036854775807 - 1)"

  def integer(value)
      when value > -9_223_372_036_854_775_808 and value < 9_223_372_036_854_775_808,
      do: Integer.to_string(value)

  def integer(value) do
    raise ArgumentError, "integer #{value} does not fit the 64 bits of an SQLite integer"
  end

  @doc "Raises an `Ecto.QueryError` about `query`, or an `ArgumentError` where there is no query."
  @spec error!(Ecto.Query.t() | map() | nil, String.t()) :: no_return()
  def error!(%Ecto.Query{} = query, message) do
    raise Ecto.QueryError, query: query, message: message
  end

  def error!(_query, message), do: raise(ArgumentError, message)
end
