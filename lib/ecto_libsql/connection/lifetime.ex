defmodule EctoLibSql.Connection.Lifetime do
  @moduledoc false
  # Opening, interrupting and closing connections.

  alias EctoLibSql.Connection.{Call, TokenKeeper}
  alias EctoLibSql.{Error, Nif, State}

  @doc """
  Opens a connection that the calling process owns; `options` as in EctoLibSql.Nif.open/2, where `:auth_token` may also be a
  function. An error is about the file or an option, so it has no statement: the one that failed is not the caller's.
  """
  @spec open(String.t(), map()) :: {:ok, {String.t(), reference()}} | {:error, Error.t()}
  def open(location, options) do
    with {:error, %Error{} = error} <-
           Call.structured(Nif.open(location, TokenKeeper.install(options))),
         do: {:error, %{error | statement: nil, offset: nil}}
  end

  @doc "Copies a key out of the VM's heaps."
  @spec new_key(binary()) :: reference()
  def new_key(bytes), do: Nif.new_key(bytes)

  @doc """
  Changes the key of a database that no connection has open. `options` as in EctoLibSql.Nif.open/2, with the present key.
  """
  @spec rekey(String.t(), map(), Nif.key_choice(), pid() | nil) :: :ok | {:error, Error.t()}
  def rekey(location, options, key, progress),
    do: Call.structured(Nif.rekey(location, options, key, progress))

  @doc "Interrupts what runs, rolls back and closes."
  @spec close(State.t() | Nif.conn()) :: :ok | {:error, Error.t()}
  def close(%State{} = state), do: close(State.conn(state))
  def close(conn), do: Call.structured(Nif.close(conn))

  @doc "Whether the connection is open, without waiting for it."
  @spec ping(State.t()) :: :ok | {:error, Error.t()}
  def ping(state), do: Call.structured(Nif.ping(State.conn(state)))

  @doc "Stops what runs, without waiting for it."
  @spec interrupt(State.t()) :: :ok | {:error, Error.t()}
  def interrupt(state), do: Call.structured(Nif.interrupt(State.conn(state)))

  @doc "The version of SQLite in use, e.g. `{3, 40, 1}`."
  @spec sqlite_version() :: {integer(), integer(), integer()}
  def sqlite_version do
    [major, minor, patch] =
      Nif.sqlite_version() |> String.split(".") |> Enum.map(&String.to_integer/1)

    {major, minor, patch}
  end
end
