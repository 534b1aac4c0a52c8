defmodule EctoLibSql.Callbacks.StateQuery do
  @moduledoc false
  # A pool passes the state of a connection to callbacks only. EctoLibSql.Source gets it by executing this text:
  # handle_execute/4 returns the state as the only value and runs nothing. It works through every pool and through
  # Ecto's sandbox without using their internals.

  alias EctoLibSql.{Query, Result, State}

  @text "-- ecto_libsql: state"

  @doc "The text, as a macro so that it can be used in patterns."
  defmacro text, do: @text

  @spec query() :: Query.t()
  def query, do: %Query{statement: @text}

  @spec result(State.t()) :: Result.t()
  def result(state),
    do: %Result{command: :select, columns: ["state"], rows: [[state]], num_rows: 1}
end
