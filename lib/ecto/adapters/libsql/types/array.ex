defmodule Ecto.Adapters.LibSql.Types.Array do
  @moduledoc false
  # The members of an array, which is a JSON text. Ecto's own types have a form in JSON that embedded schemas use
  # as well. Any other type's members are what the type dumps, as in databases that have arrays, so that a value
  # looked for, pushed or pulled is the one that is stored.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @spec dump(term(), list() | nil) :: {:ok, list() | nil} | :error
  def dump(type, list), do: member(type, list)

  defp member(type, value) do
    if plain?(type),
      do: {:ok, value},
      else: dumped(type, Ecto.Type.dump(type, value, &member/2))
  end

  @doc "Whether a value of this type, or of a list of it, is itself what its JSON says."
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
  The members as terms. Also those of ecto_sqlite3 and of json_insert() in Oban's updates, which are what a field
  of their type would hold, maps as texts and booleans as numbers; and those that former versions wrote.
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

  # Ecto asks what is an adapter to it for loaders/2 only.
  defp stored(type, value), do: Ecto.Type.adapter_load(Types, type, value)

  defp stored_or_embedded(type, value) do
    with :error <- stored(type, value), do: Ecto.Type.embedded_load(type, value, :json)
  end
end
