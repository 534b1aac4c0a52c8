defmodule Ecto.Adapters.LibSql.SQL.ReadFirst do
  @moduledoc false
  # update_all and delete_all that select from joined sources. RETURNING knows the written table alone, so
  # what the others say is read before, in the same transaction, and put together with the rows that come
  # back by the written table's key. A row that joins several partners comes back with the last one read, which
  # need not be the one it was updated from: SQLite takes any.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Catalog
  alias Ecto.Adapters.LibSql.Plan.JsonList
  alias Ecto.Adapters.LibSql.SQL.{Select, Sources, Update}
  alias Ecto.Adapters.SQL

  @enforce_keys [:read, :write, :keys, :places, :updated]
  defstruct @enforce_keys

  @typedoc """
  `read` and `write` are a statement and how many of the parameters it takes, `keys` the columns in front of
  the others in both, and `places` says for each selected value which of them it comes from. `updated` are the
  table, its prefix and the updated columns of an update.
  """
  @type t :: %__MODULE__{
          read: {JsonList.generated(), non_neg_integer()},
          write: {JsonList.generated(), non_neg_integer()},
          keys: pos_integer(),
          places: [:read | :write],
          updated: nil | {String.t(), String.t() | nil, [atom()]}
        }

  defimpl String.Chars do
    def to_string(%{write: {sql, _count}}), do: String.Chars.to_string(sql)
  end

  @doc "Whether the query, a write, selects from another source than the one it writes to."
  @spec needed?(map()) :: boolean()
  def needed?(%{select: %{fields: fields}, joins: [_ | _]}),
    do: Enum.any?(fields, &(place(sources(&1)) != :write))

  def needed?(_query), do: false

  @doc "Both statements; `generate` writes the text of the write."
  @spec generate(map(), (map() -> iodata())) :: t()
  def generate(query, generate) do
    query = Sources.complete(query)
    places = Enum.map(query.select.fields, &place!(sources(&1), query))
    keys = Update.keys(query, Sources.create(query, []))
    refuse(query, keys)

    read = %{selecting(query, keys, places, :read) | updates: [], lock: "FOR UPDATE"}
    write = selecting(query, keys, places, :write)

    %__MODULE__{
      read: {JsonList.generate(read, &Select.top/1), parameters(read)},
      write: {JsonList.generate(write, generate), parameters(write)},
      keys: length(keys),
      places: places,
      updated: if(updated(query) != [], do: written(query))
    }
  end

  defp selecting(%{select: %{fields: fields} = select} = query, keys, places, place) do
    chosen = for {field, ^place} <- Enum.zip(fields, places), do: field
    keys = for key <- keys, do: {{:., [], [{:&, [], [0]}, key]}, [], []}
    %{query | select: %{select | fields: keys ++ chosen}}
  end

  # The rows are found again by their keys.
  defp refuse(query, keys) do
    for column <- updated(query), column in keys do
      error!(query, "an update of #{inspect(column)} may only select from the written table")
    end
  end

  defp updated(query) do
    for %{expr: expr} <- query.updates, {_op, changes} <- expr, {column, _} <- changes, do: column
  end

  defp written(%{from: %{source: {table, _schema}} = from} = query),
    do: {table, from.prefix || query.prefix, updated(query)}

  ## Where a selected value comes from

  defp place!(sources, query) do
    place(sources) ||
      error!(query, "a value selected in a write may not mix the written table with others")
  end

  defp place(sources) do
    case Enum.uniq(sources) do
      [] -> :write
      [0] -> :write
      sources -> if 0 in sources, do: nil, else: :read
    end
  end

  defp sources({:&, _, [ix]}), do: [ix]
  defp sources(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> sources()
  defp sources([head | tail]), do: sources(head) ++ sources(tail)
  defp sources(_other), do: []

  # One beyond the last parameter.
  defp parameters({:^, _, [ix]}) when is_integer(ix), do: ix + 1
  defp parameters({:^, _, [ix, length]}), do: ix + length
  defp parameters({:values, _, [types, ix, rows]}), do: ix + length(types) * rows
  defp parameters(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> parameters()
  defp parameters([head | tail]), do: max(parameters(head), parameters(tail))
  defp parameters(%Ecto.Query.SelectExpr{fields: fields}), do: parameters(fields)
  defp parameters(%_{} = struct), do: struct |> Map.from_struct() |> parameters()
  defp parameters(%{} = map), do: map |> Map.values() |> parameters()
  defp parameters(_scalar), do: 0

  ## Running

  @doc "Runs both statements by `execute`, a function of a prepared query and its parameters."
  @spec run(t(), Ecto.Adapter.adapter_meta(), keyword(), list(), function()) ::
          {non_neg_integer(), [list()]}
  def run(%__MODULE__{} = query, meta, opts, params, execute) do
    both = fn ->
      keep_rowids!(query.updated, meta)
      both(query, params, execute)
    end

    if SQL.in_transaction?(meta) do
      both.()
    else
      {:ok, result} = SQL.transaction(meta, Keyword.put(opts, :mode, :immediate), both)
      result
    end
  end

  # Which column is the rowid, only the database knows.
  defp keep_rowids!(nil, _meta), do: :ok

  defp keep_rowids!({table, prefix, updated}, meta) do
    with [%{name: name, type: type}] <-
           Enum.filter(Catalog.columns(meta, table, prefix), &(&1.pk > 0)),
         true <- String.upcase(type) == "INTEGER" and name in Enum.map(updated, &to_string/1) do
      raise ArgumentError,
            "an update of the key #{inspect(name)} of #{inspect(table)} may only select from the written table"
    end
  end

  defp both(%{read: read, write: write, keys: keys, places: places}, params, execute) do
    {_count, rows} = part(read, params, execute)
    others = Map.new(rows, &Enum.split(&1, keys))
    {count, rows} = part(write, params, execute)

    {count,
     for row <- rows do
       {key, own} = Enum.split(row, keys)
       together(places, own, Map.fetch!(others, key))
     end}
  end

  defp part({sql, count}, params, execute) do
    id = System.unique_integer([:positive])
    execute.({:nocache, {id, sql}}, Enum.take(params, count))
  end

  defp together([:write | places], [value | own], others),
    do: [value | together(places, own, others)]

  defp together([:read | places], own, [value | others]),
    do: [value | together(places, own, others)]

  defp together([], [], []), do: []
end
