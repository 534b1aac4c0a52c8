defmodule Ecto.Adapters.LibSql.Migration.Conversion.Temporal do
  @moduledoc false
  # SQL that converts a value to a date, a time or a date and time, by the form that the value has: a date,
  # with or without a time, any fraction, any offset (which is converted to UTC), or Unix seconds. Each
  # expression is NULL for a value that has no equivalent.
  #
  # A fraction is rounded where the new type has none, as PostgreSQL does; a date is cut.

  @spec date(iodata(), boolean()) :: iodata()
  def date(v, days?), do: read(v, "substr(utc, 1, 10)", if(days?, do: 86_400, else: 1))

  @spec time(iodata(), :time | :time_usec) :: iodata()
  def time(v, :time_usec), do: read(clock(v), "substr(utc, 12) || '.' || micro", 1)

  # 23:59:59.5 is nearer to 24:00:00, which is no time of a day.
  def time(v, :time) do
    rounded = rounded("%H:%M:%S")
    same_day = ["date(utc, ", carry(), ") = substr(utc, 1, 10)"]
    read(clock(v), ["CASE WHEN ", same_day, " THEN ", rounded, " END"], 1)
  end

  @doc "To a date and time in the form of `:datetime_type`."
  @spec datetime(iodata(), atom(), :iso8601 | :text_datetime, boolean()) :: iodata()
  def datetime(v, kind, form, days?) do
    separator = if form == :iso8601, do: "T", else: " "
    utc? = kind in [:utc_datetime, :utc_datetime_usec]
    zone = if form == :iso8601 and utc?, do: " || 'Z'", else: ""
    seconds = if days?, do: 86_400, else: 1

    if kind in [:utc_datetime_usec, :naive_datetime_usec],
      do: read(v, ["replace(utc, ' ', '", separator, "') || '.' || micro", zone], seconds),
      else: read(v, [rounded("%Y-%m-%d#{separator}%H:%M:%S"), zone], seconds)
  end

  @doc "Texts stay; Unix seconds, or days since 1970, become the date and time that they mean."
  @spec text(iodata(), boolean()) :: iodata()
  def text(v, days?) do
    stored = if days?, do: date(v, true), else: datetime(v, :utc_datetime, :iso8601, false)

    [
      ["CASE typeof(", v, ") WHEN 'text' THEN ", v],
      [" WHEN 'integer' THEN ", stored, " END"]
    ]
  end

  defp rounded(format), do: ["strftime('", format, "', utc, ", carry(), ?)]
  defp carry, do: "CASE WHEN micro >= '500000' THEN '+1 seconds' ELSE '+0 seconds' END"

  # `12:00` is read as a time of some day.
  defp clock(v) do
    time? = ["typeof(", v, ") = 'text' AND ", v, " GLOB '[0-9][0-9]:*'"]
    ["CASE WHEN ", time?, " THEN '2000-01-01 ' || ", v, " ELSE ", v, " END"]
  end

  # LIMIT keeps SQLite from flattening the sub-queries into one expression, in which each part would be
  # computed again wherever its name is used.
  #
  # `result` is an expression over `utc`, as '2024-03-01 12:00:00', and `micro`, six digits. A scalar
  # sub-query without a row is NULL.
  defp read(v, result, seconds) do
    ["(SELECT ", result, " FROM (", utc(v, seconds), ") WHERE utc IS NOT NULL)"]
  end

  defp utc(v, seconds) do
    [
      ["SELECT strftime('%Y-%m-%d %H:%M:%S', day || ' ' || clock, shift) AS utc, micro FROM "],
      [
        "(SELECT day, clock, ",
        offset(),
        " AS shift, ",
        micro(),
        " AS micro FROM (",
        pieces(v, seconds)
      ],
      [") WHERE ", valid(), " LIMIT 1) LIMIT 1"]
    ]
  end

  defp offset do
    hours = "CAST(substr(zone, 1, 3) AS INTEGER) * 60"
    minutes = "CAST(substr(zone, 1, 1) || replace(substr(zone, 4), ':', '') AS INTEGER)"

    [
      "CASE WHEN zone IN ('', 'Z', 'z') THEN '+0 minutes' ELSE ",
      ["printf('%+d minutes', -(", hours, " + ", minutes, ")) END"]
    ]
  end

  defp micro, do: "substr(substr(fraction, 2) || '000000', 1, 6)"

  defp valid do
    digit = "[0-9]"
    day = [List.duplicate(digit, 4), ?-, digit, digit, ?-, digit, digit]
    zones = for zone <- ["00:00", "0000", "00"], do: String.replace(zone, "0", digit)

    [
      ["day GLOB '", day, "' AND date(day, '+0 days') = day"],
      [" AND clock GLOB '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]' AND clock < '24'"],
      [" AND gap IN ('', 'T', 't', ' ')"],
      [
        " AND (fraction = '' OR fraction GLOB '[.,][0-9]*' AND substr(fraction, 2) NOT GLOB '*[^0-9]*')"
      ],
      [" AND (zone IN ('', 'Z', 'z')", for(zone <- zones, do: " OR zone GLOB '[-+]#{zone}'"), ")"]
    ]
  end

  # The parts of the text, which is `2024-03-01`, `2024-03-01 12:00` or `2024-03-01T12:00:00.5+02:00`.
  defp pieces(v, seconds) do
    text = [
      ["CASE typeof(", v, ") WHEN 'text' THEN trim(", v],
      [
        ") WHEN 'integer' THEN datetime(",
        v,
        " * ",
        Integer.to_string(seconds),
        ", 'unixepoch') END"
      ]
    ]

    full = [
      "CASE WHEN length(given) = 10 THEN given || ' 00:00:00' WHEN substr(given, 17, 1) = ':' THEN given ",
      "ELSE substr(given, 1, 16) || ':00' || substr(given, 17) END"
    ]

    [
      "SELECT day, gap, clock, zone, substr(rest, 1, length(rest) - length(zone)) AS fraction FROM ",
      "(SELECT substr(stamp, 1, 10) AS day, substr(stamp, 11, 1) AS gap, substr(stamp, 12, 8) AS clock, ",
      "substr(stamp, 20) AS rest, ltrim(substr(stamp, 20), '.,0123456789') AS zone FROM ",
      ["(SELECT ", full, " AS stamp FROM (SELECT ", text, " AS given LIMIT 1) LIMIT 1) LIMIT 1)"]
    ]
  end
end
