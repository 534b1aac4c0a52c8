defmodule EctoLibSql.Emitter do
  @moduledoc false
  # In builds without :telemetry events go nowhere; see lib/optional/with_db_connection/emitter.ex.

  @spec emit([atom(), ...], map(), map()) :: :ok
  def emit(_event, _measurements, _metadata), do: :ok

  @spec start() :: :ok
  def start, do: :ok

  @spec now() :: integer()
  def now, do: 0
end
