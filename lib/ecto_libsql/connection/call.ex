defmodule EctoLibSql.Connection.Call do
  @moduledoc false
  # How the modules of this folder call the native library: they wait where a call has to, and return its errors as
  # structs.

  alias EctoLibSql.Connection.Await
  alias EctoLibSql.{Error, Nif, State}

  @type failure :: {:error, Error.t() | ArgumentError.t()}

  @doc """
  Calls the NIF with the time that is left (milliseconds, or -1), waits for its job, and calls again once it has the
  write lock. Errors keep the form that the NIF gives them.
  """
  @spec waiting(State.t(), integer(), (integer() -> answer)) :: answer | Nif.failure()
        when answer: term()
  def waiting(state, timeout, call) do
    case call.(timeout) do
      {:wait, _ticket} = wait -> Await.repeat(wait, state, timeout, call)
      {:pending, _job} = pending -> Await.repeat(pending, state, timeout, call)
      answer -> answer
    end
  end

  @doc "An answer of the NIF, also of a job, with its error as a struct."
  @spec structured(answer, integer()) :: answer | failure() when answer: term()
  def structured(answer, timeout \\ -1)
  def structured({:error, error}, _timeout), do: {:error, exception(error)}
  def structured({:pending, _} = job, timeout), do: structured(Await.answer(job, timeout))
  def structured(answer, _timeout), do: answer

  @doc "The exception for a NIF error; mistakes in named parameters are the caller's ArgumentError."
  @spec exception(Nif.error()) :: Error.t() | ArgumentError.t()
  def exception(%{kind: kind, message: message})
      when kind in [:missing_parameters, :positional_parameters],
      do: ArgumentError.exception(message)

  def exception(error), do: Error.from_nif(error)
end
