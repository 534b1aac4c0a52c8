defmodule EctoLibSql.Emitter do
  @moduledoc false
  # Emits the driver's events through :telemetry, which db_connection always brings along.
  # lib/optional/without_db_connection/emitter.ex is the same module for builds without it.

  @spec emit([atom(), ...], map(), map()) :: :ok
  defdelegate emit(event, measurements, metadata), to: :telemetry, as: :execute

  @spec now() :: integer()
  def now, do: System.monotonic_time()
end
