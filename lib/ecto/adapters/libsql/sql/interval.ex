defmodule Ecto.Adapters.LibSql.SQL.Interval do
  @moduledoc false
  # Date arithmetic on the texts that SQLite keeps instead of times. A result has the form of the
  # operand: separator, number of digits and zone stay. Months and years stop at the last day of the
  # target month, as in other databases, where SQLite's own modifier runs over into the next one.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  @microseconds %{
    "week" => 604_800_000_000,
    "day" => 86_400_000_000,
    "hour" => 3_600_000_000,
    "minute" => 60_000_000,
    "second" => 1_000_000,
    "millisecond" => 1_000,
    "microsecond" => 1
  }
  @months %{"year" => 12, "month" => 1}

  @typedoc """
  The SQL of both operands; the count's number where it is known, else nil; whether both are the same for all rows.
  """
  @type operands :: %{
          operand: Parameter.sql(),
          count: Parameter.sql(),
          number: number() | nil,
          constant?: boolean()
        }

  @spec datetime_add(operands(), String.t(), map()) :: iodata()
  def datetime_add(%{operand: operand, count: count, number: number} = operands, unit, query) do
    case unit!(unit, query) do
      {:months, factor} ->
        [
          month_date(operand, months(count, number, factor, query)),
          " || substr(",
          operand,
          ", 11)"
        ]

      {:microseconds, factor} ->
        microseconds = microseconds(count, number, factor)

        if number == nil and operands.constant?,
          do: shift_once(operand, microseconds),
          else: shift(operand, microseconds)
    end
    |> parens()
  end

  @spec date_add(operands(), String.t(), map()) :: iodata()
  def date_add(%{operand: operand, count: count, number: number}, unit, query) do
    case unit!(unit, query) do
      {:months, factor} ->
        month_date(operand, months(count, number, factor, query))

      {:microseconds, factor} ->
        seconds = seconds(microseconds(count, number, factor))
        ["date(substr(", operand, ", 1, 10), ", seconds, " || ' seconds')"]
    end
    |> parens()
  end

  defp unit!(unit, _query) when is_map_key(@months, unit), do: {:months, @months[unit]}

  defp unit!(unit, _query) when is_map_key(@microseconds, unit),
    do: {:microseconds, @microseconds[unit]}

  defp unit!(unit, query), do: error!(query, "unknown interval #{inspect(unit)}")

  defp months(_count, literal, factor, query) when is_number(literal) do
    months = literal * factor

    if trunc(months) != months do
      error!(query, "an interval in months or years must be a whole number, got: #{literal}")
    end

    Integer.to_string(trunc(months))
  end

  # A count that is only known later and is no whole number of months stops the statement: the text
  # given to json() is no JSON.
  defp months(count, nil, factor, _query) do
    months = ["(", count, " * ", Integer.to_string(factor), ")"]

    [
      ["CASE WHEN ", months, " IS NULL OR ", months, " = CAST(", months, " AS INTEGER) THEN "],
      ["CAST(", months, " AS INTEGER) ELSE json('months and years are whole numbers') END"]
    ]
  end

  # The day in the target month, at most its last one.
  defp month_date(operand, months) do
    date = ["substr(", operand, ", 1, 10)"]
    target = [date, ", 'start of month', (", months, ") || ' months'"]

    [
      ["strftime('%Y-%m-', ", target, ") || printf('%02d', min("],
      ["CAST(strftime('%d', ", date, ") AS INTEGER), "],
      ["CAST(strftime('%d', ", target, ", '+1 month', '-1 day') AS INTEGER)))"]
    ]
  end

  defp microseconds(_count, literal, factor) when is_integer(literal), do: literal * factor
  defp microseconds(_count, literal, factor) when is_float(literal), do: round(literal * factor)

  defp microseconds(count, nil, factor),
    do: ["CAST(round(", count, " * ", Integer.to_string(factor), ") AS INTEGER)"]

  # Whole seconds do not touch the fraction, nor the zone behind it.
  defp shift(operand, microseconds)
       when is_integer(microseconds) and rem(microseconds, 1_000_000) == 0 do
    [strftime(operand, seconds(microseconds)), " || substr(", operand, ", 20)"]
  end

  defp shift(operand, microseconds) do
    exact = ["(", text(microseconds), " + ", fraction(operand), ")"]

    [
      ["CASE WHEN ", fraction?(operand), " THEN "],
      [strftime(operand, seconds(exact)), " || printf('.%06d', ", remainder(exact), ")"],
      [" || ltrim(substr(", operand, ", 21), '0123456789') ELSE "],
      [strftime(operand, seconds(microseconds)), " || substr(", operand, ", 20) END"]
    ]
  end

  # The same where nothing depends on a row: the time, what is added to its whole second, and how much of that is a
  # fraction are computed one after the other.
  defp shift_once(operand, microseconds) do
    fraction = ["iif(", fraction?(operand), ", ", fraction(operand), ", 0)"]

    [
      ["SELECT ", strftime("t", "((a - f) / 1000000)"), " || CASE WHEN ", fraction?("t")],
      " THEN printf('.%06d', f) || ltrim(substr(t, 21), '0123456789') ELSE substr(t, 20) END",
      [" FROM (SELECT t, a, ", remainder("a"), " AS f"],
      [" FROM (SELECT ", operand, " AS t, ", microseconds, " + ", fraction, " AS a))"]
    ]
  end

  defp fraction?(time), do: ["substr(", time, ", 20, 1) = '.'"]

  defp fraction(time),
    do: ["CAST(substr(rtrim(substr(", time, ", 21, 6), 'Z') || '000000', 1, 6) AS INTEGER)"]

  defp strftime(operand, seconds) do
    format = [
      "'%Y-%m-%d' || coalesce(nullif(substr(",
      operand,
      ", 11, 1), ''), 'T') || '%H:%M:%S'"
    ]

    ["strftime(", format, ", substr(", operand, ", 1, 19), ", seconds, " || ' seconds')"]
  end

  # Division that rounds down, also below zero.
  defp seconds(microseconds) when is_integer(microseconds),
    do: Integer.to_string(Integer.floor_div(microseconds, 1_000_000))

  defp seconds(microseconds),
    do: ["((", microseconds, " - ", remainder(microseconds), ") / 1000000)"]

  defp remainder(microseconds),
    do: ["(((", microseconds, ") % 1000000 + 1000000) % 1000000)"]

  defp text(microseconds) when is_integer(microseconds), do: Integer.to_string(microseconds)
  defp text(microseconds), do: microseconds

  defp parens(sql), do: [?(, sql, ?)]
end
