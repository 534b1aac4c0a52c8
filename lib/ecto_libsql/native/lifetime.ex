defmodule EctoLibSql.Native.Lifetime do
  @moduledoc false
  # Opening and closing connections, for the driver above Native.

  alias EctoLibSql.{Error, Nif, State}

  @doc "Opens a connection that the calling process owns; `options` as in EctoLibSql.Nif.open/2."
  @spec open(String.t(), map()) :: {:ok, {String.t(), reference()}} | {:error, Error.t()}
  def open(location, options), do: failure(Nif.open(location, options))

  @doc "Interrupts what runs, rolls back and closes. Closing what is closed is no error here."
  @spec close(State.t() | Nif.conn()) :: :ok
  def close(%State{} = state), do: close(State.conn(state))

  def close(conn) do
    _closed_or_unknown = Nif.close(conn)
    :ok
  end

  @doc "Whether the connection is open, without waiting for it."
  @spec ping(State.t()) :: :ok | {:error, Error.t()}
  def ping(state), do: failure(Nif.ping(State.conn(state)))

  @doc "The version of SQLite in use, e.g. `{3, 40, 1}`."
  @spec sqlite_version() :: {integer(), integer(), integer()}
  def sqlite_version do
    [major, minor, patch] =
      Nif.sqlite_version() |> String.split(".") |> Enum.map(&String.to_integer/1)

    {major, minor, patch}
  end

  defp failure({:error, error}), do: {:error, Error.from_nif(error)}
  defp failure(answer), do: answer
end
