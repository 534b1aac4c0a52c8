defmodule EctoLibSql.Native.Raw do
  @moduledoc false
  # Functions on plain ids: connections, transactions, statements and cursors are strings, results are maps or bare
  # values, errors are {:error, text}. No argument makes them raise. EctoLibSql.Native delegates to them, to
  # RawTransactions and to RawStatements.

  alias EctoLibSql.Callbacks.Opening
  alias EctoLibSql.Connection.{Batches, Control, Cursors, Lifetime, Prepared, Transactions}
  alias EctoLibSql.Native.{RawTransactions, Replica}
  alias EctoLibSql.State

  import EctoLibSql.Native.Answer, only: [bare: 1, mapped: 2, text: 1]

  @type id :: String.t()
  @type failure :: {:error, String.t()}

  # --- Connections ---

  @spec connect(keyword(), atom()) :: id() | failure()
  def connect(opts, mode) when mode in [:local, :remote, :remote_replica] do
    opts = if Keyword.keyword?(opts) and opts[:mode] == nil, do: [mode: mode] ++ opts, else: opts
    Opening.connect(opts) |> text() |> mapped(& &1.conn_id) |> bare()
  end

  def connect(_opts, _mode), do: {:error, "Unknown mode"}

  @spec ping(id()) :: true | failure()
  def ping(conn_id), do: with(:ok <- text(Lifetime.ping(state(conn_id))), do: true)

  @spec close(id(), atom()) :: :ok | failure()
  def close(id, :conn_id), do: text(Lifetime.close(id))
  def close(id, :stmt_id), do: text(Prepared.close(id))
  def close(id, :cursor_id), do: text(Cursors.close(id))
  def close(id, :trx_id), do: RawTransactions.close(id)
  def close(_id, _kind), do: {:error, "opt is incorrect"}

  # --- Batches ---

  @spec execute_batch(id(), atom(), atom(), list()) :: [map()] | failure()
  def execute_batch(conn_id, _mode, _sync, statements) do
    with {:ok, outcomes} <- Batches.each(state(conn_id), statements, :proceed) do
      Batches.collect(outcomes)
    end
    |> maps()
  end

  @spec execute_transactional_batch(id(), atom(), atom(), list()) :: [map()] | failure()
  def execute_transactional_batch(conn_id, _mode, _sync, statements),
    do: Batches.atomic(state(conn_id), statements) |> maps()

  defp maps(answer) do
    answer
    |> text()
    |> mapped(fn results -> Enum.map(results, &EctoLibSql.Native.Answer.rows/1) end)
    |> bare()
  end

  # --- Facts and control ---

  @spec last_insert_rowid(id()) :: integer() | failure()
  def last_insert_rowid(conn_id), do: info(conn_id, :last_insert_rowid)

  @spec changes(id()) :: integer() | failure()
  def changes(conn_id), do: info(conn_id, :changes)

  @spec total_changes(id()) :: integer() | failure()
  def total_changes(conn_id), do: info(conn_id, :total_changes)

  defp info(conn_id, fact), do: Control.info(state(conn_id), fact) |> text() |> bare()

  @spec is_autocommit(id()) :: boolean() | failure()
  def is_autocommit(conn_id) do
    Transactions.status(state(conn_id))
    |> text()
    |> mapped(fn {open?, _trx_id} -> not open? end)
    |> bare()
  end

  @spec set_busy_timeout(id(), non_neg_integer()) :: :ok | failure()
  def set_busy_timeout(conn_id, ms), do: text(Control.set_busy_timeout(state(conn_id), ms))

  @spec reset_connection(id()) :: :ok | failure()
  def reset_connection(conn_id), do: text(Transactions.reset(state(conn_id)))

  @spec interrupt_connection(id()) :: :ok | failure()
  def interrupt_connection(conn_id), do: text(Lifetime.interrupt(state(conn_id)))

  @spec enable_load_extension(id(), boolean()) :: :ok | failure()
  def enable_load_extension(conn_id, enabled),
    do: text(Control.enable_extensions(state(conn_id), enabled))

  @spec load_extension(id(), String.t(), String.t() | nil) :: :ok | failure()
  def load_extension(conn_id, path, entry_point),
    do: text(Control.load_extension(state(conn_id), path, entry_point))

  @spec set_update_hook(term(), term()) :: {:error, :unsupported}
  def set_update_hook(_conn_id, _pid), do: {:error, :unsupported}

  @spec clear_update_hook(term()) :: {:error, :unsupported}
  def clear_update_hook(_conn_id), do: {:error, :unsupported}

  @spec set_authorizer(term(), term()) :: {:error, :unsupported}
  def set_authorizer(_conn_id, _pid), do: {:error, :unsupported}

  # --- Replicas ---

  @spec do_sync(id(), atom()) :: {:ok, String.t()} | failure()
  def do_sync(conn_id, _mode), do: Replica.sync(state(conn_id))

  @spec get_frame_number(id()) :: integer() | failure()
  def get_frame_number(conn_id), do: bare(Replica.get_frame_number_for_replica(state(conn_id)))

  @spec sync_until(id(), integer()) :: :ok | failure()
  def sync_until(conn_id, frame), do: Replica.sync_until_frame(state(conn_id), frame)

  @spec flush_replicator(id()) :: integer() | failure()
  def flush_replicator(conn_id), do: bare(Replica.flush_and_get_frame(state(conn_id)))

  @spec max_write_replication_index(id()) :: non_neg_integer() | failure()
  def max_write_replication_index(conn_id), do: bare(Replica.get_max_write_frame(state(conn_id)))

  @spec freeze_database(term()) :: {:error, :unsupported}
  def freeze_database(conn_id), do: Replica.freeze_replica(conn_id)

  defp state(conn_id), do: %State{conn_id: conn_id}
end
