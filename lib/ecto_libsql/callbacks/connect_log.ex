defmodule EctoLibSql.Callbacks.ConnectLog do
  @moduledoc false
  # DBConnection logs each connection of a pool that cannot connect, and each further attempt. A database that cannot
  # be opened is the same error for all of them: one connection logs it, until it is another error or one has connected.

  @type t :: :atomics.atomics_ref()

  @doc "What the connections of one pool share, as the option `:connect_log`."
  @spec new() :: t()
  def new, do: :atomics.new(1, signed: false)

  @doc "Passes the outcome of an attempt to connect. DBConnection logs an error after this, in the same process."
  @spec note(outcome, term()) :: outcome when outcome: {:ok, term()} | {:error, Exception.t()}
  def note(outcome, opts) do
    # Only a pool's connection is a process of its own. Elsewhere the options may be anything.
    if Keyword.keyword?(opts) and opts[:pool_index] != nil and opts[:connect_log] != nil,
      do: decide(outcome, opts[:connect_log])

    outcome
  end

  defp decide({:ok, _state}, log) do
    :atomics.put(log, 1, 0)
    log(true)
  end

  defp decide({:error, error}, log) do
    seen = 1 + :erlang.phash2({error.__struct__, Exception.message(error)})
    log(:atomics.exchange(log, 1, seen) != seen)
  end

  # Logger.enable/1 and disable/1 are deprecated from Elixir 1.15 on.
  if Code.ensure_loaded?(Logger) and function_exported?(Logger, :put_process_level, 2) do
    defp log(true), do: Logger.delete_process_level(self())
    defp log(false), do: Logger.put_process_level(self(), :none)
  else
    defp log(true), do: Logger.enable(self())
    defp log(false), do: Logger.disable(self())
  end
end
