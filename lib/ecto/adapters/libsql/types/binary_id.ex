defmodule Ecto.Adapters.LibSql.Types.BinaryId do
  @moduledoc false
  # What the loaders of :binary_id begin with. Libraries take the first of them for the type of an id, to cast
  # what users send, as Ecto.UUID is with other adapters; this one loads both forms. Where ids are texts, one that
  # is no UUID is an id too, such as `lower(hex(randomblob(16)))` as a column's default makes them.

  use Ecto.Type

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @impl true
  def type, do: :binary_id

  @impl true
  def cast(value), do: value |> uuid(&Ecto.UUID.cast/1) |> or_text(value, form())

  @impl true
  def load(value), do: value |> uuid(&Codec.load_uuid(&1, :string)) |> or_text(value, :string)

  @impl true
  def dump(value), do: value |> uuid(&Codec.dump_uuid(&1, form())) |> or_text(value, form())

  defp form, do: Types.uuid_form(:binary_id)

  # Sixteen bytes are a UUID as well, but not sixteen letters.
  defp uuid(<<_::128>> = value, convert),
    do: if(Codec.letters?(value), do: :error, else: convert.(value))

  defp uuid(value, convert), do: convert.(value)

  defp or_text(:error, value, :string) when is_binary(value),
    do: if(String.valid?(value), do: {:ok, value}, else: :error)

  defp or_text(uuid, _value, _form), do: uuid
end
