defmodule EctoLibSql.Pool do
  @moduledoc false
  # In a build without DBConnection there are no pools: the functions of lib/optional/with_db_connection/pool.ex,
  # each with an error that says so.

  alias EctoLibSql.Error

  defmacro __using__(_opts), do: nil

  @spec start_link(module(), keyword()) :: {:error, Error.t()}
  def start_link(_driver, _opts), do: missing("start_link/1")

  # The child starts, and fails with the error, when its supervisor does.
  @spec child_spec(module(), keyword()) :: Supervisor.child_spec()
  def child_spec(driver, opts), do: %{id: driver, start: {driver, :start_link, [opts]}}

  @spec query(term(), term(), term(), keyword()) :: {:error, Error.t()}
  def query(_conn, _query, _params, _opts), do: missing("a pool")

  @spec run(term(), (term() -> term()), keyword()) :: {:error, Error.t()}
  def run(_conn, _fun, _opts), do: missing("a pool")

  @spec transaction(term(), (term() -> term()), keyword()) :: {:error, Error.t()}
  def transaction(_conn, _fun, _opts), do: missing("a pool")

  @spec in_transaction?(term()) :: false
  def in_transaction?(_conn), do: false

  @spec rollback(term(), term()) :: no_return()
  def rollback(_conn, _reason), do: raise(error("a pool"))

  @spec stream(term(), term(), term(), keyword()) :: no_return()
  def stream(_conn, _query, _params, _opts), do: raise(error("a pool"))

  defp missing(what), do: {:error, error(what)}

  defp error(what) do
    Error.new(
      :unsupported,
      "#{what} needs DBConnection, which is not available in this build: install Hex or set " <>
        "ECTO_DEPS_DIR and compile again, or pass the state that EctoLibSql.connect/1 returns"
    )
  end
end
