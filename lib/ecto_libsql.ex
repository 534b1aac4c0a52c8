defmodule EctoLibSql do
  @moduledoc """
  The driver: SQLite and libSQL databases for Elixir.

  As a pool, by `DBConnection`:

      {:ok, pool} = EctoLibSql.start_link(database: "app.db", pool_size: 5)
      {:ok, %{rows: [[42]]}} = EctoLibSql.query(pool, "SELECT ? + 1", [41])

  As a single connection, without any process:

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      EctoLibSql.query!(state, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")

      {:ok, 1} =
        EctoLibSql.transaction(state, fn state ->
          EctoLibSql.query!(state, "INSERT INTO users (name) VALUES (:name)", name: "Ada").num_rows
        end)

      [["Ada"]] = EctoLibSql.query!(state, "SELECT name FROM users WHERE id = ?", [1]).rows
      :ok = EctoLibSql.disconnect([], state)

  Options of a connection: `EctoLibSql.Options`. Prepared statements, batches, savepoints and backup
  on one connection: `EctoLibSql.Native`. Errors:
  `EctoLibSql.Error`. For Ecto use `Ecto.Adapters.LibSql`.

  The callbacks below are those of `DBConnection`; they may be called directly, also in builds
  without it. Each runs in the process of its caller. `{:disconnect, error, state}` says that the
  connection is lost, `{:error, error, state}` that it can still be used.
  """

  use EctoLibSql.Pool

  alias EctoLibSql.Callbacks
  alias EctoLibSql.Connection.{Control, Database, Lifetime, Statements, Transactions}
  alias EctoLibSql.{Cursor, Error, Options, Pool, Query, Result, SingleConnection, Source, State}
  alias EctoLibSql.Options.{Encryption, Names, TransactionMode}

  @typedoc "A state, a `%DBConnection{}`, a pool (pid or name), or an Ecto repo."
  @type conn :: State.t() | struct() | GenServer.server() | module()
  @type params :: list() | map() | keyword()
  @type failure :: {:error | :disconnect, Exception.t(), State.t()}

  @query_options Names.query()
  @stream_options Names.stream()
  @transaction_options Names.transaction()

  # --- Pools and single connections ---

  @doc """
  Starts a pool of connections: options of `EctoLibSql.Options` and of `DBConnection.start_link/2`. Options that
  cannot work are `{:error, error}`, and nothing is started.
  """
  @spec start_link(keyword()) :: GenServer.on_start()
  def start_link(opts) do
    with :ok <- checked(opts) do
      opts = Keyword.put(opts, :connect_log, Callbacks.ConnectLog.new())
      Pool.start_link(__MODULE__, opts |> Options.Location.absolute() |> Encryption.protect())
    end
  end

  # Without this check a pool would try to connect again and again. The options that a :configure function returns
  # are checked by connect/1.
  defp checked(opts) do
    if is_list(opts) and List.keymember?(opts, :configure, 0) do
      Names.check(opts, Names.connection(), "a connection")
    else
      with {:ok, _options} <- Options.parse(opts), do: :ok
    end
  end

  @doc "The child specification of a pool, so that `{EctoLibSql, opts}` can be a child of a supervisor."
  @spec child_spec(keyword()) :: :supervisor.child_spec() | Supervisor.child_spec()
  def child_spec(opts), do: Pool.child_spec(__MODULE__, Encryption.protect(opts))

  @doc """
  Runs a statement on a pool, a `%DBConnection{}`, a state or an Ecto repo.

    * `:timeout` - milliseconds until the statement is stopped.
    * `:cache` - `false` compiles the statement anew and does not keep it.

  With a pool also those of `DBConnection.execute/4` (`:queue`, `:deadline`, `:log`). Any other is an error.
  """
  @spec query(conn(), iodata() | Query.t(), params(), keyword()) ::
          {:ok, Result.t()} | {:error, Exception.t()}
  def query(conn, statement, params \\ [], opts \\ [])

  def query(conn, statement, params, opts) do
    with :ok <- Names.check(opts, @query_options, "a query") do
      case conn do
        %State{} -> SingleConnection.query(conn, Query.new(statement), params, opts)
        name when is_atom(name) -> named_query(name, Query.new(statement), params, opts)
        _pool -> Pool.query(conn, Query.new(statement), params, opts)
      end
    end
  end

  defp named_query(name, query, params, opts) do
    if Source.repo?(name),
      do: Source.with_state(name, &SingleConnection.query(&1, query, params, opts)),
      else: Pool.query(name, query, params, opts)
  end

  @doc "As `query/4`; returns the result or raises the error."
  @spec query!(conn(), iodata() | Query.t(), params(), keyword()) :: Result.t()
  def query!(conn, statement, params \\ [], opts \\ []) do
    case query(conn, statement, params, opts) do
      {:ok, result} -> result
      {:error, error} -> raise error
    end
  end

  @doc """
  Calls `fun` with the state of one connection, checked out of the pool or repo for as long as it
  runs, for the functions of `EctoLibSql.Native`. Returns what `fun` returns.
  """
  @spec run(conn(), (State.t() -> result)) :: result | {:error, Exception.t()} when result: term()
  def run(conn, fun) when is_function(fun, 1), do: Source.with_state(conn, fun)

  @doc """
  Calls `fun` inside a transaction: `{:ok, result}`, or `{:error, reason}` after `rollback/2`. An
  exception rolls back and is raised again. `mode:` is `:deferred`, `:immediate`, `:exclusive` or
  `:read_only`; inside of a transaction it changes nothing, and `:read_only` raises where the outer one
  may write. An Ecto repo has transactions and streams of its own: `Repo.transaction/2`, `Repo.stream/2`.
  """
  @spec transaction(conn(), (conn() -> result), keyword()) :: {:ok, result} | {:error, term()}
        when result: term()
  def transaction(conn, fun, opts \\ []) do
    with :ok <- Names.check(opts, @transaction_options, "a transaction") do
      case conn do
        %State{} -> SingleConnection.transaction(conn, fun, opts)
        _pool -> pool_transaction(conn, fun, opts)
      end
    end
  end

  defp pool_transaction(conn, fun, opts) do
    refuse_repo!(conn, "transaction/2")

    if Pool.in_transaction?(conn) do
      may_write = fn -> Source.with_state(conn, &Transactions.may_write/1) end
      TransactionMode.check_nested!(opts, may_write)
    end

    Pool.transaction(conn, fun, opts)
  end

  # A repo has its own: it counts the transactions of a process.
  defp refuse_repo!(conn, function) do
    if Source.repo?(conn),
      do: raise(ArgumentError, "call #{inspect(conn)}.#{function}, which does this for a repo")
  end

  @doc "Rolls back and leaves the function of `transaction/3`, which then returns `{:error, reason}`."
  @spec rollback(conn(), term()) :: no_return()
  def rollback(%State{} = state, reason), do: SingleConnection.rollback(state, reason)

  def rollback(conn, reason) do
    refuse_repo!(conn, "rollback/1")
    Pool.rollback(conn, reason)
  end

  @doc """
  A stream of results with `max_rows:` rows each (default 500), fetched as they are consumed. Needs one
  connection: a state, or the connection inside `transaction/3`.
  """
  @spec stream(conn(), iodata() | Query.t(), params(), keyword()) :: Enumerable.t()
  def stream(conn, statement, params \\ [], opts \\ []) do
    Names.check!(opts, @stream_options, "a stream")
    refuse_repo!(conn, "stream/2")

    case conn do
      %State{} -> SingleConnection.stream(conn, Query.new(statement), params, opts)
      _pool -> Pool.stream(conn, Query.new(statement), params, opts)
    end
  end

  # --- The database as a whole; documented in EctoLibSql.Native, here with structs as errors ---

  @doc "Copies the live database into a file, see `EctoLibSql.Native.backup/3`."
  @spec backup(conn(), String.t(), keyword()) :: :ok | {:error, Exception.t()}
  def backup(conn, path, opts \\ []), do: run(conn, &Database.backup(&1, :to, path, opts))

  @doc "The image of the main database."
  @spec serialize(conn()) :: {:ok, binary()} | {:error, Exception.t()}
  def serialize(conn), do: run(conn, &Database.serialise(&1, "main"))

  @doc "Replaces the main database by an in-memory copy of an image."
  @spec deserialize(conn(), binary()) :: :ok | {:error, Exception.t()}
  def deserialize(conn, image), do: run(conn, &Database.deserialise(&1, image, "main"))

  @doc "Moves the write-ahead log into the database: `:passive`, `:full`, `:restart`, `:truncate`."
  @spec checkpoint(conn(), atom()) :: {:ok, map()} | {:error, Exception.t()}
  def checkpoint(conn, mode \\ :passive), do: run(conn, &Database.checkpoint(&1, mode))

  @doc """
  Writes a compact copy of the database into a new file. It has the connection's key, or that of the options
  `:encryption_key` (`nil`: plain), `:encryption_cipher` and `:encryption_kdf`.
  """
  @spec vacuum_into(conn(), String.t(), keyword()) :: :ok | {:error, Exception.t()}
  def vacuum_into(conn, path, opts \\ []), do: run(conn, &Database.vacuum_into(&1, path, opts))

  @doc """
  Changes the key of a database file: encrypts a plain one, decrypts one, or encrypts with another key or cipher.
  `options` are those of `connect/1`, with the present key; `new` holds `:encryption_key` (`nil`: plain), and
  `:encryption_cipher`, `:encryption_kdf` and `:progress` if need be.

      key = :crypto.strong_rand_bytes(32)
      EctoLibSql.rekey([database: "other.db", encryption_key: key], encryption_key: nil)

  All connections to the file must be closed: while one is open, the answer is a `:busy` error. The copy with the new
  key takes the file's name in one step when it is complete and on the disk, so that after a crash at any time the file
  is whole and has either key. It needs free space for a second file. `progress:` is a pid that receives
  `{:ecto_libsql_backup, pages_left, pages}`.
  """
  @spec rekey(keyword(), keyword()) :: :ok | {:error, Error.t()}
  def rekey(options, new) do
    with :ok <- Names.check(new, [:progress | Encryption.names()], "rekey/2"),
         {:ok, key} when key != :unchanged <- Encryption.choice(new, :unchanged),
         {:ok, %Options{location: location, native: native}} <- Options.parse(options) do
      native = Map.take(native, [:busy_timeout, :encryption])
      Lifetime.rekey(location, native, key, new[:progress])
    else
      {:ok, :unchanged} ->
        {:error,
         Error.new(
           :invalid_argument,
           "rekey/2 needs encryption_key: a key, or nil for a plain file"
         )}

      {:error, error} ->
        {:error, error}
    end
  end

  @doc "Counters of one connection."
  @spec stats(conn()) :: {:ok, map()} | {:error, Exception.t()}
  def stats(conn), do: run(conn, &Control.stats/1)

  @doc "How SQLite would run a statement."
  @spec explain(conn(), String.t(), params()) :: {:ok, Result.t()} | {:error, Exception.t()}
  def explain(conn, sql, params \\ []), do: run(conn, &Statements.explain(&1, sql, params))

  @doc """
  Change events of one connection, see `EctoLibSql.Native.subscribe/3`. A pool has the option `changes: pid`, by which
  all its connections send their `:update` events to that process; an Ecto repository's `:changes` takes functions
  and names as well, see `EctoLibSql.Change`.
  """
  @spec subscribe(conn(), [atom() | {:changes, String.t()}], pid() | atom()) ::
          {:ok, reference()} | {:error, Exception.t()}
  def subscribe(conn, events, subscriber \\ self()) do
    Source.with_own_state(conn, &Control.subscribe(&1, events, subscriber))
  end

  @doc "Ends a subscription."
  @spec unsubscribe(conn(), reference()) :: :ok | {:error, Exception.t()}
  def unsubscribe(conn, ref), do: Source.with_own_state(conn, &Control.unsubscribe(&1, ref))

  @doc "Forbids actions on one connection, see `EctoLibSql.Native.set_access_policy/2`."
  @spec set_access_policy(conn(), keyword()) :: :ok | {:error, Exception.t()}
  def set_access_policy(conn, opts) do
    Source.with_own_state(conn, &Control.set_access_policy(&1, opts))
  end

  # --- Callbacks: the connection ---

  @doc "Opens a connection. The calling process owns it: the connection does not outlive it."
  @spec connect(keyword()) :: {:ok, State.t()} | {:error, Error.t()}
  def connect(opts), do: Callbacks.Opening.connect(opts)

  @doc "Stops what runs, rolls back and closes. Closing twice is `:ok`."
  @spec disconnect(term(), State.t()) :: :ok
  def disconnect(reason, %State{} = state), do: Callbacks.Opening.disconnect(reason, state)

  @doc "Called by DBConnection once after connecting."
  @spec checkout(State.t()) :: {:ok, State.t()}
  def checkout(%State{} = state), do: {:ok, state}

  @doc "A callback of DBConnection 1, for direct callers; DBConnection 2 does not call it."
  @spec checkin(State.t()) :: {:ok, State.t()}
  def checkin(%State{} = state), do: {:ok, state}

  @doc "Whether the connection is open. Does not wait for what runs on it."
  @spec ping(State.t()) :: {:ok, State.t()} | {:disconnect, Error.t(), State.t()}
  def ping(%State{} = state), do: Callbacks.Opening.ping(state)

  # --- Callbacks: statements ---

  @doc "Compiles the statement into the connection's cache; syntax errors show here."
  @spec handle_prepare(Query.t() | iodata(), keyword(), State.t()) ::
          {:ok, Query.t(), State.t()} | failure()
  def handle_prepare(query, opts, %State{} = state),
    do: Callbacks.Statements.prepare(query, opts, state)

  @doc """
  Runs a statement. A text of several runs them all and gives the last one's result; it takes no
  parameters.

  Options: `timeout:` (milliseconds), `deadline:` (monotonic milliseconds), `cache: false`.
  """
  @spec handle_execute(
          Query.t() | iodata(),
          params() | {:encoded, term()},
          keyword(),
          State.t()
        ) ::
          {:ok, Query.t(), Result.t(), State.t()} | failure()
  def handle_execute(query, params, opts, %State{} = state),
    do: Callbacks.Statements.execute(query, params, opts, state)

  @doc "Drops the statement from the connection's cache."
  @spec handle_close(Query.t() | iodata(), keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | failure()
  def handle_close(query, _opts, %State{} = state), do: Callbacks.Statements.close(query, state)

  # --- Callbacks: transactions ---

  @doc "`:transaction` if a transaction is open, whoever began it, else `:idle`."
  @spec handle_status(keyword(), State.t()) ::
          {:idle | :transaction, State.t()} | {:disconnect, Error.t(), State.t()}
  def handle_status(_opts, %State{} = state), do: Callbacks.Transactions.status(state)

  @doc """
  Begins a transaction. `mode:` (or `behavior:`, `behaviour:`) is `:deferred`, `:immediate`,
  `:exclusive`, `:read_only`, or `:savepoint` inside one, read-only if that is asked for as well.
  `{:transaction, state}` if one is open.
  """
  @spec handle_begin(keyword(), State.t()) ::
          {:ok, :begin, State.t()} | {:transaction, State.t()} | failure()
  def handle_begin(opts, %State{} = state), do: Callbacks.Transactions.begin(opts, state)

  @doc """
  Commits, or releases the savepoint with `mode: :savepoint`. A commit that SQLite refuses is rolled
  back and reported, and the connection is idle. `{:idle, state}` if no transaction is open.
  """
  @spec handle_commit(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def handle_commit(opts, %State{} = state), do: Callbacks.Transactions.commit(opts, state)

  @doc """
  Rolls back, or back to the savepoint and releases it with `mode: :savepoint`. `{:idle, state}` if
  there was no transaction; one that SQLite has rolled back by itself is no error.
  """
  @spec handle_rollback(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def handle_rollback(opts, %State{} = state), do: Callbacks.Transactions.rollback(opts, state)

  # --- Callbacks: cursors ---

  @doc "Compiles and binds; `handle_fetch/4` reads the rows."
  @spec handle_declare(Query.t() | iodata(), params(), keyword(), State.t()) ::
          {:ok, Query.t(), Cursor.t(), State.t()} | failure()
  def handle_declare(query, params, opts, %State{} = state),
    do: Callbacks.Cursors.declare(query, params, opts, state)

  @doc "The next `max_rows:` rows (default 500). The result that halts is the first without rows."
  @spec handle_fetch(Query.t() | iodata(), Cursor.t() | map(), keyword(), State.t()) ::
          {:cont | :halt, Result.t(), State.t()} | failure()
  def handle_fetch(_query, cursor, opts, %State{} = state),
    do: Callbacks.Cursors.fetch(cursor, opts, state)

  @doc "Closes a cursor; one that is closed or finished already is fine."
  @spec handle_deallocate(Query.t() | iodata(), Cursor.t() | map(), keyword(), State.t()) ::
          {:ok, Result.t(), State.t()}
  def handle_deallocate(_query, cursor, _opts, %State{} = state),
    do: Callbacks.Cursors.deallocate(cursor, state)
end
