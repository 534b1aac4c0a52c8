defmodule Ecto.Adapters.LibSql.Migration.DDL.Sequence do
  @moduledoc false
  # `start_value:` of a primary key: the number of the first row. SQLite keeps the last number of a table
  # in sqlite_sequence, for columns that are AUTOINCREMENT.

  alias Ecto.Adapters.LibSql.Types
  alias Ecto.Adapters.LibSql.SQL.Quote
  alias Ecto.Migration.Table

  @doc "Checks the numbering options of a column; a start value implies AUTOINCREMENT."
  @spec options!(atom(), term(), keyword()) :: keyword()
  def options!(name, type, opts) do
    start = opts[:start_value]

    cond do
      opts[:increment] not in [nil, 1] ->
        raise ArgumentError,
              "SQLite numbers rows by ones, got increment: #{inspect(opts[:increment])} for #{inspect(name)}"

      is_nil(start) ->
        opts

      not is_integer(start) ->
        raise ArgumentError,
              ":start_value is an integer, got: #{inspect(start)} for #{inspect(name)}"

      opts[:primary_key] != :alone or not Types.rowid?(type) ->
        raise ArgumentError,
              ":start_value needs an integer that is the whole primary key, got it for #{inspect(name)}"

      true ->
        Keyword.put(opts, :autoincrement, true)
    end
  end

  @doc "The statements that set the first number of the table to the `start_value:` of its columns."
  @spec restarts(Table.t(), [tuple()]) :: [iodata()]
  def restarts(table, columns) do
    for {:add, _name, _type, opts} <- columns,
        start = opts[:start_value],
        do: restart(table, start - 1)
  end

  # A table that has numbered rows already continues after them.
  defp restart(table, last) do
    sequence = Quote.table(table.prefix, "sqlite_sequence")
    name = table.name |> to_string() |> Quote.text()

    [
      ["INSERT INTO ", sequence, " (name, seq) SELECT ", name, ", ", Quote.integer(last)],
      [" WHERE NOT EXISTS (SELECT 1 FROM ", sequence, " WHERE name = ", name, ?)]
    ]
  end
end
