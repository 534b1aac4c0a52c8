defmodule Ecto.Adapters.LibSql.SQL.Typing.DateTime do
  @moduledoc false
  # The forms of dates and times. They are texts, which sort by time only within one form: `…:00Z` sorts after
  # `…:00.5Z`. Here is which form a type has and how SQL converts a text from one form to another.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @forms %{
    date: {:date, 0},
    utc_datetime: {:utc, 0},
    utc_datetime_usec: {:utc, 6},
    naive_datetime: {:naive, 0},
    naive_datetime_usec: {:naive, 6},
    time: {:time, 0},
    time_usec: {:time, 6}
  }
  @types Map.new(@forms, fn {type, form} -> {form, type} end)

  @typedoc "What is written (a date, a time, or both without or with a zone) and the digits of the fraction."
  @type form :: {:date | :time | :naive | :utc, 0 | 6}

  @doc "The form of a primitive type, nil for any that is no date or time."
  @spec form(term()) :: form() | nil
  def form(primitive), do: @forms[primitive]

  @doc "The type whose form holds the values of both primitive types, or nil."
  @spec common(term(), term()) :: atom() | nil
  def common(left, right) do
    case {form(left), form(right)} do
      {nil, _} -> nil
      {_, nil} -> nil
      {{:time, left}, {:time, right}} -> @types[{:time, max(left, right)}]
      {{:time, _}, _} -> nil
      {_, {:time, _}} -> nil
      {{left, l}, {right, r}} -> @types[{Enum.max_by([left, right], &order/1), max(l, r)}]
    end
  end

  defp order(:date), do: 0
  defp order(:naive), do: 1
  defp order(:utc), do: 2

  @doc "The type of microseconds that holds the values of a primitive type, or nil."
  @spec with_fraction(term()) :: atom() | nil
  def with_fraction(primitive) do
    case form(primitive) do
      {kind, 0} when kind != :date -> @types[{kind, 6}]
      _other -> nil
    end
  end

  @doc "Of two forms, the one with the higher rank is left as it is in a comparison."
  @spec rank(form()) :: non_neg_integer()
  def rank({:time, digits}), do: digits
  def rank({kind, digits}), do: order(kind) + digits

  @doc "Whether a text of the first form can be written in the second."
  @spec convertible?(form() | nil, form() | nil) :: boolean()
  def convertible?(from, to) when is_nil(from) or is_nil(to) or from == to, do: false
  def convertible?({:time, _}, {kind, _}), do: kind == :time
  def convertible?({:date, _}, {kind, _}), do: kind != :time
  def convertible?(_date_and_time, _to), do: true

  ## In SQL

  @doc """
  A text in another form. What the form has no place for is cut off, or, to be compared, kept behind everything else:
  the text then sorts after its own second (or day) and before the next, and equals none.
  """
  @spec convert(sql, form(), form(), :cut | :keep) :: sql when sql: iodata() | term()
  def convert(sql, {:date, 0}, {_kind, digits} = to, _rest),
    do: [?(, sql, " || ", quoted(separator() <> "00:00:00" <> fraction(digits) <> zone(to)), ?)]

  def convert(sql, _from, {:date, 0}, :cut), do: ["substr(", sql, ", 1, 10)"]

  def convert(sql, from, {:date, 0}, :keep) do
    midnight = quoted(separator() <> "00:00:00")
    ["(replace(substr(", sql, ", 1, 19), ", midnight, ", '') || ", rest(sql, from), ?)]
  end

  def convert(sql, from, {_kind, 6} = to, _rest) do
    digits = ["substr(rtrim(substr(", sql, ", #{behind(from) + 2}), 'Z') || '000000', 1, 6)"]
    [?(, whole(sql, from, to), " || '.' || ", digits, zone_behind(to), ?)]
  end

  def convert(sql, from, to, :cut), do: [?(, whole(sql, from, to), zone_behind(to), ?)]

  def convert(sql, from, to, :keep),
    do: [?(, whole(sql, from, to), zone_behind(to), " || ", rest(sql, from), ?)]

  defp whole(sql, {:time, _}, _to), do: ["substr(", sql, ", 1, 8)"]
  defp whole(sql, _from, {:time, _}), do: ["substr(", sql, ", 12, 8)"]

  defp whole(sql, _from, _to) do
    ["substr(", sql, ", 1, 10) || ", quoted(separator()), " || substr(", sql, ", 12, 8)"]
  end

  # The fraction without the zeros at its end, nothing if it has none.
  defp rest(sql, from),
    do: ["rtrim(rtrim(rtrim(substr(", sql, ", #{behind(from) + 1}), 'Z'), '0'), '.')"]

  # The number of the last character of hh:mm:ss.
  defp behind({:time, _}), do: 8
  defp behind(_date_and_time), do: 19

  defp zone_behind(form) do
    case zone(form) do
      "" -> []
      zone -> [" || ", quoted(zone)]
    end
  end

  defp quoted(text), do: [?', text, ?']

  ## In Elixir

  @doc """
  A value, as Ecto dumps one without a type, or the struct that datetime_add/3 takes, in a form; a fraction for which that has no place stays, as with `:keep`.
  What is no date or time stays as it is.
  """
  @spec parameter(term(), form()) :: term()
  def parameter(%Date{} = date, form), do: date |> Date.to_iso8601() |> parameter(form)

  def parameter(value, {kind, digits}) when is_binary(value) or is_struct(value) do
    case Types.DateTime.load(value, precise(kind)) do
      {:ok, time} -> written(time, kind, digits)
      :error -> value
    end
  end

  def parameter(value, _form), do: value

  defp precise(:date), do: :naive_datetime_usec
  defp precise(kind), do: @types[{kind, 6}]

  defp written(time, :date, 0) do
    text = Codec.time_text(time)
    midnight = separator() <> "00:00:00"
    String.replace(String.slice(text, 0, 19), midnight, "") <> kept(text)
  end

  defp written(time, _kind, 6), do: Codec.time_text(time)

  defp written(%{microsecond: {micro, _}} = time, _kind, 0) do
    whole = Codec.time_text(%{time | microsecond: {0, 0}})
    if micro == 0, do: whole, else: whole <> kept(Codec.time_text(time))
  end

  defp kept(text) do
    [_, fraction] = Regex.run(~r/(\.\d*?)0*Z?$/, text)
    if fraction == ".", do: "", else: fraction
  end

  defp separator, do: if(iso?(), do: "T", else: " ")
  defp zone({:utc, _}), do: if(iso?(), do: "Z", else: "")
  defp zone(_form), do: ""
  defp fraction(0), do: ""
  defp fraction(6), do: ".000000"

  defp iso?, do: Types.setting(:datetime_type, :iso8601) == :iso8601
end
