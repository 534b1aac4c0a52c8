defmodule EctoLibSql.Options do
  @moduledoc """
  The options of a connection, checked once by `EctoLibSql.connect/1`.

      {:ok, state} =
        EctoLibSql.connect(
          database: "data/app.db",
          synchronous: :full,
          busy_timeout: 10_000,
          attach: [{"archive", "data/archive.db"}],
          custom_pragmas: [analysis_limit: 400]
        )

      {:error, %EctoLibSql.Error{}} = EctoLibSql.connect(database: "data/app.db", synchronous: :maybe)

  An unknown option is refused, with the nearest name that there is. Those that `DBConnection`, Ecto and its sandbox
  add are known and left to them.

  The database:

    * `:database` - path, `":memory:"`, `:memory` or a `file:` URI. A leading `~` is expanded;
      missing parent folders are created. A relative path is that of the folder in which the connection is opened, or
      its pool started.
    * `:mode` - `:readonly`, `:readwrite` or `[:readwrite, :create]` (default); `:nomutex` in a list is
      accepted, without effect. The atoms `:local`, `:remote` and `:remote_replica` set the kind of the
      connection instead.
    * `:shared_memory` - `true` with `":memory:"`: all connections of a pool see one database, which
      lives as long as the pool. A string names a database shared by every connection that names it.
    * `:serialized` - with `":memory:"`: the image of a database (`EctoLibSql.serialize/1`) to start
      with.
    * `:attach` - `[{"name", path}]`: databases attached on each connection. They are encrypted with the
      connection's key; `{"name", path, encryption_key: key}` names another one, `nil` a plain file.
    * `:load_extensions` - paths or `{path, entry_point}`, added to `config :ecto_libsql,
      :load_extensions`.

  Locks and transactions:

    * `:busy_timeout` - milliseconds to wait for a lock, default 5000; 0 does not wait.
    * `:default_transaction_mode` - `:deferred` (default), `:immediate` or `:exclusive`.

  Pragmas, as in ecto_sqlite3: `:journal_mode`, `:synchronous`, `:foreign_keys`, `:cache_size`,
  `:temp_store`, `:cache_spill`, `:case_sensitive_like`, `:auto_vacuum`, `:locking_mode`,
  `:secure_delete`, `:wal_auto_check_point` (or `:wal_autocheckpoint`), `:journal_size_limit`,
  `:mmap_size`, and any other through `:custom_pragmas`, a list of `{name, value}`.

  The whole VM (`config :ecto_libsql`; read when a connection opens):

    * `:max_threads` - how many threads may run statements that take long, default 512. They are started when
      they are needed; beyond the limit, calls wait, and their timeouts count.
    * `:soft_heap_limit`, `:hard_heap_limit` - bytes that SQLite may use in the whole VM, default no limit: beyond the
      first, caches are emptied; beyond the second, statements fail. Also options of a connection, the first of which
      sets them; another one that names other limits is refused.

  The driver:

    * `:statement_cache_size` - compiled statements kept, default 64.
    * `:progress_handler_steps` - virtual-machine instructions between two checks for cancellation.
    * `:before_disconnect` - `fun(error, state)` or `{module, function, args}`, called with both
      put in front of `args`.
    * `:disconnect_on_error_codes` - SQLite codes after which a pool replaces the connection.
    * `:sandbox` - `:isolated`: a connection that `Ecto.Adapters.SQL.Sandbox` lends to a test works on a copy of
      the database in memory, so that tests do not wait for each other's writes; default `:shared`.
    * `:changes` - a process that receives the change events of the connection, as if it had called
      `EctoLibSql.subscribe/3` for `[:update]`. A repository takes more: see `EctoLibSql.Change`.
    * `:vector_build_subscriber` - a pid, or the name of a process, that is told how builds of vector indexes go (`CREATE INDEX`,
      `REINDEX`, and opening a file whose index libSQL has built): `{:ecto_libsql, :vector_build, event}` four times a second
      at most, first after a quarter of a second, and at the end. `event` is a map: `database` (the path), `schema` (`"main"`),
      `index`, `ended`, `rows` (of the index), `fraction` (of the work that is done, 0.0 to 1.0, by estimate), `duration_us` and
      `error` (nil, or a map with `:kind` and `:message`). What has ended is there once the statement has succeeded.
    * `:chunk_size` - accepted, without effect.

  Encryption at rest, see the guide "Encryption":

    * `:encryption_key` (or `:key`) - a binary of at least 32 bytes, an `EctoLibSql.EncryptionKey`, a function
      without arguments that returns one, or `{module, function, args}`. The database file, its write-ahead log and
      its journals are encrypted; temporary files stay in memory. A new file is created encrypted; a plain one is
      refused (`EctoLibSql.rekey/2` encrypts it).
    * `:encryption_cipher` - `:aes256cbc` (default; libSQL's format) or `:aes256gcm` (authenticated, not readable by
      libSQL).
    * `:encryption_kdf` - with `:aes256gcm`: `:hkdf` (default) for random keys, or `:scrypt` for passphrases, which may
      be shorter than 32 bytes. For new files; an existing file says itself how its key is derived.

  A database on a server (see `EctoLibSql.State.detect_mode/1` for which options make it one). Options of local files are
  refused, `:busy_timeout` and `:statement_cache_size` have no effect:

    * `:uri` - `libsql://host` or `https://host`, `http://host:8080`. The query may hold `authToken=...`.
    * `:auth_token` - a string, an `EctoLibSql.AuthToken`, or, for tokens that expire, a function without arguments or
      `{module, function, args}`, which is asked before each request and returns one (or nil). It runs in a process of the
      connection's own, one call at a time.
    * `:remote_encryption_key` - the key, in Base64, of a database that the server keeps encrypted.
    * `:connect_timeout` - milliseconds to reach the server, default 10,000.
    * `:request_timeout` - milliseconds for a request without a `:timeout` of its own, default 60,000.
    * `:headers` - `[{name, value}]`, sent with each request.
    * `:tls` - `[cacertfile: path]`: certificates beside the system's.
    * `:encoding` - `:json` (default), which every server reads, or `:protobuf`, which sqld and the development server
      offer and Turso Cloud does not.
    * `:proxy` - `"http://host:port"`, or `:none` to use none. Default: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
      `NO_PROXY` say; credentials of a proxy stand there only. A server on this machine is always reached directly.

  A replica, a local file that follows a database on a server: `:database`, `:uri`, `:auth_token` and `:sync` (without a
  token: `mode: :remote_replica`). It takes the options of servers above, of those of local files the encryption, the busy
  timeout, the cache and pragmas for reading, and these; see the guide "Replicas":

    * `:sync` - `true`: a commit returns when the file has it. `false`: only `EctoLibSql.Native.sync/2` and the interval pull.
    * `:read_your_writes` - default as `:sync`: while the file does not have all writes of this VM, what reads is answered by
      the server.
    * `:sync_interval` - milliseconds between two syncs in the background, default none.
    * `:initial_sync` - `:blocking` (default, also `true`): the first connection of a file syncs before it opens; without the
      server it opens what was there before. `:background`: it opens at once, and a new replica is empty until the sync ends.
      `false`: no sync.
    * `:sync_subscriber` - a pid, or the name of a process, that is told how syncs go, the first one included:
      `{:ecto_libsql, :sync, event}` at most ten times a second while one pulls, and at the end of one that has brought
      something or failed. `event` is a map: `database` (the path), `ended`, `everything` (the whole database is pulled),
      `pages`, `bytes`, `duration_us`, `frame` (nil before the end) and `error` (nil, or a map with `:kind` and `:message`).
      The connections of a pool send each event once.
  """

  alias EctoLibSql.{Error, ProgressReporter, State}
  alias EctoLibSql.Options.{Check, Encryption, Location, Names, Pragmas, Process, Remote, Replica}

  defstruct [:location, :mode, :sync, :shared_memory, :changes, native: %{}, settings: %{}]

  @typedoc "What callbacks consult later."
  @type settings :: %{
          default_transaction_mode: :deferred | :immediate | :exclusive,
          before_disconnect: nil | (term(), State.t() -> term()) | {module(), atom(), [term()]},
          disconnect_on_error_codes: [atom()],
          sandbox: :shared | :isolated | :copied,
          reopen: (() -> {:ok, {String.t(), reference()}} | {:error, EctoLibSql.Error.t()}) | nil,
          as_local: {String.t(), map()} | nil,
          pooled: boolean()
        }

  @type t :: %__MODULE__{
          location: String.t(),
          mode: State.mode(),
          sync: :enable_sync | :disable_sync,
          shared_memory: boolean() | String.t(),
          changes: pid() | nil,
          native: map(),
          settings: settings()
        }

  @int32 0x7FFFFFFF

  @default_settings %{
    default_transaction_mode: :deferred,
    before_disconnect: nil,
    disconnect_on_error_codes: [],
    sandbox: :shared,
    reopen: nil,
    as_local: nil,
    pooled: false
  }

  @doc false
  @spec default_settings() :: settings()
  def default_settings, do: @default_settings

  @doc "Checks the options. An error names the option and what was expected, never a secret."
  @spec parse(term()) :: {:ok, t()} | {:error, Error.t()}
  def parse(opts) do
    names!(opts)
    mode = State.detect_mode(opts)
    available!(mode, opts)

    {:ok,
     %__MODULE__{
       location: location!(mode, opts),
       mode: mode,
       sync: State.detect_sync(opts),
       shared_memory: shared_memory!(opts),
       changes: changes!(opts[:changes]),
       native: native(mode, opts),
       settings: settings(mode, opts)
     }}
  catch
    {:refused, message} -> {:error, Error.new(:invalid_argument, message)}
  end

  @names Names.connection()

  defp names!(opts) do
    with {:error, error} <- Names.check(opts, @names, "a connection"),
         do: Check.refuse(Exception.message(error))
  end

  # --- What needs other options ---

  defp available!(:unknown, _opts) do
    Check.refuse(
      "the option :database is missing (a path, or \":memory:\"), or :uri, the URL of a server"
    )
  end

  # What only replicas have is true of a local database, too, or without effect: a configuration may keep it for development.
  defp available!(:local, opts) do
    for name <- [:remote_encryption_key, :encoding, :proxy], opts[name] do
      Check.refuse("the option #{inspect(name)} needs a database on a server (:uri)")
    end
  end

  defp available!(:remote, opts) do
    for name <- Replica.names(), opts[name] do
      Check.refuse(
        "the option #{inspect(name)} is for replicas, which have :database, :uri, :auth_token and :sync"
      )
    end
  end

  defp available!(_server, _opts), do: :ok

  # --- Sections ---

  defp location!(:remote, opts), do: Remote.url!(opts)
  defp location!(_local, opts), do: Location.database!(opts)

  defp shared_memory!(opts) do
    case opts[:shared_memory] do
      none when none in [nil, false] ->
        false

      shared when shared == true or (is_binary(shared) and shared != "") ->
        if Location.memory?(opts),
          do: shared,
          else: Check.refuse("the option :shared_memory needs database: \":memory:\"")

      _ ->
        Check.refuse("the option :shared_memory must be true, false or a name")
    end
  end

  defp changes!(pid) when is_pid(pid) or is_nil(pid), do: pid
  defp changes!(other), do: Check.refuse(:changes, "a pid", other)

  defp native(:remote, opts), do: Remote.native(opts)

  defp native(:remote_replica, opts),
    do: Replica.native(opts, native(:local, Keyword.delete(opts, :mode)))

  defp native(:local, opts) do
    %{
      mode: open_mode!(opts[:mode]),
      create_folders: open_mode!(opts[:mode]) == :read_write_create,
      busy_timeout: Check.integer!(opts, :busy_timeout, 0..@int32),
      foreign_keys: Check.boolean!(opts, :foreign_keys),
      synchronous: Pragmas.word!(opts, :synchronous),
      journal_mode: Pragmas.word!(opts, :journal_mode),
      wal_auto_checkpoint: Pragmas.auto_checkpoint!(opts),
      pragmas: Pragmas.all!(opts),
      attach: Location.attachments!(opts),
      encryption: Encryption.connection!(opts, Location.memory?(opts)),
      extensions: Location.extensions!(opts),
      image: image!(opts),
      statement_cache_size: Check.integer!(opts, :statement_cache_size, 0..@int32),
      progress_steps: Check.integer!(opts, :progress_handler_steps, 1..@int32),
      vector_build_observers: vector_build_observers!(opts)
    }
    |> Map.merge(Process.all!(opts))
    |> Map.reject(fn {_key, value} -> value in [nil, []] end)
  end

  defp vector_build_observers!(opts) do
    subscriber = Check.process!(opts, :vector_build_subscriber)
    database = opts |> Location.absolute() |> Location.database!()
    for receiver <- [ProgressReporter, subscriber], receiver, do: {receiver, database}
  end

  # For a file, the image would become a copy in memory: writes would never reach the file.
  defp image!(opts) do
    image = Check.binary!(opts, :serialized)

    if image == nil or Location.memory?(opts),
      do: image,
      else: Check.refuse("the option :serialized needs database: \":memory:\"")
  end

  defp open_mode!(mode) when mode in [nil, :local, []], do: :read_write_create

  defp open_mode!(mode) do
    # The driver serialises the calls on a connection, so :nomutex has no effect.
    case mode |> List.wrap() |> List.delete(:nomutex) |> Enum.sort() do
      [:readonly] -> :read_only
      [:readwrite] -> :read_write
      [:create, :readwrite] -> :read_write_create
      _ -> Check.refuse(:mode, ":readonly, :readwrite or [:readwrite, :create]", mode)
    end
  end

  defp settings(mode, opts) do
    %{
      default_transaction_mode: transaction_mode!(opts),
      before_disconnect: callback!(opts),
      disconnect_on_error_codes: codes!(opts),
      sandbox: sandbox!(opts),
      # Set by EctoLibSql.Callbacks.SandboxCopy.
      reopen: nil,
      as_local: as_local(mode, opts),
      # DBConnection numbers its connections.
      pooled: opts[:pool_index] != nil
    }
  end

  # How a replica's file is opened once it is frozen.
  defp as_local(:remote_replica, opts) do
    kept = [:database, :busy_timeout, :encryption_key, :key, :encryption_cipher, :encryption_kdf]
    {location!(:local, opts), native(:local, Keyword.take(opts, kept))}
  end

  defp as_local(_other, _opts), do: nil

  defp transaction_mode!(opts) do
    case Keyword.get(opts, :default_transaction_mode) || :deferred do
      mode when mode in [:deferred, :immediate, :exclusive] ->
        mode

      mode ->
        Check.refuse(:default_transaction_mode, ":deferred, :immediate or :exclusive", mode)
    end
  end

  defp sandbox!(opts) do
    case Keyword.get(opts, :sandbox) || :shared do
      setting when setting in [:shared, :isolated] -> setting
      _ -> Check.refuse("the option :sandbox must be :shared or :isolated")
    end
  end

  defp callback!(opts) do
    case opts[:before_disconnect] do
      nil ->
        nil

      fun when is_function(fun, 2) ->
        fun

      {module, fun, args} = mfa when is_atom(module) and is_atom(fun) and is_list(args) ->
        mfa

      _ ->
        Check.refuse(
          "the option :before_disconnect must be a function of two arguments or {module, function, args}"
        )
    end
  end

  defp codes!(opts) do
    codes = List.wrap(opts[:disconnect_on_error_codes])

    if Enum.all?(codes, &is_atom/1) do
      codes
    else
      Check.refuse("the option :disconnect_on_error_codes must be a list of atoms such as :ioerr")
    end
  end
end
