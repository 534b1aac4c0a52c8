defmodule EctoLibSql.Native.Answer do
  @moduledoc false
  # The shapes of EctoLibSql.Native: reasons are texts, mistakes in parameters are raised.

  alias EctoLibSql.{Error, State}
  alias EctoLibSql.Native.Source

  # Errors about the call's ids, which say all there is to say.
  @unprefixed [:not_found, :foreign, :closed]

  @doc "The answer with its error as text, behind `prefix` unless the error is about an id."
  @spec text(answer, String.t()) :: answer | {:error, String.t()} when answer: term()
  def text(answer, prefix \\ "")

  def text({:error, %Error{kind: kind, message: message}}, _prefix) when kind in @unprefixed do
    {:error, message}
  end

  def text({:error, %{__exception__: true} = error}, prefix) do
    {:error, prefix <> Exception.message(error)}
  end

  def text(answer, _prefix), do: answer

  @doc "Raises the caller's own mistakes, passes every other answer."
  @spec raised(answer) :: answer when answer: term()
  def raised({:error, %ArgumentError{} = error}), do: raise(error)
  def raised(answer), do: answer

  @doc "Calls a raw function, which takes a handle or an id."
  @spec on_id(term(), (EctoLibSql.Nif.conn() -> answer)) :: answer | {:error, String.t()}
        when answer: term()
  def on_id(id, fun) when is_binary(id), do: fun.(id)
  def on_id(source, fun), do: Source.with_state(source, &fun.(State.conn(&1))) |> text()

  @doc "The same, for what must not be done to a pool's connection."
  @spec on_own_id(term(), (EctoLibSql.Nif.conn() -> answer)) :: answer | {:error, String.t()}
        when answer: term()
  def on_own_id(source, fun), do: Source.with_own_state(source, &fun.(State.conn(&1))) |> text()

  @doc "As `on_id/2`, with the bare value of the raw function put into `{:ok, value}`."
  @spec ok_on_id(term(), (EctoLibSql.Nif.conn() -> term())) :: {:ok, term()} | {:error, term()}
  def ok_on_id(source, fun) do
    case on_id(source, fun) do
      {:error, _} = error -> error
      {:ok, _} = ok -> ok
      value -> {:ok, value}
    end
  end
end
