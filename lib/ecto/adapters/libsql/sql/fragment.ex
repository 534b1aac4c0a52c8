defmodule Ecto.Adapters.LibSql.SQL.Fragment do
  @moduledoc false
  # Fragments and the parts that only appear in them.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Expr, Operands, Parameter, Quote, Scope}
  alias Ecto.Adapters.LibSql.SQL.Fragment.Comparison

  @type sql :: Parameter.sql()

  @spec fragment({:fragment, term(), list()}, Scope.t()) :: sql()
  def fragment({:fragment, _, [keyword]}, scope)
      when is_list(keyword) or tuple_size(keyword) == 3 do
    error!(
      scope.query,
      "keyword and interpolated fragments are not supported; write the SQL as text"
    )
  end

  def fragment({:fragment, _, parts}, scope) do
    sql = parts |> Comparison.mark() |> pieces(scope)
    if query?(parts), do: [?(, sql, ?)], else: sql
  end

  defp pieces([{:raw, text}, {:expr, {:&, _, [ix]}} | parts], scope) do
    source = Scope.source(scope, ix)

    # The column of a virtual table that has the table's name.
    if source.kind == :table and table?(text, parts),
      do: [text, source.name, ?., source.table | pieces(parts, scope)],
      else: refuse_whole!(ix, scope)
  end

  defp pieces([{:raw, text}, {:expr, expr} | parts], scope) do
    sql = if String.ends_with?(text, "-"), do: behind_minus(expr, scope), else: value(expr, scope)

    [text, sql | pieces(parts, scope)]
  end

  defp pieces([{:raw, text} | parts], scope), do: [text | pieces(parts, scope)]
  defp pieces([{:expr, expr} | parts], scope), do: [value(expr, scope) | pieces(parts, scope)]
  defp pieces([], _scope), do: []

  defp value(%Comparison{parameters: parameters, with: other}, scope),
    do: Enum.map_intersperse(parameters, ", ", &Operands.untyped(&1, other, scope))

  defp value(expr, scope), do: Expr.expr(expr, scope)

  # It is searched by MATCH or =, and is the first argument of the table's functions: `bm25(?)`.
  defp table?(before, [{:raw, behind} | _]),
    do: before =~ ~r/\w\s*\($/ or behind =~ ~r/^\s*(match\b|=)/i

  defp table?(_before, _parts), do: false

  defp refuse_whole!(ix, scope) do
    table = Scope.source(scope, ix).table

    error!(
      scope.query,
      "a fragment takes a whole source only before MATCH and as the first argument of a function: name a field of " <>
        if(table, do: "#{table}", else: "the sub-query or fragment at position #{ix}")
    )
  end

  # Two minus signs would begin a comment.
  defp behind_minus(number, scope) when is_number(number), do: [?(, Expr.expr(number, scope), ?)]
  defp behind_minus({:-, _, [_]} = expr, scope), do: [?(, Expr.expr(expr, scope), ?)]
  defp behind_minus({:constant, _, _} = expr, scope), do: [?(, Expr.expr(expr, scope), ?)]
  defp behind_minus({:fragment, _, _} = expr, scope), do: [?(, Expr.expr(expr, scope), ?)]
  defp behind_minus(expr, scope), do: Expr.expr(expr, scope)

  @doc "Whether a fragment gives a set of rows, and not a value."
  @spec set?(list()) :: boolean()
  def set?(parts), do: query?(parts) or opens?(parts, ~r/^\(/)

  # WITH may also be the name of a column; the others may not.
  defp query?(parts), do: opens?(parts, ~r/^((select|values)(?![\w$])|with[\s\/"`\[])/i)

  # Before the first word there may be blanks and comments.
  defp opens?([{:raw, text} | _], pattern),
    do: Regex.replace(~r/^(\s|--[^\n]*\n|\/\*.*?\*\/)+/s, text, "") =~ pattern

  defp opens?(_parts, _pattern), do: false

  @spec part({atom(), term(), list()}, Scope.t()) :: sql()
  def part({:identifier, _, [name]}, _scope), do: Quote.name(name)

  def part({:constant, _, [value]}, _scope) when is_binary(value),
    do: Quote.text(value)

  def part({:constant, _, [value]}, _scope) when is_integer(value),
    do: Quote.integer(value)

  def part({:constant, _, [value]}, _scope) when is_float(value),
    do: Float.to_string(value)

  # SQLite knows the empty list. As in Ecto's own adapters, other places than IN () have a syntax error.
  def part({:splice, _, [{:^, _, [_ix, 0]}]}, _scope), do: []

  def part({:splice, _, [{:^, _, [ix, length]}]}, _scope),
    do: Enum.map_intersperse(ix..(ix + length - 1), ", ", &Parameter.parameter/1)

  def part({kind, _, args}, scope) do
    error!(scope.query, "unsupported #{kind} in a fragment: #{inspect(args)}")
  end

  @doc "A fragment as a source or as the body of a CTE."
  @spec body({:fragment, term(), list()}, Scope.t()) :: sql()
  def body({:fragment, _, parts} = fragment, scope) do
    sql = fragment(fragment, scope)
    if query?(parts), do: sql, else: [?(, sql, ?)]
  end
end
