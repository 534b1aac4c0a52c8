defmodule Ecto.Adapters.LibSql.SQL.Fragment do
  @moduledoc false
  # Fragments and the parts that only appear in them.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources}

  @spec fragment({:fragment, term(), list()}, Sources.t(), map()) :: iodata()
  def fragment({:fragment, _, [keyword]}, _sources, query)
      when is_list(keyword) or tuple_size(keyword) == 3 do
    error!(query, "keyword and interpolated fragments are not supported; write the SQL as text")
  end

  def fragment({:fragment, _, parts}, sources, query) do
    sql = pieces(parts, sources, query)
    if query?(parts), do: [?(, sql, ?)], else: sql
  end

  defp pieces([{:raw, text}, {:expr, expr} | parts], sources, query) do
    sql = Expr.expr(expr, sources, query)
    sql = if String.ends_with?(text, "-"), do: behind_minus(sql), else: sql
    [text, sql | pieces(parts, sources, query)]
  end

  defp pieces([{:raw, text} | parts], sources, query), do: [text | pieces(parts, sources, query)]

  defp pieces([{:expr, expr} | parts], sources, query),
    do: [Expr.expr(expr, sources, query) | pieces(parts, sources, query)]

  defp pieces([], _sources, _query), do: []

  # Two of them would begin a comment.
  defp behind_minus(sql) do
    case IO.iodata_to_binary(sql) do
      "-" <> _ = sql -> [?(, sql, ?)]
      sql -> sql
    end
  end

  @doc "Whether a fragment gives a set of rows, and not a value."
  @spec set?(list()) :: boolean()
  def set?(parts), do: query?(parts) or opens?(parts, ~r/^\(/)

  # WITH may also be the name of a column; the others may not.
  defp query?(parts), do: opens?(parts, ~r/^((select|values)(?![\w$])|with[\s\/"`\[])/i)

  # Before the first word there may be blanks and comments.
  defp opens?([{:raw, text} | _], pattern),
    do: Regex.replace(~r/^(\s|--[^\n]*\n|\/\*.*?\*\/)+/s, text, "") =~ pattern

  defp opens?(_parts, _pattern), do: false

  @spec part({atom(), term(), list()}, Sources.t(), map()) :: iodata()
  def part({:identifier, _, [name]}, _sources, _query), do: Quote.name(name)

  def part({:constant, _, [value]}, _sources, _query) when is_binary(value),
    do: Quote.text(value)

  def part({:constant, _, [value]}, _sources, _query) when is_integer(value),
    do: Quote.integer(value)

  def part({:constant, _, [value]}, _sources, _query) when is_float(value),
    do: Float.to_string(value)

  # SQLite knows the empty list. As in Ecto's own adapters, other places than IN () have a syntax error.
  def part({:splice, _, [{:^, _, [_ix, 0]}]}, _sources, _query), do: []

  def part({:splice, _, [{:^, _, [ix, length]}]}, _sources, _query),
    do: Enum.map_intersperse(ix..(ix + length - 1), ", ", &Expr.parameter/1)

  def part({kind, _, args}, _sources, query) do
    error!(query, "unsupported #{kind} in a fragment: #{inspect(args)}")
  end

  @doc "A fragment as a source or as the body of a CTE."
  @spec body({:fragment, term(), list()}, Sources.t(), map()) :: iodata()
  def body({:fragment, _, parts} = fragment, sources, query) do
    sql = fragment(fragment, sources, query)
    if query?(parts), do: sql, else: [?(, sql, ?)]
  end
end
