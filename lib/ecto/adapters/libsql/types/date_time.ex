defmodule Ecto.Adapters.LibSql.Types.DateTime do
  @moduledoc false
  # Dates and times are stored as texts, because SQLite has no type for them. Loading accepts the forms of other tools:
  # a blank for the T, any offset, fractions of any length, unix seconds.

  @type kind :: atom()

  @utc ~w(utc_datetime utc_datetime_usec timestamp timestamptz datetime)a
  @naive ~w(naive_datetime naive_datetime_usec)a
  @exact ~w(utc_datetime_usec naive_datetime_usec time_usec)a

  @epoch Date.to_gregorian_days(~D[1970-01-01])
  @days (Date.to_gregorian_days(~D[-9999-01-01]) - @epoch)..(Date.to_gregorian_days(
                                                               ~D[9999-12-31]
                                                             ) - @epoch)

  @spec text(Date.t() | Time.t() | NaiveDateTime.t() | DateTime.t(), :iso8601 | :text_datetime) ::
          String.t()
  def text(%Date{} = date, _form), do: Date.to_iso8601(date)
  def text(%Time{} = time, _form), do: Time.to_iso8601(time)
  def text(%NaiveDateTime{} = time, :iso8601), do: NaiveDateTime.to_iso8601(time)
  def text(%NaiveDateTime{} = time, :text_datetime), do: NaiveDateTime.to_string(time)
  def text(%DateTime{} = time, :iso8601), do: time |> utc() |> DateTime.to_iso8601()

  def text(%DateTime{} = time, :text_datetime),
    do: time |> utc() |> DateTime.to_naive() |> NaiveDateTime.to_string()

  # Needs no time zone database: a DateTime holds its offset.
  defp utc(%DateTime{} = time), do: DateTime.shift_zone!(time, "Etc/UTC")

  @spec load(term(), kind()) :: {:ok, term()} | :error
  def load(%NaiveDateTime{} = value, kind) when kind in @utc,
    do: {:ok, value |> DateTime.from_naive!("Etc/UTC") |> precise(kind)}

  def load(%DateTime{} = value, kind) when kind in @naive,
    do: {:ok, value |> utc() |> DateTime.to_naive() |> precise(kind)}

  def load(%_{} = value, kind) when kind != :date, do: {:ok, precise(value, kind)}
  def load(%Date{} = value, :date), do: {:ok, value}

  # Days since 1970-01-01.
  def load(value, :date) when value in @days,
    do: {:ok, Date.from_gregorian_days(value + @epoch)}

  def load(value, kind) when is_integer(value) and kind in @utc do
    case DateTime.from_unix(value) do
      {:ok, time} -> {:ok, precise(time, kind)}
      {:error, _} -> :error
    end
  end

  def load(value, :date) when is_binary(value) do
    with {:error, _} <- Date.from_iso8601(value), do: day(value)
  end

  def load(value, kind) when is_binary(value) and kind in [:time, :time_usec] do
    # Time.from_iso8601/1 ignores an offset, without which the time would be wrong.
    with false <- String.contains?(value, ["+", "-"]),
         {:ok, time} <- Time.from_iso8601(value) do
      {:ok, precise(time, kind)}
    else
      _other -> :error
    end
  end

  def load(value, kind) when is_binary(value) and kind in @naive do
    with {:ok, time, zone} <- parse(value), true <- zone in [nil, 0] do
      {:ok, precise(time, kind)}
    else
      _other -> :error
    end
  end

  def load(value, kind) when is_binary(value) and kind in @utc do
    with {:ok, naive, zone} <- parse(value),
         {:ok, time} <- DateTime.from_naive(naive, "Etc/UTC") do
      {:ok, time |> DateTime.add(-(zone || 0), :second) |> precise(kind)}
    else
      _other -> :error
    end
  end

  def load(_value, _kind), do: :error

  # The date of a text with date and time.
  defp day(value) do
    case parse(value) do
      {:ok, time, _zone} -> {:ok, NaiveDateTime.to_date(time)}
      :error -> :error
    end
  end

  # `{:ok, naive, offset in seconds or nil}`
  defp parse(value) do
    case Calendar.ISO.parse_utc_datetime(value) do
      {:ok, _fields, offset} -> naive(value, offset)
      {:error, :missing_offset} -> naive(value, nil)
      {:error, _} -> date_only(value)
    end
  end

  # NaiveDateTime.from_iso8601/1 ignores an offset.
  defp naive(value, offset) do
    case NaiveDateTime.from_iso8601(value) do
      {:ok, naive} -> {:ok, naive, offset}
      {:error, _} -> :error
    end
  end

  defp date_only(<<_::binary-size(10)>> = value) do
    case Date.from_iso8601(value) do
      {:ok, date} -> {:ok, NaiveDateTime.new!(date, ~T[00:00:00]), nil}
      {:error, _} -> :error
    end
  end

  defp date_only(_value), do: :error

  defp precise(%{microsecond: {micro, _}} = time, kind) when kind in @exact,
    do: %{time | microsecond: {micro, 6}}

  defp precise(time, _kind), do: %{time | microsecond: {0, 0}}
end
