defmodule Ecto.Adapters.LibSql.Types.Codec do
  @moduledoc false
  # Conversions between Ecto's terms and stored values. Loading accepts the forms of other tools: UUIDs as text and as
  # bytes, dates with or without a zone, booleans as words, numbers as texts. Any other value is `:error`.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Jsonb

  @type loaded :: {:ok, term()} | :error

  @letters 0x20..0x7E

  ## Scalars

  @spec load_boolean(term()) :: loaded()
  def load_boolean(nil), do: {:ok, nil}
  def load_boolean(value) when value in [1, true, "true", "t", "TRUE", "1", 1.0], do: {:ok, true}

  def load_boolean(value) when value in [0, false, "false", "f", "FALSE", "0", 0.0],
    do: {:ok, false}

  def load_boolean(_value), do: :error

  @spec dump_boolean(term()) :: loaded()
  def dump_boolean(nil), do: {:ok, nil}
  def dump_boolean(true), do: {:ok, 1}
  def dump_boolean(false), do: {:ok, 0}

  # A value that is no integer passes through to the field's type, which refuses it or has a use for it (`{:try, type}`).
  @spec load_integer(term()) :: loaded()
  def load_integer(value) when is_float(value) do
    if value == Float.round(value), do: {:ok, trunc(value)}, else: {:ok, value}
  end

  # From a NUMERIC column, decoded by `decode: :declared`.
  def load_integer(%Decimal{} = value) do
    if Decimal.integer?(value), do: {:ok, Decimal.to_integer(value)}, else: {:ok, value}
  end

  def load_integer(value) when is_binary(value) do
    case Integer.parse(value) do
      {integer, ""} -> {:ok, integer}
      _other -> {:ok, value}
    end
  end

  def load_integer(value), do: {:ok, value}

  @spec load_float(term()) :: loaded()
  def load_float(value) when is_integer(value), do: {:ok, value / 1}

  # From a NUMERIC column, decoded by `decode: :declared`.
  def load_float(%Decimal{} = value), do: {:ok, Decimal.to_float(value)}

  def load_float(value) when is_binary(value) do
    case Float.parse(value) do
      {float, ""} -> {:ok, float}
      _other -> {:ok, value}
    end
  end

  def load_float(value), do: {:ok, value}

  @spec load_decimal(term()) :: loaded()
  def load_decimal(nil), do: {:ok, nil}
  def load_decimal(value) when is_integer(value), do: {:ok, Decimal.new(value)}
  def load_decimal(value) when is_float(value), do: {:ok, decimal(value)}

  def load_decimal(value) when is_binary(value) do
    case Decimal.parse(value) do
      {%Decimal{coef: coef} = decimal, ""} when is_integer(coef) -> {:ok, decimal}
      # Also of "NaN" and "Infinity", which no field stores.
      _other -> :error
    end
  end

  def load_decimal(%Decimal{} = value), do: {:ok, value}
  def load_decimal(_value), do: :error

  # A double keeps 15 significant digits of a decimal. The shortest text of a computed one may have two more,
  # which are rounding errors: 5 * 17.99 is 89.94999999999999.
  defp decimal(float) do
    case Decimal.from_float(float) do
      %Decimal{coef: coef} = exact when coef < 1_000_000_000_000_000 -> exact
      _longer -> float |> fifteen_digits() |> Decimal.from_float()
    end
  end

  defp fifteen_digits(float),
    do: float |> :erlang.float_to_binary(scientific: 14) |> :erlang.binary_to_float()

  @spec dump_decimal(term()) :: loaded()
  def dump_decimal(nil), do: {:ok, nil}

  def dump_decimal(%Decimal{coef: coef} = value) when is_integer(coef),
    do: {:ok, Decimal.to_string(value, :normal)}

  # SQLite has neither infinity nor NaN as text.
  def dump_decimal(_value), do: :error

  ## Bytes

  @spec dump_binary(term()) :: loaded()
  def dump_binary(nil), do: {:ok, nil}
  def dump_binary(value) when is_binary(value), do: {:ok, {:blob, value}}
  def dump_binary({:blob, _} = value), do: {:ok, value}

  @doc "A bitstring as bytes: the number of unused bits in the last byte, then the bits."
  @spec bitstring(bitstring()) :: binary()
  def bitstring(value) do
    unused = rem(8 - rem(bit_size(value), 8), 8)
    <<unused, value::bitstring, 0::size(unused)>>
  end

  @spec dump_bitstring(term()) :: loaded()
  def dump_bitstring(nil), do: {:ok, nil}
  def dump_bitstring(value) when is_bitstring(value), do: {:ok, {:blob, bitstring(value)}}

  @spec load_bitstring(term()) :: loaded()
  def load_bitstring(nil), do: {:ok, nil}

  def load_bitstring(<<unused, rest::binary>>) when unused < 8 and bit_size(rest) >= unused do
    size = bit_size(rest) - unused
    <<value::bitstring-size(size), _::bitstring>> = rest
    {:ok, value}
  end

  def load_bitstring(_value), do: :error

  ## UUIDs

  @doc "A UUID in either form as text or as tagged bytes."
  @spec uuid(binary(), :string | :binary) :: {:ok, String.t() | {:blob, binary()}} | :error
  def uuid(<<_::128>> = bytes, :binary), do: {:ok, {:blob, bytes}}
  def uuid(<<_::128>> = bytes, :string), do: Ecto.UUID.load(bytes)
  def uuid(text, :string), do: Ecto.UUID.cast(text)

  def uuid(text, :binary),
    do: with({:ok, bytes} <- Ecto.UUID.dump(text), do: {:ok, {:blob, bytes}})

  @spec dump_uuid(term(), :string | :binary) :: loaded()
  def dump_uuid(nil, _form), do: {:ok, nil}
  def dump_uuid({:blob, bytes}, form), do: uuid(bytes, form)
  def dump_uuid(value, form) when is_binary(value), do: uuid(value, form)
  def dump_uuid(_value, _form), do: :error

  @spec load_uuid(term(), :string | :binary) :: loaded()
  def load_uuid(nil, _form), do: {:ok, nil}
  def load_uuid({:blob, bytes}, form), do: load_uuid(bytes, form)

  def load_uuid(<<_::128>> = bytes, form),
    do: if(letters?(bytes), do: :error, else: loaded_uuid(bytes, form))

  def load_uuid(text, :string) when is_binary(text), do: Ecto.UUID.cast(text)
  def load_uuid(text, :binary) when is_binary(text), do: Ecto.UUID.dump(text)
  def load_uuid(_value, _form), do: :error

  defp loaded_uuid(bytes, :string), do: Ecto.UUID.load(bytes)
  defp loaded_uuid(bytes, :binary), do: {:ok, bytes}

  @doc """
  Whether 16 bytes are a text and no UUID. A UUID has a byte beyond ASCII, the ninth, for its variant (RFC 9562, section
  4.1), unless all its bytes are zero.
  """
  @spec letters?(<<_::128>>) :: boolean()
  def letters?(<<_::64, variant, _::56>>) when variant not in @letters, do: false

  def letters?(<<bytes::binary>>),
    do: bytes |> :binary.bin_to_list() |> Enum.all?(&(&1 in @letters))

  ## JSON

  @spec json_library() :: module()
  def json_library do
    Types.setting(:json_library, nil) || Application.get_env(:ecto_sql, :json_library) || Jason
  end

  @spec load_json(term()) :: loaded()
  def load_json(value) when is_binary(value) do
    library = json_library()

    case library.decode(value) do
      {:ok, _} = decoded -> decoded
      # SQLite's JSONB is not JSON text.
      {:error, _} -> Jsonb.decode(value, &library.decode/1)
    end
  end

  def load_json(value), do: {:ok, value}

  @spec dump_json(term()) :: loaded()
  def dump_json(nil), do: {:ok, nil}
  def dump_json(value), do: {:ok, IO.iodata_to_binary(json_library().encode_to_iodata!(value))}

  @doc "A float as the repository's JSON library writes it."
  @spec json_number(float()) :: binary()
  def json_number(float) do
    {:ok, text} = dump_json(float)
    text
  end

  @doc "A column's JSON, in the form that `setting` asks for: `:map_type` or `:array_type`."
  @spec dump_json(term(), :map_type | :array_type) :: loaded()
  def dump_json(nil, _setting), do: {:ok, nil}

  def dump_json(value, setting) do
    with {:ok, text} <- dump_json(value) do
      case Types.setting(setting, :string) do
        :string ->
          {:ok, text}

        # Encoding and decoding turns structs into what the library writes for them.
        :binary ->
          with {:ok, term} <- json_library().decode(text), do: {:ok, {:blob, Jsonb.encode(term)}}
      end
    end
  end

  ## Dates and times

  @spec load_time(term(), atom()) :: loaded()
  def load_time(nil, _kind), do: {:ok, nil}
  def load_time(value, kind), do: Types.DateTime.load(value, kind)

  @spec dump_time(term(), atom()) :: loaded()
  def dump_time(nil, _kind), do: {:ok, nil}

  # A custom type may dump another struct, zone or precision than the field's kind has.
  def dump_time(value, kind) do
    with {:ok, time} <- Types.DateTime.load(value, kind), do: {:ok, time_text(time)}
  end

  @doc "A calendar value in the form of `:datetime_type`."
  @spec time_text(Date.t() | Time.t() | NaiveDateTime.t() | DateTime.t()) :: String.t()
  def time_text(value), do: Types.DateTime.text(value, Types.setting(:datetime_type, :iso8601))

  @spec load_duration(term()) :: loaded()
  def load_duration(value) when is_binary(value) do
    case apply(Duration, :from_iso8601, [value]) do
      {:ok, _} = duration -> duration
      {:error, _} -> :error
    end
  end

  def load_duration(value), do: {:ok, value}

  @spec dump_duration(term()) :: loaded()
  def dump_duration(nil), do: {:ok, nil}
  def dump_duration(value), do: {:ok, apply(Duration, :to_iso8601, [value])}
end
