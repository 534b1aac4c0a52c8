defmodule EctoLibSql.Telemetry do
  @moduledoc ~S"""
  The events of the driver, in addition to Ecto's own. They are emitted if the `:telemetry` application
  is among the dependencies.

      defmodule MyApp.Slow do
        def handle(_event, %{duration: duration}, %{statement: sql}, limit) do
          milliseconds = System.convert_time_unit(duration, :native, :millisecond)
          if milliseconds > limit, do: IO.puts("#{milliseconds} ms: #{sql}")
        end
      end

      :ok = :telemetry.attach("slow", [:ecto_libsql, :query], &MyApp.Slow.handle/4, 100)
      :ok = :telemetry.detach("slow")

  Durations are in native time units.

    * `[:ecto_libsql, :query]` - after each statement that `EctoLibSql.handle_execute/4` ran.
      Measurements: `duration`. Metadata: `conn_id`, `statement` (the SQL, never parameters),
      `result` (`:ok` or `:error`), `error` (the exception, or nil), `num_rows`, `busy_time` (how much of
      `duration` was waiting for the write lock).
    * `[:ecto_libsql, :busy]` - a call had to wait for the write lock of another connection.
      Measurements: `duration`, the time spent waiting. Metadata: `conn_id`, `outcome`
      (`:granted`, `:timeout`, `:cancelled`).
    * `[:ecto_libsql, :cursor]` - a portion of a cursor was read. Measurements: `duration`,
      `num_rows`. Metadata: `conn_id`, `cursor`.

    * `[:ecto_libsql, :sync]` - `EctoLibSql.Native.sync/2` or `sync_until_frame/2` has ended on a replica. Measurements:
      `duration`, `pages`, `bytes`. Metadata: `conn_id`, `result` (`:ok` or `:error`), `error`, `frame` (the position, or nil).

    * `[:ecto_libsql, :replica, :sync]` - a sync of a replica's file has ended that has brought something or failed, whoever
      asked for it: a call, a commit, the interval, the first connection. Once for each sync of the VM, from a process of the
      driver. Measurements: `duration`, `pages`, `bytes`. Metadata: `database` (the path), `everything` (true for a first
      copy), `result`, `error` (nil, or a map with `:kind` and `:message`), `frame`.
    * `[:ecto_libsql, :replica, :progress]` - a sync goes on, at most ten times a second. Measurements: `duration`, `pages`,
      `bytes`, so far. Metadata: `database`, `everything`.

    * `[:ecto_libsql, :vector, :build]` - the build of a vector index has ended: by `CREATE INDEX`, `REINDEX`, or the opening of a
      file whose index libSQL has built. From a process of the driver. Measurements: `duration`, `rows`. Metadata: `database`
      (the path), `schema`, `index`, `result`, `error` (nil, or a map with `:kind` and `:message`).
    * `[:ecto_libsql, :vector, :progress]` - a build goes on, four times a second at most, first after a quarter of a second.
      Measurements: `duration` so far, `rows`, `fraction` (of the work that is done, 0.0 to 1.0). Metadata: `database`, `schema`,
      `index`.
  """

  alias EctoLibSql.{Emitter, Result, State}

  # How long the current call of this process has waited for the write lock.
  @busy_time {__MODULE__, :busy_time}

  @doc "The names of the events that this build emits."
  @spec events() :: [[atom(), ...]]
  def events do
    for(name <- [:query, :busy, :cursor, :sync], do: [:ecto_libsql, name]) ++
      for(name <- [:sync, :progress], do: [:ecto_libsql, :replica, name]) ++
      for name <- [:build, :progress], do: [:ecto_libsql, :vector, name]
  end

  @doc false
  @spec query(integer(), State.t(), String.t(), {:ok, Result.t()} | {:error, Exception.t()}) ::
          :ok
  def query(started, state, sql, outcome) do
    {result, error, num_rows} =
      case outcome do
        {:ok, result} -> {:ok, nil, result.num_rows}
        {:error, error} -> {:error, error, 0}
      end

    Emitter.emit([:ecto_libsql, :query], %{duration: since(started)}, %{
      conn_id: state.conn_id,
      statement: sql,
      result: result,
      error: error,
      num_rows: num_rows,
      busy_time: Process.delete(@busy_time) || 0
    })
  end

  @doc false
  @spec busy(integer(), EctoLibSql.Nif.conn(), :granted | :timeout | :cancelled) :: :ok
  def busy(started, conn_id, outcome) do
    duration = since(started)
    Process.put(@busy_time, (Process.get(@busy_time) || 0) + duration)

    Emitter.emit([:ecto_libsql, :busy], %{duration: duration}, %{
      conn_id: conn_id,
      outcome: outcome
    })
  end

  @doc false
  @spec cursor(integer(), State.t(), String.t(), non_neg_integer()) :: :ok
  def cursor(started, state, cursor, num_rows) do
    Emitter.emit(
      [:ecto_libsql, :cursor],
      %{duration: since(started), num_rows: num_rows},
      %{conn_id: state.conn_id, cursor: cursor}
    )
  end

  @doc false
  @spec sync(integer(), State.t(), {:ok, map()} | {:error, Exception.t()}) :: :ok
  def sync(started, state, outcome) do
    {result, error, report} =
      case outcome do
        {:ok, report} -> {:ok, nil, report}
        {:error, error} -> {:error, error, %{pages: 0, bytes: 0, frame: nil}}
      end

    Emitter.emit(
      [:ecto_libsql, :sync],
      %{duration: since(started), pages: report.pages, bytes: report.bytes},
      %{conn_id: state.conn_id, result: result, error: error, frame: report.frame}
    )
  end

  @doc false
  @spec replica_sync(map()) :: :ok
  def replica_sync(event) do
    duration = System.convert_time_unit(event.duration_us, :microsecond, :native)
    measured = %{duration: duration, pages: event.pages, bytes: event.bytes}
    metadata = Map.take(event, [:database, :everything])

    if event.ended do
      result = if event.error, do: :error, else: :ok
      ended = Map.merge(metadata, %{result: result, error: event.error, frame: event.frame})
      Emitter.emit([:ecto_libsql, :replica, :sync], measured, ended)
    else
      Emitter.emit([:ecto_libsql, :replica, :progress], measured, metadata)
    end
  end

  @doc false
  @spec vector_build(map()) :: :ok
  def vector_build(event) do
    duration = System.convert_time_unit(event.duration_us, :microsecond, :native)
    measured = %{duration: duration, rows: event.rows}
    metadata = Map.take(event, [:database, :schema, :index])

    if event.ended do
      result = if event.error, do: :error, else: :ok
      ended = Map.merge(metadata, %{result: result, error: event.error})
      Emitter.emit([:ecto_libsql, :vector, :build], measured, ended)
    else
      measured = Map.put(measured, :fraction, event.fraction)
      Emitter.emit([:ecto_libsql, :vector, :progress], measured, metadata)
    end
  end

  # Resets the waiting time: a wait before the statement, as in BEGIN, does not count for it.
  @doc false
  @spec start() :: integer()
  def start do
    Process.delete(@busy_time)
    now()
  end

  @doc false
  @spec now() :: integer()
  def now, do: Emitter.now()

  defp since(started), do: Emitter.now() - started
end
