defmodule Ecto.Adapters.LibSql.Migration.DDL.Default do
  @moduledoc false
  # The DEFAULT clause of a column.

  require Logger

  alias Ecto.Adapters.LibSql.Definition.Tokenizer
  alias Ecto.Adapters.LibSql.Migration.DDL
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Adapters.LibSql.Types.Codec

  @spec clause(keyword(), term()) :: iodata()
  def clause(opts, type) do
    case Keyword.fetch(opts, :default) do
      {:ok, nil} -> []
      {:ok, value} -> default(value, type)
      :error -> []
    end
  end

  defp default(value, type) do
    case literal(value, type) do
      nil -> []
      sql -> [" DEFAULT " | sql]
    end
  end

  @doc "A default value as SQL; nil, with a warning in the log, for a value that SQL cannot express."
  @spec literal(term(), term()) :: iodata() | nil
  def literal(value, type), do: value |> DDL.DefaultForm.stored(type) |> written(type)

  defp written({:fragment, sql}, _type) when is_binary(sql), do: sql
  defp written({:blob, bytes}, _type), do: Quote.blob(bytes)
  defp written(true, _type), do: "1"
  defp written(false, _type), do: "0"

  defp written(value, type) when is_bitstring(value) and type == :bitstring,
    do: value |> Codec.bitstring() |> Quote.blob()

  defp written(value, type) when is_binary(value) and type in [:binary, :blob],
    do: Quote.blob(value)

  defp written(value, _type) when is_binary(value) do
    cond do
      not String.valid?(value) -> Quote.blob(value)
      # Written as a cast, which is an expression and needs parentheses.
      String.contains?(value, <<0>>) -> [?(, Quote.text(value), ?)]
      true -> Quote.text(value)
    end
  end

  defp written(value, _type) when is_integer(value), do: Quote.integer(value)
  defp written(value, _type) when is_float(value), do: Float.to_string(value)

  defp written(%Decimal{} = value, _type),
    do: Quote.text(Decimal.to_string(value, :normal))

  defp written(%module{} = value, _type) when module in [Date, Time, NaiveDateTime, DateTime],
    do: value |> Codec.time_text() |> Quote.text()

  defp written(value, _type) when is_list(value) or (is_map(value) and not is_struct(value)) do
    case Codec.json_library().encode(value) do
      {:ok, json} ->
        Quote.text(json)

      {:error, reason} ->
        Logger.warning(
          "Failed to JSON encode map/list default value in migration: #{inspect(value)}, " <>
            "reason: #{inspect(reason)}"
        )

        nil
    end
  end

  defp written(value, _type) do
    Logger.warning("Unsupported default value type in migration: #{inspect(value)}")
    nil
  end

  @doc """
  SQLite takes a call as a default only in parentheses. Literals and CURRENT_TIMESTAMP stand alone.
  """
  @spec parenthesise(String.t()) :: String.t()
  def parenthesise(sql) do
    bare =
      ~r/^\s*([+-]?\s*[\d.]+(e[+-]?\d+)?|'([^']|'')*'|x'[0-9a-f]*'|null|true|false|current_(time|date|timestamp))\s*$/is

    if sql =~ bare or enclosed?(sql), do: sql, else: "(#{sql})"
  end

  # `(a)`, but not `(a) || (b)`.
  defp enclosed?(sql) do
    case sql |> Tokenizer.scan() |> Tokenizer.skip() do
      [{:punct, "("} | _] = tokens ->
        tokens |> Tokenizer.group() |> elem(1) |> Tokenizer.skip() == []

      _other ->
        false
    end
  end
end
