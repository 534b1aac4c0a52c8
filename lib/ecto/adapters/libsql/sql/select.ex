defmodule Ecto.Adapters.LibSql.SQL.Select do
  @moduledoc false
  # SELECT, clause by clause. What SQLite lacks is rewritten next door: DISTINCT ON and WITH TIES in
  # DistinctOn, compound queries in SetOperations, joins in Join.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Plan.ColumnTags

  alias Ecto.Adapters.LibSql.SQL.{
    Expr,
    Fragment,
    Join,
    Lock,
    Quote,
    Sources,
    Typing,
    Window
  }

  alias Ecto.Adapters.LibSql.SQL.Rewrite.{DistinctOn, SetOperations}

  @doc "A query whose rows go to Ecto, as ColumnTags has them."
  @spec top(map()) :: iodata()
  def top(query) do
    query = Sources.complete(query)
    query |> ColumnTags.mark() |> exact_sums() |> build([])
  end

  # Sums that go to Ecto keep all digits. Elsewhere a sum is compared, for which it must be a number.
  defp exact_sums(%{select: %{fields: fields} = select, combinations: []} = query) do
    if Types.exact_decimals?() do
      sources = Sources.create(query, [])
      %{query | select: %{select | fields: Enum.map(fields, &exact_sum(&1, sources))}}
    else
      query
    end
  end

  defp exact_sums(query), do: query

  defp exact_sum({key, expr}, sources) when is_atom(key), do: {key, exact_sum(expr, sources)}

  defp exact_sum({:filter, meta, [sum, condition]}, sources),
    do: {:filter, meta, [exact_sum(sum, sources), condition]}

  defp exact_sum({:sum, meta, [{{:., _, [{:&, _, [ix]}, field]}, _, []} | _] = args}, sources) do
    exact? = Types.exact_decimal?(Sources.type(sources, ix, field))
    {if(exact?, do: :decimal_sum, else: :sum), meta, args}
  end

  defp exact_sum(field, _sources), do: field

  @doc "A query inside another statement."
  @spec all(map(), iodata()) :: iodata()
  def all(query, prefix \\ []), do: query |> Sources.complete() |> build(prefix)

  @doc "A query inside another query, which it may refer to by `parent_as/1`."
  @spec nested(map(), map(), Sources.t()) :: iodata()
  def nested(query, parent, sources) do
    query
    |> Sources.put_parent(parent, sources)
    |> build(Sources.below(sources))
  end

  defp build(query, prefix) do
    sources = Sources.create(query, prefix)
    [cte(query, sources), body(query, sources, prefix) | Lock.clause(query, sources, prefix)]
  end

  defp body(query, sources, prefix) do
    cond do
      DistinctOn.needed?(query) -> DistinctOn.select(query, sources)
      query.combinations != [] -> SetOperations.select(query, sources, prefix)
      true -> [core(query, sources), order_by(query, sources) | window_of_rows(query, sources)]
    end
  end

  @doc "Everything up to ORDER BY."
  @spec core(map(), Sources.t()) :: iodata()
  def core(query, sources) do
    [
      ["SELECT ", distinct(query), fields(query, sources)],
      tables(query, sources),
      group_by(query, sources),
      having(query, sources),
      Window.clause(query, sources)
    ]
  end

  @doc "FROM, joins and WHERE."
  @spec tables(map(), Sources.t()) :: iodata()
  def tables(query, sources),
    do: [from(query, sources), Join.joins(query, sources), where(query, sources)]

  @spec group_and_window(map(), Sources.t()) :: iodata()
  def group_and_window(query, sources),
    do: [group_by(query, sources), having(query, sources), Window.clause(query, sources)]

  defp distinct(%{distinct: %{expr: true}}), do: "DISTINCT "
  defp distinct(%{distinct: %{expr: false}}), do: []
  defp distinct(%{distinct: nil}), do: []

  defp fields(%{select: nil}, _sources), do: "*"
  defp fields(%{select: %{fields: []}}, _sources), do: "1"

  defp fields(%{select: %{fields: fields}} = query, sources),
    do: Enum.map_intersperse(fields, ", ", &field(&1, sources, query))

  @spec field(term(), Sources.t(), map()) :: iodata()
  def field({:&, _, [ix]}, sources, query) do
    {table, _name, _schema} = elem(sources, ix)
    source = if table, do: "table #{table}", else: "a fragment or values list"

    error!(
      query,
      "cannot select all fields of #{source} without a schema; name the fields in the select clause"
    )
  end

  def field({key, expr}, sources, query) when is_atom(key),
    do: [field(expr, sources, query), " AS " | Quote.name(key)]

  def field(expr, sources, query) do
    Expr.expr(expr, sources, query)
  end

  @spec from(map(), Sources.t()) :: iodata()
  def from(%{from: nil}, _sources), do: []

  def from(%{from: %{source: source} = from} = query, sources) do
    {table, name} = Join.source(source, 0, sources, query)
    [" FROM ", table, " AS ", name | Join.hints(from, query)]
  end

  @spec cte(map(), Sources.t()) :: iodata()
  def cte(%{with_ctes: %{queries: [_ | _] = queries} = ctes} = query, sources) do
    recursive = if Map.get(ctes, :recursive), do: "RECURSIVE ", else: []
    ["WITH ", recursive, Enum.map_intersperse(queries, ", ", &cte(&1, sources, query)), ?\s]
  end

  def cte(_query, _sources), do: []

  defp cte({name, body}, sources, query), do: cte({name, %{}, body}, sources, query)

  defp cte({name, %{operation: operation}, _body}, _sources, query)
       when operation in [:update_all, :delete_all, :insert_all] do
    error!(
      query,
      "SQLite has no data-modifying CTE; run the #{operation} of #{inspect(name)} on its own"
    )
  end

  defp cte({name, opts, body}, sources, query) do
    hint =
      case opts[:materialized] do
        nil -> []
        true -> "MATERIALIZED "
        false -> "NOT MATERIALIZED "
      end

    [Quote.name(name), " AS ", hint, cte_body(body, sources, query)]
  end

  defp cte_body(%Ecto.Query{} = body, sources, query),
    do: [?(, nested(body, query, sources), ?)]

  defp cte_body(%Ecto.Query.QueryExpr{expr: {:fragment, _, _} = body}, sources, query),
    do: Fragment.body(body, sources, query)

  @spec where(map(), Sources.t()) :: iodata()
  def where(%{wheres: wheres} = query, sources), do: boolean(" WHERE ", wheres, sources, query)

  defp having(%{havings: havings} = query, sources),
    do: boolean(" HAVING ", havings, sources, query)

  defp boolean(_clause, [], _sources, _query), do: []

  # Left to right, so that `where a, or_where b, where c` is `(a OR b) AND c`.
  defp boolean(clause, [%{expr: expr} | rest], sources, query) do
    first = condition(expr, sources, query)

    {_op, sql} =
      Enum.reduce(rest, {nil, first}, fn %{expr: expr} = part, {previous, sql} ->
        op = Map.get(part, :op, :and)
        sql = if previous in [nil, op], do: sql, else: [?(, sql, ?)]
        {op, [sql, link(op), condition(expr, sources, query)]}
      end)

    [clause | sql]
  end

  defp link(:and), do: " AND "
  defp link(:or), do: " OR "

  defp condition(expr, sources, query), do: [?(, Expr.expr(expr, sources, query), ?)]

  defp group_by(%{group_bys: []}, _sources), do: []

  defp group_by(query, sources) do
    terms = group_terms(query)
    [" GROUP BY " | Enum.map_intersperse(terms, ", ", &Typing.Decimal.sorted(&1, sources, query))]
  end

  @spec group_terms(map()) :: [term()]
  def group_terms(%{group_bys: group_bys}), do: Enum.flat_map(group_bys, &List.wrap(&1.expr))

  @doc "ORDER BY, where a term that names a selected alias says so."
  @spec order_by(map(), Sources.t()) :: iodata()
  def order_by(%{order_bys: []}, _sources), do: []

  def order_by(query, sources) do
    [" ORDER BY " | Enum.map_intersperse(order_terms(query), ", ", &order(&1, sources, query))]
  end

  @spec order_terms(map()) :: [{atom(), term()}]
  def order_terms(%{order_bys: order_bys}), do: Enum.flat_map(order_bys, &List.wrap(&1.expr))

  defp order({direction, {:selected_as, _, [name]}}, sources, query) do
    expr = Expr.selected!(query, name)
    [Typing.Decimal.sorted(Quote.name(name), expr, sources, query) | Window.direction(direction)]
  end

  defp order({direction, expr}, sources, query),
    do: Window.order_term({direction, expr}, sources, query)

  @doc "LIMIT and OFFSET."
  @spec window_of_rows(map(), Sources.t()) :: iodata()
  def window_of_rows(query, sources) do
    case {query.limit, query.offset} do
      {nil, nil} -> []
      {limit, nil} -> [" LIMIT " | Expr.expr(limit.expr, sources, query)]
      {nil, offset} -> [" LIMIT -1 OFFSET " | Expr.expr(offset.expr, sources, query)]
      {limit, offset} -> both(limit.expr, offset.expr, sources, query)
    end
  end

  defp both(limit, offset, sources, query) do
    limit = Expr.expr(limit, sources, query)
    [" LIMIT ", limit, " OFFSET " | Expr.expr(offset, sources, query)]
  end
end
