defmodule Ecto.Adapters.LibSql.SQL.Sources do
  @moduledoc false
  # How the sources of a query are called: `s0, s1, …`, with one more `s` for each level of
  # sub-queries. A source is `{table, alias, schema}`; `table` is nil where the source is no table. In
  # place of a schema, `{:json, columns}` says that a row is a JSON array of these (see Lateral).
  # The last element of the tuple is the prefix of the level.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.SQL.{Lateral, Quote}

  @parent :"$libsql_parent"

  @type source :: {iodata() | nil, iodata(), module() | {:json, [atom()]} | nil}
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
    |> Enum.concat([prefix])
    |> List.to_tuple()
    |> laterals(query)
  end

  defp laterals(sources, %{joins: joins}), do: Enum.reduce(joins, sources, &lateral/2)
  defp laterals(sources, _no_joins), do: sources

  defp lateral(join, sources) do
    case Lateral.json_columns(join) do
      nil -> sources
      columns -> put_elem(sources, join.ix, {nil, name(sources, join.ix), {:json, columns}})
    end
  end

  @spec name(t(), non_neg_integer()) :: iodata()
  def name(sources, ix), do: sources |> elem(ix) |> elem(1)

  defp source({:fragment, _, _}, name), do: {nil, name, nil}
  defp source({{:fragment, _, _}, schema, _prefix}, name), do: {nil, name, schema}
  defp source({:values, _, _}, name), do: {nil, name, nil}
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
      nil ->
        []

      schema ->
        for field <- schema.__schema__(:primary_key), do: schema.__schema__(:field_source, field)
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
    case elem(sources, ix) do
      {_, name, {:json, columns}} -> json_column(name, Enum.find_index(columns, &(&1 == field)))
      {_, name, _} -> [name, ?. | Quote.name(field)]
    end
  end

  defp json_column(name, ix),
    do: ["json_extract(", name, ".value, '$[", Integer.to_string(ix), "]')"]

  @doc "Remembers in `query` the query around it, for `parent_as/1`."
  @spec put_parent(map(), map(), t()) :: map()
  def put_parent(query, parent, sources) do
    combinations = Enum.map(query.combinations, fn {op, q} -> {op, tag(q, parent, sources)} end)
    tag(%{query | combinations: combinations}, parent, sources)
  end

  defp tag(query, parent, sources) do
    %{query | aliases: Map.put(query.aliases, @parent, {parent, sources})}
  end

  @doc "The sources and the position that `parent_as(as)` means inside `query`."
  @spec parent!(map(), atom()) :: {t(), non_neg_integer()}
  def parent!(query, as) do
    case query.aliases[@parent] do
      {%{aliases: %{^as => ix}}, sources} -> {sources, ix}
      {parent, _sources} -> parent!(parent, as)
      nil -> error!(nil, "could not find a parent binding named #{inspect(as)}")
    end
  end

  @doc "The Ecto type of a field where the schema tells it, else nil."
  @spec type(t(), non_neg_integer(), atom()) :: term()
  def type(sources, ix, field) do
    case elem(sources, ix) do
      {_, _, schema} when is_atom(schema) and not is_nil(schema) -> source_type(schema, field)
      _no_schema -> nil
    end
  end

  # Columns are named by their source in a planned query, not by their field.
  defp source_type(schema, column) do
    Enum.find_value(schema.__schema__(:fields), fn field ->
      if schema.__schema__(:field_source, field) == column, do: schema.__schema__(:type, field)
    end)
  end
end
