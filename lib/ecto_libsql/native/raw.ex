defmodule EctoLibSql.Native.Raw do
  @moduledoc false
  # Functions on plain ids: connections, transactions, statements and cursors are strings, results
  # are maps or bare values, errors are {:error, text}. Whatever is passed, the answer is one of these.
  # EctoLibSql.Native offers all of them under the same names.

  alias EctoLibSql.{Codec, Nif, Result, State}
  alias EctoLibSql.Native.{Batches, RawTransactions, Statements}

  import EctoLibSql.Native.Answer, only: [text: 1, text: 2]

  @type id :: String.t()
  @type failure :: {:error, String.t()}
  @type rows :: %{String.t() => term()}

  # --- Connections ---

  @spec connect(keyword(), atom()) :: id() | failure()
  def connect(opts, mode) when mode in [:local, :remote, :remote_replica] do
    opts = if Keyword.keyword?(opts) and opts[:mode] == nil, do: [mode: mode] ++ opts, else: opts

    case EctoLibSql.connect(opts) do
      {:ok, %State{conn_id: id}} -> id
      error -> text(error)
    end
  end

  def connect(_opts, _mode), do: {:error, "Unknown mode"}

  @spec ping(id()) :: true | failure()
  def ping(conn_id), do: with(:ok <- plain(Nif.ping(conn_id)), do: true)

  @spec close(id(), atom()) :: :ok | failure()
  def close(id, :conn_id), do: plain(Nif.close(id))
  def close(id, :stmt_id), do: plain(Nif.close_statement(id))
  def close(id, :cursor_id), do: plain(Nif.close_cursor(id))

  def close(id, :trx_id) do
    with {:ok, conn_id} <- RawTransactions.connection(id),
         answer when answer in [:ok, :idle] <- plain(Nif.rollback({conn_id, id})),
         do: :ok
  end

  def close(_id, _kind), do: {:error, "opt is incorrect"}

  # --- Statements by text ---

  @spec query_args(id(), atom(), atom(), String.t(), list()) :: rows() | failure()
  def query_args(conn_id, _mode, _sync, sql, args),
    do: run(state(conn_id), sql, args, "Query failed: ") |> rows()

  @spec pragma_query(id(), String.t()) :: rows() | failure()
  def pragma_query(conn_id, sql), do: run(state(conn_id), sql, [], "Query failed: ") |> rows()

  @spec query_with_trx_args(id(), id(), String.t(), list()) :: rows() | failure()
  def query_with_trx_args(trx_id, conn_id, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id),
         do: run(state, sql, args, "Query failed: ") |> rows()
  end

  @spec execute_with_transaction(id(), id(), String.t(), list()) :: non_neg_integer() | failure()
  def execute_with_transaction(trx_id, conn_id, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id),
         do: run(state, sql, args, "Execute failed: ") |> changed()
  end

  @spec should_use_query_path(String.t()) :: boolean()
  def should_use_query_path(sql) when is_binary(sql) do
    Nif.statement_kind(sql) in [:select, :pragma] or
      EctoLibSql.Native.Keywords.top_level?(sql, "RETURNING")
  end

  def should_use_query_path(_other), do: false

  defp run(state, sql, args, prefix) do
    with {:ok, params} <- text(Codec.encode(args, :native)),
         do: Statements.execute(state, sql, params) |> text(prefix)
  end

  # --- Prepared statements ---

  @spec prepare_statement(id(), String.t()) :: id() | failure()
  def prepare_statement(conn_id, sql) do
    bare(Statements.simple(Nif.prepare(conn_id, sql)) |> text("Prepare failed: "))
  end

  @spec query_prepared(id(), id(), atom(), atom(), list()) :: rows() | failure()
  def query_prepared(conn_id, stmt_id, _mode, _sync, args) do
    run_prepared(conn_id, stmt_id, args, "Query failed: ") |> rows()
  end

  @spec execute_prepared(id(), id(), atom(), atom(), String.t(), list()) ::
          non_neg_integer() | failure()
  def execute_prepared(conn_id, stmt_id, _mode, _sync, _sql_hint, args) do
    run_prepared(conn_id, stmt_id, args, "Execute failed: ") |> changed()
  end

  defp run_prepared(conn_id, stmt_id, args, prefix) do
    with {:ok, params} <- text(Codec.encode(args, :native)),
         do: Statements.run_prepared(state(conn_id), stmt_id, params) |> text(prefix)
  end

  @spec reset_statement(id(), id()) :: :ok | failure()
  def reset_statement(conn_id, stmt_id), do: plain(Nif.reset_statement(conn_id, stmt_id))

  @spec get_statement_columns(id(), id()) :: [tuple()] | failure()
  def get_statement_columns(conn_id, stmt_id) do
    with {columns, _parameters} when is_list(columns) <- describe(conn_id, stmt_id), do: columns
  end

  @spec statement_column_count(id(), id()) :: non_neg_integer() | failure()
  def statement_column_count(conn_id, stmt_id) do
    with {columns, _parameters} when is_list(columns) <- describe(conn_id, stmt_id),
         do: length(columns)
  end

  @spec statement_column_name(id(), id(), integer()) :: String.t() | failure()
  def statement_column_name(conn_id, stmt_id, index) do
    with {columns, _parameters} when is_list(columns) <- describe(conn_id, stmt_id),
         {name, _origin, _type} <- at(columns, index, "column", 0),
         do: name
  end

  @spec statement_parameter_count(id(), id()) :: non_neg_integer() | failure()
  def statement_parameter_count(conn_id, stmt_id) do
    with {columns, parameters} when is_list(columns) <- describe(conn_id, stmt_id),
         do: length(parameters)
  end

  @spec statement_parameter_name(id(), id(), integer()) :: String.t() | nil | failure()
  def statement_parameter_name(conn_id, stmt_id, index) do
    with {columns, parameters} when is_list(columns) <- describe(conn_id, stmt_id) do
      at(parameters, index, "parameter", 1)
    end
  end

  defp describe(conn_id, stmt_id), do: bare(plain(Nif.describe_statement(conn_id, stmt_id)))

  defp at(list, index, _what, from)
       when is_integer(index) and index >= from and index < length(list) + from do
    Enum.at(list, index - from)
  end

  defp at(list, index, what, from) when is_integer(index) do
    {:error,
     "#{what} index #{index} is out of bounds: counted from #{from}, there are #{length(list)}"}
  end

  defp at(_list, _index, what, _from), do: {:error, "#{what} index must be an integer"}

  # --- Batches ---

  @spec execute_batch(id(), atom(), atom(), list()) :: [rows()] | failure()
  def execute_batch(conn_id, _mode, _sync, statements) do
    with {:ok, outcomes} <- Batches.each(state(conn_id), statements, :proceed) do
      Batches.collect(outcomes)
    end
    |> maps()
  end

  @spec execute_transactional_batch(id(), atom(), atom(), list()) :: [rows()] | failure()
  def execute_transactional_batch(conn_id, _mode, _sync, statements) do
    Batches.atomic(state(conn_id), statements) |> maps()
  end

  @spec execute_batch_native(id(), String.t()) :: [rows() | nil] | failure()
  def execute_batch_native(conn_id, sql), do: script(state(conn_id), sql, :plain)

  @spec execute_transactional_batch_native(id(), String.t()) :: [rows() | nil] | failure()
  def execute_transactional_batch_native(conn_id, sql), do: script(state(conn_id), sql, :atomic)

  @doc "The same for a state, whose transaction the statements belong to."
  @spec script(State.t(), String.t(), :plain | :atomic) :: [rows() | nil] | failure()
  def script(state, sql, mode) do
    with {:ok, results} <- text(Statements.script(state, sql, mode)) do
      Enum.map(results, fn result -> if result.columns, do: rows({:ok, result}) end)
    end
  end

  defp maps({:ok, results}), do: Enum.map(results, &rows({:ok, &1}))
  defp maps(error), do: text(error)

  # --- Cursors ---

  @spec declare_cursor(id(), String.t(), list()) :: id() | failure()
  def declare_cursor(conn_id, sql, args), do: declare(state(conn_id), sql, args)

  defp declare(state, sql, args) do
    with {:ok, params} <- text(Codec.encode(args, :native)) do
      Statements.open_cursor(state, sql, params) |> text("Query failed: ") |> bare()
    end
  end

  @spec declare_cursor_with_context(id(), id(), atom(), String.t(), list()) :: id() | failure()
  def declare_cursor_with_context(conn_id, trx_id, :transaction, sql, args) do
    with {:ok, state} <- RawTransactions.state(trx_id, conn_id), do: declare(state, sql, args)
  end

  def declare_cursor_with_context(conn_id, conn_id, :connection, sql, args) do
    declare_cursor(conn_id, sql, args)
  end

  def declare_cursor_with_context(_conn_id, _other, :connection, _sql, _args) do
    {:error, "Connection ID mismatch"}
  end

  def declare_cursor_with_context(_conn_id, _id, _kind, _sql, _args),
    do: {:error, "opt is incorrect"}

  @spec fetch_cursor(id(), id(), pos_integer()) ::
          {[String.t()], [list()], non_neg_integer()} | failure()
  def fetch_cursor(conn_id, cursor_id, max_rows) when is_integer(max_rows) and max_rows > 0 do
    with {:ok, result} <- text(Statements.fetch(state(conn_id), cursor_id, max_rows)) do
      {result.columns, result.rows, result.num_rows}
    end
  end

  def fetch_cursor(_conn_id, _cursor_id, _max_rows),
    do: {:error, "max_rows must be a positive integer"}

  # --- Arguments ---

  @spec normalise_arguments(id(), String.t(), term()) :: list() | failure()
  def normalise_arguments(conn_id, sql, args) do
    by_position(args, fn -> text(Statements.parameter_names(state(conn_id), sql)) end)
  end

  @spec normalise_arguments_for_stmt(id(), id(), term()) :: list() | failure()
  def normalise_arguments_for_stmt(conn_id, stmt_id, args) do
    by_position(args, fn ->
      with {columns, parameters} when is_list(columns) <- describe(conn_id, stmt_id),
           do: {:ok, parameters}
    end)
  end

  defp by_position(args, names) when is_list(args) do
    cond do
      List.improper?(args) -> by_position(:improper, names)
      args == [] or not Keyword.keyword?(args) or Codec.plain?(args) -> args
      true -> by_position(Map.new(Enum.reverse(args)), names)
    end
  end

  defp by_position(args, names) when is_map(args) and not is_struct(args) do
    with {:ok, names} <- names.(), do: pick(names, args)
  end

  defp by_position(_args, _names), do: {:error, "arguments must be a list or map"}

  defp pick(names, args) do
    given = Map.new(args, fn {name, value} -> {bare_name(name), value} end)
    wanted = Enum.map(names, &bare_name/1)

    cond do
      Enum.any?(names, &(&1 == nil or String.starts_with?(&1, "?"))) ->
        {:error, "Cannot use named parameter map with SQL that has positional parameters"}

      (missing = Enum.reject(wanted, &is_map_key(given, &1))) != [] ->
        {:error,
         "Missing required parameters: #{listed(missing)}. The SQL requires: #{listed(wanted)}"}

      true ->
        Enum.map(wanted, &Map.fetch!(given, &1))
    end
  end

  defp bare_name(nil), do: nil
  defp bare_name(name) when is_atom(name), do: bare_name(Atom.to_string(name))
  defp bare_name(<<prefix, name::binary>>) when prefix in [?:, ?@, ?$], do: name
  defp bare_name(name), do: name

  defp listed(names), do: Enum.map_join(names, ", ", &":#{&1}")

  # --- Facts and control ---

  @spec last_insert_rowid(id()) :: integer() | failure()
  def last_insert_rowid(conn_id), do: bare(plain(Nif.info(conn_id, :last_insert_rowid)))

  @spec changes(id()) :: integer() | failure()
  def changes(conn_id), do: bare(plain(Nif.info(conn_id, :changes)))

  @spec total_changes(id()) :: integer() | failure()
  def total_changes(conn_id), do: bare(plain(Nif.info(conn_id, :total_changes)))

  @spec is_autocommit(id()) :: boolean() | failure()
  def is_autocommit(conn_id) do
    with {open?, _trx_id} when is_boolean(open?) <- bare(plain(Nif.transaction_status(conn_id))),
         do: not open?
  end

  @spec set_busy_timeout(id(), non_neg_integer()) :: :ok | failure()
  def set_busy_timeout(conn_id, ms) when is_integer(ms) and ms >= 0 and ms <= 0x7FFFFFFF do
    plain(Nif.set_busy_timeout(conn_id, ms))
  end

  def set_busy_timeout(_conn_id, _ms),
    do: {:error, "the busy timeout must be between 0 and 2147483647 milliseconds"}

  @spec reset_connection(id()) :: :ok | failure()
  def reset_connection(conn_id), do: plain(Nif.reset(conn_id))

  @spec interrupt_connection(id()) :: :ok | failure()
  def interrupt_connection(conn_id), do: plain(Nif.interrupt(conn_id))

  @spec enable_load_extension(id(), boolean()) :: :ok | failure()
  def enable_load_extension(conn_id, enabled) when is_boolean(enabled) do
    plain(Nif.enable_extensions(conn_id, enabled))
  end

  def enable_load_extension(_conn_id, _enabled), do: {:error, "expected true or false"}

  @spec load_extension(id(), String.t(), String.t() | nil) :: :ok | failure()
  def load_extension(conn_id, path, entry_point) do
    text(EctoLibSql.Native.Control.load_extension(state(conn_id), path, entry_point))
  end

  @spec set_update_hook(term(), term()) :: {:error, :unsupported}
  def set_update_hook(_conn_id, _pid), do: {:error, :unsupported}

  @spec clear_update_hook(term()) :: {:error, :unsupported}
  def clear_update_hook(_conn_id), do: {:error, :unsupported}

  @spec set_authorizer(term(), term()) :: {:error, :unsupported}
  def set_authorizer(_conn_id, _pid), do: {:error, :unsupported}

  # --- Replicas: a local connection has no frames ---

  @spec do_sync(id(), atom()) :: {:ok, String.t()} | failure()
  def do_sync(conn_id, _mode), do: with(true <- ping(conn_id), do: {:ok, "success sync"})

  @spec get_frame_number(id()) :: failure()
  def get_frame_number(conn_id), do: no_replica(conn_id)

  @spec sync_until(id(), integer()) :: failure()
  def sync_until(conn_id, _frame), do: no_replica(conn_id)

  @spec flush_replicator(id()) :: failure()
  def flush_replicator(conn_id), do: no_replica(conn_id)

  @spec max_write_replication_index(id()) :: non_neg_integer() | failure()
  def max_write_replication_index(conn_id), do: with(true <- ping(conn_id), do: 0)

  @spec freeze_database(term()) :: {:error, :unsupported}
  def freeze_database(_conn_id), do: {:error, :unsupported}

  defp no_replica(conn_id) do
    with true <- ping(conn_id),
         do: {:error, "a local connection is not a replica: it has no frames"}
  end

  # --- Shapes ---

  defp state(conn_id), do: %State{conn_id: conn_id}

  defp plain(answer), do: answer |> Statements.simple() |> text()

  defp bare({:ok, value}), do: value
  defp bare(error), do: error

  defp rows({:ok, %Result{columns: columns, rows: rows, num_rows: count}}) do
    %{"columns" => columns || [], "rows" => rows || [], "num_rows" => count}
  end

  defp rows(error), do: error

  defp changed({:ok, %Result{num_rows: count}}), do: count
  defp changed(error), do: error
end
