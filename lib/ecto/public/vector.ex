defmodule EctoLibSql.Vector do
  @moduledoc """
  A type for vectors, and queries for the nearest.

      schema "films" do
        field :title, :string
        field :embedding, EctoLibSql.Vector, size: 384
      end

      add :embedding, :vector, size: 384                     # in a migration

      Film |> where(genre: "horror") |> EctoLibSql.Vector.nearest(:embedding, wanted, limit: 10) |> Repo.all()

  A value is a list of numbers, or their bytes as `Nx.to_binary/1` returns them: numbers of the element type, little-endian.

  ## Options of a field

    * `:size` - the number of dimensions, from 1 to 65536; a value of another size is refused. Required.
    * `:element` - `:f32` or `:f64`. Default: `:f32`.
    * `:load` - `:list` or `:binary`. A binary is not copied number by number. Default: `:list`.

  `vector_distance_cos` and `vector_distance_l2` are functions of local databases here, and of libSQL servers.
  """

  use Ecto.ParameterizedType

  import Ecto.Query, only: [from: 2]

  alias EctoLibSql.Native

  @typedoc "What `init/1` makes of a field's options."
  @type params :: %{size: pos_integer(), element: :f32 | :f64, load: :list | :binary}
  @typedoc "Numbers, or their bytes."
  @type t :: [number()] | binary()

  @largest_size 65_536
  # The largest number that rounds to a finite float of 32 bits.
  @largest_single 3.402823567797336e38
  @options ~w(size element load)a
  # What Ecto adds.
  @of_ecto ~w(field schema default source redact read_after_writes virtual autogenerate primary_key
              load_in_query skip_default_validation writable)a

  @doc false
  @impl Ecto.ParameterizedType
  @spec init(keyword()) :: params()
  def init(opts) do
    for {key, _value} <- opts, key not in @options, key not in @of_ecto do
      refuse!("knows the options #{inspect(@options)}", key)
    end

    %{
      size: size!(opts[:size]),
      element: one_of!(:element, Keyword.get(opts, :element, :f32), [:f32, :f64]),
      load: one_of!(:load, Keyword.get(opts, :load, :list), [:list, :binary])
    }
  end

  defp size!(size) when is_integer(size) and size in 1..@largest_size, do: size
  defp size!(size), do: refuse!("needs a :size from 1 to #{@largest_size}", size)

  defp one_of!(key, value, known) do
    if value in known,
      do: value,
      else: refuse!("needs #{inspect(key)} to be one of #{inspect(known)}", value)
  end

  defp refuse!(need, got),
    do: raise(ArgumentError, "EctoLibSql.Vector #{need}, got: #{inspect(got)}")

  @doc false
  @impl Ecto.ParameterizedType
  @spec type(params()) :: :binary
  def type(_params), do: :binary

  @doc false
  @impl Ecto.ParameterizedType
  @spec cast(term(), params()) :: {:ok, t() | nil} | {:error, keyword()}
  def cast(nil, _params), do: {:ok, nil}

  def cast(value, params) do
    case bytes(value, params) do
      {:ok, _bytes} -> {:ok, value}
      :error -> {:error, message: "is no vector of #{params.size} numbers (#{params.element})"}
    end
  end

  @doc false
  @impl Ecto.ParameterizedType
  @spec dump(term(), (any(), any() -> any()), params()) :: {:ok, term()} | :error
  def dump(nil, _dumper, _params), do: {:ok, nil}

  def dump(value, _dumper, params) do
    with {:ok, bytes} <- bytes(value, params), do: {:ok, {:blob, trailed(bytes, params.element)}}
  end

  @doc false
  @impl Ecto.ParameterizedType
  @spec load(term(), (any(), any() -> any()), params()) :: {:ok, t() | nil} | :error
  def load(nil, _loader, _params), do: {:ok, nil}

  def load(stored, _loader, params) when is_binary(stored) do
    with {:ok, bytes} <- data(stored, params) do
      if params.load == :binary, do: {:ok, bytes}, else: numbers(stored)
    end
  end

  def load(_stored, _loader, _params), do: :error

  defp numbers(stored) do
    with {:error, _no_elixir_number} <- Native.vector_from_blob(stored), do: :error
  end

  # The bytes of the numbers alone.
  defp bytes(value, params) when is_binary(value) do
    if byte_size(value) == params.size * width(params.element), do: {:ok, value}, else: :error
  end

  defp bytes(value, params) when is_list(value) do
    if length(value) == params.size and Enum.all?(value, &fits?(&1, params.element)),
      do: data(Native.vector_to_blob(value, params.element), params),
      else: :error
  end

  defp bytes(_value, _params), do: :error

  defp fits?(value, :f32), do: is_number(value) and abs(value) <= @largest_single
  defp fits?(value, :f64), do: is_float(value) or (is_integer(value) and abs(value) < 2 ** 1023)

  # A 64-bit vector ends in a byte for its type; a 32-bit one may.
  defp data(stored, %{size: size, element: :f32}) do
    case stored do
      <<bytes::binary-size(size)-unit(32)>> -> {:ok, bytes}
      <<bytes::binary-size(size)-unit(32), 1>> -> {:ok, bytes}
      _other -> :error
    end
  end

  defp data(stored, %{size: size, element: :f64}) do
    case stored do
      <<bytes::binary-size(size)-unit(64), 2>> -> {:ok, bytes}
      _other -> :error
    end
  end

  defp trailed(bytes, :f32), do: bytes
  defp trailed(bytes, :f64), do: bytes <> <<2>>

  defp width(:f32), do: 4
  defp width(:f64), do: 8

  @doc false
  @impl Ecto.ParameterizedType
  @spec equal?(term(), term(), params()) :: boolean()
  def equal?(left, right, params), do: left == right or same_bytes?(left, right, params)

  defp same_bytes?(left, right, params) do
    with {:ok, left} <- bytes(left, params), {:ok, right} <- bytes(right, params) do
      left == right
    else
      :error -> false
    end
  end

  @doc """
  The cosine distance in a query, from 0 to 2; of a vector of zeros nil.

      from f in Film, select: {f.title, cosine_distance(f.embedding, ^wanted)}

  A pinned value is a list or 32-bit floats as bytes; anything else is an expression. With `:f64`, 64-bit floats.
  """
  defmacro cosine_distance(column, vector, element \\ :f32),
    do: distance("vector_distance_cos(?, ?)", column, vector, element)

  @doc "The Euclidean distance in a query, as `cosine_distance/3`."
  defmacro l2_distance(column, vector, element \\ :f32),
    do: distance("vector_distance_l2(?, ?)", column, vector, element)

  defp distance(sql, column, {:^, _meta, [value]}, element) do
    quote do
      fragment(
        unquote(sql),
        unquote(column),
        type(^EctoLibSql.Vector.parameter(unquote(value), unquote(element)), :binary)
      )
    end
  end

  defp distance(sql, column, expression, _element),
    do: quote(do: fragment(unquote(sql), unquote(column), unquote(expression)))

  @doc """
  A vector as a parameter of type `:binary`, for fragments: its stored form.

      iex> EctoLibSql.Vector.parameter([1.0])
      <<0, 0, 128, 63>>
  """
  @spec parameter(t(), :f32 | :f64) :: binary()
  def parameter(vector, element \\ :f32)
  def parameter(vector, element) when is_list(vector), do: Native.vector_to_blob(vector, element)

  def parameter(vector, element)
      when is_binary(vector) and rem(byte_size(vector), 4) == 0 and element in [:f32, :f64],
      do: trailed(vector, element)

  def parameter(vector, element),
    do: refuse!("compares lists of numbers and binaries of #{inspect(element)}", vector)

  @doc """
  Orders `queryable` by the distance of `field` from `vector`, the nearest first. Rows whose field is nil are left out.

  It reads every row that the query's conditions admit, so it is exact with any of them. With an index it reads
  the `:limit` nearest rows of all, as the index finds them (see the guide to vectors); those that the conditions do not admit are
  then left out, and nothing comes in their place. With `filtered: true` the index is asked for further rows until there are
  as many as the limit that the conditions admit; where SQLite expects few such rows, it measures each of them (`vector_nearest` in the
  guide to vectors).

    * `:limit` - how many rows. Default: all; with an index it is needed, unless `:filtered`.
    * `:filtered` - with an index: whether its rows are those that the conditions admit. On local databases only: libSQL's
      servers have no such search. Default: `false`.
    * `:index` - the name of an index (`EctoLibSql.Migration.vector_index/3`) on the column, of a table with rowids. Its metric
      is the `:distance`'s.
    * `:distance` - `:cosine` or `:l2`. Default: `:cosine`.
    * `:element` - `:f32` or `:f64`, as the field's. Default: `:f32`.
  """
  @spec nearest(Ecto.Queryable.t(), atom(), t(), keyword()) :: Ecto.Query.t()
  def nearest(queryable, field, vector, opts \\ []) when is_atom(field) do
    for {key, _value} <- opts, key not in [:limit, :index, :filtered, :distance, :element] do
      refuse!(
        "nearest/4 knows the options :limit, :index, :filtered, :distance and :element",
        key
      )
    end

    element = one_of!(:element, Keyword.get(opts, :element, :f32), [:f32, :f64])
    metric = one_of!(:distance, Keyword.get(opts, :distance, :cosine), [:cosine, :l2])

    bytes = parameter(vector, element)

    if one_of!(:filtered, Keyword.get(opts, :filtered, false), [true, false]) do
      queryable |> ordered_by_index(bytes, opts[:index]) |> limited(opts[:limit])
    else
      queryable
      |> admitted(field, bytes, opts[:index], opts[:limit])
      |> ordered(metric, field, bytes)
      |> limited(opts[:limit])
    end
  end

  defp ordered_by_index(_queryable, _bytes, nil),
    do: refuse!("nearest/4 needs an :index with :filtered", nil)

  defp ordered_by_index(queryable, bytes, index) do
    from(row in table!(queryable),
      join: near in fragment("vector_nearest(?, ?)", ^to_string(index), type(^bytes, :binary)),
      on: near.id == field(row, :rowid),
      order_by: near.distance
    )
  end

  defp admitted(queryable, field, _bytes, nil, _limit),
    do: from(row in queryable, where: not is_nil(field(row, ^field)))

  defp admitted(_queryable, _field, _bytes, index, nil),
    do: refuse!("nearest/4 needs a :limit with an index", index)

  defp admitted(queryable, _field, bytes, index, limit) do
    from(row in table!(queryable),
      where:
        fragment(
          "? IN (SELECT id FROM vector_top_k(?, ?, ?))",
          field(row, :rowid),
          ^to_string(index),
          type(^bytes, :binary),
          ^limit
        )
    )
  end

  defp table!(queryable) do
    case Ecto.Queryable.to_query(queryable) do
      %{from: %{source: {table, _schema}}} = query when is_binary(table) -> query
      query -> refuse!("nearest/4 with an index reads a table", query)
    end
  end

  # A vector of zeros has no cosine distance: last.
  defp ordered(query, :cosine, field, bytes) do
    from(row in query,
      order_by: [
        asc_nulls_last:
          fragment("vector_distance_cos(?, ?)", field(row, ^field), type(^bytes, :binary))
      ]
    )
  end

  defp ordered(query, :l2, field, bytes) do
    from(row in query,
      order_by: [
        asc_nulls_last:
          fragment("vector_distance_l2(?, ?)", field(row, ^field), type(^bytes, :binary))
      ]
    )
  end

  defp limited(query, nil), do: query
  defp limited(query, count), do: from(query, limit: ^count)
end
