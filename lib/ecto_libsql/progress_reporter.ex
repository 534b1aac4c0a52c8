defmodule EctoLibSql.ProgressReporter do
  @moduledoc false
  # Turns what replicas send about their syncs, and connections about builds of vector indexes, into telemetry. One process for the VM, which is started on demand and linked
  # to no connection, because it serves all of them.

  use GenServer

  alias EctoLibSql.Telemetry

  @doc "Does nothing where it runs already."
  @spec start() :: :ok
  def start do
    if Process.whereis(__MODULE__) == nil, do: GenServer.start(__MODULE__, nil, name: __MODULE__)
    :ok
  end

  @impl GenServer
  def init(nil), do: {:ok, nil}

  @impl GenServer
  def handle_info({:ecto_libsql, :sync, event}, state) do
    Telemetry.replica_sync(event)
    {:noreply, state}
  end

  def handle_info({:ecto_libsql, :vector_build, event}, state) do
    Telemetry.vector_build(event)
    {:noreply, state}
  end

  def handle_info(_stray, state), do: {:noreply, state}
end
