defmodule EctoLibSql.Connection.Replica do
  @moduledoc false
  # What a connection to a replica has. Takes states, returns `:ok`, `{:ok, value}` or `{:error, error}`; the error's
  # kind is `:unsupported` for any other connection.

  alias EctoLibSql.Connection.{Call, Lifetime}
  alias EctoLibSql.{Error, Nif, State, Telemetry}

  @type answer(value) :: {:ok, value} | {:error, Error.t()}
  @type report :: %{
          pages: non_neg_integer(),
          bytes: non_neg_integer(),
          duration_us: non_neg_integer(),
          frame: non_neg_integer() | nil
        }

  @doc "Pulls up to the primary's newest frame, or up to `frame`; `timeout` in milliseconds."
  @spec sync(State.t(), non_neg_integer() | nil, pos_integer()) :: answer(report())
  def sync(state, frame, timeout) do
    started = Telemetry.now()
    answer = Call.structured(Nif.sync(State.conn(state), frame, timeout), timeout)
    told = answer

    unless match?({:error, %Error{kind: :unsupported}}, told),
      do: Telemetry.sync(started, state, told)

    answer
  end

  @doc "How the replica stands."
  @spec status(State.t()) :: answer(map())
  def status(state) do
    with {:ok, status} <- Call.structured(Nif.replica_status(State.conn(state))),
         do:
           {:ok,
            %{
              status
              | synced_at: time(status.synced_at),
                offline_since: time(status.offline_since)
            }}
  end

  defp time(nil), do: nil
  defp time(milliseconds), do: DateTime.from_unix!(milliseconds, :millisecond)

  @doc "Makes the file an ordinary database, and returns a state that has it open."
  @spec freeze(State.t()) :: answer(State.t())
  def freeze(%State{settings: %{as_local: {path, native}}} = state) do
    with :ok <- Call.structured(Nif.freeze(State.conn(state))),
         _closed = Lifetime.close(state),
         {:ok, {id, handle}} <- Lifetime.open(path, native) do
      settings = %{state.settings | as_local: nil}

      {:ok,
       %State{conn_id: id, handle: handle, mode: :local, sync: :disable_sync, settings: settings}}
    end
  end

  def freeze(_other),
    do:
      {:error,
       Error.new(:unsupported, "only a replica can be frozen, by the state that opened it")}
end
