defmodule Ecto.Adapters.LibSql.Types.Declared do
  @moduledoc false
  # `decode: :declared`: values of a query without a schema, decoded by the declared types of their
  # columns. It costs a look at the compiled statement, so it is asked for, per query or in the
  # repository's `default_options/1`. What a schema loads afterwards it takes as it is.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.Types.Codec
  alias EctoLibSql.Connection.Statements
  alias EctoLibSql.{Query, Result, Source}

  @type decoder :: (term() -> term())

  @spec decode(Result.t(), DBConnection.conn(), binary(), keyword()) :: Result.t()
  def decode(%Result{rows: [_ | _]} = result, conn, sql, opts),
    do: decoded(result, look_up(conn, sql, opts))

  def decode(result, _conn, _sql, _opts), do: result

  @doc "The same for the results of a stream, whose statement is looked at once."
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
    # This may be another connection than the query's. Reading makes it see the schema as it is now;
    # compiling alone does not.
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

  # A text with a zone is a moment, one without is not.
  defp datetime(value) when is_binary(value) do
    kind = if value =~ ~r/(Z|[+-]\d\d:?\d\d)$/, do: :utc_datetime_usec, else: :naive_datetime_usec
    loaded(value, Types.DateTime.load(value, kind))
  end

  defp datetime(value), do: value

  # SQLite's types are promises, not walls: what does not fit stays as it is.
  defp loaded(_value, {:ok, loaded}), do: loaded
  defp loaded(value, :error), do: value

  defp row([value | row], [decoder | decoders]) when is_nil(decoder) or is_nil(value),
    do: [value | row(row, decoders)]

  defp row([value | row], [decoder | decoders]), do: [decoder.(value) | row(row, decoders)]
  defp row([], []), do: []
end
