defmodule EctoLibSql.Native.Replica do
  @moduledoc """
  The functions of `EctoLibSql.Native` that concern replicas. This build opens local connections only: they have
  nothing to synchronise and no frames.

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, "success sync"} = EctoLibSql.Native.sync(state)
      {:ok, 0} = EctoLibSql.Native.get_max_write_frame(state)
      {:error, "a local connection is not a replica: " <> _} = EctoLibSql.Native.sync_until_frame(state, 1)
  """

  alias EctoLibSql.Connection.Lifetime
  alias EctoLibSql.Error
  alias EctoLibSql.Options.Names

  import EctoLibSql.Native.Answer, only: [on_id: 2, mapped: 2, text: 1]

  @type source :: EctoLibSql.conn() | String.t()
  @type failure :: {:error, String.t()}

  @doc "Brings a replica up to date (`timeout:` milliseconds). A local connection has nothing to do."
  @spec sync(source(), keyword()) :: {:ok, String.t()} | failure()
  def sync(source, opts \\ []) do
    with :ok <- text(Names.check(opts, [:timeout], "a sync")),
         do: source |> on_id(&open/1) |> mapped(fn _nothing -> "success sync" end)
  end

  @doc "The frame a replica has reached. An error for a local connection."
  @spec get_frame_number_for_replica(source()) :: {:ok, integer()} | failure()
  def get_frame_number_for_replica(source), do: on_id(source, &no_replica/1)

  @doc "Waits until a replica has reached a frame. An error for a local connection."
  @spec sync_until_frame(source(), integer()) :: :ok | failure()
  def sync_until_frame(source, _frame), do: on_id(source, &no_replica/1)

  @doc "Pushes pending frames of a replica. An error for a local connection."
  @spec flush_and_get_frame(source()) :: {:ok, integer()} | failure()
  def flush_and_get_frame(source), do: on_id(source, &no_replica/1)

  @doc "The highest frame this connection has written; 0 for a local one."
  @spec get_max_write_frame(source()) :: {:ok, integer()} | failure()
  def get_max_write_frame(source), do: on_id(source, &open/1)

  @doc "Turns a replica into a database of its own. Not available for other connections."
  @spec freeze_replica(term()) :: {:error, :unsupported}
  def freeze_replica(_source), do: {:error, :unsupported}

  # A local connection has written no frames.
  defp open(state), do: with(:ok <- Lifetime.ping(state), do: {:ok, 0})

  defp no_replica(state) do
    with :ok <- Lifetime.ping(state) do
      {:error, Error.new(:unsupported, "a local connection is not a replica: it has no frames")}
    end
  end
end
