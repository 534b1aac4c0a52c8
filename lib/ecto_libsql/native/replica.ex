defmodule EctoLibSql.Native.Replica do
  @moduledoc """
  The functions of `EctoLibSql.Native` that concern replicas, see the guide "Replicas". A connection of another kind has
  nothing to synchronise and no frames:

      {:ok, state} = EctoLibSql.connect(database: ":memory:")
      {:ok, "success sync"} = EctoLibSql.Native.sync(state)
      {:ok, 0} = EctoLibSql.Native.get_max_write_frame(state)
      {:error, "a local connection is not a replica: " <> _} = EctoLibSql.Native.sync_until_frame(state, 1)

  A frame is the primary's number of a page that it has written (sqld), or, where the primary has no such numbers
  (`/pull-updates`), a count of the syncs that brought something.
  """

  alias EctoLibSql.Connection.{Lifetime, Replica}
  alias EctoLibSql.{Error, State}
  alias EctoLibSql.Options.Names

  import EctoLibSql.Native.Answer, only: [on_id: 2, on_own_id: 2, mapped: 2, text: 1]

  @type source :: EctoLibSql.conn() | String.t()
  @type failure :: {:error, String.t()}

  @timeout 30_000

  @doc """
  Brings a replica up to date. Any other connection has nothing to do.

    * `:timeout` - milliseconds to wait, default 30,000; the sync itself goes on
    * `:report` - `true`: returns what the sync has done in place of the text, `%{pages: 3, bytes: 12_400, duration_us: 900,
      frame: 17}`; nil for a connection that is not a replica
  """
  @spec sync(source(), keyword()) ::
          {:ok, String.t()} | {:ok, Replica.report() | nil} | failure()
  def sync(source, opts \\ []) do
    with :ok <- text(Names.check(opts, [:timeout, :report], "a sync")),
         {:ok, timeout} <- timeout(opts[:timeout] || @timeout) do
      answer = on_id(source, &synced(&1, timeout))
      if opts[:report], do: answer, else: mapped(answer, fn _report -> "success sync" end)
    end
  end

  defp timeout(timeout) when is_integer(timeout) and timeout > 0, do: {:ok, timeout}

  defp timeout(_other),
    do: {:error, "the option :timeout must be a number of milliseconds above 0"}

  defp synced(state, timeout) do
    with {:error, %Error{kind: :unsupported}} <- Replica.sync(state, nil, timeout), do: {:ok, nil}
  end

  @doc "The frame a replica has reached, 0 before its first content. An error for other connections."
  @spec get_frame_number_for_replica(source()) :: {:ok, integer()} | failure()
  def get_frame_number_for_replica(source), do: on_id(source, &frame/1)

  @doc "Waits, at most 30 seconds, until a replica has reached a frame. An error for other connections."
  @spec sync_until_frame(source(), integer()) :: :ok | failure()
  def sync_until_frame(source, frame) when is_integer(frame) and frame >= 0 do
    on_id(source, fn state ->
      with {:ok, _report} <- known(Replica.sync(state, frame, @timeout)), do: :ok
    end)
  end

  def sync_until_frame(source, _frame) do
    on_id(source, fn state ->
      with {:ok, _status} <- known(Replica.status(state)),
           do: {:error, Error.new(:invalid_argument, "a frame is a number from 0")}
    end)
  end

  @doc """
  Brings a replica up to date and returns the frame it has reached. Writes are at the primary already: there is nothing to
  push. An error for other connections.
  """
  @spec flush_and_get_frame(source()) :: {:ok, integer()} | failure()
  def flush_and_get_frame(source) do
    on_id(source, fn state ->
      with {:ok, report} <- known(Replica.sync(state, nil, @timeout)),
           do: {:ok, report.frame || 0}
    end)
  end

  @doc "The highest frame that a write of this VM has had at the primary; 0 without one."
  @spec get_max_write_frame(source()) :: {:ok, integer()} | failure()
  def get_max_write_frame(source) do
    on_id(source, fn state ->
      case Replica.status(state) do
        {:ok, status} -> {:ok, status.written_frame}
        {:error, %Error{kind: :unsupported}} -> with(:ok <- Lifetime.ping(state), do: {:ok, 0})
        error -> error
      end
    end)
  end

  @doc """
  Makes a replica an ordinary database that follows nobody. Returns a state that has its file open; the given state and all
  other connections to the replica are of no use any more. Only for the state that `EctoLibSql.connect/1` returned, not for
  a pool; `{:error, :unsupported}` for anything else.
  """
  @spec freeze_replica(term()) :: {:ok, State.t()} | {:error, :unsupported} | failure()
  def freeze_replica(
        %State{mode: :remote_replica, settings: %{as_local: {_path, _native}}} = state
      ),
      do: on_own_id(state, &Replica.freeze/1)

  def freeze_replica(_other), do: {:error, :unsupported}

  defp frame(state) do
    with {:ok, status} <- known(Replica.status(state)), do: {:ok, status.frame || 0}
  end

  defp known({:error, %Error{kind: :unsupported}}),
    do: {:error, Error.new(:unsupported, "a local connection is not a replica: it has no frames")}

  defp known(answer), do: answer
end
