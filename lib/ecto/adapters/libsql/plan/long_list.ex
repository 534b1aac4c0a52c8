defmodule Ecto.Adapters.LibSql.Plan.LongList do
  @moduledoc false
  # `x in ^list` with a list that is bound as one JSON text in place of a parameter for each member. The parameters
  # behind it move up.

  alias Ecto.Adapters.LibSql.SQL.Parameter
  alias Ecto.Adapters.LibSql.SQL.Typing.Uuid
  alias Ecto.Adapters.LibSql.Types.Codec

  # Beyond this many members a text is cheaper than parameters.
  @threshold 500
  @integers -9_223_372_036_854_775_808..9_223_372_036_854_775_807

  @typedoc "The index of the first member among the parameters, and the number of members."
  @type place :: {non_neg_integer(), pos_integer()}

  @doc "The long lists among the pieces of a statement, in the order of their parameters."
  @spec find([term()]) :: [place()]
  def find(pieces) do
    lists =
      for {:list, ix, length, _forms, _wrap} when length > @threshold <- pieces, do: {ix, length}

    lists |> Enum.uniq() |> Enum.sort()
  end

  @doc "The index of a parameter where `lists` are one parameter each."
  @spec moved(non_neg_integer(), [place()]) :: non_neg_integer()
  def moved(ix, lists) do
    Enum.reduce(lists, ix, fn {start, length}, moved ->
      if start < ix, do: moved - length + 1, else: moved
    end)
  end

  @doc "The members of a JSON array, as the right side of IN."
  @spec members(iodata(), Parameter.wrap()) :: iodata()
  def members(json, wrap),
    do: ["(SELECT ", Parameter.wrap("value", wrap), " FROM json_each(", json, "))"]

  @doc "The same for UUIDs in both forms: texts, and the pieces of 16 bytes of one blob."
  @spec uuids(iodata(), iodata()) :: iodata()
  def uuids(json, bytes) do
    [
      ["(SELECT value FROM json_each(", json, ") UNION ALL SELECT substr(", bytes],
      [", key * 16 + 1, 16) FROM json_each(", json, ") WHERE type = 'text')"]
    ]
  end

  @doc "The blob of their bytes. A nil has bytes too, which the SQL of `uuids/2` does not read."
  @spec uuid_bytes([term()]) :: {:blob, binary()}
  def uuid_bytes(members) do
    {:blob,
     for member <- members, into: <<>> do
       bytes(plain(member))
     end}
  end

  defp bytes(nil), do: <<0::128>>

  # Ecto has cast it to a UUID.
  defp bytes(text) do
    {:blob, bytes} = Uuid.parameter(text)
    bytes
  end

  @doc "The JSON text of these members."
  @spec json([term()]) :: binary()
  def json(members) do
    {:ok, json} = members |> Enum.map(&plain/1) |> Codec.dump_json()
    json
  end

  defp plain({:text, text}), do: text
  defp plain(value), do: value

  @doc "The parameters with each list as one of them."
  @spec join(list(), [place()]) :: list()
  def join(params, lists), do: join(params, 0, lists)

  defp join(params, _at, []), do: params

  defp join(params, at, [{ix, length} | lists]) do
    {before, rest} = Enum.split(params, ix - at)
    {list, rest} = Enum.split(rest, length)
    before ++ [json(list) | join(rest, ix + length, lists)]
  end

  @doc "What JSON does not carry of a list, or nil."
  @spec refusal(place(), list()) :: String.t() | nil
  def refusal({ix, length}, params),
    do: params |> Enum.drop(ix) |> Enum.take(length) |> Enum.find_value(&refused/1)

  defp refused({:blob, _bytes}), do: "bytes"
  defp refused({:text, text}), do: refused(text)

  defp refused(text) when is_binary(text) do
    cond do
      not String.valid?(text) -> "texts that are not UTF-8"
      String.contains?(text, <<0>>) -> "texts with a zero byte"
      true -> nil
    end
  end

  defp refused(integer) when is_integer(integer) and integer not in @integers,
    do: "integers beyond 64 bits"

  defp refused(_other), do: nil

  @spec cannot!(place(), list(), pos_integer()) :: no_return()
  def cannot!(place, params, most) do
    raise ArgumentError,
          "a list with #{refusal(place, params)} must fit into #{most} parameters; split the list, or join with a " <>
            "values list"
  end
end
