defmodule EctoLibSql.Options.Replica do
  @moduledoc false
  # The options of a replica: those of its file and those of its server, without what the library decides itself.

  import EctoLibSql.Options.Check

  alias EctoLibSql.Options.{Location, Remote}
  alias EctoLibSql.ProgressReporter

  @milliseconds 1..0x7FFFFFFF

  # The library's: how the file is opened and written. They would be without effect.
  @library ~w(
    journal_mode synchronous auto_vacuum locking_mode secure_delete wal_auto_check_point wal_autocheckpoint
    journal_size_limit serialized shared_memory changes attach vector_build_subscriber
  )a

  @doc "The options that only replicas have."
  @spec names() :: [atom()]
  def names,
    do: [:sync_interval, :initial_sync, :sync_subscriber, :read_your_writes, :remote_writes]

  @doc "The keys of EctoLibSql.Nif.open/2; `local` are those of the file."
  @spec native(keyword(), map()) :: map()
  def native(opts, local) do
    if Location.memory?(opts),
      do: refuse("the option :database must be the path of a file: a replica has one")

    if opts[:mode] not in [nil, [], :remote_replica], do: library!(:mode, opts[:mode])
    Enum.each(@library, &library!(&1, opts[&1]))
    if opts[:sandbox] == :isolated, do: library!(:sandbox, :isolated)
    no_offline_writes!(opts[:remote_writes])

    server = opts |> Keyword.take(Remote.names()) |> Remote.native() |> Map.delete(:remote)

    local
    |> Map.drop([
      :mode,
      :foreign_keys,
      :journal_mode,
      :synchronous,
      :wal_auto_checkpoint,
      :vector_build_observers
    ])
    |> Map.merge(server)
    |> Map.merge(%{
      create_folders: true,
      primary: Remote.url!(opts),
      sync_after_writes: sync!(opts),
      read_your_writes: boolean!(opts, :read_your_writes),
      sync_interval: integer!(opts, :sync_interval, @milliseconds),
      initial_sync: initial!(opts[:initial_sync]),
      sync_observers: observers(process!(opts, :sync_subscriber), opts[:database])
    })
    |> Map.reject(fn {_key, value} -> value == nil end)
  end

  defp library!(_name, none) when none in [nil, [], false], do: :ok

  defp library!(name, _value) do
    refuse(
      "the option #{inspect(name)} is not for replicas: their file is written by the library alone, as the server's database is"
    )
  end

  defp no_offline_writes!(none) when none in [nil, true], do: :ok

  defp no_offline_writes!(_other) do
    refuse(
      "the option :remote_writes must be true: writes to a replica go to its server; writing offline, to be merged later, is " <>
        "not offered, because conflicts would lose rows"
    )
  end

  defp sync!(opts) do
    case opts[:sync] do
      nil -> true
      sync when is_boolean(sync) -> sync
      other -> refuse(:sync, "true or false", other)
    end
  end

  # Events go to one connection's observer of each name.
  defp observers(subscriber, database) do
    path = Path.expand(database)

    [{"telemetry", ProgressReporter, path}] ++
      if(subscriber, do: [{inspect(subscriber), subscriber, path}], else: [])
  end

  defp initial!(blocking) when blocking in [nil, true, :blocking], do: :blocking
  defp initial!(:background), do: :background
  defp initial!(false), do: :none
  defp initial!(other), do: refuse(:initial_sync, ":blocking, :background or false", other)
end
