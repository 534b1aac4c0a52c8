defmodule Ecto.Adapters.LibSql.BinaryId do
  @moduledoc false
  # What the loaders of :binary_id begin with. Libraries take the first of them for the type of an id, to cast
  # what users send, as Ecto.UUID is with other adapters; this one loads both forms.

  use Ecto.Type

  alias Ecto.Adapters.LibSql.{Codec, Types}

  @impl true
  def type, do: :binary_id

  @impl true
  defdelegate cast(value), to: Ecto.UUID

  @impl true
  def load(value), do: Codec.load_uuid(value, :string)

  @impl true
  def dump(value), do: Codec.dump_uuid(value, Types.uuid_form(:binary_id))
end
