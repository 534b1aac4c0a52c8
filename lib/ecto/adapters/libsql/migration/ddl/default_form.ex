defmodule Ecto.Adapters.LibSql.Migration.DDL.DefaultForm do
  @moduledoc false
  # A default value in the form in which its column keeps values, so that a row which took the default is
  # found by it. What a column would never hold is refused.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias Ecto.Migration.Reference

  @uuids [:uuid, :binary_id]
  @moments ~w(naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a
  @times [:time, :time_usec]

  @doc "The value as the column of this type keeps it, for `Default` to write."
  @spec stored(term(), term()) :: term()
  def stored(value, %Reference{type: type}), do: stored(value, type)
  def stored({:fragment, _sql} = fragment, _type), do: fragment
  def stored(value, :decimal), do: decimal(value)
  def stored("true", :boolean), do: true
  def stored("false", :boolean), do: false
  def stored(value, type) when type in @uuids and is_binary(value), do: uuid(value, type)
  def stored(value, type) when type in @moments, do: moment(value, type)
  def stored(value, type) when type in @times, do: time(value, type)

  def stored(%{__struct__: Duration} = value, _type),
    do: value |> Codec.dump_duration() |> elem(1)

  def stored(value, {:array, _inner}) when is_list(value), do: json(value, :array_type)
  def stored(value, :map) when is_list(value) or is_map(value), do: json(value, :map_type)
  def stored(value, {:map, _inner}) when is_map(value), do: json(value, :map_type)
  def stored(value, _type), do: value

  ## Numbers

  defp decimal(value) do
    with true <- Types.exact_decimals?() or is_struct(value, Decimal),
         {:ok, number} <- number(value) do
      case Codec.dump_decimal(number) do
        # Text as text, so that no digit is lost.
        {:ok, stored} -> stored
        :error -> refuse!(value, :decimal)
      end
    else
      false -> value
      :error -> refuse!(value, :decimal)
    end
  end

  defp number(%Decimal{} = value), do: {:ok, value}
  defp number(value) when is_integer(value), do: {:ok, Decimal.new(value)}
  defp number(value) when is_float(value), do: {:ok, Decimal.from_float(value)}

  defp number(value) when is_binary(value) do
    case Decimal.parse(value) do
      {number, ""} -> {:ok, number}
      _other -> :error
    end
  end

  defp number(_value), do: :error

  ## UUIDs

  # In a column of text any text may be meant.
  defp uuid(value, type) do
    case {Types.uuid_form(type), value} do
      {:string, <<_::128>>} -> dump!(value, type, :string)
      {:string, text} -> text
      {:binary, value} -> dump!(value, type, :binary)
    end
  end

  defp dump!(value, type, form) do
    case Codec.dump_uuid(value, form) do
      {:ok, stored} -> stored
      :error -> refuse!(value, type)
    end
  end

  ## Types.DateTime

  defp moment(%Date{} = date, type), do: moment(NaiveDateTime.new!(date, ~T[00:00:00]), type)

  defp moment(%module{} = value, type) when module in [NaiveDateTime, DateTime],
    do: timed(value, type)

  defp moment(value, type) when is_binary(value), do: timed(value, type)
  defp moment(value, _type), do: value

  defp time(%Time{} = value, type), do: timed(value, type)
  defp time(value, type) when is_binary(value), do: timed(value, type)
  defp time(value, _type), do: value

  # A text that is no time is the user's own affair.
  defp timed(value, type) do
    case Types.DateTime.load(value, type) do
      {:ok, time} -> Codec.time_text(time)
      :error -> value
    end
  end

  ## JSON

  # What cannot be encoded is Default's to report.
  defp json(value, setting) do
    with :binary <- Types.setting(setting, :string),
         {:ok, _text} <- Codec.json_library().encode(value),
         {:ok, stored} <- Codec.dump_json(value, setting) do
      stored
    else
      _text -> value
    end
  end

  defp refuse!(value, type) do
    raise ArgumentError,
          "the default #{inspect(value)} is no value that a column of #{inspect(type)} keeps"
  end
end
