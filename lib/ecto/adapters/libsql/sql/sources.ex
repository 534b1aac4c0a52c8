defmodule Ecto.Adapters.LibSql.SQL.Sources do
  @moduledoc false
  # How the sources of a query are called: `s0, s1, …`, with one more `s` for each level of
  # sub-queries. A source is `{table, alias, shape}`; `table` is nil where the source is no table. The shape
  # is a schema or says where else the types of the columns are found. The last element of the tuple is the
  # prefix of the level.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer

  @parent :"$libsql_parent"

  @type shape ::
          module()
          | {:fields, Infer.fields()}
          | {:values, keyword()}
          | nil
  @type source :: {iodata() | nil, iodata(), shape()}
  @type t :: tuple()

  @doc """
  Fills in what a query built by hand may lack, so that the rest of the generator can match on it.
  """
  @spec complete(map()) :: map()
  def complete(%Ecto.Query{} = query) when is_map_key(query, :combinations), do: query
  def complete(%{} = query), do: Map.merge(Map.from_struct(%Ecto.Query{}), query)

  @spec create(map(), iodata()) :: t()
  def create(%{sources: sources} = query, prefix) do
    sources
    |> Tuple.to_list()
    |> Enum.with_index(fn source, ix -> source(source, [prefix, ?s, Integer.to_string(ix)]) end)
    |> Enum.map(&common_table(&1, query))
    |> Enum.concat([prefix])
    |> List.to_tuple()
    |> subqueries(query)
  end

  # A CTE that is read without a schema.
  defp common_table({table, name, nil}, %{with_ctes: %{queries: [_ | _] = ctes}})
       when table != nil do
    body =
      Enum.find_value(
        ctes,
        &if(Quote.name(elem(&1, 0)) == table, do: elem(&1, tuple_size(&1) - 1))
      )

    # Ecto knows no types of its fields, so what stands beside them is dumped by none.
    {table, name, if(is_struct(body, Ecto.Query), do: {:fields, Infer.fields(body, :untyped)})}
  end

  defp common_table(source, _query), do: source

  # Where they stand in the query, sub-queries are planned; in its list of sources they are not.
  # A lateral one sees those before it.
  defp subqueries(sources, query) do
    sources =
      case query do
        %{from: %{source: %Ecto.SubQuery{query: inner}}} ->
          shape(sources, 0, {:fields, Infer.fields(inner, :typed)})

        _no_subquery ->
          sources
      end

    query |> Map.get(:joins, []) |> Enum.reduce(sources, &joined/2)
  end

  defp joined(%{source: %Ecto.SubQuery{query: inner}} = join, sources),
    do: shape(sources, join.ix, {:fields, Infer.fields(inner, :typed)})

  defp joined(_join, sources), do: sources

  defp shape(sources, ix, shape), do: put_elem(sources, ix, {nil, name(sources, ix), shape})

  @spec name(t(), non_neg_integer()) :: iodata()
  def name(sources, ix), do: sources |> elem(ix) |> elem(1)

  defp source({:fragment, _, _}, name), do: {nil, name, nil}
  defp source({{:fragment, _, _}, schema, _prefix}, name), do: {nil, name, schema}
  defp source({:values, _, [types | _]}, name), do: {nil, name, {:values, types}}
  defp source(%Ecto.SubQuery{}, name), do: {nil, name, nil}
  defp source({table, schema, prefix}, name), do: {Quote.table(prefix, table), name, schema}
  defp source({table, schema}, name), do: {Quote.name(table), name, schema}

  @doc "The prefix of the names one level below."
  @spec below(t()) :: iodata()
  def below(sources), do: [?s | elem(sources, tuple_size(sources) - 1)]

  @doc "The columns of the written table's primary key, as its schema has it."
  @spec primary_key(t()) :: [atom()]
  def primary_key(sources) do
    case elem(elem(sources, 0), 2) do
      schema when is_atom(schema) and schema != nil ->
        for field <- schema.__schema__(:primary_key), do: schema.__schema__(:field_source, field)

      # Also the name of a CTE, which a write does not mean.
      _no_schema ->
        []
    end
  end

  @doc "The field that says whether a row of a source is there: one of its schema's primary key."
  @spec key!(t(), non_neg_integer(), map()) :: term()
  def key!(sources, ix, query) do
    with {_, _, schema} when is_atom(schema) and schema != nil <- elem(sources, ix),
         [field | _] <- schema.__schema__(:primary_key) do
      {{:., [], [{:&, [], [ix]}, schema.__schema__(:field_source, field)]}, [], []}
    else
      _no_key ->
        error!(
          query,
          "a whole row can only be counted or asked for by the primary key of a schema; name a field"
        )
    end
  end

  @doc """
  The same sources for RETURNING, which knows the written table by its own name alone. Without any name a
  column would be taken for one of json_each in the sub-queries of JSON paths.
  """
  @spec returning(t(), Ecto.Query.t()) :: t()
  def returning(sources, %{from: %{source: {table, _schema}}}),
    do: put_elem(sources, 0, put_elem(elem(sources, 0), 1, Quote.name(table)))

  @spec column(t(), non_neg_integer(), atom() | String.t()) :: iodata()
  def column(sources, ix, field) do
    {_, name, _} = elem(sources, ix)
    [name, ?. | Quote.name(field)]
  end

  @doc "Remembers in `query` and in its arms, and in theirs, the query around it, for `parent_as/1`."
  @spec put_parent(map(), map(), t()) :: map()
  def put_parent(query, parent, sources) do
    query = complete(query)

    arms =
      Enum.map(query.combinations, fn {op, arm} -> {op, put_parent(arm, parent, sources)} end)

    aliases = Map.put(query.aliases, @parent, {parent, sources})
    %{query | combinations: arms, aliases: aliases}
  end

  @doc "The sources and the position that `parent_as(as)` means inside `query`."
  @spec parent!(map(), atom()) :: {t(), non_neg_integer()}
  def parent!(query, as),
    do: parent(query, as) || error!(nil, "could not find a parent binding named #{inspect(as)}")

  @doc "The same, or nil where there is none."
  @spec parent(map(), atom()) :: {t(), non_neg_integer()} | nil
  def parent(query, as) do
    case query.aliases[@parent] do
      {%{aliases: %{^as => ix}}, sources} -> {sources, ix}
      {parent, _sources} -> parent(parent, as)
      nil -> nil
    end
  end

  @doc "The Ecto type of a field where its source tells it, else nil."
  @spec type(t(), non_neg_integer(), atom()) :: term()
  def type(sources, ix, field) do
    case elem(sources, ix) do
      {_, _, {:fields, fields}} -> fields |> Map.get(field, {nil, false}) |> elem(0)
      {_, _, {:values, types}} -> types[field]
      {_, _, schema} when is_atom(schema) and not is_nil(schema) -> source_type(schema, field)
      _nothing_tells -> nil
    end
  end

  @doc "The same for an expression that is a field of the query's own sources; nil for any other."
  @spec field_type(term(), t()) :: term()
  def field_type({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources), do: type(sources, ix, field)
  def field_type(_expr, _sources), do: nil

  @doc "Whether Ecto knows the type of a field as well, and dumps by it what stands beside it."
  @spec typed?(t(), non_neg_integer(), atom()) :: boolean()
  def typed?(sources, ix, field) do
    case elem(sources, ix) do
      {_, _, {:fields, fields}} -> fields |> Map.get(field, {nil, false}) |> elem(1)
      {_, _, {:values, _types}} -> true
      {_, _, schema} -> is_atom(schema) and schema != nil
    end
  end

  @doc "Whether a source is a table, whose columns have an affinity and an index."
  @spec table?(t(), non_neg_integer()) :: boolean()
  def table?(sources, ix),
    do:
      match?(
        {table, _, shape} when table != nil and (shape == nil or is_atom(shape)),
        elem(sources, ix)
      )

  # Columns are named by their source in a planned query, not by their field. Most have the same name.
  defp source_type(schema, column) do
    if schema.__schema__(:field_source, column) == column,
      do: schema.__schema__(:type, column),
      else: renamed_type(schema, column)
  end

  defp renamed_type(schema, column) do
    Enum.find_value(schema.__schema__(:fields), fn field ->
      if schema.__schema__(:field_source, field) == column, do: schema.__schema__(:type, field)
    end)
  end
end
