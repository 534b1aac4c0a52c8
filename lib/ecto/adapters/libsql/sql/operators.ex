defmodule Ecto.Adapters.LibSql.SQL.Operators do
  @moduledoc false
  # The comparisons that are more than an operator: IN, LIKE, ANY and ALL.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{
    ExactDecimal,
    Array,
    Expr,
    Fragment,
    Json,
    Operands,
    Parameter,
    Scope,
    Select
  }

  alias Ecto.Adapters.LibSql.SQL.Typing.{Infer, Sources, Uuid}
  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias Ecto.Query.Tagged

  @type sql :: Parameter.sql()

  @empty "(SELECT NULL WHERE 1=0)"

  @spec member(term(), term(), Scope.t()) :: sql()
  def member(left, right, scope) do
    right = if is_binary(right), do: listed(right, Infer.of(left, scope)), else: right
    type = field_type(right, scope)
    Array.same_form!(type, scope)

    with {:array, _} <- type,
         found when found != nil <-
           Array.has(Expr.expr(right, scope), Expr.operand(left, scope), type) do
      found
    else
      _no_array_or_plain -> [left(left, right, scope), " IN " | set(right, left, scope)]
    end
  end

  defp field_type({{:., _, _}, _, []} = field, scope), do: Infer.of(field, scope)
  defp field_type(_expr, _scope), do: nil

  defp left(left, %Ecto.SubQuery{} = set, scope), do: Operands.member_of_query(left, set, scope)

  defp left(left, [_ | _] = members, scope), do: Operands.member_of_list(left, members, scope)
  defp left(left, _values, scope), do: Operands.member_of_list(left, [nil], scope)

  # A list of literals compared with a field arrives as the planner dumps an array: as JSON. What the field stores may
  # have another form, so each member is dumped as the field's type does it.
  defp listed(json, nil), do: json

  defp listed(json, type) do
    with {:ok, list} <- Codec.load_json(json),
         {:ok, list} <- Types.Array.load({:array, type}, list) do
      for member <- list do
        {:ok, stored} = Ecto.Type.adapter_dump(Types, type, member)
        stored
      end
    else
      :error -> json
    end
  end

  defp set([], _left, _scope), do: @empty
  defp set({:^, _, [_ix, 0]}, _left, _scope), do: @empty

  # A list of tuples is a table of rows.
  defp set([{:{}, _, _} | _] = rows, _left, scope),
    do: ["(VALUES ", Enum.map_intersperse(rows, ", ", &Expr.expr(&1, scope)), ?)]

  defp set(list, left, scope) when is_list(list) do
    members = Enum.map(list, &Operands.adapted(&1, left, scope))
    others = if Uuid.both_forms?(left, scope), do: Enum.flat_map(list, &bytes/1), else: []
    [?(, Enum.intersperse(members ++ others, ", "), ?)]
  end

  defp set({:^, _, [ix, length]}, left, scope) when is_integer(length) do
    {form, wrap} = Operands.context(left, scope)
    forms = if Uuid.both_forms?(left, scope), do: [form, :uuid_bytes], else: [form]
    Parameter.list(ix, length, forms, wrap)
  end

  defp set(%Ecto.SubQuery{} = subquery, _left, scope), do: Expr.expr(subquery, scope)

  defp set({:fragment, _, parts} = fragment, _left, scope) do
    sql = Expr.expr(fragment, scope)
    if Fragment.set?(parts), do: sql, else: Json.members(sql)
  end

  defp set(array, left, scope) do
    {_form, wrap} = Operands.context(left, scope)
    ["(SELECT ", Parameter.wrap("value", wrap), " FROM json_each(", Expr.expr(array, scope), "))"]
  end

  # The bytes of a UUID that is a parameter or written out.
  defp bytes({:^, [], [ix]}), do: [Parameter.parameter(ix, :uuid_bytes)]
  defp bytes(%Tagged{value: value}), do: bytes(value)

  defp bytes(text) when is_binary(text) do
    case Uuid.parameter(text) do
      {:blob, _} = bytes -> [Expr.expr(bytes, nil)]
      _other -> []
    end
  end

  defp bytes(_expr), do: []

  @doc """
  LIKE with a backslash as escape character. SQLite's LIKE ignores the case of ASCII letters. LIKE never matches a
  blob, so binary fields are compared as text.
  """
  @spec like(:like | :ilike, term(), term(), Scope.t()) :: sql()
  def like(kind, left, right, scope) do
    binary? = :binary in [Infer.of(left, scope), Infer.of(right, scope)]
    left = text(Expr.operand(left, scope), binary?)
    right = text(Expr.operand(right, scope), binary?)
    {left, right} = if kind == :ilike, do: {folded(left), folded(right)}, else: {left, right}
    [left, " LIKE ", right, " ESCAPE '\\'"]
  end

  # The driver registers the function, in local databases only.
  defp folded(sql),
    do: if(Types.setting(:ilike, :ascii) == :unicode, do: ["libsql_fold(", sql, ?)], else: sql)

  defp text(sql, true), do: ["CAST(", sql, " AS TEXT)"]
  defp text(sql, false), do: sql

  @doc """
  `left op any(subquery)` and `left op all(subquery)`, which SQLite does not have: membership where it means the same,
  else a comparison with the smallest or largest value. An empty set and NULLs in it give the result of standard SQL.
  """
  @spec quantified(atom(), :any | :all, term(), Ecto.SubQuery.t(), Scope.t()) :: sql()
  def quantified(:==, :any, left, subquery, scope), do: member(left, subquery, scope)

  def quantified(:!=, :all, left, subquery, scope),
    do: [left(left, subquery, scope), " NOT IN " | Expr.expr(subquery, scope)]

  def quantified(op, quantifier, left, subquery, scope) do
    exact? = ExactDecimal.exact?(subquery, scope)
    left = left(left, subquery, scope)
    set = [?(, named(subquery, scope), ?)]
    holds = holds(op, quantifier, left, {set, exact?})
    {empty, decided} = if quantifier == :any, do: {"0", "1"}, else: {"1", "0"}
    decisive = if quantifier == :any, do: holds, else: ["NOT ", holds]

    [
      ["(CASE WHEN NOT EXISTS ", set, " THEN ", empty, " WHEN ", decisive, " THEN ", decided],
      [" WHEN EXISTS (SELECT 1 FROM ", set, " WHERE \"v\" IS NULL) THEN NULL ELSE ", holds],
      " END)"
    ]
  end

  defp holds(:==, :all, left, set), do: both(left, " = ", " AND ", set)
  defp holds(:!=, :any, left, set), do: both(left, " <> ", " OR ", set)

  defp holds(op, quantifier, left, set) do
    bound =
      case {quantifier, op in [:>, :>=]} do
        {:any, true} -> "min"
        {:any, false} -> "max"
        {:all, true} -> "max"
        {:all, false} -> "min"
      end

    [?(, left, ?\s, Atom.to_string(op), ?\s, bound(bound, set), ?)]
  end

  defp both(left, op, link, set),
    do: [?(, left, op, bound("min", set), link, left, op, bound("max", set), ?)]

  defp bound(function, {set, exact?}) do
    collation = if exact?, do: " COLLATE decimal", else: []
    ["(SELECT ", function, "(\"v\"", collation, ") FROM ", set, ?)]
  end

  defp named(%{query: %{select: %{fields: [field]} = select} = query}, scope) do
    query = %{query | select: %{select | fields: [v: Scope.value(field)]}}
    query |> Sources.inside(scope) |> Select.query()
  end

  defp named(%{query: query}, scope) do
    error!(
      scope.query,
      "any/1 and all/1 need a sub-query of one field, got: #{inspect(query)}"
    )
  end
end
