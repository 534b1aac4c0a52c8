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

  Options of a connection: `EctoLibSql.Options`. What runs on one connection without DBConnection's
  shapes (prepared statements, batches, savepoints, backup): `EctoLibSql.Native`. Errors:
  `EctoLibSql.Error`. For Ecto use `Ecto.Adapters.LibSql`.

  The callbacks below are those of `DBConnection`; they may be called directly, also in builds
  without it. Each runs in the process of its caller. `{:disconnect, error, state}` says that the
  connection is lost, `{:error, error, state}` that it can be used on.
  """

  use EctoLibSql.Pool

  alias EctoLibSql.{
    Callbacks,
    Cursor,
    Direct,
    Error,
    Isolation,
    Options,
    Pool,
    Query,
    Result,
    State
  }

  alias EctoLibSql.{SharedMemory, Telemetry, TransactionCallbacks}
  alias EctoLibSql.Native.{Control, Lifetime, Source, Statements, Transactions}
  alias EctoLibSql.Options.Names

  require Isolation
  require Source

  @type conn :: Source.source()
  @type params :: list() | map() | keyword()
  @type failure :: {:error | :disconnect, Exception.t(), State.t()}

  @max_rows 500
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
    with :ok <- checked(opts), do: Pool.start_link(opts)
  end

  # A pool connects again and again with options that cannot work. What :configure makes of them is seen by
  # connect/1 alone.
  defp checked(opts) do
    if is_list(opts) and List.keymember?(opts, :configure, 0) do
      Names.check(opts, Names.connection(), "a connection")
    else
      with {:ok, _options} <- Options.parse(opts), do: :ok
    end
  end

  @doc "The child specification of a pool, so that `{EctoLibSql, opts}` stands among children."
  @spec child_spec(keyword()) :: :supervisor.child_spec() | Supervisor.child_spec()
  def child_spec(opts), do: Pool.child_spec(opts)

  @doc """
  Runs a statement on a pool, a `%DBConnection{}` or a state.

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
        %State{} -> Direct.query(conn, Query.new(statement), params, opts)
        _pool -> Pool.query(conn, Query.new(statement), params, opts)
      end
    end
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
  may write.
  """
  @spec transaction(conn(), (conn() -> result), keyword()) :: {:ok, result} | {:error, term()}
        when result: term()
  def transaction(conn, fun, opts \\ []) do
    with :ok <- Names.check(opts, @transaction_options, "a transaction") do
      case conn do
        %State{} -> Direct.transaction(conn, fun, opts)
        _pool -> Pool.transaction(conn, fun, opts)
      end
    end
  end

  @doc "Leaves `transaction/3`, which returns `{:error, reason}`."
  @spec rollback(conn(), term()) :: no_return()
  def rollback(%State{} = state, reason), do: Direct.rollback(state, reason)
  def rollback(conn, reason), do: Pool.rollback(conn, reason)

  @doc """
  A stream of results with `max_rows:` rows each (default 500), read as the stream is. Needs one
  connection: a state, or the connection inside `transaction/3`.
  """
  @spec stream(conn(), iodata() | Query.t(), params(), keyword()) :: Enumerable.t()
  def stream(conn, statement, params \\ [], opts \\ []) do
    Names.check!(opts, @stream_options, "a stream")

    case conn do
      %State{} -> Direct.stream(conn, Query.new(statement), params, opts)
      _pool -> Pool.stream(conn, Query.new(statement), params, opts)
    end
  end

  # --- The database as a whole; documented in EctoLibSql.Native, here with structs as errors ---

  @doc "Copies the live database into a file, see `EctoLibSql.Native.backup/3`."
  @spec backup(conn(), String.t(), keyword()) :: :ok | {:error, Exception.t()}
  def backup(conn, path, opts \\ []), do: run(conn, &Control.backup(&1, :to, path, opts))

  @doc "The image of the main database."
  @spec serialize(conn()) :: {:ok, binary()} | {:error, Exception.t()}
  def serialize(conn), do: run(conn, &Control.serialise(&1, "main"))

  @doc "Replaces the main database by an in-memory copy of an image."
  @spec deserialize(conn(), binary()) :: :ok | {:error, Exception.t()}
  def deserialize(conn, image), do: run(conn, &Control.deserialise(&1, image, "main"))

  @doc "Moves the write-ahead log into the database: `:passive`, `:full`, `:restart`, `:truncate`."
  @spec checkpoint(conn(), atom()) :: {:ok, map()} | {:error, Exception.t()}
  def checkpoint(conn, mode \\ :passive), do: run(conn, &Control.checkpoint(&1, mode))

  @doc "Writes a compact copy of the database into a new file."
  @spec vacuum_into(conn(), String.t()) :: :ok | {:error, Exception.t()}
  def vacuum_into(conn, path), do: run(conn, &Control.vacuum_into(&1, path))

  @doc "Counters of one connection."
  @spec stats(conn()) :: {:ok, map()} | {:error, Exception.t()}
  def stats(conn), do: run(conn, &Control.stats/1)

  @doc "How SQLite would run a statement."
  @spec explain(conn(), String.t(), params()) :: {:ok, Result.t()} | {:error, Exception.t()}
  def explain(conn, sql, params \\ []), do: run(conn, &Control.explain(&1, sql, params))

  @doc """
  Change events of one connection, see `EctoLibSql.Native.subscribe/3`. For all connections of a pool
  pass it as an option: `after_connect: {EctoLibSql, :subscribe, [[:update], MyListener]}`.
  """
  @spec subscribe(conn(), [atom()], pid() | atom()) ::
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
  def connect(opts) do
    with {:ok, options} <- Options.parse(opts),
         :ok <- Callbacks.prepare_to_close(opts),
         {:ok, shared} <- SharedMemory.name(options.shared_memory, opts) do
      native =
        if shared, do: Map.put(options.native, :shared_memory, shared), else: options.native

      open = fn -> Lifetime.open(options.location, native) end

      with {:ok, {id, handle}} <- open.() do
        state = %State{conn_id: id, handle: handle, mode: options.mode, sync: options.sync}
        {:ok, %{state | settings: Isolation.remember(options.settings, open, opts)}}
      end
    end
  end

  @doc "Stops what runs, rolls back and closes. Closing twice is `:ok`."
  @spec disconnect(term(), State.t()) :: :ok
  def disconnect(reason, %State{} = state) do
    Callbacks.before_disconnect(reason, state)
  after
    Lifetime.close(state)
  end

  @doc "Called by DBConnection once after connecting."
  @spec checkout(State.t()) :: {:ok, State.t()}
  def checkout(%State{} = state), do: {:ok, state}

  @doc "For callers that still know it; DBConnection 2 does not call it."
  @spec checkin(State.t()) :: {:ok, State.t()}
  def checkin(%State{} = state), do: {:ok, state}

  @doc "Whether the connection is open. Waits for nothing."
  @spec ping(State.t()) :: {:ok, State.t()} | {:disconnect, Error.t(), State.t()}
  def ping(%State{} = state) do
    case Lifetime.ping(state) do
      :ok -> {:ok, state}
      {:error, error} -> {:disconnect, error, state}
    end
  end

  # --- Callbacks: statements ---

  @doc "Compiles the statement into the connection's cache; syntax errors show here."
  @spec handle_prepare(Query.t() | iodata(), keyword(), State.t()) ::
          {:ok, Query.t(), State.t()} | failure()
  def handle_prepare(query, opts, state) when Isolation.left(state),
    do: outside(state, &handle_prepare(query, opts, &1))

  def handle_prepare(%Query{statement: Source.state_query()} = query, _opts, state),
    do: {:ok, query, state}

  def handle_prepare(%Query{statement: sql} = query, _opts, %State{} = state)
      when is_binary(sql) do
    case Statements.check(state, sql) do
      {:error, error} -> error |> Callbacks.about(sql) |> Callbacks.failed(state)
      _ok_or_script -> {:ok, query, state}
    end
  end

  def handle_prepare(query, opts, %State{} = state) do
    with {:ok, query} <- Callbacks.query(query, state), do: handle_prepare(query, opts, state)
  end

  @doc """
  Runs a statement. A text of several runs them all and gives the last one's result; it takes no
  parameters.

  Options: `timeout:` (milliseconds), `deadline:` (monotonic milliseconds), `cache: false`.
  """
  @spec handle_execute(
          Query.t() | iodata(),
          params() | {:encoded, params()},
          keyword(),
          State.t()
        ) ::
          {:ok, Query.t(), Result.t(), State.t()} | failure()
  def handle_execute(query, params, opts, state) when Isolation.left(state),
    do: outside(state, &handle_execute(query, params, opts, &1))

  def handle_execute(%Query{statement: Source.state_query()} = query, _params, _opts, state) do
    {:ok, query, Source.state_result(state), state}
  end

  def handle_execute(%Query{statement: sql} = query, params, opts, %State{} = state)
      when is_binary(sql) do
    started = Telemetry.start()
    outcome = Callbacks.execute(state, query, params, opts)
    Telemetry.query(started, state, sql, outcome)

    case outcome do
      {:ok, result} -> {:ok, query, result, state}
      {:error, error} -> Callbacks.failed(error, params, state)
    end
  end

  def handle_execute(query, params, opts, %State{} = state) do
    with {:ok, query} <- Callbacks.query(query, state),
         do: handle_execute(query, params, opts, state)
  end

  defp outside(state, call) do
    case Isolation.leave(state) do
      {:ok, state} -> call.(state)
      {:error, error} -> {:disconnect, error, state}
    end
  end

  @doc "Drops the statement from the connection's cache."
  @spec handle_close(Query.t() | iodata(), keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | failure()
  def handle_close(query, _opts, %State{} = state) do
    with {:ok, %Query{statement: sql}} <- Callbacks.query(query, state) do
      case Statements.uncache(state, sql) do
        :ok -> {:ok, %Result{}, state}
        {:error, error} -> Callbacks.failed(error, state)
      end
    end
  end

  # --- Callbacks: transactions ---

  @doc "`:transaction` if a transaction is open, whoever began it, else `:idle`."
  @spec handle_status(keyword(), State.t()) ::
          {:idle | :transaction, State.t()} | {:disconnect, Error.t(), State.t()}
  def handle_status(_opts, %State{} = state) do
    case Transactions.status(state) do
      {:ok, true} -> {:transaction, state}
      {:ok, false} -> {:idle, state}
      {:error, error} -> {:disconnect, error, state}
    end
  end

  @doc """
  Begins a transaction. `mode:` (or `behavior:`, `behaviour:`) is `:deferred`, `:immediate`,
  `:exclusive`, `:read_only`, or `:savepoint` inside one, read-only if that is asked for as well.
  `{:transaction, state}` if one is open.
  """
  @spec handle_begin(keyword(), State.t()) ::
          {:ok, :begin, State.t()} | {:transaction, State.t()} | failure()
  def handle_begin(opts, %State{} = state), do: TransactionCallbacks.begin(opts, state)

  @doc """
  Commits, or releases the savepoint with `mode: :savepoint`. A commit that SQLite refuses is rolled
  back and reported, and the connection is idle. `{:idle, state}` if no transaction is open.
  """
  @spec handle_commit(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def handle_commit(opts, %State{} = state), do: TransactionCallbacks.commit(opts, state)

  @doc """
  Rolls back, or back to the savepoint and releases it with `mode: :savepoint`. `{:idle, state}` if
  there was no transaction; one that SQLite has rolled back by itself is no error.
  """
  @spec handle_rollback(keyword(), State.t()) ::
          {:ok, Result.t(), State.t()} | {:idle, State.t()} | failure()
  def handle_rollback(opts, %State{} = state), do: TransactionCallbacks.rollback(opts, state)

  # --- Callbacks: cursors ---

  @doc "Compiles and binds; `handle_fetch/4` reads the rows."
  @spec handle_declare(Query.t() | iodata(), params(), keyword(), State.t()) ::
          {:ok, Query.t(), Cursor.t(), State.t()} | failure()
  def handle_declare(query, params, opts, state) when Isolation.left(state),
    do: outside(state, &handle_declare(query, params, opts, &1))

  def handle_declare(query, params, _opts, %State{} = state) do
    with {:ok, %Query{statement: sql} = query} <- Callbacks.query(query, state) do
      case Callbacks.open_cursor(state, sql, params) do
        {:ok, id} -> {:ok, query, %Cursor{ref: id}, state}
        {:error, error} -> error |> Callbacks.about(sql) |> Callbacks.failed(params, state)
      end
    end
  end

  @doc "The next `max_rows:` rows (default 500). The result that halts is the first without rows."
  @spec handle_fetch(Query.t() | iodata(), Cursor.t() | map(), keyword(), State.t()) ::
          {:cont | :halt, Result.t(), State.t()} | failure()
  def handle_fetch(_query, %{ref: id}, opts, %State{} = state) do
    started = Telemetry.now()

    case Callbacks.fetch(state, id, Keyword.get(opts, :max_rows, @max_rows), opts) do
      {:ok, result} ->
        Telemetry.cursor(started, state, id, result.num_rows)
        {if(result.num_rows == 0, do: :halt, else: :cont), result, state}

      {:error, error} ->
        Callbacks.failed(error, state)
    end
  end

  def handle_fetch(_query, _cursor, _opts, %State{} = state),
    do:
      Callbacks.failed(
        Error.new(:not_found, "Cursor not found", extended_code: :not_found_cursor),
        state
      )

  @doc "Closes a cursor; one that is closed or finished already is fine."
  @spec handle_deallocate(Query.t() | iodata(), Cursor.t() | map(), keyword(), State.t()) ::
          {:ok, Result.t(), State.t()}
  def handle_deallocate(_query, %{ref: id}, _opts, %State{} = state) do
    Statements.close_cursor(id)
    {:ok, %Result{}, state}
  end

  def handle_deallocate(_query, _cursor, _opts, %State{} = state), do: {:ok, %Result{}, state}
end
