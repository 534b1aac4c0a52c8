defmodule EctoLibSql.State do
  @moduledoc """
  A connection, as the driver's callbacks and `EctoLibSql.Native` take it.

    * `conn_id` - the id of the connection, a plain string. A state may be built by hand from it:
      `%EctoLibSql.State{conn_id: id, mode: :local, sync: :disable_sync}`.
    * `trx_id` - the id of the transaction that the state belongs to, or nil. Once that has ended, the state
      is of no more use: go on with the one from before the transaction.
    * `mode` - `:local`, `:remote` or `:remote_replica`.
    * `sync` - `:enable_sync` or `:disable_sync`.
    * `handle` - the native connection. It is open while its opener lives or a process holds a state
      with the handle in it; hand-built states hold none.
    * `settings` - options that callbacks consult, see `EctoLibSql.Options`; nil means defaults.

  Inspecting a state shows neither handle nor settings.

      {:ok, %EctoLibSql.State{mode: :local} = state} = EctoLibSql.connect(database: ":memory:")
      by_name = %EctoLibSql.State{conn_id: state.conn_id}
      {:ok, %{rows: [[1]]}} = EctoLibSql.query(by_name, "SELECT 1")
      :ok = EctoLibSql.disconnect([], state)
  """

  @enforce_keys [:conn_id]
  defstruct [:conn_id, :trx_id, :mode, :sync, :handle, :settings]

  @type mode :: :local | :remote | :remote_replica | :unknown
  @type sync :: :enable_sync | :disable_sync | boolean() | nil
  @type t :: %__MODULE__{
          conn_id: String.t(),
          trx_id: String.t() | nil,
          mode: mode() | nil,
          sync: sync(),
          handle: reference() | nil,
          settings: EctoLibSql.Options.settings() | nil
        }

  @explicit [:local, :remote, :remote_replica]

  @doc """
  Which kind of connection the options describe.

      iex> EctoLibSql.State.detect_mode(database: "app.db")
      :local
      iex> EctoLibSql.State.detect_mode(uri: "libsql://host", auth_token: "t")
      :remote
      iex> EctoLibSql.State.detect_mode(database: "a.db", uri: "libsql://host", auth_token: "t", sync: true)
      :remote_replica
      iex> EctoLibSql.State.detect_mode([])
      :unknown
  """
  @spec detect_mode(keyword()) :: mode()
  def detect_mode(opts) when is_list(opts) do
    case get(opts, :mode) do
      mode when mode in @explicit -> mode
      _open_flags -> from_options(opts)
    end
  end

  def detect_mode(_opts), do: :unknown

  defp from_options(opts) do
    database = get(opts, :database)

    cond do
      get(opts, :uri) == nil -> if database == nil, do: :unknown, else: :local
      database != nil and get(opts, :auth_token) != nil and synced?(opts) -> :remote_replica
      true -> :remote
    end
  end

  defp synced?(opts), do: is_boolean(get(opts, :sync))

  @doc """
  `:enable_sync` for `sync: true`, else `:disable_sync`.

      iex> EctoLibSql.State.detect_sync(sync: true)
      :enable_sync
      iex> EctoLibSql.State.detect_sync(sync: "yes")
      :disable_sync
  """
  @spec detect_sync(keyword()) :: :enable_sync | :disable_sync
  def detect_sync(opts) when is_list(opts) do
    if get(opts, :sync) == true, do: :enable_sync, else: :disable_sync
  end

  def detect_sync(_opts), do: :disable_sync

  @doc false
  # What the NIF takes: the handle where there is one, else the id. For what belongs to the connection whatever
  # transaction is open: facts, settings, subscriptions, interrupting and closing.
  @spec conn(t()) :: EctoLibSql.Nif.conn()
  def conn(%__MODULE__{handle: nil, conn_id: id}), do: id
  def conn(%__MODULE__{handle: handle}), do: handle

  @doc false
  # The same for everything that reads or changes the database, or a transaction. The NIF refuses it unless the
  # transaction that the state names is the one open on the connection.
  @spec in_transaction(t()) :: EctoLibSql.Nif.conn()
  def in_transaction(%__MODULE__{trx_id: nil} = state), do: conn(state)
  def in_transaction(%__MODULE__{trx_id: trx_id} = state), do: {conn(state), trx_id}

  # Takes any list, not only keyword lists.
  defp get(opts, key) do
    case List.keyfind(opts, key, 0) do
      {^key, value} -> value
      _ -> nil
    end
  rescue
    _improper in [ArgumentError, FunctionClauseError] -> nil
  end

  defimpl Inspect do
    import Inspect.Algebra

    def inspect(state, opts) do
      shown = [conn_id: state.conn_id, trx_id: state.trx_id, mode: state.mode, sync: state.sync]
      concat(["#EctoLibSql.State<", to_doc(shown, opts), ">"])
    end
  end
end
