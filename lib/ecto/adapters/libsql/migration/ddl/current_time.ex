defmodule Ecto.Adapters.LibSql.Migration.DDL.CurrentTime do
  @moduledoc false
  # Defaults that are the current date or time. CURRENT_TIMESTAMP, and what SQLite's date functions return,
  # has a blank between date and time and no zone, which a column of Ecto's types compares as another text:
  # such a default is written with strftime() in the form of its column.

  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Types

  @datetimes ~w(naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a
  @types [:date, :time, :time_usec | @datetimes]

  @spellings %{
    "current_timestamp" => :timestamp,
    "datetime('now')" => :timestamp,
    "datetime()" => :timestamp,
    "current_date" => :date,
    "date('now')" => :date,
    "date()" => :date,
    "current_time" => :time,
    "time('now')" => :time,
    "time()" => :time
  }

  @doc """
  The default for a column of this type, as SQL: `sql` itself if it is no such expression or has the column's
  form already.
  """
  @spec default(String.t(), term()) :: String.t()
  def default(sql, type) when type in @types do
    case meaning(sql) do
      nil -> sql
      meaning -> written(meaning, type) || refuse!(sql, type)
    end
  end

  def default(sql, _type), do: sql

  @doc "Whether the SQL is the current date or time, in SQLite's form or in that of a column."
  @spec current?(String.t()) :: boolean()
  def current?(sql), do: meaning(sql) != nil

  defp meaning(sql) do
    text = sql |> Tokenizer.scan() |> Enum.reject(&match?({:space, _}, &1)) |> bare()
    folded = text |> Tokenizer.text() |> Tokenizer.fold()
    @spellings[folded] || own(text)
  end

  defp bare([{:punct, "("} | _] = tokens) do
    case Tokenizer.group(tokens) do
      {group, []} -> group |> Enum.slice(1..-2//1) |> bare()
      _more -> tokens
    end
  end

  defp bare(tokens), do: tokens

  # What written/2 makes of :timestamp for some type.
  defp own(tokens) do
    text = Tokenizer.text(tokens)
    found? = &(bare(Tokenizer.scan(written(:timestamp, &1))) |> without_blanks() == text)
    if Enum.any?(@types, found?), do: :timestamp
  end

  defp without_blanks(tokens),
    do: tokens |> Enum.reject(&match?({:space, _}, &1)) |> Tokenizer.text()

  defp written(:time, type) when type in @datetimes or type == :date, do: nil
  defp written(:date, type) when type in [:time, :time_usec], do: nil
  defp written(_meaning, :date), do: strftime("%Y-%m-%d")
  defp written(_meaning, :time), do: strftime("%H:%M:%S")
  # SQLite's clock has milliseconds.
  defp written(_meaning, :time_usec), do: strftime("%H:%M:%f000")

  defp written(meaning, type) do
    usec? = type in [:utc_datetime_usec, :naive_datetime_usec]
    {separator, zone} = separators(Types.setting(:datetime_type, :iso8601), type)

    clock =
      case {meaning, usec?} do
        {:date, false} -> "00:00:00"
        {:date, true} -> "00:00:00.000000"
        {:timestamp, false} -> "%H:%M:%S"
        {:timestamp, true} -> "%H:%M:%f000"
      end

    strftime("%Y-%m-%d#{separator}#{clock}#{zone}")
  end

  defp separators(:iso8601, type) when type in [:utc_datetime, :utc_datetime_usec], do: {"T", "Z"}
  defp separators(:iso8601, _naive), do: {"T", ""}
  defp separators(:text_datetime, _type), do: {" ", ""}

  defp strftime(format), do: "(strftime('#{format}', 'now'))"

  @spec refuse!(String.t(), atom()) :: no_return()
  defp refuse!(sql, type) do
    raise ArgumentError, "the default #{sql} is no value that a column of #{inspect(type)} keeps"
  end
end
