defmodule Ecto.Adapters.LibSql.Plan.JsonList do
  @moduledoc false
  # `x in ^list` with a long list: the list travels as one JSON text instead of as many parameters, of
  # which SQLite takes 32,766 and parses thousands slowly. The parameters behind it move up. A list with a member
  # that JSON does not carry stays parameters.

  alias Ecto.Adapters.LibSql.SQL.Operators
  alias Ecto.Adapters.LibSql.Types.Codec

  # Beyond this many members a text is cheaper than parameters.
  @threshold 500

  defstruct [:sql, :lists, :folding]

  @typedoc """
  `lists` are `{index, length}`; `sql` is the text with all of them folded, and `folding` writes the one with only
  some of them.
  """
  @type t :: %__MODULE__{sql: binary(), lists: lists(), folding: (lists() -> binary())}
  @type lists :: [{non_neg_integer(), pos_integer()}]

  @integers -9_223_372_036_854_775_808..9_223_372_036_854_775_807

  defimpl String.Chars do
    def to_string(%{sql: sql}), do: sql
  end

  # Ecto.Adapters.SQL.to_sql/3 gives it out; Repo.query/2 takes it.
  defimpl Inspect do
    import Inspect.Algebra

    def inspect(%{sql: sql}, opts),
      do: concat(["#Ecto.Adapters.LibSql.LongList<", to_doc(sql, opts), ">"])
  end

  @type generated :: binary() | t()

  @doc "The text of a query by `generate`, or what `fold/2` makes one of."
  @spec generate(map(), (map() -> iodata())) :: generated()
  def generate(query, generate) do
    case query |> find([]) |> Enum.uniq() |> Enum.sort() do
      [] -> IO.iodata_to_binary(generate.(query))
      lists -> folded(query, lists, generate)
    end
  end

  defp folded(query, lists, generate) do
    folding = fn lists -> query |> rewrite(lists) |> generate.() |> IO.iodata_to_binary() end
    %__MODULE__{sql: folding.(lists), lists: lists, folding: folding}
  end

  @doc """
  The text that takes the parameters as they are, for those who want to see one; where there are too many of
  them, what fold/2 needs.
  """
  @spec shown(t()) :: generated()
  def shown(%__MODULE__{lists: lists, folding: folding} = folded) do
    total = lists |> Enum.map(&elem(&1, 1)) |> Enum.sum()
    if total < Operators.max_parameters(), do: folding.([]), else: folded
  end

  @doc "The text to run, and its parameters."
  @spec fold(iodata() | t(), list()) :: {binary(), list()}
  def fold(%__MODULE__{lists: lists} = folded, params) do
    case Enum.split_with(lists, &(refusal(&1, params) == nil)) do
      {_all, []} ->
        {folded.sql, join(params, 0, lists)}

      {carried, [other | _]} ->
        joined = join(params, 0, carried)
        if length(joined) > Operators.max_parameters(), do: cannot!(refusal(other, params))
        {folded.folding.(carried), joined}
    end
  end

  def fold(sql, params), do: {IO.iodata_to_binary(sql), params}

  defp cannot!(reason) do
    raise ArgumentError,
          "a list with #{reason} must fit into #{Operators.max_parameters()} parameters; split the list, or " <>
            "join with a values list"
  end

  # What JSON does not carry of a list.
  defp refusal({ix, length}, params) do
    params |> Enum.drop(ix) |> Enum.take(length) |> Enum.find_value(&refusal/1)
  end

  defp refusal({:blob, _bytes}), do: "bytes"
  defp refusal({:text, text}), do: refusal(text)

  defp refusal(text) when is_binary(text) do
    cond do
      not String.valid?(text) -> "texts that are not UTF-8"
      String.contains?(text, <<0>>) -> "texts with a zero byte"
      true -> nil
    end
  end

  defp refusal(integer) when is_integer(integer) and integer not in @integers,
    do: "integers beyond 64 bits"

  defp refusal(_other), do: nil

  defp join(params, _at, []), do: params

  defp join(params, at, [{ix, length} | lists]) do
    {before, rest} = Enum.split(params, ix - at)
    {list, rest} = Enum.split(rest, length)
    {:ok, json} = Codec.dump_json(Enum.map(list, &plain/1))
    before ++ [json | join(rest, ix + length, lists)]
  end

  defp plain({:text, text}), do: text
  defp plain(value), do: value

  # Long lists are only looked for behind IN.
  defp find({:in, _, [left, {:^, _, [ix, length]}]}, found) when length > @threshold,
    do: find(left, [{ix, length} | found])

  defp find(tuple, found) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> find(found)
  defp find([head | tail], found), do: find(tail, find(head, found))
  defp find(%_{} = struct, found), do: struct |> Map.from_struct() |> Map.values() |> find(found)
  defp find(%{} = map, found), do: map |> Map.values() |> find(found)
  defp find(_scalar, found), do: found

  defp rewrite({:in, meta, [left, {:^, _, [ix, length]} = list]}, lists) do
    if {ix, length} in lists do
      # Operators reads anything else than a list behind IN as a JSON array.
      {:in, meta, [rewrite(left, lists), {:^, [], [moved(ix, lists)]}]}
    else
      {:in, meta, [rewrite(left, lists), rewrite(list, lists)]}
    end
  end

  defp rewrite({:^, meta, [ix | rest]}, lists) when is_integer(ix),
    do: {:^, meta, [moved(ix, lists) | rest]}

  defp rewrite({:values, meta, [types, ix, rows]}, lists),
    do: {:values, meta, [types, moved(ix, lists), rows]}

  defp rewrite(tuple, lists) when is_tuple(tuple),
    do: tuple |> Tuple.to_list() |> rewrite(lists) |> List.to_tuple()

  defp rewrite([head | tail], lists), do: [rewrite(head, lists) | rewrite(tail, lists)]

  defp rewrite(%module{} = struct, _lists)
       when module in [Decimal, Date, Time, NaiveDateTime, DateTime],
       do: struct

  defp rewrite(%_{} = struct, lists),
    do: struct |> Map.from_struct() |> rewrite(lists) |> then(&struct(struct, &1))

  defp rewrite(%{} = map, lists),
    do: Map.new(map, fn {key, value} -> {key, rewrite(value, lists)} end)

  defp rewrite(scalar, _lists), do: scalar

  # Each list before it frees all its places but one.
  defp moved(ix, lists) do
    Enum.reduce(lists, ix, fn {start, length}, moved ->
      if start < ix, do: moved - length + 1, else: moved
    end)
  end
end
