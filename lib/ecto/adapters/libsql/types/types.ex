defmodule Ecto.Adapters.LibSql.Types do
  @moduledoc false
  # The column type, cast, loaders and dumpers of an Ecto type. Ecto calls loaders and dumpers without the repository, so
  # the settings are those of `config :ecto_libsql`.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.{BinaryId, Codec, Untyped}

  @integers ~w(id serial bigserial smallserial identity integer bigint smallint boolean)a
  @texts ~w(string text citext)a
  @blobs ~w(binary blob bitstring)a
  @times ~w(date time time_usec naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a ++
           ~w(timestamp timestamptz datetime)a
  @uuids ~w(binary_id uuid)a
  # The driver registers this collation, which compares decimal numbers in texts by value.
  @exact "TEXT COLLATE decimal"

  @doc "A setting of `config :ecto_libsql`."
  @spec setting(atom(), term()) :: term()
  def setting(key, default) do
    # Called for each value that is loaded or dumped: Application.get_env/3 takes longer.
    case :application.get_env(:ecto_libsql, key) do
      {:ok, value} -> value
      :undefined -> default
    end
  end

  @doc "Whether UUIDs of this type are stored as text or as 16 bytes."
  @spec uuid_form(atom()) :: :string | :binary
  def uuid_form(:binary_id), do: setting(:binary_id_type, :string)
  def uuid_form(_uuid), do: setting(:uuid_type, :string)

  @doc "Whether `:uuid_type` is not set, so that a column may hold UUIDs in both forms."
  @spec uuid_undecided?() :: boolean()
  def uuid_undecided?, do: setting(:uuid_type, nil) == nil

  ## Columns

  @doc """
  The type of a column in DDL; with `strict: true` in `opts`, one that a STRICT table accepts.
  """
  @spec column(term(), keyword()) :: String.t()
  def column(type, opts \\ []) do
    case extension(:column_type, [type, opts]) do
      nil -> if opts[:strict], do: strict(type), else: normal(type, opts)
      type -> type
    end
  end

  defp normal(type, _opts) when type in @integers, do: "INTEGER"
  defp normal(:citext, _opts), do: "TEXT COLLATE NOCASE"
  defp normal(type, _opts) when type in @texts, do: "TEXT"
  defp normal(type, _opts) when type in @blobs, do: "BLOB"
  defp normal(:float, _opts), do: "REAL"
  defp normal(:decimal, opts), do: if(exact_decimals?(), do: @exact, else: decimal(opts))
  defp normal(type, _opts) when type in @uuids, do: uuid(type)
  defp normal(type, _opts) when type in [:time, :time_usec], do: "TIME"

  defp normal(type, _opts)
       when type in ~w(naive_datetime naive_datetime_usec utc_datetime utc_datetime_usec)a,
       do: "DATETIME"

  defp normal(:duration, _opts), do: "TEXT"
  defp normal(:map, _opts), do: json(:map_type)
  defp normal({:map, _inner}, _opts), do: json(:map_type)
  defp normal({:array, _inner}, _opts), do: json(:array_type)
  defp normal(:vector, opts), do: vector(opts[:size])
  defp normal({:vector, size}, _opts) when is_integer(size) and size > 0, do: "F32_BLOB(#{size})"
  defp normal(type, _opts) when is_atom(type), do: type |> Atom.to_string() |> String.upcase()
  defp normal(type, _opts) when is_binary(type), do: type

  defp normal(type, _opts),
    do: raise(ArgumentError, "unsupported column type #{inspect(type)}")

  defp vector(size) when is_integer(size) and size > 0, do: "F32_BLOB(#{size})"

  defp vector(size) do
    raise ArgumentError,
          "a column of type :vector needs a size from 1 up, such as size: 384, got: #{inspect(size)}"
  end

  defp decimal(opts) do
    case {opts[:precision], opts[:scale]} do
      {nil, nil} -> "DECIMAL"
      {precision, nil} -> "DECIMAL(#{precision})"
      {nil, _scale} -> raise ArgumentError, "a decimal column with :scale needs :precision"
      {precision, scale} -> "DECIMAL(#{precision},#{scale})"
    end
  end

  defp json(setting), do: if(setting(setting, :string) == :binary, do: "BLOB", else: "TEXT")

  defp uuid(type), do: if(uuid_form(type) == :binary, do: "BLOB", else: "TEXT")

  defp strict(type) when type in @integers, do: "INTEGER"
  defp strict(type) when type in @blobs, do: "BLOB"
  defp strict(:citext), do: "TEXT COLLATE NOCASE"
  defp strict(:float), do: "REAL"
  defp strict(type) when type in @uuids, do: uuid(type)
  defp strict({:vector, _size}), do: "BLOB"
  defp strict(:vector), do: "BLOB"
  defp strict(:map), do: json(:map_type)
  defp strict({:map, _inner}), do: json(:map_type)
  defp strict({:array, _inner}), do: json(:array_type)
  defp strict(:any), do: "ANY"

  # As texts they would compare by their characters.
  defp strict(:decimal), do: if(exact_decimals?(), do: @exact, else: "REAL")

  # A type given by its SQL name, such as F32_BLOB(3).
  defp strict(type) when is_atom(type),
    do: if(Atom.to_string(type) =~ ~r/blob/i, do: "BLOB", else: "TEXT")

  defp strict(_other), do: "TEXT"

  @doc "Whether a single primary key of this type is an alias of the rowid."
  @spec rowid?(term()) :: boolean()
  def rowid?(type), do: type in (@integers -- [:boolean])

  ## Casts

  @doc "The type that `type/2` casts to, or nil where a cast could lose something."
  @spec cast_class(term()) :: String.t() | nil
  def cast_class(type) do
    case primitive(type) do
      type when type in [:integer, :id, :bigint, :smallint, :serial, :bigserial] -> "INTEGER"
      :float -> "REAL"
      :decimal -> if exact_decimals?(), do: "TEXT", else: "NUMERIC"
      type when type in @texts -> "TEXT"
      type when type in [:binary, :blob] -> "BLOB"
      # These load from more than one storage class.
      _other -> nil
    end
  end

  @spec primitive(term()) :: term()
  def primitive(type), do: if(Ecto.Type.base?(type), do: type, else: resolve(type))

  defp resolve(type) when is_atom(type) do
    if Code.ensure_loaded?(type) and function_exported?(type, :type, 0),
      do: type.type(),
      else: type
  end

  defp resolve({:parameterized, _} = type), do: Ecto.Type.type(type)
  defp resolve({:maybe, type}), do: primitive(type)
  defp resolve(type), do: type

  @doc "Whether a value of this type has another form as a member of a JSON array than in a column."
  @spec other_in_json?(term()) :: boolean()
  def other_in_json?(type) do
    case primitive(type) do
      type when type in @uuids -> uuid_form(type) == :binary
      type when type in [:binary, :bitstring] -> true
      type when type in [:date, :time, :time_usec] -> false
      type when type in @times -> setting(:datetime_type, :iso8601) == :text_datetime
      _same -> false
    end
  end

  @doc "Whether decimals are stored as texts with all their digits."
  @spec exact_decimals?() :: boolean()
  def exact_decimals?, do: setting(:decimal_type, :numeric) == :exact

  @doc "Whether a field of this type is stored as such a text."
  @spec exact_decimal?(term()) :: boolean()
  def exact_decimal?(nil), do: false
  def exact_decimal?(type), do: exact_decimals?() and primitive(type) == :decimal

  @doc "Whether a field of this type holds numbers."
  @spec numeric?(term()) :: boolean()
  def numeric?(nil), do: false
  def numeric?(type), do: primitive(type) in [:integer, :id, :float, :decimal]

  ## Loaders and dumpers

  @spec loaders(term(), term()) :: list()
  def loaders(primitive, type) do
    extension(:loaders, [primitive, type]) || load(primitive, type)
  end

  @spec dumpers(term(), term()) :: list()
  def dumpers(primitive, type) do
    extension(:dumpers, [primitive, type]) || dump(primitive, type)
  end

  defp extension(function, args), do: extension(setting(:type_extensions, []), function, args)

  defp extension([], _function, _args), do: nil

  defp extension(modules, function, args) do
    Enum.find_value(modules, fn module ->
      if Code.ensure_loaded?(module) and function_exported?(module, function, 2),
        do: apply(module, function, args)
    end)
  end

  defp load(:boolean, type), do: [&Codec.load_boolean/1, type]
  # An aggregate of an integer field. An average is a float, also where it is a whole number.
  defp load(kind, {:try, kind}) when kind in [:integer, :id], do: []
  defp load(kind, type) when kind in [:integer, :id], do: [&Codec.load_integer/1, type]
  defp load(:float, type), do: [&Codec.load_float/1, type]
  defp load(:decimal, type), do: [&Codec.load_decimal/1, type]
  defp load(:bitstring, type), do: [&Codec.load_bitstring/1, type]
  defp load(:binary_id, type), do: [BinaryId, type]
  defp load(:uuid, type), do: [&Codec.load_uuid(&1, :binary), type]
  defp load(:map, type), do: [&Codec.load_json/1, type]

  defp load({:map, _}, type),
    do: [&Codec.load_json/1, &Ecto.Type.embedded_load(type, &1, :json)]

  defp load({:array, _}, {:array, _} = type),
    do: [&Codec.load_json/1, &Types.Array.load(type, &1)]

  defp load({:array, _}, type), do: [&Codec.load_json/1, type]
  defp load(:duration, type), do: [&Codec.load_duration/1, type]
  defp load(kind, type) when kind in @times, do: [&Codec.load_time(&1, kind), type]
  defp load(_other, type), do: [type]

  defp dump(:binary, type), do: [type, &Codec.dump_binary/1]
  defp dump(:bitstring, type), do: [type, &Codec.dump_bitstring/1]
  defp dump(:boolean, type), do: [type, &Codec.dump_boolean/1]
  defp dump(:decimal, type), do: [type, &Codec.dump_decimal/1]

  defp dump(:binary_id, type), do: [type, &BinaryId.dump/1]

  # Accepts the 16 bytes of Ecto.UUID.bingenerate/0 as well, which Ecto.UUID.dump/1 refuses.
  defp dump(:uuid, Ecto.UUID), do: [&Codec.dump_uuid(&1, uuid_form(:uuid))]

  defp dump(:uuid, type), do: [type, &Codec.dump_uuid(&1, uuid_form(:uuid))]

  defp dump(:map, type), do: [type, &Codec.dump_json(&1, :map_type)]

  defp dump({:map, _}, type),
    do: [&Ecto.Type.embedded_dump(type, &1, :json), &Codec.dump_json(&1, :map_type)]

  defp dump({:array, _}, {:array, _} = type),
    do: [&Types.Array.dump(type, &1), &Codec.dump_json(&1, :array_type)]

  defp dump({:array, _}, type), do: [type, &Codec.dump_json(&1, :array_type)]
  defp dump(:duration, type), do: [type, &Codec.dump_duration/1]
  defp dump(kind, type) when kind in @times, do: [type, &Codec.dump_time(&1, kind)]
  defp dump(:any, type), do: [type, &Untyped.dump/1]
  defp dump(_other, type), do: [type]
end
