defmodule Ecto.Adapters.LibSql.Query.Cached do
  @moduledoc false
  # What Ecto keeps of a query: its text, or a plan where something is to be done with parameters or rows. Ecto's cache
  # holds a pair of a number and the text, or of the plan and what the driver has prepared.

  alias Ecto.Adapters.LibSql.Plan
  alias Ecto.Adapters.LibSql.Query.ReadFirst
  alias Ecto.Adapters.LibSql.SQL.{Scope, Select, Update}
  alias Ecto.Adapters.LibSql.SQL.Typing.Sources

  @type operation :: :all | :update_all | :delete_all

  # From ecto 3.14 on, with options.
  @options? function_exported?(Ecto.Adapter.Queryable, :prepare_query, 4)

  @doc "The answer to Ecto's callback prepare/2. Ecto itself does not cache queries with interpolated lists."
  @spec new(operation(), map()) ::
          {:cache | :nocache,
           {Plan.t() | integer(), Plan.t() | binary()} | {ReadFirst.t(), ReadFirst.t()}}
  def new(operation, query) do
    if ReadFirst.needed?(operation, query) do
      both = ReadFirst.new(operation, query, fn part, query -> part |> one(query) |> elem(1) end)
      {:nocache, {both, both}}
    else
      one(operation, query)
    end
  end

  defp one(operation, query) do
    scope = Sources.top(query, :ecto)

    case operation |> sql(scope) |> Plan.new(Plan.Rows.kinds(scope)) do
      sql when is_binary(sql) -> {:cache, {id(), sql}}
      %Plan{lists: []} = plan -> {:cache, {plan, plan.sql}}
      %Plan{} = plan -> {:nocache, {plan, Plan.unbound(plan)}}
    end
  end

  defp sql(:all, scope), do: Select.query(scope)
  defp sql(:update_all, scope), do: Update.update_all(scope)
  defp sql(:delete_all, scope), do: Update.delete_all(scope)

  @doc "The text of a query for the callbacks of Ecto.Adapters.SQL.Connection, which know no plans."
  @spec text(operation(), map()) :: iodata()
  def text(operation, query), do: operation |> sql(Sources.top(query, :ecto)) |> Plan.text()

  @doc "The same where another query is around it, as adapters of ecto_sql call it."
  @spec nested_text(map(), iodata()) :: iodata()
  def nested_text(query, prefix) do
    parent = %Scope{query: %{aliases: %{}}, sources: {}, prefix: Enum.drop(prefix, 1)}
    query |> Sources.inside(parent) |> Select.query() |> Plan.text()
  end

  defp id, do: System.unique_integer([:positive])

  @doc "What Ecto.Adapters.SQL runs, the parameters, and how the rows are loaded."
  @spec bind(term(), list()) :: {term(), list(), Plan.Rows.t() | nil}
  def bind({:cache, update, {%Plan{} = plan, _sql}}, params) do
    {sql, params} = Plan.bind(plan, params)
    {{:cache, keeping(plan, update), {id(), sql}}, params, plan.rows}
  end

  def bind({:cached, update, reset, {%Plan{} = plan, query}}, params) do
    {_sql, params} = Plan.bind(plan, params)
    {{:cached, keeping(plan, update), keeping(plan, reset), {id(), query}}, params, plan.rows}
  end

  def bind({:nocache, {%Plan{} = plan, _unbound}}, params) do
    {sql, params} = Plan.bind(plan, params)
    {{:nocache, {id(), sql}}, params, plan.rows}
  end

  def bind(prepared, params), do: {prepared, params, nil}

  # The cache entry keeps the plan.
  defp keeping(plan, update), do: fn {_id, query} -> update.({plan, query}) end

  @doc "What runs for a query, as `Repo.to_sql` returns it."
  @spec to_sql(operation(), atom() | pid(), Ecto.Queryable.t(), keyword()) :: {binary(), list()}
  def to_sql(operation, repo, queryable, opts \\ []) do
    {prepared, params} = prepare(operation, repo, queryable, Keyword.take(opts, [:counter]))
    # Numbered from `counter` on.
    before = opts |> Keyword.get(:counter, 0) |> then(&List.duplicate(nil, &1))

    case prepared do
      {:cached, _update, _reset, {%Plan{} = plan, _query}} -> shown(plan, before, params)
      {:cached, _update, _reset, {_id, query}} -> {String.Chars.to_string(query), params}
      {:cache, _update, {%Plan{} = plan, _sql}} -> shown(plan, before, params)
      {:cache, _update, {_id, sql}} -> {sql, params}
      {:nocache, {%ReadFirst{write: write}, _same}} -> shown_write(write, before, params)
      {:nocache, {%Plan{} = plan, _unbound}} -> shown(plan, before, params)
      {:nocache, {_id, sql}} -> {sql, params}
    end
  end

  # The statement that writes, of the two that run.
  defp shown_write({{%Plan{} = plan, _unbound}, count}, before, params),
    do: shown(plan, before, Enum.take(params, count))

  defp shown_write({{_id, sql}, count}, _before, params), do: {sql, Enum.take(params, count)}

  defp shown(plan, before, params) do
    {sql, bound} = Plan.bind(plan, before ++ params)
    {sql, Enum.drop(bound, length(before))}
  end

  if @options? do
    defp prepare(operation, repo, queryable, opts),
      do: Ecto.Adapter.Queryable.prepare_query(operation, repo, queryable, opts)
  else
    defp prepare(operation, repo, queryable, _opts),
      do: Ecto.Adapter.Queryable.prepare_query(operation, repo, queryable)
  end
end
