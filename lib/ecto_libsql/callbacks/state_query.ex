defmodule EctoLibSql.Callbacks.StateQuery do
  @moduledoc false
  # A pool hands its connections' states to callbacks only. So the state is asked for with a statement: this text
  # is answered with the state as the only value, without running anything. That works through every pool and
  # through Ecto's sandbox, without reaching into either. EctoLibSql.Source asks.

  alias EctoLibSql.{Query, Result, State}

  @text "-- ecto_libsql: state"

  @doc "The text, for patterns."
  defmacro text, do: @text

  @spec query() :: Query.t()
  def query, do: %Query{statement: @text}

  @spec result(State.t()) :: Result.t()
  def result(state),
    do: %Result{command: :select, columns: ["state"], rows: [[state]], num_rows: 1}
end
