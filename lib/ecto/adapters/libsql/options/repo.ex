defmodule Ecto.Adapters.LibSql.Options.Repo do
  @moduledoc false
  # Checks the options of a repository and turns them into the driver's: adds the adapter's defaults, and limits the
  # pool of a private database in memory to one connection, because each connection would have a database of its own.

  alias Ecto.Adapters.LibSql.Options
  alias EctoLibSql.Options.{Encryption, Location, Names}

  @defaults [
    journal_mode: :wal,
    cache_size: -64_000,
    temp_store: :memory,
    foreign_keys: :on,
    synchronous: :normal,
    secure_delete: :off,
    busy_timeout: 5000,
    # A deferred transaction that reads first fails when it writes, if another one wrote in between.
    default_transaction_mode: :immediate,
    # Transactions keep their connection while they wait for the write lock, so that others wait for a connection.
    # DBConnection gives up after twice this time under load: as long as the busy timeout, where its own default is 100 ms.
    queue_target: 2500
  ]

  # A server has settings of its own.
  @remote_defaults Keyword.take(@defaults, [:default_transaction_mode, :queue_target])

  @spec connection(keyword()) :: keyword()
  def connection(opts) do
    defaults = if local?(opts), do: @defaults, else: @remote_defaults
    opts = defaults |> Keyword.merge(opts) |> Keyword.put_new(:pool_size, 5)
    # A connection does not learn its pool's module; see EctoLibSql.Callbacks.SandboxCopy.
    sandboxed? = opts[:pool] in [Ecto.Adapters.SQL.Sandbox, DBConnection.Ownership]
    opts = Keyword.put(opts, :sandboxed, sandboxed?)
    private? = local?(opts) and kind(opts) == :private_memory
    opts = if private? and !opts[:shared_memory], do: Keyword.put(opts, :pool_size, 1), else: opts
    opts |> Location.absolute() |> Encryption.protect()
  end

  @doc """
  The options that migrations use. They are part of the adapter's metadata, because a repository may be started with
  other options than those of the application's configuration.
  """
  @spec for_migrations(keyword()) :: map()
  def for_migrations(opts) do
    %{
      local?: local?(opts),
      dialect: opts[:dialect] || :auto,
      migration_lock: Keyword.get(opts, :migration_lock, true),
      migration_lock_term: opts[:migration_lock_term] || 600,
      migration_source: opts[:migration_source] || "schema_migrations"
    }
  end

  @doc "Refuses unknown options and wrong values; those of the driver's options it checks itself."
  @spec check!(keyword()) :: :ok
  def check!(opts) do
    Names.check!(opts, Names.connection(), "a repository")
    opts |> Keyword.take([:timeout, :fkey_names]) |> Options.Query.check!()
    dialects = [nil, :auto, :sqlite, :libsql]
    one!(opts, :dialect, ":auto, :sqlite or :libsql", &(&1 in dialects))
    one!(opts, :migration_lock, "true or false", &(&1 in [nil, true, false]))
    term? = &(is_nil(&1) or (is_integer(&1) and &1 > 0))
    one!(opts, :migration_lock_term, "a number of seconds above 0", term?)
    :ok
  end

  defp one!(opts, key, expected, valid?),
    do: valid?.(opts[key]) || Options.Query.refuse!(key, expected, opts[key])

  @spec memory?(keyword()) :: boolean()
  def memory?(opts), do: local?(opts) and kind(opts) in [:private_memory, :shared_memory]

  # Opening the database refuses any other value.
  defp kind(opts) do
    case opts[:database] do
      name when is_binary(name) or name == :memory -> Options.Database.kind(name)
      _other -> nil
    end
  end

  @spec local?(keyword()) :: boolean()
  def local?(opts), do: is_nil(opts[:uri])
end
