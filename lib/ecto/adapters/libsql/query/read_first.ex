defmodule Ecto.Adapters.LibSql.Query.ReadFirst do
  @moduledoc false
  # update_all and delete_all that select from joined sources, as Oban's retry_all_jobs/2 does. SQLite's RETURNING
  # knows the written table only, so a SELECT in the same transaction reads the values of the other sources before
  # the write, and they are put together with the rows that come back by the written table's primary key. A row
  # that joins several partners is returned with one of them, and need not be the one it was updated from: as in
  # PostgreSQL, which one it is is not defined.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Plan
  alias Ecto.Adapters.LibSql.SQL.Scope
  alias Ecto.Adapters.LibSql.SQL.Typing.Sources
  alias Ecto.Adapters.SQL

  @enforce_keys [:read, :write, :keys, :places]
  defstruct @enforce_keys

  @typedoc """
  `read` and `write` are a statement and how many of the parameters it takes, `keys` the number of key columns
  before the others in both, and `places` for each selected value which of the two it comes from.
  """
  @type t :: %__MODULE__{
          read: {prepared(), non_neg_integer()},
          write: {prepared(), non_neg_integer()},
          keys: pos_integer(),
          places: [:read | :write]
        }

  @typep prepared :: {Plan.t() | integer(), Plan.t() | binary()}

  @doc "Whether the query, a write, selects from another source than the one that it writes to."
  @spec needed?(:all | :update_all | :delete_all, map()) :: boolean()
  def needed?(operation, %{select: %{fields: fields}, joins: [_ | _]}) when operation != :all,
    do: Enum.any?(fields, &(place(sources(&1)) != :write))

  def needed?(_operation, _query), do: false

  @doc "Both statements; `prepare` makes a prepared statement of an operation and a query."
  @spec new(:update_all | :delete_all, map(), (atom(), map() -> prepared())) :: t()
  def new(operation, query, prepare) do
    query = Scope.complete(query)
    places = Enum.map(query.select.fields, &place!(sources(&1), query))
    keys = query |> Sources.top(:ecto) |> Scope.primary_key()
    if keys == [], do: error!(query, needs("the primary key of a schema"))
    for column <- updated(query), column in keys, do: error!(query, needs("keys that stay"))

    read = %{selecting(query, keys, places, :read) | updates: [], lock: "FOR UPDATE"}
    write = selecting(query, keys, places, :write)

    %__MODULE__{
      read: {prepare.(:all, read), parameters(read)},
      write: {prepare.(operation, write), parameters(write)},
      keys: length(keys),
      places: places
    }
  end

  defp needs(what) do
    "a write that selects from joined sources needs #{what}, by which its rows are found again; read those values " <>
      "first, by a query in the same transaction"
  end

  defp selecting(%{select: %{fields: fields} = select} = query, keys, places, place) do
    chosen = for {field, ^place} <- Enum.zip(fields, places), do: field
    keys = for key <- keys, do: {{:., [], [{:&, [], [0]}, key]}, [], []}
    %{query | select: %{select | fields: keys ++ chosen}}
  end

  defp updated(query) do
    for %{expr: expr} <- query.updates, {_op, changes} <- expr, {column, _} <- changes, do: column
  end

  ## Where a selected value comes from

  defp place!(sources, query) do
    place(sources) ||
      error!(
        query,
        "a value selected in a write may not mix the written table with other sources"
      )
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

  @doc "Runs both statements by `execute`, a function of a prepared statement and its parameters."
  @spec run(t(), Ecto.Adapter.adapter_meta(), keyword(), list(), function()) ::
          {non_neg_integer(), [list()]}
  def run(%__MODULE__{} = query, meta, opts, params, execute) do
    both = fn -> both(query, params, execute) end

    if SQL.in_transaction?(meta) do
      both.()
    else
      {:ok, result} = SQL.transaction(meta, Keyword.put(opts, :mode, :immediate), both)
      result
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

  defp part({prepared, count}, params, execute),
    do: execute.({:nocache, prepared}, Enum.take(params, count))

  defp together([:write | places], [value | own], others),
    do: [value | together(places, own, others)]

  defp together([:read | places], own, [value | others]),
    do: [value | together(places, own, others)]

  defp together([], [], []), do: []
end
