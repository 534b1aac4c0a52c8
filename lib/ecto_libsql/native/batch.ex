defmodule EctoLibSql.Native.Batch do
  @moduledoc """
  The functions of `EctoLibSql.Native` that run many statements in one call.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")

      {:ok, [_create, _insert, %EctoLibSql.Result{rows: [[2]]}]} =
        EctoLibSql.Native.batch_transactional(state, [
          {"CREATE TABLE t (x)", []},
          {"INSERT INTO t VALUES (?), (?)", [1, 2]},
          {"SELECT count(*) FROM t", []}
        ])
  """

  alias EctoLibSql.Connection.{Batches, Statements}
  alias EctoLibSql.Native.Answer
  alias EctoLibSql.{Result, Source}

  import Answer

  @type source :: EctoLibSql.conn()
  @type reason :: String.t()
  @type args :: list() | map() | keyword()

  @doc """
  Runs `{sql, args}` pairs in order, in one call. Not atomic: every statement is tried, and the error has
  the first failure and its index, counted from 0.

    * `on_error: :stop` - stops at the first failure (`:halt` is the same); default `:continue`.
    * `results: :tagged` - `{:ok, [{:ok, result} | {:error, reason}]}` with the outcome of each statement.
    * `timeout:` - milliseconds until the batch is stopped; the members before that have run.
  """
  @spec batch(source(), [{String.t(), args()}], keyword()) ::
          {:ok, [Result.t() | {:ok, Result.t()} | {:error, reason()}]} | {:error, reason()}
  def batch(source, statements, opts \\ []) do
    with {:ok, mode, form, timeout} <- Batches.options(opts),
         {:ok, outcomes} <-
           Source.with_state(source, &Batches.each(&1, statements, mode, timeout)) do
      if form == :tagged,
        do: {:ok, Enum.map(outcomes, &text/1)},
        else: Batches.collect(outcomes)
    end
    |> raised()
    |> text()
  end

  @doc "The same, all or nothing; inside an open transaction by means of a savepoint."
  @spec batch_transactional(source(), [{String.t(), args()}]) ::
          {:ok, [Result.t()]} | {:error, reason()}
  def batch_transactional(source, statements) do
    Source.with_state(source, &Batches.atomic(&1, statements)) |> raised() |> text()
  end

  @doc """
  Runs every statement of a text. One entry for each: nil for statements without rows, else a map
  with `"columns"`, `"rows"` and `"num_rows"`.
  """
  @spec execute_batch_sql(source(), String.t()) :: {:ok, [map() | nil]} | {:error, reason()}
  def execute_batch_sql(source, sql), do: batch_text(source, sql, :plain)

  @doc "The same, all or nothing."
  @spec execute_transactional_batch_sql(source(), String.t()) ::
          {:ok, [map() | nil]} | {:error, reason()}
  def execute_transactional_batch_sql(source, sql) do
    batch_text(source, sql, :atomic)
  end

  defp batch_text(source, sql, mode),
    do: source |> on_id(&Statements.script(&1, sql, mode)) |> mapped(&Answer.script/1)
end
