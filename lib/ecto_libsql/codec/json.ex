defmodule EctoLibSql.Codec.Json do
  @moduledoc false
  # Writes JSON for map parameters: through Jason, or Elixir's own JSON (1.18), where there is one,
  # and else by hand, so that a map can be stored in every build.

  @doc "The JSON text of a map; raises for a value that has no JSON form."
  @spec encode!(map()) :: String.t()
  def encode!(map) do
    cond do
      Code.ensure_loaded?(Jason) -> apply(Jason, :encode!, [map])
      Code.ensure_loaded?(JSON) -> apply(JSON, :encode!, [map])
      true -> map |> value() |> IO.iodata_to_binary()
    end
  end

  @doc "The same without any library."
  @spec value(term()) :: iodata()
  def value(nil), do: "null"
  def value(value) when is_boolean(value), do: Atom.to_string(value)
  def value(value) when is_atom(value), do: text(Atom.to_string(value))
  def value(value) when is_number(value), do: to_string(value)
  def value(value) when is_binary(value), do: text(value)
  def value(list) when is_list(list), do: [?[, joined(list, &value/1), ?]]

  def value(%module{} = value) when module in [Date, Time, NaiveDateTime, DateTime] do
    text(module.to_iso8601(value))
  end

  def value(%{__struct__: Decimal} = value), do: text(to_string(value))

  def value(map) when is_map(map) and not is_struct(map) do
    [?{, joined(map, fn {name, value} -> [text(to_string(name)), ?:, value(value)] end), ?}]
  end

  def value(_other), do: raise(ArgumentError, "no JSON form")

  defp joined(items, fun), do: items |> Enum.map(fun) |> Enum.intersperse(?,)

  defp text(text), do: [?", escaped(text), ?"]

  defp escaped(<<char, rest::binary>>) when char in [?", ?\\], do: [?\\, char | escaped(rest)]

  defp escaped(<<char, rest::binary>>) when char < 0x20 do
    ["\\u00", Base.encode16(<<char>>) | escaped(rest)]
  end

  defp escaped(<<char::utf8, rest::binary>>), do: [<<char::utf8>> | escaped(rest)]
  defp escaped(<<>>), do: []
  defp escaped(_not_text), do: raise(ArgumentError, "no JSON form")
end
