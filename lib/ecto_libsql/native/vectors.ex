defmodule EctoLibSql.Native.Vectors do
  @moduledoc false
  # SQL text for vectors.

  @kinds %{
    f32: "F32_BLOB",
    f64: "F64_BLOB",
    f16: "F16_BLOB",
    bf16: "FB16_BLOB",
    f8: "F8_BLOB",
    f1bit: "F1BIT_BLOB"
  }

  @spec literal([number()]) :: String.t()
  def literal(values) when is_list(values) do
    "[" <> Enum.map_join(values, ",", &number/1) <> "]"
  end

  defp number(value) when is_number(value), do: to_string(value)

  @spec type(pos_integer(), atom()) :: String.t()
  def type(dimensions, kind) when is_integer(dimensions) and dimensions > 0 do
    case @kinds do
      %{^kind => name} ->
        "#{name}(#{dimensions})"

      _ ->
        raise ArgumentError,
              "unknown vector kind #{inspect(kind)}, expected one of #{inspect(Map.keys(@kinds))}"
    end
  end

  # Little-endian IEEE-754; an odd length ends in a byte for the type (2: 64-bit floats).

  @spec to_blob([number()], :f32 | :f64) :: binary()
  def to_blob(values, kind \\ :f32)

  def to_blob(values, :f32) when is_list(values),
    do: for(v <- values, into: <<>>, do: <<single(v)::float-32-little>>)

  def to_blob(values, :f64) when is_list(values) do
    for(v <- values, into: <<>>, do: <<v::float-64-little>>) <> <<2>>
  end

  # The largest number that rounds to a finite one of 32 bits; beyond it lies infinity.
  @largest_single 3.402823567797336e38

  defp single(value) when abs(value) <= @largest_single, do: value

  defp single(_value),
    do:
      raise(ArgumentError, "a vector of :f32 holds numbers up to 3.4028235e38, :f64 larger ones")

  @spec from_blob(binary()) :: {:ok, [float()]} | {:error, String.t()}
  def from_blob(bytes) when is_binary(bytes) do
    size = byte_size(bytes)

    cond do
      rem(size, 4) == 0 ->
        floats(bytes, 32)

      rem(size, 8) == 1 and :binary.last(bytes) == 2 ->
        floats(binary_part(bytes, 0, size - 1), 64)

      rem(size, 4) == 1 and :binary.last(bytes) == 1 ->
        floats(binary_part(bytes, 0, size - 1), 32)

      true ->
        {:error, "not a vector of 32-bit or 64-bit floats"}
    end
  end

  defp floats(bytes, size) do
    values = for <<value::float-size(size)-little <- bytes>>, do: value

    if length(values) * div(size, 8) == byte_size(bytes),
      do: {:ok, values},
      else: {:error, "the vector holds a NaN or an infinity, which have no Elixir number"}
  end

  @spec call(String.t(), String.t() | atom(), [number()] | String.t()) :: String.t()
  def call(function, column, vector), do: "#{function}(#{column}, #{quoted(vector)})"

  @spec quoted([number()] | String.t()) :: String.t()
  def quoted(vector) when is_list(vector), do: quoted(literal(vector))
  def quoted(vector) when is_binary(vector), do: "'" <> String.replace(vector, "'", "''") <> "'"
end
