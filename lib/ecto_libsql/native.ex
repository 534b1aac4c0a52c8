defmodule EctoLibSql.Native do
  @moduledoc """
  The driver without DBConnection: calls on one connection.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, stmt} = EctoLibSql.Native.prepare(state, "SELECT ? + 1")
      {:ok, %EctoLibSql.Result{rows: [[42]]}} = EctoLibSql.Native.query_stmt(state, stmt, [41])
      :ok = EctoLibSql.Native.close_stmt(stmt)

  Where a state is taken, so is a `%DBConnection{}` (as `EctoLibSql.run/2` gives it), a pool, or an
  Ecto repo; the call then runs on a checked-out connection. What leaves something open on the
  connection (a transaction, a subscription, an access policy) takes no pool.

  Functions return `:ok`, `{:ok, value}` or `{:error, reason}`, the reason being a text in which
  SQLite's own message is unchanged, behind `Prepare failed: `, `Query failed: ` or `Execute failed: ` where a
  prepared statement failed; `EctoLibSql.Error.from_reason/1` makes a struct of it. The
  metadata functions return bare values. Parameters that cannot be encoded, and maps that do not fit
  the statement, raise `ArgumentError`.

  Any process may call with an id or a state; calls on one connection run one after the other.
  `interrupt/1` never waits.
  """

  alias EctoLibSql.Callbacks
  alias EctoLibSql.Connection.{Control, Database, Lifetime, Statements, Transactions}
  alias EctoLibSql.Native.{Arguments, Batch, PreparedStatements, Replica, Vectors}
  alias EctoLibSql.Native.{Raw, RawStatements, RawTransactions}
  alias EctoLibSql.Options.{Names, TransactionMode}
  alias EctoLibSql.{Error, Result, Source, State}

  import EctoLibSql.Native.Answer

  @type source :: EctoLibSql.conn()
  @type reason :: String.t()
  @type stmt_id :: String.t()
  @type args :: list() | map() | keyword()

  # --- Transactions ---

  @doc """
  Begins a transaction. `opts`: `behavior:`, `behaviour:` or `mode:` with `:deferred`, `:immediate`,
  `:exclusive` or `:read_only` (which refuses writes).
  """
  @spec begin(source(), keyword()) :: {:ok, State.t()} | {:error, reason()}
  def begin(source, opts \\ []) do
    Source.with_own_state(source, fn state ->
      with :ok <- Names.check(opts, Names.transaction_mode(), "a transaction"),
           default = Callbacks.Call.settings(state).default_transaction_mode,
           {:ok, mode} <- TransactionMode.read(opts, default),
           do: open(state, mode)
    end)
    |> text()
  end

  defp open(_state, :savepoint),
    do: {:error, Error.new(:invalid_argument, "a savepoint is opened by create_savepoint/2")}

  defp open(state, mode), do: Transactions.open(state, mode)

  @doc "Commits. A commit that SQLite refuses is rolled back and reported."
  @spec commit(source()) :: {:ok, String.t()} | {:error, reason()}
  def commit(source) do
    Source.with_own_state(source, &Transactions.commit/1) |> ended("commit")
  end

  @doc "Rolls back, also what SQLite has rolled back by itself already."
  @spec rollback(source()) :: {:ok, String.t()} | {:error, reason()}
  def rollback(source) do
    Source.with_own_state(source, &Transactions.rollback/1) |> ended("rollback")
  end

  defp ended({:ok, _state}, verb), do: {:ok, verb <> " success"}
  defp ended(:idle, verb), do: {:error, "No active transaction: cannot #{verb}"}
  defp ended({:error, error}, _verb), do: text({:error, error})

  @doc "Opens a savepoint inside a transaction. Names match `[A-Za-z_][A-Za-z0-9_]*`."
  @spec create_savepoint(source(), String.t()) :: :ok | {:error, reason()}
  def create_savepoint(source, name), do: by_name(source, :open, name)

  @doc "Releases a savepoint: keeps its changes as part of what surrounds it."
  @spec release_savepoint_by_name(source(), String.t()) :: :ok | {:error, reason()}
  def release_savepoint_by_name(source, name), do: by_name(source, :release, name)

  @doc "Undoes the changes since the savepoint, which stays open."
  @spec rollback_to_savepoint_by_name(source(), String.t()) :: :ok | {:error, reason()}
  def rollback_to_savepoint_by_name(source, name), do: by_name(source, :rollback_to, name)

  defp by_name(source, operation, name) do
    Source.with_own_state(source, &Transactions.savepoint(&1, operation, name)) |> text()
  end

  # --- Prepared statements and batches ---

  @spec prepare(source(), String.t()) :: {:ok, stmt_id()} | {:error, reason()}
  defdelegate prepare(source, sql), to: PreparedStatements

  @spec query_stmt(source(), stmt_id(), args()) :: {:ok, Result.t()} | {:error, reason()}
  defdelegate query_stmt(source, stmt_id, args), to: PreparedStatements

  @spec execute_stmt(source(), stmt_id(), String.t(), args()) ::
          {:ok, non_neg_integer() | Result.t()} | {:error, reason()}
  defdelegate execute_stmt(source, stmt_id, sql, args), to: PreparedStatements

  @spec close_stmt(stmt_id()) :: :ok | {:error, reason()}
  defdelegate close_stmt(stmt_id), to: PreparedStatements

  @spec reset_stmt(source(), stmt_id()) :: :ok | {:error, reason()}
  defdelegate reset_stmt(source, stmt_id), to: PreparedStatements

  @spec get_stmt_columns(source(), stmt_id()) ::
          {:ok, [{String.t(), String.t() | nil, String.t() | nil}]} | {:error, reason()}
  defdelegate get_stmt_columns(source, stmt_id), to: PreparedStatements

  @spec stmt_column_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  defdelegate stmt_column_count(source, stmt_id), to: PreparedStatements

  @spec stmt_column_name(source(), stmt_id(), non_neg_integer()) ::
          {:ok, String.t()} | {:error, reason()}
  defdelegate stmt_column_name(source, stmt_id, index), to: PreparedStatements

  @spec stmt_parameter_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  defdelegate stmt_parameter_count(source, stmt_id), to: PreparedStatements

  @spec stmt_parameter_name(source(), stmt_id(), pos_integer()) ::
          {:ok, String.t() | nil} | {:error, reason()}
  defdelegate stmt_parameter_name(source, stmt_id, index), to: PreparedStatements

  @spec batch(source(), [{String.t(), args()}], keyword()) ::
          {:ok, [Result.t() | {:ok, Result.t()} | {:error, reason()}]} | {:error, reason()}
  defdelegate batch(source, statements, opts \\ []), to: Batch

  @spec batch_transactional(source(), [{String.t(), args()}]) ::
          {:ok, [Result.t()]} | {:error, reason()}
  defdelegate batch_transactional(source, statements), to: Batch

  @spec execute_batch_sql(source(), String.t()) :: {:ok, [map() | nil]} | {:error, reason()}
  defdelegate execute_batch_sql(source, sql), to: Batch

  @spec execute_transactional_batch_sql(source(), String.t()) ::
          {:ok, [map() | nil]} | {:error, reason()}
  defdelegate execute_transactional_batch_sql(source, sql), to: Batch

  # --- Metadata and control ---

  @doc "The rowid of the last row inserted on this connection."
  @spec get_last_insert_rowid(source()) :: integer() | {:error, reason()}
  def get_last_insert_rowid(source), do: info(source, :last_insert_rowid)

  @doc "Rows changed by the last write."
  @spec get_changes(source()) :: integer() | {:error, reason()}
  def get_changes(source), do: info(source, :changes)

  @doc "Rows changed since the connection was opened."
  @spec get_total_changes(source()) :: integer() | {:error, reason()}
  def get_total_changes(source), do: info(source, :total_changes)

  @doc "True outside transactions."
  @spec get_is_autocommit(source()) :: boolean() | {:error, reason()}
  def get_is_autocommit(source) do
    source
    |> on_id(&Transactions.status/1)
    |> mapped(fn {open?, _trx_id} -> not open? end)
    |> bare()
  end

  defp info(source, fact), do: source |> on_id(&Control.info(&1, fact)) |> bare()

  @doc "Sets how long the connection waits for a lock, in milliseconds; 0 does not wait."
  @spec busy_timeout(source(), non_neg_integer()) :: :ok | {:error, reason()}
  def busy_timeout(source, milliseconds \\ 5000)
      when is_integer(milliseconds) and milliseconds >= 0 do
    on_id(source, &Control.set_busy_timeout(&1, milliseconds))
  end

  @doc "Rolls back, resets all statements, closes all cursors."
  @spec reset(source()) :: :ok | {:error, reason()}
  def reset(source), do: on_id(source, &Transactions.reset/1)

  @doc "Stops what runs on the connection, at once and from any process."
  @spec interrupt(source()) :: :ok | {:error, reason()}
  def interrupt(source), do: on_id(source, &Lifetime.interrupt/1)

  @doc "Allows `load_ext/3`, or forbids it again."
  @spec enable_extensions(source(), boolean()) :: :ok | {:error, reason()}
  def enable_extensions(source, enabled) when is_boolean(enabled) do
    on_own_id(source, &Control.enable_extensions(&1, enabled))
  end

  @doc "Loads an extension from a shared object. Needs `enable_extensions/2`."
  @spec load_ext(source(), String.t(), String.t() | nil) :: :ok | {:error, reason()}
  def load_ext(source, path, entry_point \\ nil) do
    Source.with_state(source, &Control.load_extension(&1, path, entry_point)) |> text()
  end

  @doc "Not offered under this name: see `subscribe/3`."
  @spec add_update_hook(source(), pid()) :: {:error, :unsupported}
  def add_update_hook(_source, _pid \\ self()), do: {:error, :unsupported}

  @doc "Not offered under this name: see `unsubscribe/2`."
  @spec remove_update_hook(source()) :: {:error, :unsupported}
  def remove_update_hook(_source), do: {:error, :unsupported}

  @doc "Not offered under this name: see `set_access_policy/2`."
  @spec add_authorizer(source(), pid()) :: {:error, :unsupported}
  def add_authorizer(_source, _pid \\ self()), do: {:error, :unsupported}

  @doc "The verb of a statement, e.g. `:select`; `:create` for CREATE, ALTER and DROP; `:unknown` where there is none."
  @spec detect_command(term()) :: atom()
  def detect_command(sql) when is_binary(sql) do
    case Statements.kind(sql) do
      :drop -> :create
      verb -> verb
    end
  end

  def detect_command(_other), do: :unknown

  @doc "Closes a connection by its id; `kind` is `:conn_id`."
  @spec close_conn(String.t(), :conn_id, State.t() | term()) :: :ok | {:error, reason()}
  def close_conn(id, kind, _state), do: Raw.close(id, kind)

  # --- The database as a whole ---

  @doc """
  Copies the live database into a file. `progress: pid` receives `{:ecto_libsql_backup, remaining,
  total}` (pages), `pages_per_step:` is 256. The copy has the connection's encryption key, or that of
  `encryption_key:` (`nil`: plain), `encryption_cipher:` and `encryption_kdf:`.
  """
  @spec backup(source(), String.t(), keyword()) :: :ok | {:error, reason()}
  def backup(source, path, opts \\ []) do
    Source.with_state(source, &Database.backup(&1, :to, path, opts)) |> text()
  end

  @doc "Replaces the database by the content of a file. Options as for `backup/3`."
  @spec restore(source(), String.t(), keyword()) :: :ok | {:error, reason()}
  def restore(source, path, opts \\ []) do
    Source.with_state(source, &Database.backup(&1, :from, path, opts)) |> text()
  end

  @doc "The image of a database as a binary."
  @spec serialize(source(), String.t()) :: {:ok, binary()} | {:error, reason()}
  def serialize(source, database \\ "main") do
    Source.with_state(source, &Database.serialise(&1, database)) |> text()
  end

  @doc "Replaces a database by an in-memory copy of an image."
  @spec deserialize(source(), binary(), String.t()) :: :ok | {:error, reason()}
  def deserialize(source, image, database \\ "main") do
    Source.with_state(source, &Database.deserialise(&1, image, database)) |> text()
  end

  @doc "Moves the write-ahead log into the database: `:passive`, `:full`, `:restart` or `:truncate`."
  @spec checkpoint(source(), atom()) ::
          {:ok, %{busy: boolean(), log_frames: integer(), checkpointed_frames: integer()}}
          | {:error, reason()}
  def checkpoint(source, mode \\ :passive) do
    Source.with_state(source, &Database.checkpoint(&1, mode)) |> text()
  end

  @doc "Writes a compact copy of the database into a new file. Options as for `EctoLibSql.vacuum_into/3`."
  @spec vacuum_into(source(), String.t(), keyword()) :: :ok | {:error, reason()}
  def vacuum_into(source, path, opts \\ []),
    do: Source.with_state(source, &Database.vacuum_into(&1, path, opts)) |> text()

  @doc "Counters of the connection: cache hits and misses, waits for locks, memory."
  @spec stats(source()) :: {:ok, map()} | {:error, reason()}
  def stats(source), do: Source.with_state(source, &Control.stats/1) |> text()

  @doc "How SQLite would run a statement: the rows of EXPLAIN QUERY PLAN."
  @spec explain(source(), String.t(), args()) :: {:ok, Result.t()} | {:error, reason()}
  def explain(source, sql, args \\ []) do
    Source.with_state(source, &Statements.explain(&1, sql, args)) |> raised() |> text()
  end

  # --- Events and policy ---

  @doc """
  Sends `{:ecto_libsql, ref, event}` to `subscriber` (a pid or registered name) after commits on
  this connection. `events` are `:update`, `:commit`, `:rollback`, `:wal`; an event is
  `{:update, :insert | :update | :delete, database, table, rowid}` (rowid 0 for tables WITHOUT
  ROWID), `:commit`, `:rollback` or `{:wal, database, pages}`.

  The adapter's own statements are reported as well. A migration that rebuilds a table writes to
  `sqlite_master` and to a table whose name begins with `ecto_libsql_`, and moves rows without changing them;
  the look-up of a violated constraint ends in a `:rollback` of its own. Whoever follows tables by name
  leaves those two prefixes out.

  A server reports by table, whoever commits: `[{:changes, table}]`, one table for each subscription. It sends
  `{:changes, table, %{insert: n, update: n, delete: n}}` for each commit that changes the table, `{:lost, table}` where
  commits may have been missed (the connection broke and is there again), and, last, `{:ended, table, error}` if the
  server refuses to go on, for instance because the token has expired; `error` is a map with `:kind` and `:message`.
  On a replica an event comes when the file has the change.
  Each subscription has an HTTP connection of its own, also next to a WebSocket. The error is `:unsupported` where the
  server does not offer it (Turso Cloud does not; sqld and the development server do), and for a local database.
  """
  @spec subscribe(source(), [atom() | {:changes, String.t()}], pid() | atom()) ::
          {:ok, reference()} | {:error, reason()}
  def subscribe(source, events, subscriber \\ self()) do
    Source.with_own_state(source, &Control.subscribe(&1, events, subscriber)) |> text()
  end

  @doc "Ends a subscription."
  @spec unsubscribe(source(), reference()) :: :ok | {:error, reason()}
  def unsubscribe(source, ref),
    do: Source.with_own_state(source, &Control.unsubscribe(&1, ref)) |> text()

  @doc """
  Forbids actions on this connection: `deny:` is a list of actions (`:insert`, `:ddl`, `:pragma`,
  `:attach`, ...) or `{action, name}` for one table, pragma or function. `deny: []` allows all.
  """
  @spec set_access_policy(source(), keyword()) :: :ok | {:error, reason()}
  def set_access_policy(source, opts) do
    Source.with_own_state(source, &Control.set_access_policy(&1, opts)) |> text()
  end

  # --- Replicas and vectors ---

  @spec sync(source() | String.t(), keyword()) ::
          {:ok, String.t() | map() | nil} | {:error, reason()}
  defdelegate sync(source, opts \\ []), to: Replica

  @spec get_frame_number_for_replica(source() | String.t()) ::
          {:ok, integer()} | {:error, reason()}
  defdelegate get_frame_number_for_replica(source), to: Replica

  @spec sync_until_frame(source() | String.t(), integer()) :: :ok | {:error, reason()}
  defdelegate sync_until_frame(source, frame), to: Replica

  @spec flush_and_get_frame(source() | String.t()) :: {:ok, integer()} | {:error, reason()}
  defdelegate flush_and_get_frame(source), to: Replica

  @spec get_max_write_frame(source() | String.t()) :: {:ok, integer()} | {:error, reason()}
  defdelegate get_max_write_frame(source), to: Replica

  @spec freeze_replica(term()) :: {:ok, State.t()} | {:error, :unsupported | reason()}
  defdelegate freeze_replica(source), to: Replica

  @spec vector([number()]) :: String.t()
  defdelegate vector(numbers), to: Vectors

  @spec vector_type(pos_integer(), atom()) :: String.t()
  defdelegate vector_type(dimensions, kind \\ :f32), to: Vectors

  @spec vector_distance_cos(String.t() | atom(), [number()] | String.t()) :: String.t()
  defdelegate vector_distance_cos(column, vector), to: Vectors

  @spec vector_distance_l2(String.t() | atom(), [number()] | String.t()) :: String.t()
  defdelegate vector_distance_l2(column, vector), to: Vectors

  @spec vector_to_blob([number()], :f32 | :f64) :: binary()
  defdelegate vector_to_blob(numbers, kind \\ :f32), to: Vectors

  @spec vector_from_blob(binary()) :: {:ok, [float()]} | {:error, reason()}
  defdelegate vector_from_blob(bytes), to: Vectors

  # --- Small helpers ---

  @doc "Arguments for a text as a list in the order of its parameters."
  @spec normalise_arguments(String.t(), String.t(), args()) :: list() | {:error, reason()}
  def normalise_arguments(conn_id, sql, args),
    do: Arguments.for_text(%State{conn_id: conn_id}, sql, args)

  @doc "Arguments for a prepared statement as a list in the order of its parameters."
  @spec normalise_arguments_for_stmt(String.t(), stmt_id(), args()) :: list() | {:error, reason()}
  def normalise_arguments_for_stmt(conn_id, stmt_id, args),
    do: Arguments.for_prepared(%State{conn_id: conn_id}, stmt_id, args)

  @doc "There is no cache of parameter names to clear: compiled statements know theirs."
  @spec clear_param_cache() :: :ok
  def clear_param_cache, do: :ok

  @doc "See `clear_param_cache/0`."
  @spec param_cache_size() :: non_neg_integer()
  def param_cache_size, do: 0

  # --- The same query with its arguments in the orders of the older driver ---

  @doc "Runs a query on a state; the answer is that of `EctoLibSql.handle_execute/4`."
  @spec query(source(), EctoLibSql.Query.t() | String.t(), args()) ::
          {:ok, EctoLibSql.Query.t(), Result.t(), State.t()} | {:error, Exception.t(), source()}
  def query(source, query, args) do
    case Source.with_state(source, &Callbacks.Statements.execute(query, args, [], &1)) do
      {:ok, _query, _result, _state} = ok -> ok
      {_error_or_disconnect, error, state} -> {:error, error, state}
      {:error, error} -> {:error, error, source}
    end
  end

  @doc "As `query/3`, arguments in another order."
  @spec execute_non_trx(EctoLibSql.Query.t() | String.t(), source(), args()) ::
          {:ok, EctoLibSql.Query.t(), Result.t(), State.t()} | {:error, Exception.t(), source()}
  def execute_non_trx(query, source, args), do: query(source, query, args)

  @doc "As `query/3`; the statement is part of the transaction that is open."
  @spec execute_with_trx(source(), EctoLibSql.Query.t() | String.t(), args()) ::
          {:ok, EctoLibSql.Query.t(), Result.t(), State.t()} | {:error, Exception.t(), source()}
  def execute_with_trx(source, query, args), do: query(source, query, args)

  # --- The functions on plain ids, see the comments in the three modules ---

  for module <- [Raw, RawStatements, RawTransactions],
      {name, arity} <- module.__info__(:functions),
      {module, name, arity} not in [{RawTransactions, :state, 2}, {RawTransactions, :close, 1}] do
    arguments = Macro.generate_arguments(arity, __MODULE__)
    @doc false
    defdelegate unquote(name)(unquote_splicing(arguments)), to: module
  end
end
