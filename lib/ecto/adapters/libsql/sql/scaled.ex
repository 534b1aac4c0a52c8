defmodule Ecto.Adapters.LibSql.SQL.Scaled do
  @moduledoc false
  # With `decimal_type: {:scaled, digits}` a decimal is kept as a whole number of its smallest units. Beside
  # another decimal, or a value that Ecto dumps by a decimal's type, that is right by itself. Anything else
  # would be taken for a number of units, and is refused.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.Sources
  alias Ecto.Adapters.LibSql.SQL.Typing.Infer
  alias Ecto.Query.Tagged

  @comparisons [:==, :!=, :<=, :>=, :<, :>, :in]

  @spec check!(atom(), term(), term(), Sources.t(), map()) :: :ok
  def check!(op, left, right, sources, query) do
    if Types.scaled_decimals?() do
      sides = {side(left, right, sources, query), side(right, left, sources, query)}
      unless fits?(op, sides), do: refuse!(op, query)
    end

    :ok
  end

  @doc "For a column or a cast of `type` that takes its value from `expr`."
  @spec check_value!(term(), term(), Sources.t(), map()) :: :ok
  def check_value!(expr, type, sources, query) do
    if Types.scaled_decimals?() and type != nil and Types.numeric?(type) do
      side = side(expr, nil, sources, query)
      decimal? = Types.primitive(type) == :decimal
      if side == if(decimal?, do: :number, else: :decimal), do: refuse!(:type, query)
    end

    :ok
  end

  @doc "For what is selected: there Ecto dumps the values in a sum by no type."
  @spec check_selected!(term(), Sources.t(), map()) :: :ok
  def check_selected!({op, _, [left, right]} = expr, sources, query) when op in [:+, :-] do
    if Types.scaled_decimals?() and (value?(left) or value?(right)) and
         decimal?(expr, sources, query),
       do: refuse!(:select, query)

    :ok
  end

  def check_selected!(_expr, _sources, _query), do: :ok

  defp fits?(op, sides) when op in @comparisons,
    do: sides not in for(number <- [:number, :value], sides <- both(number), do: sides)

  defp fits?(op, sides) when op in [:+, :-], do: sides not in both(:number)

  # What Ecto dumps a value by depends on what stands around the product.
  defp fits?(:*, sides),
    do: sides != {:decimal, :decimal} and sides not in both(:value) and sides not in both(:typed)

  defp fits?(:/, {left, right}),
    do: right != :decimal and not (left == :decimal and right in [:value, :typed])

  defp fits?(_and_or_or, _sides), do: true

  defp both(side), do: [{:decimal, side}, {side, :decimal}]

  # `:unknown` may be a decimal; a `:typed` value is dumped by the type of what it stands beside.
  defp side(%Tagged{value: value}, other, sources, query) when is_number(value),
    do: side(value, other, sources, query)

  defp side(expr, other, sources, query) do
    cond do
      value?(expr) -> if typed?(other, sources, query), do: :typed, else: :value
      decimal?(expr, sources, query) -> :decimal
      expr |> Infer.of(sources, query) |> Types.numeric?() -> :number
      true -> :unknown
    end
  end

  defp value?({:^, [], [_ix]}), do: true
  defp value?({:^, _, [_ix, _length]}), do: true
  defp value?(literal), do: is_number(literal) or is_binary(literal)

  # A column or a cast has a type of its own.
  defp typed?(nil, _sources, _query), do: true
  defp typed?(other, sources, query), do: Infer.typed?(other, sources, query)

  defp decimal?(expr, sources, query) do
    type = Infer.of(expr, sources, query)
    type != nil and Types.primitive(type) == :decimal
  end

  defp refuse!(op, query) do
    error!(
      query,
      "decimals that are kept as scaled integers cannot stand beside other numbers in #{op}; compare " <>
        "fields with values, multiply and divide by fields that are no decimals, or use a fragment"
    )
  end
end
