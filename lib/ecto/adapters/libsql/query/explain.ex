defmodule Ecto.Adapters.LibSql.Query.Explain do
  @moduledoc false
  # Repo.explain: the query plan as maps by default, the byte code with `type: :instructions`, either one as a table of
  # text with `format: :text`. `analyze: true` runs the statement as well and adds its cost.

  alias Ecto.Adapters.LibSql.Options
  alias Ecto.Adapters.LibSql.Query.{Cached, Transaction}
  alias EctoLibSql.Options.Names

  @options [:type, :format, :analyze, :wrap_in_transaction]

  @doc """
  `Repo.explain/3`. Ecto's own implementation looks the repository up by the module's name, which fails for a dynamic
  repository without one, and rolls back the transaction that it is called in.
  """
  @spec run(module(), atom() | pid(), atom(), Ecto.Queryable.t(), keyword()) :: term()
  def run(repo, dynamic, operation, queryable, opts) do
    meta = Ecto.Adapter.lookup_meta(dynamic)
    {sql, params} = Cached.to_sql(operation, dynamic, queryable)
    of_repo = Keyword.take(meta.opts, [:timeout])

    explain = fn ->
      meta.sql.explain_query(Transaction.connection(meta), sql, params, opts ++ of_repo)
    end

    if Keyword.get(opts, :wrap_in_transaction, true) do
      undone = fn -> repo.rollback(explain.()) end
      mode = mode(operation, repo.in_transaction?())
      {:error, outcome} = repo.transaction(undone, Keyword.merge(opts, mode))
      explained!(outcome)
    else
      repo.checkout(explain)
    end
  end

  # With `analyze: true` a write is run.
  defp mode(_operation, true), do: [mode: :savepoint]
  defp mode(:all, false), do: [mode: :deferred]
  defp mode(_write, false), do: []

  defp explained!({:ok, explained}), do: explained
  defp explained!({:error, error}), do: raise(error)

  @spec split(keyword()) :: {map(), keyword()}
  def split(opts) do
    {explain, rest} = Keyword.split(opts, @options)
    Names.check!(rest, @options ++ Options.Query.known(), "explain")
    Options.Query.check!(rest)

    {%{
       type: one_of!(explain, :type, [:query_plan, :instructions]),
       format: one_of!(explain, :format, [:map, :text]),
       analyze: one_of!(explain, :analyze, [false, true])
     }, rest}
  end

  # The first value is the default.
  defp one_of!(explain, key, [default, other] = values) do
    value = Keyword.get(explain, key, default)

    if value in values,
      do: value,
      else: Options.Query.refuse!(key, "#{inspect(default)} or #{inspect(other)}", value)
  end

  @spec sql(iodata(), map()) :: iodata()
  def sql(sql, %{type: :query_plan}), do: ["EXPLAIN QUERY PLAN ", sql]
  def sql(sql, %{type: :instructions}), do: ["EXPLAIN ", sql]

  @doc "The result in the format that was asked for. `costs` are those of the statement's run, or nil."
  @spec present(EctoLibSql.Result.t(), map() | nil, map()) :: [map()] | String.t()
  def present(result, costs, %{format: :text}),
    do: Ecto.Adapters.SQL.format_table(result) <> costs_text(costs)

  def present(%{columns: columns, rows: rows}, costs, %{format: :map}),
    do: Enum.map(rows, &(columns |> Enum.zip(&1) |> Map.new())) ++ costs_map(costs)

  defp costs_text(nil), do: ""

  defp costs_text(costs),
    do: "\n" <> Enum.map_join(Enum.sort(costs), ", ", fn {name, value} -> "#{name}: #{value}" end)

  defp costs_map(nil), do: []
  defp costs_map(costs), do: [Map.new(costs, fn {name, value} -> {to_string(name), value} end)]
end
