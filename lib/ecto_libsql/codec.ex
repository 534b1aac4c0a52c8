defmodule EctoLibSql.Codec do
  @moduledoc false
  # Encodes Elixir values as parameters that the NIF binds; the only place that does.
  #
  # The NIF takes nil, :null, numbers, booleans, binaries (UTF-8 as TEXT, others as BLOB), {:blob, b},
  # {:text, b}, infinities, :nan and other atoms (as TEXT) as they are, so that most lists are passed on
  # unchanged after one traversal. Structs, maps and lists are converted here.
  # Errors name the position and the kind of a value, never the value: it may be a secret.

  alias EctoLibSql.Codec.Json
  alias EctoLibSql.Error

  # A callback takes no list as a value; on the level of EctoLibSql.Native a list of bytes is a BLOB.
  @type level :: :driver | :native
  @type params ::
          [EctoLibSql.Nif.value()] | %{optional(atom() | binary()) => EctoLibSql.Nif.value()}

  # Bounds the memory that a Decimal with a huge exponent would take as plain text.
  @max_digits 10_000

  @refused :ecto_libsql_refused

  defguardp is_plain(value) when is_binary(value) or is_number(value) or is_atom(value)

  @doc "Encodes the parameters of one statement; `{:error, exception}` where that cannot be done."
  @spec encode(term(), level()) :: {:ok, params()} | {:error, Error.t() | ArgumentError.t()}
  def encode(params, level \\ :driver)
  def encode([], _level), do: {:ok, []}

  def encode(params, level) when is_list(params) do
    if plain?(params), do: {:ok, params}, else: caught(fn -> encode_list(params, level) end)
  end

  def encode(%{__struct__: _}, _level), do: {:error, wrong_shape()}

  def encode(params, level) when is_map(params) do
    caught(fn -> Map.new(params, &encode_pair(&1, level)) end)
  end

  def encode(_params, _level), do: {:error, wrong_shape()}

  @doc "True if the NIF can take this list of values as it is."
  @spec plain?(term()) :: boolean()
  def plain?([value | rest]) when is_plain(value), do: plain?(rest)

  def plain?([{tag, value} | rest]) when tag in [:blob, :text] and is_binary(value),
    do: plain?(rest)

  def plain?([]), do: true
  def plain?(_other), do: false

  @doc """
  The error to report when the NIF has refused `params`: that of the value which could not be
  encoded, if there is one, else the NIF's own.
  """
  @spec refusal(params(), Exception.t()) :: Exception.t()
  def refusal(params, %Error{kind: :invalid_argument} = error), do: refused(params) || error
  def refusal(_params, error), do: error

  @doc "The error of a value that could not be encoded, or nil. A list with one is refused by `encode/2`."
  @spec refused(params()) :: Exception.t() | nil
  def refused(params) when is_map(params) do
    Enum.find_value(params, fn
      {_name, {@refused, exception}} -> exception
      _encoded -> nil
    end)
  end

  def refused(_params), do: nil

  defp caught(encode) do
    {:ok, encode.()}
  catch
    {:refused, exception} -> {:error, exception}
  end

  defp wrong_shape, do: Error.new(:invalid_argument, "arguments must be a list or map")

  # --- Lists and maps of parameters ---

  defp encode_list(params, level) do
    cond do
      not proper?(params) ->
        throw({:refused, wrong_shape()})

      named?(params) ->
        Map.new(Enum.reverse(params), &encode_pair(&1, level))

      true ->
        params |> Enum.with_index(1) |> Enum.map(fn {value, at} -> value(value, at, level) end)
    end
  end

  defp proper?([_ | rest]), do: proper?(rest)
  defp proper?(rest), do: rest == []

  # [id: 1, name: "Ada"] binds by name. A list of {:blob, _} and {:text, _} alone binds by position; in a
  # list with other names :blob and :text are names too.
  defp named?(params) do
    Enum.all?(params, &match?({name, _} when is_atom(name), &1)) and
      Enum.any?(params, fn {name, _} -> name not in [:blob, :text] end)
  end

  # Keys that the statement does not use are ignored. So a value that cannot be encoded is an error only if the
  # NIF needs it, see refusal/2.
  defp encode_pair({name, value}, level) when is_atom(name) or is_binary(name) do
    {name, value(value, inspect(name), level)}
  catch
    {:refused, exception} -> {name, {@refused, exception}}
  end

  defp encode_pair({name, _value}, _level) do
    refuse("names of parameters must be atoms or strings, not #{kind(name)}")
  end

  # --- One value ---

  defp value(value, _at, _level) when is_plain(value), do: value
  defp value({:blob, bytes} = blob, _at, _level) when is_binary(bytes), do: blob
  defp value({:text, bytes} = text, _at, _level) when is_binary(bytes), do: text

  defp value({tag, _value}, at, _level) when tag in [:blob, :text] do
    refuse(
      "parameter #{at}: {#{inspect(tag)}, value} takes a binary (a parameter of that name: a map)"
    )
  end

  # In UTC, because SQLite compares texts: one instant has one text. No time zone database is needed.
  defp value(%DateTime{} = value, _at, _level),
    do: value |> DateTime.shift_zone!("Etc/UTC") |> DateTime.to_iso8601()

  defp value(%NaiveDateTime{} = value, _at, _level), do: NaiveDateTime.to_iso8601(value)
  defp value(%Date{} = value, _at, _level), do: Date.to_iso8601(value)
  defp value(%Time{} = value, _at, _level), do: Time.to_iso8601(value)
  defp value(%{__struct__: Decimal} = value, at, _level), do: decimal(value, at)

  defp value(%{__struct__: Duration} = value, _at, _level) do
    apply(Duration, :to_iso8601, [value])
  end

  defp value(%{__struct__: struct}, at, _level) do
    refuse("parameter #{at}: a struct #{inspect(struct)} cannot be stored")
  end

  defp value(value, at, _level) when is_map(value), do: json(value, at)
  defp value(value, at, :native) when is_list(value), do: bytes(value, at)

  defp value(value, at, :driver) when is_list(value) do
    fail("parameter #{at}: a list cannot be stored; encode it as JSON or pass {:blob, binary}")
  end

  defp value(value, at, _level) when is_bitstring(value) do
    fail("parameter #{at}: a bitstring that is not a binary cannot be stored")
  end

  defp value(value, at, _level), do: refuse("parameter #{at}: #{kind(value)} cannot be stored")

  defp bytes(list, at) do
    if proper?(list) and Enum.all?(list, &(is_integer(&1) and &1 in 0..255)) do
      {:blob, :erlang.list_to_binary(list)}
    else
      fail(
        "parameter #{at}: a list that is not of bytes cannot be stored; encode it as JSON or " <>
          "pass {:blob, binary}"
      )
    end
  end

  # Plain notation: SQLite's numeric affinity reads 1E+3 back as a float.
  defp decimal(%{coef: coef, sign: sign}, _at) when is_atom(coef) do
    text = if coef == :NaN, do: "NaN", else: "Infinity"
    if sign < 0, do: "-" <> text, else: text
  end

  defp decimal(%{coef: coef, exp: exp, sign: sign}, at) do
    if abs(exp) > @max_digits do
      refuse("parameter #{at}: a Decimal with more than #{@max_digits} digits cannot be stored")
    end

    digits = Integer.to_string(coef)
    if sign < 0, do: "-" <> plain(digits, exp), else: plain(digits, exp)
  end

  defp plain(digits, exp) when exp >= 0, do: digits <> String.duplicate("0", exp)

  defp plain(digits, exp) do
    padded = String.pad_leading(digits, 1 - exp, "0")
    {whole, fraction} = String.split_at(padded, exp)
    whole <> "." <> fraction
  end

  defp json(map, at) do
    Json.encode!(map)
  rescue
    _not_encodable ->
      refuse(
        "Cannot encode map parameter to JSON: parameter #{at} holds a value without a JSON form"
      )
  end

  # --- Refusing ---

  @spec refuse(String.t()) :: no_return()
  defp refuse(text), do: throw({:refused, ArgumentError.exception(text)})

  @spec fail(String.t()) :: no_return()
  defp fail(text), do: throw({:refused, Error.new(:invalid_argument, text)})

  defp kind(value) when is_pid(value), do: "a pid"
  defp kind(value) when is_function(value), do: "a function"
  defp kind(value) when is_reference(value), do: "a reference"
  defp kind(value) when is_port(value), do: "a port"
  defp kind(value) when is_tuple(value), do: "a tuple"
  defp kind(value) when is_map(value), do: "a map"
  defp kind(value) when is_list(value), do: "a list"
  defp kind(value) when is_number(value), do: "a number"
  defp kind(value) when is_bitstring(value), do: "a bitstring"
end
