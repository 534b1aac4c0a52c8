defmodule EctoLibSql.Native.Answer do
  @moduledoc false
  # Converts answers to the shapes of EctoLibSql.Native: errors, which are structs below, become texts; mistakes in
  # parameters are raised.

  alias EctoLibSql.{Codec, Error, Result, Source, State}

  # Errors about the ids of a call have no prefix.
  @unprefixed [:not_found, :foreign, :closed]

  @doc "The answer with its error as text, behind `prefix` unless the error is about an id."
  @spec text(answer, String.t()) :: answer | {:error, String.t()} when answer: term()
  def text(answer, prefix \\ "")

  def text({:error, %Error{kind: kind, message: message}}, _prefix) when kind in @unprefixed,
    do: {:error, message}

  def text({:error, %Error{message: message}}, prefix), do: {:error, prefix <> message}

  def text({:error, %{__exception__: true} = error}, prefix),
    do: {:error, prefix <> Exception.message(error)}

  def text(answer, _prefix), do: answer

  @doc "Raises the caller's own mistakes, passes every other answer."
  @spec raised(answer) :: answer when answer: term()
  def raised({:error, %ArgumentError{} = error}), do: raise(error)
  def raised(answer), do: answer

  @doc "The value of `{:ok, value}` alone."
  @spec bare({:ok, value} | {:error, String.t()}) :: value | {:error, String.t()}
        when value: term()
  def bare({:ok, value}), do: value
  def bare(error), do: error

  @doc "What `fun` makes of the value of `{:ok, value}`."
  @spec mapped({:ok, value} | error, (value -> mapped)) :: {:ok, mapped} | error
        when value: term(), mapped: term(), error: {:error, term()}
  def mapped({:ok, value}, fun), do: {:ok, fun.(value)}
  def mapped(error, _fun), do: error

  @doc "Calls `fun` with the state of a source, or of a connection's id."
  @spec on_id(term(), (State.t() -> answer)) :: answer | {:error, String.t()} when answer: term()
  def on_id(id, fun) when is_binary(id), do: text(fun.(%State{conn_id: id}))
  def on_id(source, fun), do: text(Source.with_state(source, fun))

  @doc "The same, for what must not be done to a pool's connection."
  @spec on_own_id(term(), (State.t() -> answer)) :: answer | {:error, String.t()}
        when answer: term()
  def on_own_id(id, fun) when is_binary(id), do: text(fun.(%State{conn_id: id}))
  def on_own_id(source, fun), do: text(Source.with_own_state(source, fun))

  @doc "Encoded arguments. The text of an error has no prefix, because the statement did not run."
  @spec encoded(term()) :: {:ok, Codec.params()} | {:error, String.t()}
  def encoded(args), do: text(Codec.encode(args, :native))

  @doc "A result as the map that functions on plain ids give, with empty lists for a statement without rows."
  @spec rows(Result.t()) :: %{String.t() => term()}
  def rows(%Result{columns: columns, rows: rows, num_rows: count}),
    do: %{"columns" => columns || [], "rows" => rows || [], "num_rows" => count}

  @doc "The results of a script: maps, and nil for a statement without rows."
  @spec script([Result.t()]) :: [map() | nil]
  def script(results), do: Enum.map(results, &if(&1.columns, do: rows(&1)))

  @doc "An element of a list that is counted from `first`; `what` names it in the error."
  @spec at([element], term(), String.t(), 0 | 1) :: {:ok, element} | {:error, String.t()}
        when element: term()
  def at(list, index, _what, first)
      when is_integer(index) and index >= first and index < length(list) + first,
      do: {:ok, Enum.at(list, index - first)}

  def at(list, index, what, first) when is_integer(index) do
    {:error,
     "#{what} index #{index} is out of bounds: counted from #{first}, there are #{length(list)}"}
  end

  def at(_list, _index, what, _first), do: {:error, "#{what} index must be an integer"}
end
