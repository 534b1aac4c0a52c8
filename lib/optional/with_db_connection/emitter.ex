defmodule EctoLibSql.Emitter do
  @moduledoc false
  # Emits the driver's events through :telemetry, which db_connection always brings along.
  # lib/optional/without_db_connection/emitter.ex is the same module for builds without it.

  @spec emit([atom(), ...], map(), map()) :: :ok
  defdelegate emit(event, measurements, metadata), to: :telemetry, as: :execute

  @doc """
  Starts the application :telemetry where nobody has, as in `mix run --no-start` and `bin/my_app eval`: each event would
  else be logged as a warning. Called when a connection is opened.
  """
  @spec start() :: :ok
  def start do
    if :ets.whereis(:telemetry_handler_table) == :undefined,
      do: {:ok, _started} = Application.ensure_all_started(:telemetry)

    :ok
  end

  @spec now() :: integer()
  def now, do: System.monotonic_time()
end
