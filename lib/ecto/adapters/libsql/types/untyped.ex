defmodule Ecto.Adapters.LibSql.Types.Untyped do
  @moduledoc false
  # What a value is bound as where nothing says its type: a parameter of Repo.query or of a fragment, a field of a
  # query or of an insert without a schema. SQLite compares texts byte by byte and never a text with a number, so
  # each value takes the form that a field of its own kind stores, and a Decimal is a number, because that is what
  # sums and products are. docs/guides/ecto.md has the table.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec

  @int64 -0x8000000000000000..0x7FFFFFFFFFFFFFFF

  @doc "One value; `:error` for a Decimal that is no number. What is not known here is left to the driver."
  @spec dump(term()) :: {:ok, term()} | :error
  def dump(%Decimal{} = value),
    do: if(Types.exact_decimals?(), do: Codec.dump_decimal(value), else: number(value))

  def dump(%Date{} = value), do: {:ok, Date.to_iso8601(value)}

  def dump(%module{} = value) when module in [Time, NaiveDateTime, DateTime],
    do: {:ok, value |> precise() |> Codec.time_text()}

  def dump(%{__struct__: Duration} = value), do: Codec.dump_duration(value)

  def dump(value) when is_map(value) and not is_struct(value),
    do: Codec.dump_json(value, :map_type)

  def dump(value), do: {:ok, value}

  @doc "The parameters of a statement, in any of the shapes that the driver takes: by position or by name."
  @spec parameters(term()) :: term()
  def parameters([_ | _] = params),
    do: if(EctoLibSql.Codec.plain?(params), do: params, else: list(params))

  def parameters(params) when is_map(params) and not is_struct(params),
    do: Map.new(params, fn {name, value} -> {name, parameter(value)} end)

  def parameters(params), do: params

  defp list([{name, value} | rest]) when is_atom(name),
    do: [{name, parameter(value)} | list(rest)]

  defp list([value | rest]), do: [parameter(value) | list(rest)]
  defp list(rest), do: rest

  defp parameter(value) do
    case dump(value) do
      {:ok, dumped} -> dumped
      :error -> raise ArgumentError, "a parameter #{inspect(value)} has no number in SQLite"
    end
  end

  # Fields have whole seconds or six digits.
  defp precise(%{microsecond: {_micro, 0}} = time), do: time
  defp precise(%{microsecond: {micro, _digits}} = time), do: %{time | microsecond: {micro, 6}}

  # A whole number that 64 bits hold, else the nearest double.
  defp number(%Decimal{coef: coef, exp: exp, sign: sign}) when is_integer(coef) do
    case whole(sign * coef, exp) do
      integer when integer in @int64 -> {:ok, integer}
      _other -> real(sign, coef, exp)
    end
  end

  defp number(_nan_or_infinity), do: :error

  defp whole(coef, exp) when exp in 0..18, do: coef * Integer.pow(10, exp)

  defp whole(coef, exp) when exp in -400..-1 do
    scale = Integer.pow(10, -exp)
    if rem(coef, scale) == 0, do: div(coef, scale)
  end

  defp whole(_coef, _exp), do: nil

  defp real(sign, coef, exp) do
    {:ok, sign * :erlang.binary_to_float("#{coef}.0e#{exp}")}
  rescue
    # Beyond the range of a double.
    ArgumentError -> :error
  end
end
