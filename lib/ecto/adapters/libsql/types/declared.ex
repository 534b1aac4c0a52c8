defmodule Ecto.Adapters.LibSql.Types.Declared do
  @moduledoc false
  # `decode: :declared`: decodes the values of a query without a schema by the declared types of their columns. Costs
  # one more prepared statement per query, so it is an option of a query or of the repository's `default_options/1`. The
  # loaders of a schema's fields accept decoded values.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias EctoLibSql.Connection.Statements
  alias EctoLibSql.{Query, Result, Source}

  @type decoder :: (term() -> term())

  @spec decode(Result.t(), DBConnection.conn(), binary(), keyword()) :: Result.t()
  def decode(%Result{rows: [_ | _]} = result, conn, sql, opts),
    do: decoded(result, look_up(conn, sql, opts))

  def decode(result, _conn, _sql, _opts), do: result

  @doc "The same for the results of a stream; the columns are looked up once."
  @spec stream(Enumerable.t(), DBConnection.conn(), binary(), keyword()) :: Enumerable.t()
  def stream(results, conn, sql, opts) do
    Stream.transform(results, nil, fn result, decoders ->
      decoders = decoders || look_up(conn, sql, opts)
      {[decoded(result, decoders)], decoders}
    end)
  end

  defp look_up(conn, sql, opts),
    do: DBConnection.run(conn, &decoders(&1, sql), Keyword.delete(opts, :log))

  defp decoded(%Result{rows: [_ | _] = rows} = result, decoders) do
    if Enum.any?(decoders),
      do: %{result | rows: Enum.map(rows, &row(&1, decoders))},
      else: result
  end

  defp decoded(result, _decoders), do: result

  defp decoders(conn, sql) do
    # This may be another connection than the query's. Reading the schema table refreshes the connection's copy of the
    # schema, which preparing a statement does not.
    DBConnection.execute!(conn, %Query{statement: "SELECT 1 FROM sqlite_master LIMIT 1"}, [])

    case Source.with_state(conn, &Statements.describe(&1, sql)) do
      {:ok, {columns, _parameters}} ->
        for {_name, _origin, type} <- columns, do: type && decoder(String.upcase(type))

      {:error, error} ->
        raise error
    end
  end

  defp decoder("DECIMAL" <> _), do: &loaded(&1, Codec.load_decimal(&1))
  defp decoder("NUMERIC" <> _), do: &loaded(&1, Codec.load_decimal(&1))
  defp decoder("BOOL" <> _), do: &loaded(&1, Codec.load_boolean(&1))
  defp decoder("JSON" <> _), do: &loaded(&1, Codec.load_json(&1))
  defp decoder("DATETIME" <> _), do: &datetime/1
  defp decoder("TIMESTAMP" <> _), do: &datetime/1
  defp decoder("DATE"), do: &loaded(&1, Types.DateTime.load(&1, :date))
  defp decoder("TIME"), do: &loaded(&1, Types.DateTime.load(&1, :time_usec))
  defp decoder(_type), do: nil

  # A text with an offset is a DateTime, one without a NaiveDateTime.
  defp datetime(value) when is_binary(value) do
    kind = if value =~ ~r/(Z|[+-]\d\d:?\d\d)$/, do: :utc_datetime_usec, else: :naive_datetime_usec
    loaded(value, Types.DateTime.load(value, kind))
  end

  defp datetime(value), do: value

  # SQLite columns hold values of any type: one that does not fit the declared type stays as stored.
  defp loaded(_value, {:ok, loaded}), do: loaded
  defp loaded(value, :error), do: value

  defp row([value | row], [decoder | decoders]) when is_nil(decoder) or is_nil(value),
    do: [value | row(row, decoders)]

  defp row([value | row], [decoder | decoders]), do: [decoder.(value) | row(row, decoders)]
  defp row([], []), do: []
end
