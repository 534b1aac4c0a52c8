defmodule Ecto.Adapters.LibSql.Options.Repo do
  @moduledoc false
  # A repository's options as the driver's options: the defaults of the adapter, and one connection for
  # a database in memory, because each connection would have its own.

  alias Ecto.Adapters.LibSql.{Options, Types}

  @defaults [
    journal_mode: :wal,
    cache_size: -64_000,
    temp_store: :memory,
    foreign_keys: :on,
    synchronous: :normal,
    secure_delete: :off,
    busy_timeout: 5000
  ]

  @spec connection(keyword()) :: keyword()
  def connection(opts) do
    opts = @defaults |> Keyword.merge(opts) |> Keyword.put_new(:pool_size, 5)
    # The pool does not tell its connections what it is; see EctoLibSql.Isolation.
    sandboxed? = opts[:pool] in [Ecto.Adapters.SQL.Sandbox, DBConnection.Ownership]
    opts = Keyword.put(opts, :sandboxed, sandboxed?)
    private? = local?(opts) and kind(opts) == :private_memory
    if private? and !opts[:shared_memory], do: Keyword.put(opts, :pool_size, 1), else: opts
  end

  @doc """
  What migrations need to know of a repository. Its adapter metadata carries it, since a repository may
  be started with other options than the application's configuration holds.
  """
  @spec for_migrations(keyword()) :: map()
  def for_migrations(opts) do
    check!(opts)

    %{
      local?: local?(opts),
      dialect: opts[:dialect] || :auto,
      migration_lock: Keyword.get(opts, :migration_lock, true),
      migration_lock_term: opts[:migration_lock_term] || 600,
      migration_source: opts[:migration_source] || "schema_migrations"
    }
  end

  # The driver checks its own options.
  defp check!(opts) do
    opts |> Keyword.take([:timeout, :fkey_names]) |> Options.Query.check!()
    dialects = [nil, :auto, :sqlite, :libsql]
    one!(opts, :dialect, ":auto, :sqlite or :libsql", &(&1 in dialects))
    one!(opts, :migration_lock, "true or false", &(&1 in [nil, true, false]))
    term? = &(is_nil(&1) or (is_integer(&1) and &1 > 0))
    one!(opts, :migration_lock_term, "a number of seconds above 0", term?)
  end

  defp one!(opts, key, expected, valid?),
    do: valid?.(opts[key]) || Options.Query.refuse!(key, expected, opts[key])

  @doc """
  Refuses the application's options that the engine cannot serve.
  """
  @spec check_engine!({integer(), integer(), integer()}) :: :ok
  def check_engine!(version) do
    for key <- [:map_type, :array_type] do
      case Types.setting(key, :string) do
        :string ->
          :ok

        :binary ->
          if version < {3, 45, 0}, do: no_jsonb!(key, version)

        other ->
          raise ArgumentError, "#{setting(key)} is :string or :binary, got: #{inspect(other)}"
      end
    end

    :ok
  end

  @spec no_jsonb!(atom(), tuple()) :: no_return()
  defp no_jsonb!(key, version) do
    version = version |> Tuple.to_list() |> Enum.join(".")

    raise ArgumentError,
          "#{setting(key)}: :binary needs the JSONB of SQLite 3.45 or later, this is #{version}; leave it out or " <>
            "set it to :string"
  end

  defp setting(key), do: "config :ecto_libsql, #{key}"

  @spec memory?(keyword()) :: boolean()
  def memory?(opts), do: local?(opts) and kind(opts) in [:private_memory, :shared_memory]

  # What is no name at all is refused where the database is opened.
  defp kind(opts) do
    case opts[:database] do
      name when is_binary(name) or name == :memory -> Options.Database.kind(name)
      _other -> nil
    end
  end

  @spec local?(keyword()) :: boolean()
  def local?(opts), do: is_nil(opts[:uri])
end
