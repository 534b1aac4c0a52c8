defmodule EctoLibSql.Callbacks.Opening do
  @moduledoc false
  # How a connection is opened and closed; EctoLibSql documents what each callback returns.

  alias EctoLibSql.Callbacks.{Call, ConnectLog, SandboxCopy, SharedMemory}
  alias EctoLibSql.Connection.{Control, Lifetime, Statements}
  alias EctoLibSql.{Emitter, Error, Options, ProgressReporter, State}

  @spec connect(keyword()) :: {:ok, State.t()} | {:error, Error.t()}
  def connect(opts) do
    Emitter.start()
    opts |> connected() |> ConnectLog.note(opts)
  end

  defp connected(opts) do
    with {:ok, options} <- Options.parse(opts),
         :ok <- prepare_to_close(opts),
         {:ok, shared} <- SharedMemory.name(options.shared_memory, opts) do
      native =
        if shared, do: Map.put(options.native, :shared_memory, shared), else: options.native

      if options.mode != :remote, do: ProgressReporter.start()
      open = fn -> open(options, native) end

      with {:ok, {id, handle}} <- open.() do
        state = %State{conn_id: id, handle: handle, mode: options.mode, sync: options.sync}
        {:ok, %{state | settings: SandboxCopy.keep_opening(options.settings, open, opts)}}
      end
    end
  end

  # A server is asked at once, so that a wrong address or token is an error of connecting.
  defp open(options, native) do
    with {:ok, {id, handle} = opened} <- Lifetime.open(options.location, native),
         state = %State{conn_id: id, handle: handle},
         :ok <- reach(options.mode, state),
         :ok <- report_changes(state, options.changes),
         do: {:ok, opened}
  end

  defp report_changes(_state, nil), do: :ok

  defp report_changes(state, pid) do
    with {:ok, _ref} <- Control.subscribe(state, [:update], pid), do: :ok
  end

  # A pool's connection process, which DBConnection gives an index, traps exits, so that stopping the pool
  # calls disconnect/2 and waits until the file is closed.
  defp prepare_to_close(opts) do
    if opts[:pool_index], do: Process.flag(:trap_exit, true)
    :ok
  end

  @spec disconnect(term(), State.t()) :: :ok
  def disconnect(reason, state) do
    before_disconnect(Call.settings(state).before_disconnect, reason, state)
  after
    # Ignores the error of a connection that is closed already.
    Lifetime.close(state)
  end

  defp before_disconnect(nil, _reason, _state), do: :ok

  defp before_disconnect(fun, reason, state) when is_function(fun) do
    fun.(reason, state)
    :ok
  end

  defp before_disconnect({module, fun, args}, reason, state) do
    apply(module, fun, [reason, state | args])
    :ok
  end

  @spec ping(State.t()) :: {:ok, State.t()} | {:disconnect, Error.t(), State.t()}
  def ping(state) do
    with :ok <- Lifetime.ping(state),
         :ok <- reach(state.mode, state) do
      {:ok, state}
    else
      {:error, error} -> {:disconnect, error, state}
    end
  end

  # Whether the server answers: one round trip.
  defp reach(:remote, state) do
    with {:ok, _result} <- Statements.single(state, "SELECT 1", []), do: :ok
  end

  # A replica has its file: its first sync reports the server.
  defp reach(_local, _state), do: :ok
end
