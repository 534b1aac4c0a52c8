defmodule Ecto.Adapters.LibSql.Migration.Conversion.Family do
  @moduledoc false
  # The family of a column type: the types whose values a conversion treats alike, with what distinguishes
  # them in the stored value. It comes from an Ecto type, or from the declared type in a CREATE TABLE, which
  # does not distinguish all of them (TEXT holds strings, UUIDs and JSON; DATETIME four kinds).

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Migration.Reference

  @type name ::
          :integer
          | :boolean
          | :float
          | :decimal
          | :text
          | :binary
          | :bitstring
          | :uuid
          | :json
          | :date
          | :time
          | :datetime
          | :any
          | :other
  @type t :: %{
          name: name(),
          # The Ecto type, nil if only the declared type is known.
          type: term(),
          # How the column stores its values, as far as the family allows several ways.
          form: term()
        }

  @datetimes ~w(naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a

  @doc """
  The family of an Ecto type; `declared` is the column type that DDL writes for it, which decides for types
  that Ecto does not know, such as `:real`.
  """
  @spec of(term(), String.t()) :: t()
  def of(%Reference{type: type}, declared), do: of(type, declared)
  def of(:boolean, _declared), do: family(:boolean, :boolean)
  def of(:float, _declared), do: family(:float, :float)
  def of(:decimal, declared), do: family(:decimal, :decimal, decimal_form(declared))
  def of(:bitstring, _declared), do: family(:bitstring, :bitstring)
  def of(type, _declared) when type in [:string, :text, :citext], do: family(:text, type)
  def of(type, _declared) when type in [:binary, :blob], do: family(:binary, type)

  def of(type, _declared) when type in [:uuid, :binary_id],
    do: family(:uuid, type, Types.uuid_form(type))

  def of(:map, _declared), do: json(:map, :object, :map_type)
  def of({:map, _inner} = type, _declared), do: json(type, :object, :map_type)
  def of({:array, _inner} = type, _declared), do: json(type, :array, :array_type)
  def of(:date, _declared), do: family(:date, :date)
  def of(type, _declared) when type in [:time, :time_usec], do: family(:time, type)
  def of(type, _declared) when type in @datetimes, do: family(:datetime, type)

  def of(type, declared) do
    if Types.rowid?(type),
      do: family(:integer, type),
      else: unknown_to_ecto(declared(declared), type)
  end

  # A column whose kind of date, time or JSON only the application knows keeps its values.
  defp unknown_to_ecto(%{name: name}, type) when name in [:date, :time, :datetime, :json, :any],
    do: family(:other, type)

  defp unknown_to_ecto(family, type), do: %{family | type: type}

  defp json(type, root, setting), do: family(:json, type, {root, Types.setting(setting, :string)})

  defp family(name, type, form \\ nil), do: %{name: name, type: type, form: form}

  # The affinity of the column decides what becomes of a number written as text.
  defp decimal_form(declared), do: if(declared =~ ~r/text/i, do: :text, else: :number)

  @doc "The family of a declared type, in the order of SQLite's rules for affinities (sqlite.org/datatype3.html)."
  @spec declared(String.t()) :: t()
  def declared(declared) do
    name =
      Enum.find_value(
        [
          {~r/^\s*$/, :any},
          {~r/collate\s+"?decimal/i, :decimal},
          {~r/^(datetime|timestamp)/i, :datetime},
          {~r/^date/i, :date},
          {~r/^time/i, :time},
          {~r/^bool/i, :boolean},
          {~r/^json/i, :json},
          {~r/int/i, :integer},
          {~r/char|clob|text/i, :text},
          {~r/^blob/i, :binary},
          {~r/blob/i, :other},
          {~r/real|floa|doub/i, :float},
          {~r/^(decimal|numeric|number|money)/i, :decimal}
        ],
        :other,
        fn {pattern, name} -> if declared =~ pattern, do: name end
      )

    family(name, nil, if(name == :decimal, do: decimal_form(declared)))
  end
end
