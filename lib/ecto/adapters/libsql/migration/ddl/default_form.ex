defmodule Ecto.Adapters.LibSql.Migration.DDL.DefaultForm do
  @moduledoc false
  # A default value in the form in which its column stores values, so that a row which took the default is
  # found by it. A value that the column's type cannot load is refused.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias Ecto.Migration.Reference

  @integers ~w(id serial bigserial smallserial identity integer bigint smallint)a
  @texts ~w(string text citext)a
  @datetimes ~w(naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a
  @times [:time, :time_usec]

  @doc "The value as the column of this type stores it, for `Default` to write."
  @spec stored(term(), term()) :: term()
  def stored(value, %Reference{type: type}), do: stored(value, type)
  def stored({:fragment, _sql} = fragment, _type), do: fragment

  def stored(%{__struct__: Duration} = value, _type),
    do: value |> Codec.dump_duration() |> elem(1)

  def stored(value, type) when type in @integers, do: value |> integer() |> or_refuse(value, type)
  def stored(value, :float), do: value |> float() |> or_refuse(value, :float)
  def stored(value, :decimal), do: value |> decimal() |> or_refuse(value, :decimal)
  def stored(value, :boolean), do: value |> boolean() |> or_refuse(value, :boolean)
  def stored(true, type) when type in @texts, do: "true"
  def stored(false, type) when type in @texts, do: "false"
  def stored(value, :uuid) when is_binary(value), do: uuid(value, :uuid)

  # In a column of text any text is an id.
  def stored(value, :binary_id) when is_binary(value) do
    if Types.uuid_form(:binary_id) == :string and byte_size(value) != 16,
      do: value,
      else: uuid(value, :binary_id)
  end

  def stored(value, type) when type in @datetimes or type in @times or type == :date,
    do: value |> time(type) |> or_refuse(value, type)

  def stored(value, {:array, _inner} = type), do: json(value, type, &is_list/1, :array_type)
  def stored(value, {:map, _inner} = type), do: json(value, type, &is_map/1, :map_type)

  # The list that ecto_libsql allows as a default of a map.
  def stored(value, :map), do: json(value, :map, &(is_map(&1) or is_list(&1)), :map_type)
  def stored(value, _type), do: value

  defp or_refuse({:ok, stored}, _value, _type), do: stored
  defp or_refuse(:error, value, type), do: refuse!(value, type)

  ## Numbers

  defp integer(value) when is_integer(value), do: {:ok, value}

  defp integer(value) do
    with {:ok, number} <- number(value),
         true <- Decimal.integer?(number) do
      {:ok, Decimal.to_integer(number)}
    else
      _no_integer -> :error
    end
  end

  defp float(value) do
    with {:ok, number} <- number(value), do: {:ok, Decimal.to_float(number)}
  end

  # Decimals of more digits than a double are texts in the statement, so that none is lost.
  defp decimal(value) do
    with {:ok, number} <- number(value) do
      if Types.exact_decimals?() or is_struct(value, Decimal),
        do: Codec.dump_decimal(number),
        else: {:ok, value}
    end
  end

  defp number(%Decimal{coef: coef} = value) when is_integer(coef), do: {:ok, value}
  defp number(value) when is_integer(value), do: {:ok, Decimal.new(value)}
  defp number(value) when is_float(value), do: {:ok, Decimal.from_float(value)}

  defp number(value) when is_binary(value) do
    case Decimal.parse(value) do
      {%{coef: coef} = number, ""} when is_integer(coef) -> {:ok, number}
      _other -> :error
    end
  end

  defp number(_value), do: :error

  defp boolean(value) when value in [true, "true", 1], do: {:ok, true}
  defp boolean(value) when value in [false, "false", 0], do: {:ok, false}
  defp boolean(_value), do: :error

  ## UUIDs

  defp uuid(value, type) do
    case Codec.dump_uuid(value, Types.uuid_form(type)) do
      {:ok, stored} -> stored
      :error -> refuse!(value, type)
    end
  end

  ## Dates and times

  defp time(%Date{} = date, type) when type in @datetimes,
    do: time(NaiveDateTime.new!(date, ~T[00:00:00]), type)

  defp time(%module{} = value, type) when module in [Date, Time, NaiveDateTime, DateTime],
    do: loaded(value, type)

  defp time(value, type) when is_binary(value), do: loaded(value, type)
  defp time(_value, _type), do: :error

  defp loaded(value, type) do
    with {:ok, time} <- Types.DateTime.load(value, type), do: {:ok, Codec.time_text(time)}
  end

  ## JSON

  # As a term, or as JSON text. What cannot be encoded is Default's to report.
  defp json(value, type, root?, setting) when is_binary(value) do
    case Codec.json_library().decode(value) do
      {:ok, term} ->
        if root?.(term), do: json(term, type, root?, setting), else: refuse!(value, type)

      {:error, _reason} ->
        refuse!(value, type)
    end
  end

  defp json(value, type, root?, setting) do
    if not root?.(value) or is_struct(value), do: refuse!(value, type)

    with :binary <- Types.setting(setting, :string),
         {:ok, _text} <- Codec.json_library().encode(value),
         {:ok, stored} <- Codec.dump_json(value, setting) do
      stored
    else
      _text -> value
    end
  end

  @spec refuse!(term(), term()) :: no_return()
  defp refuse!(value, type) do
    raise ArgumentError,
          "the default #{inspect(value)} is no value that a column of #{inspect(type)} keeps"
  end
end
