defmodule Ecto.Adapters.LibSql.SQL.Literal do
  @moduledoc false
  # Values written into the text of a query, casts by `type/2`, and lists of values.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.{Expr, Quote, Sources, Typing}
  alias Ecto.Adapters.LibSql.Types.Codec

  @spec literal(term(), map() | nil) :: iodata()
  def literal(nil, _query), do: "NULL"
  def literal(true, _query), do: "1"
  def literal(false, _query), do: "0"
  def literal(value, _query) when is_binary(value), do: text(value)
  def literal(value, _query) when is_integer(value), do: Quote.integer(value)
  def literal(value, _query) when is_float(value), do: Float.to_string(value)

  def literal(%Decimal{coef: coef} = value, _query) when is_integer(coef) do
    text = Decimal.to_string(value, :normal)
    if Types.exact_decimals?(), do: Quote.text(text), else: text
  end

  def literal(%module{} = value, _query) when module in [Date, Time, NaiveDateTime, DateTime],
    do: value |> Codec.time_text() |> Quote.text()

  def literal(value, query), do: error!(query, "unsupported literal: #{inspect(value)}")

  # A literal that is not UTF-8 can only mean bytes.
  defp text(value), do: if(String.valid?(value), do: Quote.text(value), else: Quote.blob(value))

  @doc "`type(value, type)` and literals that the planner gave a type."
  @spec tagged(term(), term(), Sources.t(), map()) :: iodata()
  def tagged(value, :binary, _sources, _query) when is_binary(value), do: Quote.blob(value)

  def tagged(value, :bitstring, _sources, _query) when is_bitstring(value),
    do: value |> Codec.bitstring() |> Quote.blob()

  def tagged(value, type, _sources, query)
      when is_binary(value) and type in [:binary_id, :uuid, Ecto.UUID] do
    case Codec.uuid(value, Types.uuid_form(type)) do
      {:ok, {:blob, bytes}} -> Quote.blob(bytes)
      {:ok, text} -> Quote.text(text)
      :error -> error!(query, "#{inspect(value)} is not a UUID")
    end
  end

  # JSON texts have no type of their own to cast to.
  def tagged(value, {:array, _}, sources, query), do: Expr.expr(value, sources, query)
  def tagged(value, {:map, _}, sources, query), do: Expr.expr(value, sources, query)

  def tagged(value, type, sources, query) do
    case Types.cast_class(type) do
      nil ->
        Typing.DateTime.stored(value, type, sources, query) || Expr.operand(value, sources, query)

      class ->
        ["CAST(", Expr.expr(value, sources, query), " AS ", class, ?)]
    end
  end

  @doc """
  A values list as a table with named columns. SQLite has no names for the columns of VALUES, so a
  select around it gives them.
  """
  @spec values([{atom(), term()}], non_neg_integer(), pos_integer()) :: iodata()
  def values(types, ix, rows) do
    width = length(types)

    names =
      types
      |> Enum.with_index(1)
      |> Enum.map_intersperse(", ", fn {{field, type}, column} ->
        column = ["column", Integer.to_string(column)]
        [Typing.Decimal.collated(column, type), " AS " | Quote.name(field)]
      end)

    rows =
      Enum.map_intersperse(0..(rows - 1), ", ", fn row ->
        [?(, row(types, ix + row * width), ?)]
      end)

    ["(SELECT ", names, " FROM (VALUES ", rows, "))"]
  end

  defp row(types, ix) do
    types
    |> Enum.with_index(ix)
    |> Enum.map_intersperse(", ", fn {{_field, type}, ix} ->
      tagged({:^, [], [ix]}, type, {}, nil)
    end)
  end
end
