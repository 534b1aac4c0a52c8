defmodule Ecto.Adapters.LibSql.SQL.Typing.Decimal do
  @moduledoc false
  # The forms of decimals. By default they are SQLite's numbers: a sum or product of doubles may differ from the
  # decimal in its sixteenth digit, so it is rounded to fifteen wherever it is compared, combined or stored. With
  # `decimal_type: :exact` they are texts, which a collation sorts and functions of the driver add and multiply.

  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.Types

  @functions %{+: "decimal_add(", -: "decimal_sub(", *: "decimal_mul("}

  @doc """
  A number as fifteen significant digits hold it: integers, NULL and what is no number stay. CAST reads a text as a
  column of decimals does, so that the result equals the stored number.
  """
  @spec rounded(sql) :: sql when sql: term()
  def rounded(sql) do
    [
      ["CASE typeof(", sql, ") WHEN 'real' THEN CAST(replace(printf('%.15g', ", sql],
      ["), 'Inf', '9e999') AS NUMERIC) ELSE ", sql, " END"]
    ]
  end

  @doc "An exact decimal that is no column of a table, with the collation by which it compares."
  @spec collated(sql) :: sql when sql: term()
  def collated(sql), do: [sql, " COLLATE decimal"]

  @doc "The exact sum, difference or product of two texts; nil for any other operation."
  @spec exact(atom(), sql, sql) :: sql | nil when sql: term()
  def exact(op, left, right) do
    if name = @functions[op], do: [name, left, ", ", right, ?)]
  end

  @doc "A decimal written out, as SQL."
  @spec literal(Decimal.t() | number()) :: iodata()
  def literal(number) do
    text = number |> decimal() |> Decimal.to_string(:normal)
    if Types.exact_decimals?(), do: [?', text, ?'], else: text
  end

  @doc "A text written out that is compared or combined with decimals, as SQL: a number if it is one."
  @spec text(String.t()) :: iodata()
  def text(text) do
    case Decimal.parse(text) do
      {%Decimal{coef: coef} = decimal, ""} when is_integer(coef) -> literal(decimal)
      _no_number -> Quote.text(text)
    end
  end

  @doc "A value, as Ecto dumps one without a type, as the text of a decimal. What is no number stays as it is."
  @spec parameter(term()) :: term()
  def parameter(number) when is_number(number),
    do: number |> decimal() |> Decimal.to_string(:normal)

  def parameter(%Decimal{coef: coef} = number) when is_integer(coef),
    do: Decimal.to_string(number, :normal)

  def parameter(value), do: value

  defp decimal(float) when is_float(float), do: Decimal.from_float(float)
  defp decimal(integer) when is_integer(integer), do: Decimal.new(integer)
  defp decimal(%Decimal{} = decimal), do: decimal
end
