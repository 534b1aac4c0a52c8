defmodule EctoLibSql.Options.Names do
  @moduledoc false
  # Which names a list of options may hold. A name that is misspelt would be without effect, and nobody would
  # see it: so an unknown one is refused, with the known name that is nearest to it. The names that
  # DBConnection, Ecto and the sandbox put into the same lists are known as well.

  alias EctoLibSql.Error

  # From this similarity on (String.jaro_distance/2, 1.0 for equal names) a name counts as a misspelling of another.
  @near 0.77

  # --- The check ---

  @doc """
  `:ok`, or the error for the first option that is not among `known`. The message names the `owner` of the
  options: `"a query"`.
  """
  @spec check(term(), [atom()], String.t()) :: :ok | {:error, Error.t()}
  def check([], _known, _owner), do: :ok

  def check([{name, value} | rest], known, owner) when is_atom(name) do
    if :lists.member(name, known),
      do: check(rest, known, owner),
      else: {:error, Error.new(:invalid_argument, message(name, value, known, owner))}
  end

  def check(_other, _known, owner),
    do: {:error, Error.new(:invalid_argument, "the options of #{owner} must be a keyword list")}

  @doc "The same, raising an `ArgumentError`."
  @spec check!(term(), [atom()], String.t()) :: :ok
  def check!(options, known, owner) do
    with {:error, error} <- check(options, known, owner),
         do: raise(ArgumentError, Exception.message(error))
  end

  defp message(name, value, known, owner) do
    "unknown option #{inspect(name)}#{shown(value)} of #{owner}" <>
      case nearest(name, known) do
        nil -> ""
        other -> "; did you mean #{inspect(other)}?"
      end
  end

  # Any other value may be a token or a key whose option name is misspelt.
  defp shown(value) when is_atom(value) or is_number(value), do: " (got: #{inspect(value)})"
  defp shown(_value), do: ""

  defp nearest(name, known) do
    {distance, other} =
      known
      |> Enum.map(&{String.jaro_distance(Atom.to_string(name), Atom.to_string(&1)), &1})
      |> Enum.max(fn -> {0.0, nil} end)

    if distance >= @near, do: other
  end

  # --- Known names ---

  @pragmas ~w(
    journal_mode synchronous foreign_keys cache_size temp_store cache_spill case_sensitive_like auto_vacuum
    locking_mode secure_delete wal_auto_check_point wal_autocheckpoint journal_size_limit soft_heap_limit
    hard_heap_limit mmap_size custom_pragmas
  )a

  @database ~w(
    database mode shared_memory serialized attach load_extensions busy_timeout default_transaction_mode
    statement_cache_size progress_handler_steps before_disconnect disconnect_on_error_codes sandbox chunk_size
    changes vector_build_subscriber encryption_key key encryption_cipher encryption_kdf
  )a

  # Remote connections and replicas.
  @remote ~w(
    uri auth_token sync sync_interval initial_sync sync_subscriber read_your_writes remote_writes remote_encryption_key
    connect_timeout request_timeout tls headers encoding proxy
  )a

  # DBConnection.start_link/2 and its pools, and what these add themselves (the last line).
  @pool ~w(
    name pool pool_size pool_count after_connect after_connect_timeout backoff_min backoff_max backoff_type
    checkout_retries configure connection_listeners idle_interval idle_limit max_lifetime max_restarts max_seconds
    queue_target queue_interval show_sensitive_data_on_connection_error timeout queue log deadline
    ownership_mode ownership_timeout ownership_log post_checkout pre_checkin isolation_level label
    pool_index shutdown spawn_opt debug hibernate_after caller id
  )a

  # Ecto.Repo, Ecto.Adapters.SQL and Ecto.Migrator; what a `:url` is taken apart into; the flags of `mix ecto.dump`
  # and `mix ecto.load`, which Ecto puts among the repository's options.
  @repo ~w(
    otp_app repo adapter telemetry_prefix default_dynamic_repo stacktrace log_stacktrace_mfa priv
    start_apps_before_migration migration_source migration_lock migration_repo migration_cast_version_column
    migration_primary_key migration_foreign_key migration_timestamps migration_default_prefix
    url scheme hostname port username password
    dump_path dump_prefixes prefix quiet force skip_if_loaded no_compile no_deps_check
  )a

  # What libraries put into a repository's configuration: Oban; AshSqlite.
  @libraries ~w(migrator installed_extensions migrations_path)a

  # Ecto.Adapters.LibSql.
  @adapter ~w(dialect migration_lock_term fkey_names sandboxed connect_log)a

  @call ~w(timeout deadline queue log checkout_retries caller)a
  @transaction ~w(mode behaviour behavior)a

  @doc "Options of `EctoLibSql.connect/1` and `EctoLibSql.start_link/1`."
  @spec connection() :: [atom()]
  def connection, do: @database ++ @pragmas ++ @remote ++ @pool ++ @repo ++ @libraries ++ @adapter

  @doc "Options of a connection that a server has no use for."
  @spec local_only() :: [atom()]
  def local_only do
    @pragmas ++
      ~w(attach load_extensions serialized shared_memory changes vector_build_subscriber encryption_key key encryption_cipher encryption_kdf)a
  end

  @doc "Options of `EctoLibSql.query/4`."
  @spec query() :: [atom()]
  def query, do: [:cache | @call]

  @doc "Options of `EctoLibSql.stream/4`."
  @spec stream() :: [atom()]
  def stream, do: [:max_rows | @call]

  @doc "The names under which a transaction's mode is given."
  @spec transaction_mode() :: [atom()]
  def transaction_mode, do: @transaction

  @doc "Options of `EctoLibSql.transaction/3`."
  @spec transaction() :: [atom()]
  def transaction, do: @transaction ++ @call
end
