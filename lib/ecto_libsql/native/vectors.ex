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

  @spec call(String.t(), String.t() | atom(), [number()] | String.t()) :: String.t()
  def call(function, column, vector), do: "#{function}(#{column}, #{quoted(vector)})"

  @spec quoted([number()] | String.t()) :: String.t()
  def quoted(vector) when is_list(vector), do: quoted(literal(vector))
  def quoted(vector) when is_binary(vector), do: "'" <> String.replace(vector, "'", "''") <> "'"
end
