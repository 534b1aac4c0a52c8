defmodule EctoLibSql.Callbacks.SharedMemory do
  @moduledoc false
  # `shared_memory: true`: one in-memory database for all connections of a pool.
  #
  # SQLite drops such a database with its last connection, and a pool may lose all of its connections
  # at once (a timeout with a pool of one is enough). So this process holds one more connection for
  # each pool, from the first connect until the pool's supervisor is gone. It is started on demand, and
  # linked to none of the pools, because it serves all of them.

  use GenServer

  alias EctoLibSql.Error
  alias EctoLibSql.Connection.Lifetime

  @doc "The name of the database that a connection with these options shares, or nil."
  @spec name(boolean() | String.t(), keyword()) :: {:ok, String.t() | nil} | {:error, Error.t()}
  def name(false, _opts), do: {:ok, nil}
  def name(name, _opts) when is_binary(name), do: {:ok, name}

  def name(true, opts) do
    case pool(opts) do
      nil -> {:ok, "ecto_libsql_#{System.unique_integer([:positive])}"}
      pid -> hold("ecto_libsql_pool_#{:erlang.pid_to_list(pid)}", pid)
    end
  end

  # DBConnection gives each of a pool's connections an index; their common parent is its supervisor.
  defp pool(opts) do
    case opts[:pool_index] && Process.get(:"$ancestors") do
      [pid | _] when is_pid(pid) -> pid
      [name | _] when is_atom(name) -> Process.whereis(name)
      _ -> nil
    end
  end

  defp hold(name, pool) do
    server =
      case GenServer.start(__MODULE__, nil, name: __MODULE__) do
        {:ok, pid} -> pid
        {:error, {:already_started, pid}} -> pid
      end

    with :ok <- GenServer.call(server, {:hold, name, pool}), do: {:ok, name}
  end

  # The state is a map from a pool's monitor to {name of the database, its connection}.

  @impl GenServer
  def init(nil), do: {:ok, %{}}

  @impl GenServer
  def handle_call({:hold, name, pool}, _from, held) do
    if Enum.any?(held, fn {_monitor, {held_name, _handle}} -> held_name == name end) do
      {:reply, :ok, held}
    else
      case Lifetime.open(":memory:", %{shared_memory: name}) do
        {:ok, {_id, handle}} ->
          {:reply, :ok, Map.put(held, Process.monitor(pool), {name, handle})}

        {:error, error} ->
          {:reply, {:error, error}, held}
      end
    end
  end

  @impl GenServer
  def handle_info({:DOWN, monitor, :process, _pool, _reason}, held) do
    {{_name, handle}, held} = Map.pop!(held, monitor)
    Lifetime.close(handle)
    {:noreply, held}
  end

  def handle_info(_stray, held), do: {:noreply, held}
end
