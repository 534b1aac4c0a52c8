defmodule EctoLibSql.Native.RawStatements do
  @moduledoc false
  # Statements and cursors on plain ids, see EctoLibSql.Native.Raw.

  alias EctoLibSql.Connection.{Cursors, Prepared, Statements}
  alias EctoLibSql.Native.{Answer, Keywords, RawTransactions}
  alias EctoLibSql.State

  import Answer, only: [bare: 1, encoded: 1, mapped: 2, text: 1, text: 2]

  @type id :: String.t()
  @type failure :: {:error, String.t()}
  @type rows :: %{String.t() => term()}

  # --- By text ---

  @spec query_args(id(), atom(), atom(), String.t(), list()) :: rows() | failure()
  def query_args(conn_id, _mode, _sync, sql, args), do: query(state(conn_id), sql, args)

  @spec pragma_query(id(), String.t()) :: rows() | failure()
  def pragma_query(conn_id, sql), do: query(state(conn_id), sql, [])

  @spec query_with_trx_args(id(), id(), String.t(), list()) :: rows() | failure()
  def query_with_trx_args(trx_id, conn_id, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id), do: query(state, sql, args)
  end

  defp query(state, sql, args), do: run(state, sql, args, "Query failed: ") |> rows()

  @spec execute_with_transaction(id(), id(), String.t(), list()) :: non_neg_integer() | failure()
  def execute_with_transaction(trx_id, conn_id, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id),
         do: run(state, sql, args, "Execute failed: ") |> changed()
  end

  defp run(state, sql, args, prefix) do
    with {:ok, params} <- encoded(args),
         do: Statements.execute(state, sql, params) |> text(prefix)
  end

  @spec execute_batch_native(id(), String.t()) :: [rows() | nil] | failure()
  def execute_batch_native(conn_id, sql), do: script(conn_id, sql, :plain)

  @spec execute_transactional_batch_native(id(), String.t()) :: [rows() | nil] | failure()
  def execute_transactional_batch_native(conn_id, sql), do: script(conn_id, sql, :atomic)

  defp script(conn_id, sql, mode) do
    Statements.script(state(conn_id), sql, mode)
    |> text()
    |> mapped(&Answer.script/1)
    |> bare()
  end

  @spec should_use_query_path(String.t()) :: boolean()
  def should_use_query_path(sql) when is_binary(sql) do
    Statements.kind(sql) in [:select, :pragma] or Keywords.top_level?(sql, "RETURNING")
  end

  def should_use_query_path(_other), do: false

  # --- Prepared ---

  @spec prepare_statement(id(), String.t()) :: id() | failure()
  def prepare_statement(conn_id, sql),
    do: Prepared.prepare(state(conn_id), sql) |> text("Prepare failed: ") |> bare()

  @spec query_prepared(id(), id(), atom(), atom(), list()) :: rows() | failure()
  def query_prepared(conn_id, stmt_id, _mode, _sync, args),
    do: run_prepared(conn_id, stmt_id, args, "Query failed: ") |> rows()

  @spec execute_prepared(id(), id(), atom(), atom(), String.t(), list()) ::
          non_neg_integer() | failure()
  def execute_prepared(conn_id, stmt_id, _mode, _sync, _sql_hint, args),
    do: run_prepared(conn_id, stmt_id, args, "Execute failed: ") |> changed()

  defp run_prepared(conn_id, stmt_id, args, prefix) do
    with {:ok, params} <- encoded(args),
         do: Prepared.run(state(conn_id), stmt_id, params) |> text(prefix)
  end

  @spec reset_statement(id(), id()) :: :ok | failure()
  def reset_statement(conn_id, stmt_id), do: text(Prepared.reset(state(conn_id), stmt_id))

  @spec get_statement_columns(id(), id()) :: [Statements.column()] | failure()
  def get_statement_columns(conn_id, stmt_id),
    do: describe(conn_id, stmt_id) |> mapped(&elem(&1, 0)) |> bare()

  @spec statement_column_count(id(), id()) :: non_neg_integer() | failure()
  def statement_column_count(conn_id, stmt_id),
    do: describe(conn_id, stmt_id) |> mapped(&length(elem(&1, 0))) |> bare()

  @spec statement_column_name(id(), id(), integer()) :: String.t() | failure()
  def statement_column_name(conn_id, stmt_id, index) do
    with {:ok, {columns, _parameters}} <- describe(conn_id, stmt_id),
         do: columns |> Answer.at(index, "column", 0) |> mapped(&elem(&1, 0)) |> bare()
  end

  @spec statement_parameter_count(id(), id()) :: non_neg_integer() | failure()
  def statement_parameter_count(conn_id, stmt_id),
    do: describe(conn_id, stmt_id) |> mapped(&length(elem(&1, 1))) |> bare()

  @spec statement_parameter_name(id(), id(), integer()) :: String.t() | nil | failure()
  def statement_parameter_name(conn_id, stmt_id, index) do
    with {:ok, {_columns, parameters}} <- describe(conn_id, stmt_id),
         do: parameters |> Answer.at(index, "parameter", 1) |> bare()
  end

  defp describe(conn_id, stmt_id), do: text(Prepared.describe(state(conn_id), stmt_id))

  # --- Cursors ---

  @spec declare_cursor(id(), String.t(), list()) :: id() | failure()
  def declare_cursor(conn_id, sql, args), do: declare(state(conn_id), sql, args)

  defp declare(state, sql, args) do
    with {:ok, params} <- encoded(args),
         do: Cursors.open(state, sql, params) |> text("Query failed: ") |> bare()
  end

  @spec declare_cursor_with_context(id(), id(), atom(), String.t(), list()) :: id() | failure()
  def declare_cursor_with_context(conn_id, trx_id, :transaction, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id), do: declare(state, sql, args)
  end

  def declare_cursor_with_context(conn_id, conn_id, :connection, sql, args),
    do: declare_cursor(conn_id, sql, args)

  def declare_cursor_with_context(_conn_id, _other, :connection, _sql, _args),
    do: {:error, "Connection ID mismatch"}

  def declare_cursor_with_context(_conn_id, _id, _kind, _sql, _args),
    do: {:error, "opt is incorrect"}

  @spec fetch_cursor(id(), id(), pos_integer()) ::
          {[String.t()], [list()], non_neg_integer()} | failure()
  def fetch_cursor(conn_id, cursor_id, max_rows) when is_integer(max_rows) and max_rows > 0 do
    Cursors.fetch(state(conn_id), cursor_id, max_rows)
    |> text()
    |> mapped(&{&1.columns, &1.rows, &1.num_rows})
    |> bare()
  end

  def fetch_cursor(_conn_id, _cursor_id, _max_rows),
    do: {:error, "max_rows must be a positive integer"}

  # --- Shapes ---

  defp state(conn_id), do: %State{conn_id: conn_id}
  defp rows(answer), do: answer |> mapped(&Answer.rows/1) |> bare()
  defp changed(answer), do: answer |> mapped(& &1.num_rows) |> bare()
end
