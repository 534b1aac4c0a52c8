defmodule Ecto.Adapters.LibSql.Types.Jsonb do
  @moduledoc false
  # Encodes and decodes JSONB, SQLite's binary JSON (sqlite.org/jsonb.html). An element is a header of its kind and size,
  # then its text or its members. Terms are those that a JSON library decodes to.

  import Bitwise

  @null 0
  @yes 1
  @no 2
  @integer 3
  @hexadecimal 4
  @float 5
  @loose_float 6
  @text 7
  @escaped 8
  @raw 10
  @array 11
  @object 12

  @spec encode(term()) :: binary()
  def encode(nil), do: element(@null, "")
  def encode(true), do: element(@yes, "")
  def encode(false), do: element(@no, "")
  def encode(value) when is_integer(value), do: element(@integer, Integer.to_string(value))
  def encode(value) when is_float(value), do: element(@float, Float.to_string(value))
  def encode(value) when is_binary(value), do: element(@raw, value)
  def encode(list) when is_list(list), do: element(@array, Enum.map_join(list, &encode/1))

  def encode(%{} = map) do
    members = for key <- Enum.sort(Map.keys(map)), do: [encode(key), encode(map[key])]
    element(@object, IO.iodata_to_binary(members))
  end

  defp element(kind, payload) do
    case byte_size(payload) do
      size when size < 12 -> <<size::4, kind::4, payload::binary>>
      size when size < 0x100 -> <<12::4, kind::4, size, payload::binary>>
      size when size < 0x10000 -> <<13::4, kind::4, size::16, payload::binary>>
      size when size < 0x100000000 -> <<14::4, kind::4, size::32, payload::binary>>
    end
  end

  @spec decode(binary(), (binary() -> {:ok, term()} | {:error, term()})) :: {:ok, term()} | :error
  def decode(bytes, text_decoder) do
    with {:ok, term, ""} <- next(bytes, text_decoder), do: {:ok, term}, else: (_ -> :error)
  end

  defp next(<<size::4, kind::4, rest::binary>>, decoder) when size < 12,
    do: split(kind, size, rest, decoder)

  defp next(<<code::4, kind::4, rest::binary>>, decoder) do
    bits = 8 <<< (code - 12)

    case rest do
      <<size::size(bits), rest::binary>> -> split(kind, size, rest, decoder)
      _cut -> :error
    end
  end

  defp next("", _decoder), do: :error

  defp split(kind, size, rest, decoder) do
    case rest do
      <<payload::binary-size(size), rest::binary>> ->
        with {:ok, term} <- term(kind, payload, decoder), do: {:ok, term, rest}

      _cut ->
        :error
    end
  end

  defp term(@null, "", _decoder), do: {:ok, nil}
  defp term(@yes, "", _decoder), do: {:ok, true}
  defp term(@no, "", _decoder), do: {:ok, false}
  defp term(@integer, text, _decoder), do: whole(Integer.parse(text))

  defp term(@hexadecimal, "-0" <> <<_x, hex::binary>>, _d),
    do: whole(Integer.parse("-" <> hex, 16))

  defp term(@hexadecimal, "0" <> <<_x, hex::binary>>, _d), do: whole(Integer.parse(hex, 16))
  defp term(@float, text, _decoder), do: whole(Float.parse(text))
  defp term(@loose_float, text, _decoder), do: text |> complete() |> Float.parse() |> whole()
  defp term(kind, text, _decoder) when kind in [@text, @raw], do: {:ok, text}

  defp term(@escaped, text, decoder) do
    with {:error, _} <- decoder.(~s("#{text}")), do: :error
  end

  defp term(@array, members, decoder), do: members(members, decoder, [])

  defp term(@object, members, decoder) do
    with {:ok, list} <- members(members, decoder, []), do: object(list, %{})
  end

  defp term(_unknown, _payload, _decoder), do: :error

  defp whole({number, ""}), do: {:ok, number}
  defp whole(_other), do: :error

  # JSON5 allows ".5" and "5.".
  defp complete("-" <> text), do: "-" <> complete(text)
  defp complete("." <> text), do: "0." <> text
  defp complete(text), do: if(String.ends_with?(text, "."), do: text <> "0", else: text)

  defp members("", _decoder, list), do: {:ok, Enum.reverse(list)}

  defp members(bytes, decoder, list) do
    with {:ok, term, rest} <- next(bytes, decoder), do: members(rest, decoder, [term | list])
  end

  defp object([], map), do: {:ok, map}

  defp object([key, value | rest], map) when is_binary(key),
    do: object(rest, Map.put(map, key, value))

  defp object(_odd, _map), do: :error
end
