defmodule Ecto.Adapters.LibSql.Types.BinaryId do
  @moduledoc false
  # The type of a :binary_id field, first in its list of loaders: libraries cast user input with that one, as they do
  # with Ecto.UUID of other adapters. It loads UUIDs as text and as bytes. Where ids are stored as texts it accepts any
  # text, because a column's default may be `lower(hex(randomblob(16)))`.

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

  # Sixteen bytes are a UUID, sixteen letters are a text.
  defp uuid(<<_::128>> = value, convert),
    do: if(Codec.letters?(value), do: :error, else: convert.(value))

  defp uuid(value, convert), do: convert.(value)

  defp or_text(:error, value, :string) when is_binary(value),
    do: if(String.valid?(value), do: {:ok, value}, else: :error)

  defp or_text(uuid, _value, _form), do: uuid
end
