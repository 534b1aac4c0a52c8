defmodule Ecto.Adapters.LibSql.Types.Array do
  @moduledoc false
  # Dumps and loads the members of an array, which is stored as JSON. A member of one of Ecto's own types has the form
  # in JSON that an embedded schema gives it. A member of any other type is what the type dumps, as in databases that
  # have arrays, so that `in`, push and pull find the stored value.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @spec dump(term(), list() | nil) :: {:ok, list() | nil} | :error
  def dump(type, list), do: member(type, list)

  defp member(type, value) do
    if plain?(type),
      do: {:ok, value},
      else: dumped(type, Ecto.Type.dump(type, value, &member/2))
  end

  @doc "Whether the JSON library encodes a value of this type, or a list of such values, without a dump by the type."
  @spec plain?(term()) :: boolean()
  def plain?({kind, inner}) when kind in [:array, :map, :maybe], do: plain?(inner)
  def plain?(Ecto.UUID), do: true
  def plain?(type), do: Ecto.Type.base?(type)

  defp dumped({kind, _inner}, list) when kind in [:array, :map, :maybe], do: list
  defp dumped(type, {:ok, value}), do: type |> Ecto.Type.type() |> json(value)
  defp dumped(_type, :error), do: :error

  defp json(:uuid, value), do: Codec.dump_uuid(value, :string)
  # JSON has no bytes.
  defp json(_type, {:blob, _bytes}), do: :error
  defp json(_type, value) when is_bitstring(value), do: text(value)
  defp json(_type, value), do: {:ok, value}

  defp text(value),
    do: if(is_binary(value) and String.valid?(value), do: {:ok, value}, else: :error)

  @doc """
  The members as terms. Accepts two forms of a member: the one in JSON, and the one that a column of the member's type
  has (maps as texts, booleans as numbers), which ecto_sqlite3 and the json_insert() of Oban's updates write.
  """
  @spec load(term(), list() | nil) :: {:ok, list() | nil} | :error
  def load(type, list) do
    if plain?(type) do
      with :error <- Ecto.Type.embedded_load(type, list, :json),
           do: Ecto.Type.load(type, list, &stored/2)
    else
      Ecto.Type.load(type, list, &stored_or_embedded/2)
    end
  end

  # Ecto.Type calls nothing of an adapter but loaders/2.
  defp stored(type, value), do: Ecto.Type.adapter_load(Types, type, value)

  defp stored_or_embedded(type, value) do
    with :error <- stored(type, value), do: Ecto.Type.embedded_load(type, value, :json)
  end
end
