defmodule Ecto.Adapters.LibSql.SQL.Literal do
  @moduledoc false
  # Values written into the text of a query, casts by `type/2`, and lists of values.

  import Ecto.Adapters.LibSql.SQL.Quote, only: [error!: 2]

  alias Ecto.Adapters.LibSql.Types

  alias Ecto.Adapters.LibSql.SQL.{
    ExactDecimal,
    Expr,
    Json,
    Operands,
    Parameter,
    Quote,
    Scope,
    Typing
  }

  alias Ecto.Adapters.LibSql.Types.Codec

  @spec literal(term(), Scope.t()) :: iodata()
  def literal(nil, _scope), do: "NULL"
  def literal(true, _scope), do: "1"
  def literal(false, _scope), do: "0"
  def literal(value, _scope) when is_binary(value), do: text(value)
  def literal(value, _scope) when is_integer(value), do: Quote.integer(value)
  def literal(value, _scope) when is_float(value), do: Float.to_string(value)

  def literal(%Decimal{coef: coef} = value, _scope) when is_integer(coef),
    do: Typing.Decimal.literal(value)

  def literal(%module{} = value, _scope) when module in [Date, Time, NaiveDateTime, DateTime],
    do: value |> Codec.time_text() |> Quote.text()

  def literal(value, scope), do: error!(scope.query, "unsupported literal: #{inspect(value)}")

  # A literal that is not UTF-8 can only mean bytes.
  defp text(value), do: if(String.valid?(value), do: Quote.text(value), else: Quote.blob(value))

  @doc "`type(value, type)` and literals that the planner gave a type."
  @spec tagged(term(), term(), Scope.t()) :: Parameter.sql()
  def tagged(value, :binary, _scope) when is_binary(value), do: Quote.blob(value)

  def tagged(value, :bitstring, _scope) when is_bitstring(value),
    do: value |> Codec.bitstring() |> Quote.blob()

  def tagged(value, type, scope)
      when is_binary(value) and type in [:binary_id, :uuid, Ecto.UUID] do
    case Codec.uuid(value, Types.uuid_form(type)) do
      {:ok, {:blob, bytes}} -> Quote.blob(bytes)
      {:ok, text} -> Quote.text(text)
      :error -> error!(scope.query, "#{inspect(value)} is not a UUID")
    end
  end

  # JSON texts have no type of their own to cast to.
  def tagged(value, {:array, _}, scope), do: Expr.expr(value, scope)
  def tagged(value, {:map, _}, scope), do: Expr.expr(value, scope)

  def tagged(value, type, scope) do
    case Types.cast_class(type) do
      nil -> Operands.stored(value, type, scope)
      "TEXT" -> text(value, Types.primitive(type), scope)
      class -> cast(value, class, scope)
    end
  end

  # A number in JSON has all its digits only in its text.
  defp text({:json_extract_path, _, [operand, path]}, :decimal, scope) do
    json = operand |> Expr.operand(scope) |> Json.fetch(path, &Expr.expr(&1, scope))
    ["nullif(trim(", json, ", '\"'), 'null')"]
  end

  defp text(value, :decimal, scope) do
    if ExactDecimal.decimal?(value, scope),
      do: Expr.expr(value, scope),
      else: cast(value, "TEXT", scope)
  end

  defp text(value, _primitive, scope), do: cast(value, "TEXT", scope)

  defp cast(value, class, scope), do: ["CAST(", Expr.expr(value, scope), " AS ", class, ?)]

  @doc """
  A values list as a table with named columns. SQLite has no names for the columns of VALUES, so a
  select around it gives them.
  """
  @spec values([{atom(), term()}], non_neg_integer(), pos_integer(), Scope.t()) ::
          Parameter.sql()
  def values(types, ix, rows, scope) do
    width = length(types)

    names =
      types
      |> Enum.with_index(1)
      |> Enum.map_intersperse(", ", fn {{field, type}, column} ->
        column = ["column", Integer.to_string(column)]
        [collated(column, type), " AS " | Quote.name(field)]
      end)

    rows =
      Enum.map_intersperse(0..(rows - 1), ", ", fn row ->
        [?(, row(types, ix + row * width, scope), ?)]
      end)

    ["(SELECT ", names, " FROM (VALUES ", rows, "))"]
  end

  defp collated(column, type),
    do: if(Types.exact_decimal?(type), do: Typing.Decimal.collated(column), else: column)

  defp row(types, ix, scope) do
    types
    |> Enum.with_index(ix)
    |> Enum.map_intersperse(", ", fn {{_field, type}, ix} ->
      tagged({:^, [], [ix]}, type, scope)
    end)
  end
end
