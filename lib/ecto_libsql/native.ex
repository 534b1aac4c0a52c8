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
  SQLite's own message stands unchanged; `EctoLibSql.Error.from_reason/1` makes a struct of it. The
  metadata functions return bare values. Parameters that cannot be encoded, and maps that do not fit
  the statement, raise `ArgumentError`.

  Any process may call with an id or a state; calls on one connection run one after the other.
  `interrupt/1` never waits.
  """

  alias EctoLibSql.{Codec, Error, Nif, Result, State}

  alias EctoLibSql.Native.{
    Batches,
    Control,
    Raw,
    RawTransactions,
    Source,
    Statements,
    Transactions,
    Vectors
  }

  alias EctoLibSql.Options.Names

  import EctoLibSql.Native.Answer

  @type source :: Source.source()
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
           {:ok, behaviour} <- Transactions.behaviour(opts, state),
           do: open(state, behaviour)
    end)
    |> text()
  end

  defp open(_state, :savepoint),
    do: {:error, Error.new(:invalid_argument, "a savepoint is opened by create_savepoint/2")}

  defp open(state, behaviour), do: Transactions.open(state, behaviour)

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

  @doc "Undoes everything since the savepoint, which stays open."
  @spec rollback_to_savepoint_by_name(source(), String.t()) :: :ok | {:error, reason()}
  def rollback_to_savepoint_by_name(source, name), do: by_name(source, :rollback_to, name)

  defp by_name(source, operation, name) do
    Source.with_own_state(source, &Transactions.savepoint(&1, operation, name)) |> text()
  end

  # --- Prepared statements ---

  @doc "Compiles a statement and keeps it under the returned id until `close_stmt/1`."
  @spec prepare(source(), String.t()) :: {:ok, stmt_id()} | {:error, reason()}
  def prepare(source, sql) when is_binary(sql) do
    Source.with_state(source, &Statements.prepare(&1, sql))
    |> text("Prepare failed: ")
  end

  def prepare(_source, _sql), do: {:error, "Prepare failed: the SQL must be a string"}

  @doc "Runs a prepared statement and returns its rows."
  @spec query_stmt(source(), stmt_id(), args()) :: {:ok, Result.t()} | {:error, reason()}
  def query_stmt(source, stmt_id, args) do
    with {:ok, params} <- encoded(args) do
      Source.with_state(source, &run_stmt(&1, stmt_id, params))
      |> raised()
      |> text("Query failed: ")
    end
  end

  @doc """
  Runs a prepared statement: `{:ok, rows_changed}`, or `{:ok, result}` if it yields rows. The SQL is
  a hint for readers; what was prepared counts.
  """
  @spec execute_stmt(source(), stmt_id(), String.t(), args()) ::
          {:ok, non_neg_integer() | Result.t()} | {:error, reason()}
  def execute_stmt(source, stmt_id, _sql, args) do
    with {:ok, params} <- encoded(args) do
      case Source.with_state(source, &run_stmt(&1, stmt_id, params)) do
        {:ok, %Result{columns: nil, num_rows: changed}} -> {:ok, changed}
        answer -> answer |> raised() |> text("Execute failed: ")
      end
    end
  end

  # What is wrong with arguments alone has nothing to do with the statement: its text stands alone.
  defp encoded(args), do: Codec.encode(args, :native) |> raised() |> text()

  defp run_stmt(state, stmt_id, params) when is_binary(stmt_id),
    do: Statements.run_prepared(state, stmt_id, params)

  defp run_stmt(_state, _stmt_id, _params),
    do:
      {:error, Error.new(:not_found, "Statement not found", extended_code: :not_found_statement)}

  @doc "Forgets a prepared statement."
  @spec close_stmt(stmt_id()) :: :ok | {:error, reason()}
  def close_stmt(stmt_id), do: Raw.close(stmt_id, :stmt_id)

  @doc "Resets a statement and clears its bindings."
  @spec reset_stmt(source(), stmt_id()) :: :ok | {:error, reason()}
  def reset_stmt(source, stmt_id), do: on_id(source, &Raw.reset_statement(&1, stmt_id))

  @doc "The result columns: `{name, origin_name, declared_type}`, nil where unknown."
  @spec get_stmt_columns(source(), stmt_id()) ::
          {:ok, [{String.t(), String.t() | nil, String.t() | nil}]} | {:error, reason()}
  def get_stmt_columns(source, stmt_id),
    do: ok_on_id(source, &Raw.get_statement_columns(&1, stmt_id))

  @doc "How many columns the result has; 0 for statements that yield no rows."
  @spec stmt_column_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  def stmt_column_count(source, stmt_id),
    do: ok_on_id(source, &Raw.statement_column_count(&1, stmt_id))

  @doc "The name of a column, counted from 0."
  @spec stmt_column_name(source(), stmt_id(), non_neg_integer()) ::
          {:ok, String.t()} | {:error, reason()}
  def stmt_column_name(source, stmt_id, index) do
    ok_on_id(source, &Raw.statement_column_name(&1, stmt_id, index))
  end

  @doc "How many parameters the statement has."
  @spec stmt_parameter_count(source(), stmt_id()) :: {:ok, non_neg_integer()} | {:error, reason()}
  def stmt_parameter_count(source, stmt_id) do
    ok_on_id(source, &Raw.statement_parameter_count(&1, stmt_id))
  end

  @doc "The name of a parameter with its prefix, nil for `?`; counted from 1."
  @spec stmt_parameter_name(source(), stmt_id(), pos_integer()) ::
          {:ok, String.t() | nil} | {:error, reason()}
  def stmt_parameter_name(source, stmt_id, index) do
    ok_on_id(source, &Raw.statement_parameter_name(&1, stmt_id, index))
  end

  # --- Batches ---

  @doc """
  Runs `{sql, args}` pairs in order, in one call. Not atomic: what can run runs, and the error tells
  the first failure and its place, counted from 0.

    * `on_error: :stop` - stops at the first failure (`:halt` is the same); default `:continue`.
    * `results: :tagged` - `{:ok, [{:ok, result} | {:error, reason}]}` with every outcome.
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

  defp batch_text(id, sql, mode) when is_binary(id),
    do: batch_text(%State{conn_id: id}, sql, mode)

  defp batch_text(source, sql, mode) do
    case Source.with_state(source, &Raw.script(&1, sql, mode)) do
      results when is_list(results) -> {:ok, results}
      error -> text(error)
    end
  end

  # --- Metadata and control ---

  @doc "The rowid of the last row inserted on this connection."
  @spec get_last_insert_rowid(source()) :: integer() | {:error, reason()}
  def get_last_insert_rowid(source), do: on_id(source, &Raw.last_insert_rowid/1)

  @doc "Rows changed by the last write."
  @spec get_changes(source()) :: integer() | {:error, reason()}
  def get_changes(source), do: on_id(source, &Raw.changes/1)

  @doc "Rows changed since the connection was opened."
  @spec get_total_changes(source()) :: integer() | {:error, reason()}
  def get_total_changes(source), do: on_id(source, &Raw.total_changes/1)

  @doc "True outside transactions."
  @spec get_is_autocommit(source()) :: boolean() | {:error, reason()}
  def get_is_autocommit(source), do: on_id(source, &Raw.is_autocommit/1)

  @doc "Brings a replica up to date (`timeout:` milliseconds). A local connection has nothing to do."
  @spec sync(source(), keyword()) :: {:ok, String.t()} | {:error, reason()}
  def sync(source, opts \\ []) do
    with :ok <- text(Names.check(opts, [:timeout], "a sync")),
         do: on_id(source, &Raw.do_sync(&1, :local))
  end

  @doc "Sets how long the connection waits for a lock, in milliseconds; 0 does not wait."
  @spec busy_timeout(source(), non_neg_integer()) :: :ok | {:error, reason()}
  def busy_timeout(source, milliseconds \\ 5000)
      when is_integer(milliseconds) and milliseconds >= 0 do
    on_id(source, &Raw.set_busy_timeout(&1, milliseconds))
  end

  @doc "Rolls back, resets all statements, closes all cursors."
  @spec reset(source()) :: :ok | {:error, reason()}
  def reset(id) when is_binary(id), do: Raw.reset_connection(id)
  def reset(source), do: Source.with_state(source, &Transactions.reset/1) |> text()

  @doc "Stops what runs on the connection, at once and from any process."
  @spec interrupt(source()) :: :ok | {:error, reason()}
  def interrupt(source), do: on_id(source, &Raw.interrupt_connection/1)

  @doc "Allows `load_ext/3`, or forbids it again."
  @spec enable_extensions(source(), boolean()) :: :ok | {:error, reason()}
  def enable_extensions(source, enabled) when is_boolean(enabled) do
    on_own_id(source, &Raw.enable_load_extension(&1, enabled))
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

  @doc "The verb of a statement, e.g. `:select`; `:unknown` where there is none."
  @spec detect_command(term()) :: atom()
  def detect_command(sql) when is_binary(sql), do: Nif.statement_kind(sql)
  def detect_command(_other), do: :unknown

  @doc "Closes a connection by its id; `kind` is `:conn_id`."
  @spec close_conn(String.t(), :conn_id, State.t() | term()) :: :ok | {:error, reason()}
  def close_conn(id, kind, _state), do: Raw.close(id, kind)

  # --- The database as a whole ---

  @doc """
  Copies the live database into a file. `progress: pid` receives `{:ecto_libsql_backup, remaining,
  total}` (pages), `pages_per_step:` is 256.
  """
  @spec backup(source(), String.t(), keyword()) :: :ok | {:error, reason()}
  def backup(source, path, opts \\ []) do
    Source.with_state(source, &Control.backup(&1, :to, path, opts)) |> text()
  end

  @doc "Replaces the database by the content of a file. Options as for `backup/3`."
  @spec restore(source(), String.t(), keyword()) :: :ok | {:error, reason()}
  def restore(source, path, opts \\ []) do
    Source.with_state(source, &Control.backup(&1, :from, path, opts)) |> text()
  end

  @doc "The image of a database as a binary."
  @spec serialize(source(), String.t()) :: {:ok, binary()} | {:error, reason()}
  def serialize(source, database \\ "main") do
    Source.with_state(source, &Control.serialise(&1, database)) |> text()
  end

  @doc "Replaces a database by an in-memory copy of an image."
  @spec deserialize(source(), binary(), String.t()) :: :ok | {:error, reason()}
  def deserialize(source, image, database \\ "main") do
    Source.with_state(source, &Control.deserialise(&1, image, database)) |> text()
  end

  @doc "Moves the write-ahead log into the database: `:passive`, `:full`, `:restart` or `:truncate`."
  @spec checkpoint(source(), atom()) ::
          {:ok, %{busy: boolean(), log_frames: integer(), checkpointed_frames: integer()}}
          | {:error, reason()}
  def checkpoint(source, mode \\ :passive) do
    Source.with_state(source, &Control.checkpoint(&1, mode)) |> text()
  end

  @doc "Writes a compact copy of the database into a new file."
  @spec vacuum_into(source(), String.t()) :: :ok | {:error, reason()}
  def vacuum_into(source, path),
    do: Source.with_state(source, &Control.vacuum_into(&1, path)) |> text()

  @doc "Counters of the connection: cache hits and misses, waits for locks, memory."
  @spec stats(source()) :: {:ok, map()} | {:error, reason()}
  def stats(source), do: Source.with_state(source, &Control.stats/1) |> text()

  @doc "How SQLite would run a statement: the rows of EXPLAIN QUERY PLAN."
  @spec explain(source(), String.t(), args()) :: {:ok, Result.t()} | {:error, reason()}
  def explain(source, sql, args \\ []) do
    Source.with_state(source, &Control.explain(&1, sql, args)) |> raised() |> text()
  end

  # --- Events and policy ---

  @doc """
  Sends `{:ecto_libsql, ref, event}` to `subscriber` (a pid or registered name) after commits on
  this connection. `events` are `:update`, `:commit`, `:rollback`, `:wal`; an event is
  `{:update, :insert | :update | :delete, database, table, rowid}` (rowid 0 for tables WITHOUT
  ROWID), `:commit`, `:rollback` or `{:wal, database, pages}`.

  What the Ecto adapter does by itself is told as well. A migration that rebuilds a table writes to
  `sqlite_master` and to a table whose name begins with `ecto_libsql_`, and moves rows without changing them;
  the look-up of a violated constraint ends in a `:rollback` of its own. Whoever follows tables by name
  leaves those two prefixes out.
  """
  @spec subscribe(source(), [atom()], pid() | atom()) :: {:ok, reference()} | {:error, reason()}
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

  # --- Replicas ---

  @doc "The frame a replica has reached. An error for a local connection."
  @spec get_frame_number_for_replica(source() | String.t()) ::
          {:ok, integer()} | {:error, reason()}
  def get_frame_number_for_replica(source), do: ok_on_id(source, &Raw.get_frame_number/1)

  @doc "Waits until a replica has reached a frame. An error for a local connection."
  @spec sync_until_frame(source() | String.t(), integer()) :: :ok | {:error, reason()}
  def sync_until_frame(source, frame), do: on_id(source, &Raw.sync_until(&1, frame))

  @doc "Pushes pending frames of a replica. An error for a local connection."
  @spec flush_and_get_frame(source() | String.t()) :: {:ok, integer()} | {:error, reason()}
  def flush_and_get_frame(source), do: ok_on_id(source, &Raw.flush_replicator/1)

  @doc "The highest frame this connection has written; 0 for a local one."
  @spec get_max_write_frame(source() | String.t()) :: {:ok, integer()} | {:error, reason()}
  def get_max_write_frame(source), do: ok_on_id(source, &Raw.max_write_replication_index/1)

  @doc "Turns a replica into a database of its own. Not available for other connections."
  @spec freeze_replica(term()) :: {:error, :unsupported}
  def freeze_replica(_source), do: {:error, :unsupported}

  # --- Vectors ---

  @doc ~S"""
  A vector as text.

      iex> EctoLibSql.Native.vector([1.0, 2.5])
      "[1.0,2.5]"
  """
  @spec vector([number()]) :: String.t()
  defdelegate vector(numbers), to: Vectors, as: :literal

  @doc ~S"""
  The column type of a vector; kinds are `:f32`, `:f64`, `:f16`, `:bf16`, `:f8`, `:f1bit`.

      iex> EctoLibSql.Native.vector_type(3)
      "F32_BLOB(3)"
  """
  @spec vector_type(pos_integer(), atom()) :: String.t()
  defdelegate vector_type(dimensions, kind \\ :f32), to: Vectors, as: :type

  @doc ~S"""
  SQL for the cosine distance. The column is SQL text and must not come from outside.

      iex> EctoLibSql.Native.vector_distance_cos("embedding", [1, 2])
      "vector_distance_cos(embedding, '[1,2]')"
  """
  @spec vector_distance_cos(String.t() | atom(), [number()] | String.t()) :: String.t()
  def vector_distance_cos(column, vector), do: Vectors.call("vector_distance_cos", column, vector)

  @doc "SQL for the Euclidean distance."
  @spec vector_distance_l2(String.t() | atom(), [number()] | String.t()) :: String.t()
  def vector_distance_l2(column, vector), do: Vectors.call("vector_distance_l2", column, vector)

  @doc """
  A vector as the bytes that libSQL stores: 32-bit floats, or `:f64`. Bind it as `{:blob, bytes}`.

      iex> EctoLibSql.Native.vector_to_blob([1.0])
      <<0, 0, 128, 63>>
  """
  @spec vector_to_blob([number()], :f32 | :f64) :: binary()
  defdelegate vector_to_blob(numbers, kind \\ :f32), to: Vectors, as: :to_blob

  @doc """
  The numbers of a stored vector of 32-bit or 64-bit floats.

      iex> EctoLibSql.Native.vector_from_blob(<<0, 0, 128, 63>>)
      {:ok, [1.0]}
  """
  @spec vector_from_blob(binary()) :: {:ok, [float()]} | {:error, reason()}
  defdelegate vector_from_blob(bytes), to: Vectors, as: :from_blob

  # --- Small helpers ---

  @doc "Arguments for a text as a list in the order of its parameters."
  @spec normalise_arguments(String.t(), String.t(), args()) :: list() | {:error, reason()}
  defdelegate normalise_arguments(conn_id, sql, args), to: Raw

  @doc "Arguments for a prepared statement as a list in the order of its parameters."
  @spec normalise_arguments_for_stmt(String.t(), stmt_id(), args()) :: list() | {:error, reason()}
  defdelegate normalise_arguments_for_stmt(conn_id, stmt_id, args), to: Raw

  @doc "There is no cache of parameter names to clear: compiled statements know theirs."
  @spec clear_param_cache() :: :ok
  def clear_param_cache, do: :ok

  @doc "See `clear_param_cache/0`."
  @spec param_cache_size() :: non_neg_integer()
  def param_cache_size, do: 0

  # --- Statements in the order of their callers' older arguments ---

  @doc "Runs a query on a state; the answer is that of `EctoLibSql.handle_execute/4`."
  @spec query(source(), EctoLibSql.Query.t() | String.t(), args()) ::
          {:ok, EctoLibSql.Query.t(), Result.t(), State.t()} | {:error, Exception.t(), source()}
  def query(source, query, args) do
    case Source.with_state(source, &EctoLibSql.handle_execute(query, args, [], &1)) do
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

  # --- The functions on plain ids, see the comments in the two modules ---

  for module <- [Raw, RawTransactions],
      {name, arity} <- module.__info__(:functions),
      {name, arity} not in [
        state: 2,
        connection: 1,
        normalise_arguments: 3,
        normalise_arguments_for_stmt: 3
      ] do
    arguments = Macro.generate_arguments(arity, __MODULE__)
    @doc false
    defdelegate unquote(name)(unquote_splicing(arguments)), to: module
  end
end
