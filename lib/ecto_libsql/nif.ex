defmodule EctoLibSql.Nif do
  @moduledoc false
  # The stubs of the native library, one per entry point of native/nif/. Only the modules of
  # lib/ecto_libsql/connection call them, and EctoLibSql.Error.
  #
  # A `conn` is the handle of a state (a reference) or a connection id (a binary). Statements and
  # cursors are named by ids that begin with the id of their connection.
  #
  # A call answers at once if it is bounded; otherwise nothing has happened yet, and it answers
  # `{:pending, job}`. The caller starts the job with run_job/3: the call then runs on a thread of the
  # library, and its answer comes as `{:ecto_libsql_answer, tag, answer}`.
  #
  # Any call that needs the database file's write lock, or its job, may answer `{:wait, ticket}`: nothing has
  # happened yet, the caller is queued. It then receives `{:ecto_libsql_granted, ticket}` and repeats
  # the call, or `{:ecto_libsql_cancelled, ticket}` (interrupt, close). One that gives up calls
  # cancel_write/1.
  #
  # EctoLibSql.Connection.Await does both for all callers. The specs below leave both answers out, except
  # for `{:wait, _}` where it can come.

  @on_load :load

  @type conn :: reference() | binary() | {reference() | binary(), transaction_id :: binary()}
  @type ticket :: reference()
  @type job :: reference()
  @typedoc """
  Of an error: `code` and `extended_code` are SQLite's names, or the kind's where SQLite has not seen it;
  `offset` counts bytes of `statement`; `recovery` lists what is true of `libsql::Recovery`.
  """
  @type error :: %{
          kind: atom(),
          message: binary(),
          code: atom(),
          extended_code: atom(),
          statement: binary() | nil,
          offset: non_neg_integer() | nil,
          recovery: [atom()]
        }
  @typedoc "Values as SQLite stores them; maps bind by name."
  @type value ::
          nil
          | integer()
          | float()
          | boolean()
          | binary()
          | {:blob, binary()}
          | {:text, binary()}
          | :infinity
          | :neg_infinity
          | :nan
  @type params :: [value()] | %{optional(atom() | binary()) => value()}
  @typedoc "Milliseconds until the statement is stopped, or -1; and whether to use the statement cache."
  @type call_opts :: {integer(), boolean()}
  @type result ::
          {command :: atom(), columns :: [binary()] | nil, rows :: [[term()]] | nil, integer()}
  @type wait :: {:wait, ticket()}
  @typedoc "The key of another file: `:same` as the connection's, `:none`, or one of its own."
  @type key_choice ::
          :same | :none | {key :: reference(), :aes256cbc | :aes256gcm, :hkdf | :scrypt}
  @type failure :: {:error, error()}

  @doc false
  def load do
    path = :filename.join(:code.priv_dir(:ecto_libsql), ~c"libsql_nif")

    case :erlang.load_nif(path, 0) do
      :ok ->
        :ok

      {:error, {:reload, _}} ->
        :ok

      {:error, {reason, text}} ->
        {:error,
         {reason,
          ~c"ecto_libsql: cannot load #{path}: #{text}. Where it was built, run `mix compile --force`; it builds the " ++
            ~c"native part with CMake. Where a release runs, install the shared libraries that the text names: on Debian " ++
            ~c"libstdc++6, libssl3, and libsqlite3-0 if SQLite was linked dynamically (docs/guides/production.md, Containers)."}}
    end
  end

  # --- Connections ---

  # `options` has the keys of libsql::Options (native/include/libsql/options.h):
  # mode: :read_write_create | :read_write | :read_only, create_folders: boolean,
  # busy_timeout: ms, foreign_keys: boolean, synchronous: binary, journal_mode: binary,
  # wal_auto_checkpoint: pages, pragmas: [{name, value}], attach: [{name, path, key_choice()}],
  # encryption: {key, cipher, kdf} (see key_choice()),
  # extensions: [{path, entry_point}] ("" for the default one), image: binary,
  # max_threads: n, soft_heap_limit: bytes, hard_heap_limit: bytes (these three of the whole VM),
  # statement_cache_size: n, progress_steps: n, shared_memory: binary (then location is ignored),
  # vector_build_observers: [{pid | registered name, database}].
  # A missing key means its default. The caller becomes the owner.
  # With remote: true, `location` is a URL, and the keys are those of libsql::RemoteOptions:
  # auth_token: key | pid (which receives {:ecto_libsql_token, request} and calls give_token/2),
  # remote_encryption_key: key, encoding: :json | :protobuf, connect_timeout: ms, request_timeout: ms,
  # proxy: url ("" for none), headers: [{name, value}], ca_file: binary, and those of the whole VM.
  # With primary: url, `location` is the file of a replica, and the keys are those of both and of
  # libsql::ReplicaOptions: sync_after_writes: boolean, read_your_writes: boolean, sync_interval: ms,
  # initial_sync: :blocking | :background | :none, sync_observers: [{name, pid | registered name, database}].
  @spec open(binary(), map()) :: {:ok, {binary(), reference()}} | failure()
  def open(_location, _options), do: not_loaded()

  # Copies the bytes of an encryption key into memory outside the VM's heaps.
  @spec new_key(binary()) :: reference()
  def new_key(_bytes), do: not_loaded()

  # Answers a question for a token: with a key, nil for none, or a text that says why there is none.
  @spec give_token(reference(), reference() | nil | binary()) :: :ok | failure()
  def give_token(_request, _token), do: not_loaded()

  # Interrupts what runs, rolls back and closes.
  @spec close(conn()) :: :ok | failure()
  def close(_conn), do: not_loaded()

  # `:ok` if the connection is open; does not wait for it.
  @spec ping(conn()) :: :ok | failure()
  def ping(_conn), do: not_loaded()

  @spec interrupt(conn()) :: :ok | failure()
  def interrupt(_conn), do: not_loaded()

  # Rolls back, resets statements, closes cursors.
  @spec reset(conn()) :: :ok | failure()
  def reset(_conn), do: not_loaded()

  @spec cancel_write(ticket()) :: :waiting | :granted | :cancelled
  def cancel_write(_ticket), do: not_loaded()

  # Starts a job. It ends `timeout` milliseconds after its call was made; -1: never.
  @spec run_job(job(), tag :: reference(), integer()) :: :ok | failure()
  def run_job(_job, _tag, _timeout), do: not_loaded()

  # `:cancelled`: no message will come. `:answered`: it has been sent, or is about to be. `:running`: it
  # comes when the job ends.
  @spec cancel_job(job()) :: :cancelled | :answered | :running
  def cancel_job(_job), do: not_loaded()

  # How long a caller that got `{:wait, ticket}` should wait: the connection's busy timeout in ms.
  @spec busy_timeout(conn()) :: {:ok, non_neg_integer()} | failure()
  def busy_timeout(_conn), do: not_loaded()

  # --- Statements ---

  # `:script` when the text holds more than one statement: nothing has run, use script/3.
  # Wrong parameters: kind :missing_parameters (the message lists them),
  # :positional_parameters (a map for `?`), :invalid_argument (count).
  @spec execute(conn(), binary(), params(), call_opts()) ::
          {:ok, result()} | :script | wait() | failure()
  def execute(_conn, _sql, _params, _opts), do: not_loaded()

  # Runs every statement of a text; the first failure ends it. `:atomic` wraps them in a
  # transaction, or in a savepoint inside one.
  @spec script(conn(), binary(), :plain | :atomic, integer()) ::
          {:ok, [result()]} | wait() | failure()
  def script(_conn, _sql, _mode, _timeout), do: not_loaded()

  # :proceed, :halt and :rollback as libsql::OnError. With :rollback an error is `{:error, error}`
  # whose map also has `index`, the failing member's place counted from 0. The answers are runs of
  # equal ones with their lengths, the last run first.
  @spec batch(conn(), [{binary(), params()}], :proceed | :halt | :rollback, integer()) ::
          {:ok, [{{:ok, result()} | failure(), pos_integer()}]} | wait() | failure()
  def batch(_conn, _members, _on_error, _timeout), do: not_loaded()

  @spec prepare(conn(), binary()) :: {:ok, binary()} | failure()
  def prepare(_conn, _sql), do: not_loaded()

  # Compiles into the cache only. `:script` as in execute/4.
  @spec check(conn(), binary()) :: :ok | :script | failure()
  def check(_conn, _sql), do: not_loaded()

  # Drops a text from the statement cache.
  @spec uncache(conn(), binary()) :: :ok | failure()
  def uncache(_conn, _sql), do: not_loaded()

  @spec execute_statement(conn(), binary(), params(), integer()) ::
          {:ok, result()} | wait() | failure()
  def execute_statement(_conn, _statement_id, _params, _timeout), do: not_loaded()

  @spec reset_statement(conn(), binary()) :: :ok | failure()
  def reset_statement(_conn, _statement_id), do: not_loaded()

  # `{columns, parameters}`: [{name, origin | nil, declared_type | nil}], [name with prefix | nil].
  @spec describe_statement(conn(), binary()) ::
          {:ok, {[{binary(), binary() | nil, binary() | nil}], [binary() | nil]}} | failure()
  def describe_statement(_conn, _statement_id), do: not_loaded()

  # StatementCounters as a map.
  @spec statement_counters(conn(), binary()) :: {:ok, %{atom() => integer()}} | failure()
  def statement_counters(_conn, _statement_id), do: not_loaded()

  # The same as describe_statement/2 for a text, from the cache.
  @spec describe(conn(), binary()) ::
          {:ok, {[{binary(), binary() | nil, binary() | nil}], [binary() | nil]}} | failure()
  def describe(_conn, _sql), do: not_loaded()

  @spec close_statement(binary()) :: :ok | failure()
  def close_statement(_statement_id), do: not_loaded()

  # --- Cursors ---

  @spec open_cursor(conn(), binary(), params()) :: {:ok, binary()} | failure()
  def open_cursor(_conn, _sql, _params), do: not_loaded()

  # At most `max_rows` rows; `done?` is true when this was the last portion.
  @spec fetch(conn(), binary(), pos_integer(), integer()) ::
          {:ok,
           {columns :: [binary()], rows :: [[term()]], count :: integer(), done? :: boolean()}}
          | wait()
          | failure()
  def fetch(_conn, _cursor_id, _max_rows, _timeout), do: not_loaded()

  @spec close_cursor(binary()) :: :ok | failure()
  def close_cursor(_cursor_id), do: not_loaded()

  # --- Transactions ---

  # The transaction's id: the connection's id and the transaction's number.
  @spec begin_transaction(conn(), :deferred | :immediate | :exclusive | :read_only) ::
          {:ok, binary()} | wait() | failure()
  def begin_transaction(_conn, _behaviour), do: not_loaded()

  # kind :misuse and no effect when no transaction is open.
  @spec commit(conn()) :: :ok | wait() | failure()
  def commit(_conn), do: not_loaded()

  # `:idle` when no transaction was open.
  @spec rollback(conn()) :: :ok | :idle | failure()
  def rollback(_conn), do: not_loaded()

  @spec savepoint(conn(), :open | :release | :rollback_to, binary()) :: :ok | failure()
  def savepoint(_conn, _operation, _name), do: not_loaded()

  # Whether anything may be written; `:refuse` forbids it until `:allow` or the end of the transaction.
  @spec writes(conn(), :ask | :refuse | :allow) :: {:ok, boolean()} | failure()
  def writes(_conn, _operation), do: not_loaded()

  # `{in_transaction?, transaction_id | nil}`.
  @spec transaction_status(conn()) :: {:ok, {boolean(), binary() | nil}} | failure()
  def transaction_status(_conn), do: not_loaded()

  # --- Facts ---

  # The protocol's version is nil on a local database, and before the first answer of a server.
  @spec info(conn(), :last_insert_rowid | :changes | :total_changes | :protocol_version) ::
          {:ok, integer() | nil} | failure()
  def info(_conn, _fact), do: not_loaded()

  # ConnectionStats as a map.
  @spec stats(conn()) :: {:ok, %{atom() => integer()}} | failure()
  def stats(_conn), do: not_loaded()

  # --- The database as a whole ---

  @spec set_busy_timeout(conn(), non_neg_integer()) :: :ok | failure()
  def set_busy_timeout(_conn, _milliseconds), do: not_loaded()

  # `progress` is a pid that receives {:ecto_libsql_backup, remaining, total}, or nil.
  @spec backup(conn(), :to | :from, binary(), pid() | nil, pos_integer(), key_choice()) ::
          :ok | wait() | failure()
  def backup(_conn, _direction, _path, _progress, _pages_per_step, _key), do: not_loaded()

  @spec serialise(conn(), binary()) :: {:ok, binary()} | failure()
  def serialise(_conn, _database), do: not_loaded()

  @spec deserialise(conn(), binary(), binary()) :: :ok | failure()
  def deserialise(_conn, _image, _database), do: not_loaded()

  # `{busy?, log_frames, checkpointed_frames}`.
  @spec checkpoint(conn(), :passive | :full | :restart | :truncate, binary()) ::
          {:ok, {boolean(), integer(), integer()}} | failure()
  def checkpoint(_conn, _mode, _database), do: not_loaded()

  @spec vacuum_into(conn(), binary(), key_choice()) :: :ok | failure()
  def vacuum_into(_conn, _path, _key), do: not_loaded()

  # `options` as for open/2, with the present key; `key` is the new one. `progress` as in backup/6.
  @spec rekey(binary(), map(), key_choice(), pid() | nil) :: :ok | failure()
  def rekey(_location, _options, _key, _progress), do: not_loaded()

  # --- Replicas ---

  # Pulls what the primary has, up to a frame if one is given. `timeout` in milliseconds, or -1.
  @spec sync(conn(), non_neg_integer() | nil, integer()) ::
          {:ok,
           %{
             pages: non_neg_integer(),
             bytes: non_neg_integer(),
             duration_us: non_neg_integer(),
             frame: non_neg_integer() | nil
           }}
          | failure()
  def sync(_conn, _frame, _timeout), do: not_loaded()

  # ReplicaStatus as a map; times are milliseconds since 1970, or nil.
  @spec replica_status(conn()) :: {:ok, %{atom() => term()}} | failure()
  def replica_status(_conn), do: not_loaded()

  # Makes the file an ordinary database; the connections to it are of no use any more.
  @spec freeze(conn()) :: :ok | failure()
  def freeze(_conn), do: not_loaded()

  # --- Extensions, events, policy ---

  @spec enable_extensions(conn(), boolean()) :: :ok | failure()
  def enable_extensions(_conn, _enabled), do: not_loaded()

  # `entry_point` is "" for the default one.
  @spec load_extension(conn(), binary(), binary()) :: :ok | failure()
  def load_extension(_conn, _path, _entry_point), do: not_loaded()

  # Adds a subscriber; it receives {:ecto_libsql, ref, event} after commits, where event is
  # {:update, :insert | :update | :delete, database, table, rowid}, :commit, :rollback or
  # {:wal, database, pages}. The subscription ends with the pid, the connection or unsubscribe/2.
  @spec subscribe(conn(), [:update | :commit | :rollback | :wal], pid()) ::
          {:ok, reference()} | failure()
  def subscribe(_conn, _events, _pid), do: not_loaded()

  # As subscribe/3, for a table of a server's database; event is {:changes, table, %{insert: n, update: n, delete: n}},
  # {:lost, table} or, last, {:ended, table, error()}.
  @spec listen(conn(), binary(), pid()) :: {:ok, reference()} | {:pending, job()} | failure()
  def listen(_conn, _table, _pid), do: not_loaded()

  @spec unsubscribe(conn(), reference()) :: :ok | failure()
  def unsubscribe(_conn, _ref), do: not_loaded()

  # A denial is {action, object}, `object` "" for all; actions as in libsql::Action with `:delete`
  # for `del`.
  @spec set_access_policy(conn(), [{atom(), binary()}]) :: :ok | failure()
  def set_access_policy(_conn, _denials), do: not_loaded()

  # --- Without a connection ---

  @spec statement_kind(binary()) :: atom()
  def statement_kind(_sql), do: not_loaded()

  # What the caller may do about an error, by the names of its kind and its extended code.
  @spec recovery(atom(), atom()) :: [atom()]
  def recovery(_kind, _extended_code), do: not_loaded()

  # The run-time version of SQLite, e.g. "3.40.1".
  @spec sqlite_version() :: binary()
  def sqlite_version, do: not_loaded()

  # What is alive: %{connections: n, statements: n, cursors: n, tickets: n}. For leak tests.
  @spec live_counts() :: %{atom() => non_neg_integer()}
  def live_counts, do: not_loaded()

  defp not_loaded, do: :erlang.nif_error(:not_loaded)
end
