defmodule EctoLibSql.Isolation do
  @moduledoc false
  # `sandbox: :isolated`: a connection that Ecto's sandbox lends to a test works on a copy of the database in
  # memory, made when it is lent for the first time. Tests then share no write lock. The sandbox rolls back what a
  # test did, so that the next one finds the copy as it was. What runs outside of the sandbox's transaction means
  # the database itself: the connection then opens it anew.

  alias EctoLibSql.{Error, Options, State}
  alias EctoLibSql.Native.{Control, Lifetime}

  @doc """
  Keeps how the connection was opened, where that may be needed. Elsewhere each call would pay for it:
  DBConnection copies the state from one process to the next.
  """
  @spec remember(map(), (() -> term()), keyword()) :: map()
  def remember(settings, open, opts) do
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

  @doc "Whether a connection has a copy while nobody in the sandbox has it: then leave/1 comes first."
  defguard left(state)
           when :erlang.map_get(:trx_id, state) == nil and
                  is_map(:erlang.map_get(:settings, state)) and
                  :erlang.map_get(:sandbox, :erlang.map_get(:settings, state)) == :copied

  @doc "What has to happen before the sandbox's transaction begins; nothing for any other one."
  @spec enter(keyword(), State.t()) :: {:ok, State.t()} | {:error, Exception.t()}
  def enter(opts, state) do
    # The mode by which the sandbox begins; see EctoLibSql.Native.Transactions.
    if List.keyfind(opts, :mode, 0) == {:mode, :transaction},
      do: lent(setting(opts, state), state),
      else: leave(state)
  end

  @doc "Opens the database itself again where the connection has a copy and no transaction."
  @spec leave(State.t()) :: {:ok, State.t()} | {:error, Exception.t()}
  def leave(state) when left(state) do
    with {:ok, {id, handle}} <- state.settings.reopen.() do
      Lifetime.close(state)
      settings = %{state.settings | sandbox: :isolated}
      {:ok, %{state | conn_id: id, handle: handle, settings: settings}}
    end
  end

  def leave(state), do: {:ok, state}

  defp setting(opts, state) do
    settings = state.settings || Options.default_settings()

    case opts[:sandbox] do
      none when none in [nil, true] -> settings.sandbox
      :isolated when settings.sandbox == :copied -> :copied
      asked -> asked
    end
  end

  defp lent(:isolated, %State{settings: %{reopen: nil}}) do
    message = "sandbox: :isolated needs Ecto.Adapters.SQL.Sandbox as the repository's pool"
    {:error, Error.new(:invalid_argument, message)}
  end

  defp lent(:isolated, state) do
    with {:ok, image} <- Control.serialise(state, "main"),
         :ok <- Control.deserialise(state, image, "main") do
      settings = state.settings || Options.default_settings()
      {:ok, %{state | settings: %{settings | sandbox: :copied}}}
    end
  end

  defp lent(:copied, state), do: {:ok, state}
  defp lent(:shared, state), do: leave(state)

  defp lent(other, _state) do
    message = "the option :sandbox must be :shared or :isolated, got: #{inspect(other)}"
    {:error, Error.new(:invalid_argument, message)}
  end
end
