defmodule Ecto.Adapters.LibSql.SQL.Moment do
  @moduledoc false
  # Times are texts, and texts only sort by time within one form: `…:00Z` comes behind `…:00.5Z`. When a
  # field of whole seconds meets one of microseconds, it is given six zeros.

  alias Ecto.Adapters.LibSql.SQL.{Expr, Sources}

  @seconds [:utc_datetime, :naive_datetime, :time]
  @exact [:utc_datetime_usec, :naive_datetime_usec, :time_usec]

  @doc "The operand with the digits of `other`, or nil where they have the same form already."
  @spec operand(term(), term(), Sources.t(), map()) :: iodata() | nil
  def operand(expr, other, sources, query) do
    type = type(expr, sources)

    if type in @seconds and type(other, sources) in @exact do
      # Behind hh:mm:ss, which ends at character 8 of a time and 19 of a moment.
      at = if type == :time, do: 8, else: 19
      sql = Expr.expr(expr, sources, query)

      [
        ["(substr(", sql, ", 1, ", Integer.to_string(at), ") || '.000000' || "],
        ["substr(", sql, ", ", Integer.to_string(at + 1), "))"]
      ]
    end
  end

  defp type({{:., _, [{:&, _, [ix]}, field]}, _, []}, sources),
    do: Sources.type(sources, ix, field)

  defp type(_other, _sources), do: nil
end
