defmodule Ecto.Adapters.LibSql.SQL.Typing.Sources do
  @moduledoc false
  # Makes the scope of a query: its sources with the types of their columns, and the types of what it selects. The
  # columns of sub-queries and CTEs are inferred once, here: inferred by each reference, they would cost a power of the
  # depth of nesting.

  alias Ecto.Adapters.LibSql.SQL.{Quote, Scope}
  alias Ecto.Adapters.LibSql.SQL.Scope.Source
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @doc "The scope of a query that no other is around. `types` are those of the columns that an INSERT writes."
  @spec top(map(), :ecto | :values, [term()] | nil) :: Scope.t()
  def top(query, output, types \\ nil),
    do: create(%Scope{query: Scope.complete(query), sources: {}, output: output}, types)

  @doc "The scope of a query in an expression of another."
  @spec inside(map(), Scope.t()) :: Scope.t()
  def inside(query, scope), do: query |> nested(scope) |> create(nil)

  @doc "The scope of a sub-query in FROM or JOIN."
  @spec subquery(Ecto.SubQuery.t(), Scope.t()) :: Scope.t()
  def subquery(%{query: query, select: select}, scope) do
    scope = %{nested(query, scope) | output: :rows}
    create(scope, nil, &(ecto_type(select, &1) in [nil, :any]))
  end

  @doc "The scope of the body of a CTE of the scope's query."
  @spec common_table(binary() | atom(), map(), Scope.t()) :: Scope.t()
  def common_table(name, body, scope) do
    untyped? = not schema?(scope.query, to_string(name))
    create(%{nested(body, scope) | output: :rows}, nil, fn _field -> untyped? end)
  end

  @doc "The scope of an arm of the scope's query, which selects values of the same types."
  @spec arm(map(), Scope.t()) :: Scope.t()
  def arm(query, scope) do
    %{scope | query: Scope.complete(query), sources: {}, types: nil}
    |> with_sources()
    |> Map.merge(%{types: scope.types, json: scope.json})
  end

  defp nested(query, scope) do
    %Scope{
      query: Scope.complete(query),
      sources: {},
      parent: scope,
      prefix: Scope.below(scope),
      ctes: scope.ctes
    }
  end

  defp create(scope, types, json? \\ fn _field -> true end) do
    scope = with_sources(scope)
    json = if scope.output == :values, do: [], else: json(scope, json?)
    %{scope | json: json, types: types(types, Infer.selected(scope, json))}
  end

  # A column whose type is not known takes the value as it is.
  defp types(nil, selected), do: selected

  defp types(types, selected) when length(types) == length(selected),
    do: Enum.zip_with(types, selected, &(&1 || &2))

  defp types(_types, selected), do: selected

  ## JSON

  # A value is selected as JSON if it is the value of a path in each arm.
  defp json(%{query: %{select: %{fields: fields}, combinations: arms}} = scope, json?) do
    own = Enum.map(fields, &(Infer.json?(Scope.value(&1), scope) and json?.(key(&1))))

    if Enum.any?(own) do
      Enum.reduce(arms, own, fn {_op, arm}, own ->
        theirs = arm |> arm(scope) |> json(fn _field -> true end)
        Enum.zip_with(own, theirs, &(&1 and &2))
      end)
    else
      own
    end
  end

  defp json(_no_select, _json?), do: []

  defp key({key, _expr}) when is_atom(key), do: key
  defp key(_expr), do: nil

  # Ecto loads the fields of a schema by their types also where a CTE is the table.
  defp schema?({name, schema, _prefix}, name) when is_atom(schema) and schema != nil, do: true
  defp schema?(%_{} = struct, name), do: struct |> Map.from_struct() |> schema?(name)
  defp schema?(%{} = map, name), do: map |> Map.values() |> schema?(name)
  defp schema?(tuple, name) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> schema?(name)
  defp schema?([head | tail], name), do: schema?(head, name) or schema?(tail, name)
  defp schema?(_scalar, _name), do: false

  ## Sources

  defp with_sources(scope) do
    scope = common_tables(scope)
    sources = scope.query.sources |> Tuple.to_list() |> Enum.with_index(&source(&1, &2, scope))
    subqueries(%{scope | sources: List.to_tuple(sources)})
  end

  defp source(source, ix, scope),
    do: described(source, [scope.prefix, letter(source), Integer.to_string(ix)], scope)

  # As in Ecto's other adapters: the first letter of the table.
  defp letter({:fragment, _, _}), do: ?f
  defp letter({{:fragment, _, _}, _schema, _prefix}), do: ?f
  defp letter({:values, _, _}), do: ?v
  defp letter(%Ecto.SubQuery{}), do: ?s
  defp letter(source), do: source |> elem(0) |> table_letter()

  defp table_letter(<<first, _rest::binary>>) when first in ?a..?z or first in ?A..?Z, do: first
  defp table_letter(_other), do: ?t

  defp described({:fragment, _, _}, name, _scope), do: %Source{kind: :fragment, name: name}
  defp described(%Ecto.SubQuery{}, name, _scope), do: %Source{kind: :subquery, name: name}

  defp described({{:fragment, _, _}, schema, _prefix}, name, _scope),
    do: %Source{kind: :fragment, name: name, schema: schema}

  defp described({:values, _, [types | _]}, name, _scope) do
    columns = Map.new(types, fn {field, type} -> {field, %{stored: type, ecto: type}} end)
    %Source{kind: :values, name: name, columns: columns}
  end

  defp described({table, schema}, name, scope), do: described({table, schema, nil}, name, scope)

  defp described({table, schema, nil}, name, %{ctes: ctes}) when is_map_key(ctes, table) do
    %Source{
      kind: :cte,
      name: name,
      table: Quote.name(table),
      schema: schema,
      columns: ctes[table]
    }
  end

  defp described({table, schema, prefix}, name, _scope),
    do: %Source{kind: :table, name: name, table: Quote.table(prefix, table), schema: schema}

  # Ecto plans the sub-queries in `from` and `joins`, not their copies in `sources`. A lateral one sees those before it.
  defp subqueries(%{query: %{from: from, joins: joins}} = scope) do
    from = if from, do: [%{source: from.source, ix: 0}], else: []

    Enum.reduce(from ++ joins, scope, fn
      %{source: %Ecto.SubQuery{} = subquery, ix: ix}, scope -> put_subquery(subquery, ix, scope)
      _other, scope -> scope
    end)
  end

  defp put_subquery(subquery, ix, %{sources: sources} = scope) do
    inner = subquery(subquery, scope)
    columns = columns(inner, &ecto_type(subquery.select, &1))
    source = %{elem(sources, ix) | scope: inner, columns: columns}
    %{scope | sources: put_elem(sources, ix, source)}
  end

  defp columns(%{query: %{select: %{fields: fields}}, types: types}, ecto_type) do
    for {{key, _expr}, type} <- Enum.zip(fields, types), is_atom(key), into: %{} do
      {key, %{stored: type, ecto: ecto_type.(key)}}
    end
  end

  defp columns(_no_select, _ecto_type), do: %{}

  # The type by which Ecto loads a field of a sub-query: see subquery_type_for/2 of Ecto.Query.Planner.
  defp ecto_type({:source, _, _, types}, field), do: known(types[field])
  defp ecto_type({:struct, _, types}, field), do: known(types[field])
  defp ecto_type({:map, types}, field), do: known(types[field])
  defp ecto_type(_built_by_hand, _field), do: nil

  defp known({:value, type}), do: known(type)
  # Of an aggregate.
  defp known({:try, type}), do: known(type)
  defp known(:any), do: nil
  defp known(type), do: type

  ## Common table expressions

  defp common_tables(%{query: %{with_ctes: %{queries: [_ | _] = ctes}}} = scope),
    do: Enum.reduce(ctes, scope, &put_common_table/2)

  defp common_tables(scope), do: scope

  defp put_common_table(cte, scope) do
    name = cte |> elem(0) |> to_string()
    put_common_table(name, elem(cte, tuple_size(cte) - 1), scope)
  end

  # The rows that a recursive one begins with give its columns their names; its other arms may read these.
  defp put_common_table(name, %Ecto.Query{combinations: [_ | _]} = body, scope) do
    first = put_common_table(name, %{body | combinations: []}, scope)
    put_columns(name, common_table(name, body, first), scope)
  end

  defp put_common_table(name, %Ecto.Query{} = body, scope),
    do: put_columns(name, common_table(name, body, scope), scope)

  defp put_common_table(name, _fragment, scope),
    do: %{scope | ctes: Map.put(scope.ctes, name, %{})}

  defp put_columns(name, body, scope),
    do: %{scope | ctes: Map.put(scope.ctes, name, columns(body, fn _field -> nil end))}
end
