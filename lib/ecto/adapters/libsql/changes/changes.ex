defmodule Ecto.Adapters.LibSql.Changes do
  @moduledoc false
  # The option `:changes` of a repository: a process that all connections of a pool send their change events to, and
  # that delivers them. It is linked to the supervisor that starts the pool and to the pool: they end together.

  use GenServer

  alias EctoLibSql.Change

  require Logger

  @type receiver :: {:call, (Change.t() -> term())} | {:send, GenServer.server()}

  @expected "{module, function, args}, a function of one argument or the name of a process"

  ## The option

  @doc "Raises where nothing can be called or sent to."
  @spec check!(term()) :: :ok
  def check!(option) do
    case receiver(option) do
      {:refuse, why} ->
        raise ArgumentError, "the option :changes must be #{@expected}: #{why}"

      _receiver ->
        :ok
    end
  end

  defp receiver(nil), do: nil
  defp receiver(fun) when is_function(fun, 1), do: {:call, fun}

  defp receiver({module, function, args})
       when is_atom(module) and is_atom(function) and is_list(args) do
    arity = length(args) + 1

    if Code.ensure_loaded?(module) and function_exported?(module, function, arity),
      do: {:call, &apply(module, function, [&1 | args])},
      else: {:refuse, "there is no #{Exception.format_mfa(module, function, arity)}"}
  end

  defp receiver({:global, _term} = name), do: {:send, name}
  defp receiver({:via, module, _term} = name) when is_atom(module), do: {:send, name}
  defp receiver(name) when is_atom(name) and not is_boolean(name), do: {:send, name}
  defp receiver(other), do: {:refuse, "got " <> inspect(other, limit: 5, printable_limit: 50)}

  ## The pool

  @doc "The pool's child specification, with this process before it where the option is given."
  @spec with_pool(keyword(), (keyword() -> map())) :: map()
  def with_pool(opts, child_spec) do
    if opts[:changes] do
      %{child_spec.(opts) | start: {__MODULE__, :start_with_pool, [opts, child_spec]}}
    else
      child_spec.(opts)
    end
  end

  @doc "Called by the supervisor: the pool is its child."
  @spec start_with_pool(keyword(), (keyword() -> map())) :: GenServer.on_start()
  def start_with_pool(opts, child_spec) do
    {:ok, changes} = GenServer.start_link(__MODULE__, opts)
    {module, function, args} = child_spec.(Keyword.put(opts, :changes, changes)).start

    with {:ok, pool} <- apply(module, function, args) do
      :ok = GenServer.call(changes, {:link, pool})
      {:ok, pool}
    end
  end

  ## The process

  @impl true
  def init(opts) do
    # A migrator may be started with other options than the repository.
    sources = ["schema_migrations" | List.wrap(opts[:migration_source])]

    {:ok,
     %{
       repo: opts[:repo],
       receiver: receiver(opts[:changes]),
       left_out: Enum.flat_map(sources, &[&1, &1 <> "_lock"]),
       failing?: false
     }}
  end

  @impl true
  def handle_call({:link, pool}, _from, state) do
    Process.link(pool)
    {:reply, :ok, state}
  end

  @impl true
  def handle_info({:ecto_libsql, _ref, {:update, action, database, table, id}}, state) do
    if own?(table, state) do
      {:noreply, state}
    else
      prefix = if database != "main", do: database
      change = %Change{repo: state.repo, action: action, prefix: prefix, table: table, id: id}
      {:noreply, delivered(deliver(state.receiver, change), state)}
    end
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp own?("sqlite_" <> _, _state), do: true
  defp own?("ecto_libsql_" <> _, _state), do: true
  defp own?(table, state), do: table in state.left_out

  defp deliver({:call, fun}, change) do
    fun.(change)
    :ok
  catch
    kind, reason -> {:failed, Exception.format(kind, reason, __STACKTRACE__)}
  end

  defp deliver({:send, name}, change) do
    case GenServer.whereis(name) do
      nil -> {:failed, "no process is registered as #{inspect(name)}"}
      to -> send(to, change) && :ok
    end
  end

  defp delivered(:ok, state), do: %{state | failing?: false}
  defp delivered({:failed, _why}, %{failing?: true} = state), do: state

  defp delivered({:failed, why}, state) do
    Logger.error(
      "changes of #{inspect(state.repo)} are lost until one is delivered again: " <> why
    )

    %{state | failing?: true}
  end
end
