defmodule Ecto.Adapters.LibSql.SQL.Operators do
  @moduledoc false
  # The comparisons that are more than an operator: IN, LIKE, ANY and ALL.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Array, Expr, Fragment, Json, Select, Sources, Typing}
  alias Ecto.Adapters.LibSql.SQL.Typing.{Infer, Uuid}
  alias Ecto.Adapters.LibSql.Types.Codec

  @empty "(SELECT NULL WHERE 1=0)"
  # SQLite's limit on parameters; see LongList.
  @max_parameters 32_766

  @spec max_parameters() :: pos_integer()
  def max_parameters, do: @max_parameters

  @spec member(term(), term(), Sources.t(), map()) :: iodata()
  def member(left, right, sources, query) do
    right = if is_binary(right), do: listed(right, Sources.field_type(left, sources)), else: right
    Array.same_form!(Sources.field_type(right, sources), query)
    both = if Uuid.either?(left, sources), do: Uuid.set(right, sources, query)

    decimal_in_array(left, right, sources, query) ||
      [beside(left, right, sources, query), " IN " | both || set(right, left, sources, query)]
  end

  defp decimal_in_array(left, right, sources, query) do
    with {:array, _} = type <- Sources.field_type(right, sources) do
      Array.has(Expr.expr(right, sources, query), Expr.operand(left, sources, query), type)
    else
      _no_array -> nil
    end
  end

  # The left side stands beside each member.
  defp beside(left, %Ecto.SubQuery{} = set, sources, query),
    do:
      Typing.DateTime.adapted(left, set, sources, query) ||
        Uuid.operand(left, set, sources, query) ||
        Typing.Decimal.operand(left, set, sources, query)

  defp beside(left, [_ | _] = list, sources, query),
    do: Typing.Decimal.beside_list(left, list, sources, query)

  defp beside(left, _values, sources, query),
    do: Typing.Decimal.operand(left, nil, sources, query)

  # A list of literals beside a field arrives as the planner dumps an array: as JSON. What the field
  # stores may have another form, so each member is dumped as the field's type does it.
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

  defp set([], _left, _sources, _query), do: @empty
  defp set({:^, _, [_ix, 0]}, _left, _sources, _query), do: @empty

  # A list of tuples is a table of rows.
  defp set([{:{}, _, _} | _] = rows, _left, sources, query) do
    ["(VALUES ", Enum.map_intersperse(rows, ", ", &Expr.expr(&1, sources, query)), ?)]
  end

  defp set(list, left, sources, query) when is_list(list),
    do: [?(, Enum.map_intersperse(list, ", ", &element(&1, left, sources, query)), ?)]

  # Ecto writes such queries anew each time, and there may be hundreds of members: one is looked at.
  defp set({:^, _, [ix, length]}, left, sources, query) when is_integer(length) do
    last = ix + length - 1

    if element({:^, [], [ix]}, left, sources, query) == Expr.parameter(ix),
      do: [?(, Enum.map_intersperse(ix..last, ", ", &Expr.parameter/1), ?)],
      else: set(for(ix <- ix..last, do: {:^, [], [ix]}), left, sources, query)
  end

  defp set(%Ecto.SubQuery{} = subquery, _left, sources, query),
    do: Expr.expr(subquery, sources, query)

  defp set({:fragment, _, parts} = fragment, _left, sources, query) do
    sql = Expr.expr(fragment, sources, query)
    if Fragment.set?(parts), do: sql, else: Json.members(sql)
  end

  # A long list, see LongList: its members are looked at as those of a short one.
  defp set({:^, [], [_ix]} = array, left, sources, query) do
    value =
      Typing.DateTime.listed("value", left, sources, query) ||
        Uuid.listed("value", left, sources, query)

    members(array, value, left, sources, query)
  end

  defp set(array, left, sources, query), do: members(array, nil, left, sources, query)

  defp members(array, value, left, sources, query) do
    array = Expr.expr(array, sources, query)
    value = value || if Typing.Decimal.computed?(left, sources, query), do: "value + 0"
    if value, do: ["(SELECT ", value, " FROM json_each(", array, "))"], else: Json.members(array)
  end

  defp element(expr, left, sources, query),
    do:
      Typing.DateTime.adapted(expr, left, sources, query) ||
        Uuid.operand(expr, left, sources, query) ||
        Typing.Decimal.member(expr, left, sources, query)

  @doc """
  LIKE with a backslash as escape character. SQLite's LIKE ignores the case of ASCII letters, `ilike` that
  of all. LIKE never matches a blob, so binary fields are compared as text.
  """
  @spec like(:like | :ilike, term(), term(), Sources.t(), map()) :: iodata()
  def like(kind, left, right, sources, query) do
    binary? = :binary in [Infer.of(left, sources, query), Infer.of(right, sources, query)]
    left = text(Expr.operand(left, sources, query), binary?)
    right = text(Expr.operand(right, sources, query), binary?)
    matching(kind, left, right)
  end

  defp matching(:like, left, right), do: [left, " LIKE ", right, " ESCAPE '\\'"]

  # LIKE itself only folds ASCII.
  defp matching(:ilike, left, right),
    do: ["libsql_fold(", left, ") LIKE libsql_fold(", right, ") ESCAPE '\\'"]

  defp text(sql, true), do: ["CAST(", sql, " AS TEXT)"]
  defp text(sql, false), do: sql

  @doc """
  `left op any(subquery)` and `left op all(subquery)`, which SQLite does not have: membership where
  it says the same, else a comparison with the smallest or largest value. An empty set and NULLs in
  it give what the standard says.
  """
  @spec quantified(atom(), :any | :all, term(), Ecto.SubQuery.t(), Sources.t(), map()) :: iodata()
  def quantified(:==, :any, left, subquery, sources, query),
    do: member(left, subquery, sources, query)

  def quantified(:!=, :all, left, subquery, sources, query) do
    [beside(left, subquery, sources, query), " NOT IN " | Expr.expr(subquery, sources, query)]
  end

  def quantified(op, quantifier, left, subquery, sources, query) do
    left = beside(left, subquery, sources, query)
    set = [?(, named(subquery, sources, query), ?)]
    holds = holds(op, quantifier, left, set)
    {empty, decided} = if quantifier == :any, do: {"0", "1"}, else: {"1", "0"}
    decisive = if quantifier == :any, do: holds, else: ["NOT ", holds]

    [
      ["CASE WHEN NOT EXISTS ", set, " THEN ", empty, " WHEN ", decisive, " THEN ", decided],
      [
        " WHEN EXISTS (SELECT 1 FROM ",
        set,
        " WHERE \"v\" IS NULL) THEN NULL ELSE ",
        holds,
        " END"
      ]
    ]
    |> then(&[?(, &1, ?)])
  end

  defp holds(:==, :all, left, set),
    do: both(left, " = ", " AND ", set)

  defp holds(:!=, :any, left, set),
    do: both(left, " <> ", " OR ", set)

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

  defp both(left, op, link, set) do
    [?(, left, op, bound("min", set), link, left, op, bound("max", set), ?)]
  end

  defp bound(function, set), do: ["(SELECT ", function, "(\"v\") FROM ", set, ?)]

  defp named(%{query: %{select: %{fields: [field]} = select} = subquery}, sources, query) do
    field = with {key, value} when is_atom(key) <- field, do: value
    Select.nested(%{subquery | select: %{select | fields: [v: field]}}, query, sources)
  end

  defp named(%{query: subquery}, _sources, query) do
    error!(query, "any/1 and all/1 need a sub-query of one field, got: #{inspect(subquery)}")
  end
end
