defmodule EctoLibSql.Connection.Call do
  @moduledoc false
  # How the modules of this folder call the native library: they wait for the write lock where a call has to, and
  # return its errors as structs.

  alias EctoLibSql.Connection.Await
  alias EctoLibSql.{Error, Nif, State}

  @type failure :: {:error, Error.t() | ArgumentError.t()}

  @doc """
  Calls the NIF with the time that is left (milliseconds, or -1), again for as long as it has to wait for the write
  lock. Errors keep the form that the NIF gives them.
  """
  @spec waiting(State.t(), integer(), (integer() -> answer)) :: answer | Nif.failure()
        when answer: term()
  def waiting(state, timeout, call) do
    case call.(timeout) do
      {:wait, ticket} -> Await.repeat(ticket, state, timeout, call)
      answer -> answer
    end
  end

  @doc "An answer of the NIF with its error as a struct."
  @spec structured(answer) :: answer | failure() when answer: term()
  def structured({:error, error}), do: {:error, exception(error)}
  def structured(answer), do: answer

  @doc "The exception for a NIF error; mistakes in named parameters are the caller's ArgumentError."
  @spec exception(Nif.error()) :: Error.t() | ArgumentError.t()
  def exception(%{kind: kind, message: message})
      when kind in [:missing_parameters, :positional_parameters],
      do: ArgumentError.exception(message)

  def exception(error), do: Error.from_nif(error)
end
