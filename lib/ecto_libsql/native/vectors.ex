defmodule EctoLibSql.Native.Vectors do
  @moduledoc ~S"""
  The functions of `EctoLibSql.Native` that write vectors: as SQL text, and as the bytes that libSQL stores.

      iex> type = EctoLibSql.Native.vector_type(3)
      iex> "CREATE TABLE doc (id INTEGER PRIMARY KEY, embedding #{type})"
      "CREATE TABLE doc (id INTEGER PRIMARY KEY, embedding F32_BLOB(3))"
  """

  @kinds %{
    f32: "F32_BLOB",
    f64: "F64_BLOB",
    f16: "F16_BLOB",
    bf16: "FB16_BLOB",
    f8: "F8_BLOB",
    f1bit: "F1BIT_BLOB"
  }

  @doc ~S"""
  A vector as text.

      iex> EctoLibSql.Native.vector([1.0, 2.5])
      "[1.0,2.5]"
  """
  @spec vector([number()]) :: String.t()
  def vector(values) when is_list(values) do
    "[" <> Enum.map_join(values, ",", &number/1) <> "]"
  end

  defp number(value) when is_number(value), do: to_string(value)

  @doc ~S"""
  The column type of a vector; kinds are `:f32`, `:f64`, `:f16`, `:bf16`, `:f8`, `:f1bit`.

      iex> EctoLibSql.Native.vector_type(3)
      "F32_BLOB(3)"
  """
  @spec vector_type(pos_integer(), atom()) :: String.t()
  def vector_type(dimensions, kind \\ :f32)

  def vector_type(dimensions, kind) when is_integer(dimensions) and dimensions > 0 do
    case @kinds do
      %{^kind => name} ->
        "#{name}(#{dimensions})"

      _ ->
        raise ArgumentError,
              "unknown vector kind #{inspect(kind)}, expected one of #{inspect(Map.keys(@kinds))}"
    end
  end

  # Little-endian IEEE-754; an odd length ends in a byte for the type (2: 64-bit floats).

  @doc """
  A vector as the bytes that libSQL stores: 32-bit floats, or `:f64`. Bind it as `{:blob, bytes}`.

      iex> EctoLibSql.Native.vector_to_blob([1.0])
      <<0, 0, 128, 63>>
  """
  @spec vector_to_blob([number()], :f32 | :f64) :: binary()
  def vector_to_blob(values, kind \\ :f32)

  def vector_to_blob(values, :f32) when is_list(values),
    do: for(v <- values, into: <<>>, do: <<single(v)::float-32-little>>)

  def vector_to_blob(values, :f64) when is_list(values) do
    for(v <- values, into: <<>>, do: <<v::float-64-little>>) <> <<2>>
  end

  # The largest number that rounds to a finite float of 32 bits; larger ones would become infinity.
  @largest_single 3.402823567797336e38

  defp single(value) when abs(value) <= @largest_single, do: value

  defp single(_value),
    do:
      raise(ArgumentError, "a vector of :f32 holds numbers up to 3.4028235e38, :f64 larger ones")

  @doc """
  The numbers of a stored vector of 32-bit or 64-bit floats.

      iex> EctoLibSql.Native.vector_from_blob(<<0, 0, 128, 63>>)
      {:ok, [1.0]}
  """
  @spec vector_from_blob(binary()) :: {:ok, [float()]} | {:error, String.t()}
  def vector_from_blob(bytes) when is_binary(bytes) do
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

  @doc ~S"""
  SQL for the cosine distance. The column is SQL text and must not come from outside.

      iex> EctoLibSql.Native.vector_distance_cos("embedding", [1, 2])
      "vector_distance_cos(embedding, '[1,2]')"
  """
  @spec vector_distance_cos(String.t() | atom(), [number()] | String.t()) :: String.t()
  def vector_distance_cos(column, vector), do: distance("vector_distance_cos", column, vector)

  @doc "SQL for the Euclidean distance."
  @spec vector_distance_l2(String.t() | atom(), [number()] | String.t()) :: String.t()
  def vector_distance_l2(column, vector), do: distance("vector_distance_l2", column, vector)

  defp distance(function, column, vector), do: "#{function}(#{column}, #{quoted(vector)})"

  defp quoted(vector) when is_list(vector), do: quoted(vector(vector))
  defp quoted(vector) when is_binary(vector), do: "'" <> String.replace(vector, "'", "''") <> "'"
end
