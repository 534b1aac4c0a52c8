defmodule EctoLibSql.Callbacks.SandboxCopy do
  @moduledoc false
  # `sandbox: :isolated`: a connection that Ecto's sandbox lends to a test works on a copy of the database in
  # memory, made when it is lent for the first time. Tests then share no write lock. The sandbox rolls back what a
  # test did, so that the next one finds the copy as it was. Before a call outside of the sandbox's
  # transaction the connection opens the database itself again.

  alias EctoLibSql.Callbacks.Call
  alias EctoLibSql.Connection.{Database, Lifetime}
  alias EctoLibSql.{Error, State}

  @doc """
  Keeps the function that opens the connection, for connections that may need it. Others do without, because
  DBConnection copies the state between processes at each call.
  """
  @spec keep_opening(map(), (() -> term()), keyword()) :: map()
  def keep_opening(settings, open, opts) do
    cond do
      settings.sandbox != :isolated and not (opts[:sandboxed] || false) -> settings
      opts[:after_connect] -> %{settings | reopen: &cannot_reopen/0}
      true -> %{settings | reopen: open}
    end
  end

  # DBConnection calls :after_connect when it connects, which it does after this error.
  defp cannot_reopen do
    message =
      "the connection had a copy of the database for the sandbox and is opened anew, because of :after_connect; " <>
        "run this again"

    {:error, Error.new(:misuse, message)}
  end

  @doc "Whether a connection works on a copy that no test uses: then the database itself is opened first."
  defguard has_unused_copy(state)
           when :erlang.map_get(:trx_id, state) == nil and
                  is_map(:erlang.map_get(:settings, state)) and
                  :erlang.map_get(:sandbox, :erlang.map_get(:settings, state)) == :copied

  @doc "Prepares a connection for a transaction: makes the copy for the sandbox's, opens the database again for others."
  @spec before_begin(keyword(), State.t()) :: {:ok, State.t()} | {:error, Exception.t()}
  def before_begin(opts, state) do
    # The mode by which the sandbox begins; see EctoLibSql.Options.TransactionMode.
    if List.keyfind(opts, :mode, 0) == {:mode, :transaction},
      do: lend(setting(opts, state), state),
      else: reopen(state)
  end

  @doc "Calls `call` on the database itself, opened again."
  @spec outside(State.t(), (State.t() -> answer)) ::
          answer | {:disconnect, Exception.t(), State.t()}
        when answer: term()
  def outside(state, call) do
    case reopen(state) do
      {:ok, state} -> call.(state)
      {:error, error} -> {:disconnect, error, state}
    end
  end

  defp reopen(state) when has_unused_copy(state) do
    with {:ok, {id, handle}} <- state.settings.reopen.() do
      Lifetime.close(state)
      settings = %{state.settings | sandbox: :isolated}
      {:ok, %{state | conn_id: id, handle: handle, settings: settings}}
    end
  end

  defp reopen(state), do: {:ok, state}

  defp setting(opts, state) do
    settings = Call.settings(state)

    case opts[:sandbox] do
      none when none in [nil, true] -> settings.sandbox
      :isolated when settings.sandbox == :copied -> :copied
      asked -> asked
    end
  end

  defp lend(:isolated, %State{settings: %{reopen: nil}}) do
    message = "sandbox: :isolated needs Ecto.Adapters.SQL.Sandbox as the repository's pool"
    {:error, Error.new(:invalid_argument, message)}
  end

  defp lend(:isolated, state) do
    with {:ok, image} <- Database.serialise(state, "main"),
         :ok <- Database.deserialise(state, image, "main") do
      {:ok, %{state | settings: %{Call.settings(state) | sandbox: :copied}}}
    end
  end

  defp lend(:copied, state), do: {:ok, state}
  defp lend(:shared, state), do: reopen(state)

  defp lend(other, _state) do
    message = "the option :sandbox must be :shared or :isolated, got: #{inspect(other)}"
    {:error, Error.new(:invalid_argument, message)}
  end
end
